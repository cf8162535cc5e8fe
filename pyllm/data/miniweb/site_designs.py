"""How sites build a page around an article: sixteen designs, from the nineties to last year."""

# ruff: noqa: E501 - the long lines are HTML, broken where the designs break it

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from pyllm.data.miniweb.sites import PageParts, Site

Design = Callable[[Site, PageParts], str]


def _links(pairs: Iterable[tuple[str, str]], before: str = "<li>", after: str = "</li>", more: str = "") -> str:
    return "".join(f'{before}<a href="{address}"{more}>{text}</a>{after}' for address, text in pairs)


def _each(texts: Iterable[str], before: str, after: str) -> str:
    return "".join(f"{before}{text}{after}" for text in texts)


def _paragraphs(page: PageParts, between: str = "\n") -> str:
    return between.join(f"<p>{block}</p>" for block in page.blocks)


def div_soup(site: Site, page: PageParts) -> str:
    """Nothing but div and span, told apart by their classes."""
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html><head>{page.meta}<title>{page.title} - {site.name}</title><link rel="stylesheet" href="/style.css"></head><body>
<div id="wrapper"><div id="top"><div class="logo">{site.name}</div><div class="claim">{site.tagline}</div></div>
<div id="cookie-bar"><div class="inner"><span>{site.cookie}</span>{_each(site.cookie_buttons, '<div class="btn">', "</div>")}</div></div>
<div id="menu">{_links(site.navigation, '<div class="item">', "</div>")}</div>
<div id="main"><div class="left"><div class="breadcrumb">You are here: <a href="/">Home</a> &gt; {page.tags[0]} &gt; {page.title}</div>
<div class="content"><div class="inner"><h1 class="headline">{page.title}</h1>
<div class="text">{"".join(f'<div class="paragraph">{block}</div>' for block in page.blocks)}</div></div></div>
<div class="ad">{page.advertisements[0]}</div></div>
<div class="right sidebar"><div class="box"><div class="boxtitle">{site.widgets[0]}</div>{_links(page.related, "<div>", "</div>")}</div>
<div class="box newsletter">{site.newsletter} <input type="text" value="your e-mail"><input type="submit" value="Go"></div></div></div>
<div id="footer">{_each(site.footer, "<div>", "</div>")}</div></div></body></html>"""


def table_layout(site: Site, page: PageParts) -> str:
    """Tables in tables, with a menu in the left column."""
    return f"""<html>
<head>
{page.meta}
<title>{site.name}: {page.title}</title>
</head>
<body bgcolor="#ffffff" link="{site.color}">
<table width="800" border="0" cellpadding="0" cellspacing="0" align="center">
<tr><td colspan="3" height="60" bgcolor="{site.color}"><img src="/img/logo.gif" alt="{site.name}"><br><i>{site.tagline}</i></td></tr>
<tr><td width="140" valign="top" class="nav"><table border="0">{_links(site.navigation, "<tr><td>", "</td></tr>")}</table>
<hr>{page.advertisements[0]}</td>
<td valign="top"><table border="0" cellpadding="6"><tr><td><h2>{page.title}</h2></td></tr>
<tr><td>{_paragraphs(page)}</td></tr></table></td>
<td width="120" valign="top" class="links"><b>{site.widgets[0]}</b><br>{_links(page.related, "", "<br>")}</td></tr>
<tr><td colspan="3" align="center"><font size="1">{" - ".join(site.footer)}</font></td></tr>
</table>
</body>
</html>"""


def html5(site: Site, page: PageParts) -> str:
    """Each part in the element that is meant for it."""
    return f"""<!doctype html>
<html lang="en">
<head>
{page.meta}
<title>{page.title} | {site.name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="canonical" href="https://{site.domain}{page.path}">
<script>window.dataLayer = window.dataLayer || []; function track(a) {{ dataLayer.push(a); }} track("{page.number}");</script>
<style>body {{ margin: 0; color: {site.color} }} nav a {{ padding: 4px }}</style>
</head>
<body>
<header><a href="/" class="brand">{site.name}</a><nav><ul>{_links(site.navigation)}</ul></nav></header>
<main>
<article>
<h1>{page.title}</h1>
{_paragraphs(page)}
</article>
<aside><h2>{site.widgets[0]}</h2><ul>{_links(page.related)}</ul><div class="ad-slot">{page.advertisements[0]}</div></aside>
</main>
<footer><p>{" · ".join(site.footer)}</p><nav>{_links(site.categories, "", " ")}</nav></footer>
<div class="cookie-consent" role="dialog"><p>{site.cookie}</p>{_each(site.cookie_buttons, "<button>", "</button>")}</div>
</body>
</html>"""


def weblog(site: Site, page: PageParts) -> str:
    """A weblog with widgets, sharing and comments, as one theme out of many."""
    comments = "".join(
        f'<li class="comment" id="comment-{page.number + at}"><div class="comment-author vcard"><cite class="fn">{user}</cite> '
        f'<span class="says">says:</span></div><div class="comment-meta">{date}</div><p>{text}</p>'
        '<div class="reply"><a href="#respond">Reply</a></div></li>'
        for at, (user, date, text) in enumerate(page.comments)
    )
    return f"""<!DOCTYPE html>
<html lang="en-US"><head>{page.meta}
<title>{page.title} &#8211; {site.name}</title>
<meta name="generator" content="PagePress 5.8.1">
<link rel="stylesheet" id="theme-css" href="/content/themes/autumn/style.css" media="all">
</head>
<body class="post-template-default single single-post postid-{page.number}">
<div id="page" class="site"><a class="skip-link screen-reader-text" href="#content">Skip to content</a>
<header id="masthead" class="site-header"><p class="site-title"><a href="/" rel="home">{site.name}</a></p>
<p class="site-description">{site.tagline}</p>
<nav id="site-navigation" class="main-navigation"><ul id="menu-main" class="menu">{_links(site.navigation, '<li class="menu-item">')}</ul></nav></header>
<div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main">
<article id="post-{page.number}" class="post type-post status-publish hentry">
<header class="entry-header"><h1 class="entry-title">{page.title}</h1>
<div class="entry-meta"><span class="posted-on">Posted on <time>{page.posted}</time></span> <span class="byline">by {page.author}</span></div></header>
<div class="entry-content">
{_paragraphs(page)}
<div class="sharedaddy"><h3 class="sd-title">Share this:</h3><ul>{_each(site.shares, '<li><a href="#" rel="nofollow">', "</a></li>")}</ul></div>
</div>
<footer class="entry-footer"><span class="cat-links">Posted in {page.tags[0]}</span> <span class="tags-links">Tagged {", ".join(page.tags)}</span></footer>
</article>
<nav class="navigation post-navigation"><div class="nav-previous">&larr; <a href="{page.related[0][0]}">{page.related[0][1]}</a></div></nav>
<div id="comments" class="comments-area"><h2 class="comments-title">{len(page.comments)} thoughts on this page</h2><ol class="comment-list">{comments}</ol>
<div id="respond" class="comment-respond"><h3>Leave a Reply</h3><form><p class="comment-notes">Your email address will not be published. Required fields are marked *</p><textarea></textarea><input type="submit" value="Post Comment"></form></div></div>
</main></div>
<aside id="secondary" class="widget-area"><section class="widget"><h2 class="widget-title">{site.widgets[0]}</h2><ul>{_links(page.related)}</ul></section>
<section class="widget"><h2 class="widget-title">{site.widgets[1]}</h2><ul>{_links(site.categories)}</ul></section>
<section class="widget widget_text">{page.advertisements[0]}</section></aside></div>
<footer id="colophon" class="site-footer"><div class="site-info">{" <span class='sep'>|</span> ".join(site.footer)}</div></footer></div></body></html>"""


def wiki(site: Site, page: PageParts) -> str:
    """A wiki with its tabs, tools and categories."""
    return f"""<!DOCTYPE html>
<html class="client-nojs" lang="en" dir="ltr">
<head>{page.meta}<title>{page.title} - {site.name}</title><meta name="generator" content="WikiEngine 1.31.0"></head>
<body class="mediawiki ltr sitedir-ltr ns-0 ns-subject skin-vector action-view">
<div id="mw-page-base" class="noprint"></div>
<div id="content" class="mw-body" role="main"><a id="top"></a><div id="siteNotice">{site.newsletter}</div>
<h1 id="firstHeading" class="firstHeading" lang="en">{page.title}</h1>
<div id="bodyContent" class="mw-body-content"><div id="siteSub" class="noprint">From {site.name}</div>
<div id="jump-to-nav" class="mw-jump">Jump to: <a href="#mw-head">navigation</a>, <a href="#p-search">search</a></div>
<div id="mw-content-text" lang="en" dir="ltr" class="mw-content-ltr"><div class="mw-parser-output">
{_paragraphs(page)}
</div></div>
<div class="printfooter">Retrieved from "<a dir="ltr" href="https://{site.domain}{page.path}">https://{site.domain}{page.path}</a>"</div>
<div id="catlinks" class="catlinks"><div class="mw-normal-catlinks"><a href="/Special:Categories">Categories</a>: <ul>{_links(site.categories[:3])}</ul></div></div></div></div>
<div id="mw-navigation"><h2>Navigation menu</h2><div id="mw-head"><div id="p-personal"><ul><li>Not logged in</li><li><a href="/Special:Talk">Talk</a></li><li><a href="/Special:Login">Log in</a></li></ul></div>
<div id="left-navigation"><ul><li class="selected"><a href="{page.path}">Page</a></li><li><a href="/Talk">Discussion</a></li></ul></div>
<div id="right-navigation"><ul><li>Read</li><li>View source</li><li>View history</li></ul></div></div>
<div id="mw-panel"><div class="portal" id="p-navigation"><h3>Navigation</h3><ul>{_links(site.navigation)}</ul></div>
<div class="portal" id="p-tb"><h3>Tools</h3><ul><li>What links here</li><li>Related changes</li><li>Printable version</li><li>Permanent link</li></ul></div></div></div>
<div id="footer" role="contentinfo"><ul id="footer-info"><li>This page was last edited on {page.posted}.</li></ul><ul id="footer-places">{_each(site.footer, "<li>", "</li>")}</ul></div>
</body></html>"""


def bulletin_board(site: Site, page: PageParts) -> str:
    """A board: a post with its poster's profile beside it."""
    posts = (
        f'<div id="p{page.number}" class="post bg1"><div class="inner"><dl class="postprofile"><dt>{page.author}</dt>'
        f"<dd>Posts: {page.number % 700}</dd><dd>Joined: {page.posted}</dd></dl>"
        '<div class="postbody"><ul class="post-buttons"><li><a href="#">Quote</a></li><li><a href="#">Report</a></li></ul>'
        f'<div class="content">{"<br /><br />".join(page.blocks)}</div></div></div></div><hr class="divider" />'
    )
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="en-gb"><head>{page.meta}<title>{site.name} &bull; View topic - {page.title}</title></head>
<body id="phpbb" class="section-viewtopic ltr"><div id="wrap"><div id="page-header"><div class="headerbar"><div id="site-description"><a href="/" id="logo">{site.name}</a><p>{site.tagline}</p><p class="skiplink"><a href="#start_here">Skip to content</a></p></div></div>
<div class="navbar"><ul class="linklist navlinks"><li><a href="/">Board index</a> &#8249; {page.tags[0]}</li></ul><ul class="linklist rightside">{_links(site.navigation)}</ul></div></div>
<div id="page-body"><h2><a href="{page.path}">{page.title}</a></h2>
<div class="topic-actions"><div class="buttons"><a href="/posting.php">Post a reply</a></div><div class="pagination">1 post &bull; Page 1 of 1</div></div>
{posts}
<fieldset class="display-options">Display posts from previous: <select><option>All posts</option><option>1 day</option><option>7 days</option></select> Sort by <select><option>Post time</option></select></fieldset>
<form method="post" class="jumpbox">Jump to: <select>{_each((name for _, name in site.categories), "<option>", "</option>")}</select></form>
<h3>Who is online</h3><p class="online">Users browsing this forum: No registered users and {page.number % 9 + 1} guests</p></div>
<div id="page-footer"><div class="navbar"><ul class="linklist"><li>Delete all board cookies</li><li>All times are UTC</li></ul></div><div class="copyright">{"<br />".join(site.footer)}</div></div></div></body></html>"""


def font_tags(site: Site, page: PageParts) -> str:
    """A home page of the nineties: upper case, fonts and line breaks, no paragraph is ever closed."""
    text = "\n<P>".join(f'<FONT FACE="Times New Roman" SIZE="3">{block}</FONT>' for block in page.blocks)
    return f"""<HTML>
<HEAD>
{page.meta}
<TITLE>{page.title}</TITLE>
</HEAD>
<BODY BGCOLOR="#FFFFCC" TEXT="#000000" LINK="{site.color}">
<CENTER><FONT SIZE="6" COLOR="{site.color}"><B>{site.name}</B></FONT><BR>
<FONT SIZE="2">{" | ".join(f'<A HREF="{address}">{text}</A>' for address, text in site.navigation)}</FONT></CENTER>
<HR WIDTH="80%">
<H1 ALIGN="CENTER">{page.title}</H1>
<P>{text}
<HR WIDTH="80%">
<CENTER><FONT SIZE="1">You are visitor number {page.number}!<BR>
{"<BR>".join(site.footer)}<BR>
<A HREF="{page.related[0][0]}">Next page</A></FONT></CENTER>
</BODY>
</HTML>"""


def inline_styles(site: Site, page: PageParts) -> str:
    """Made with a site builder: all looks in style attributes."""
    box = f"border:1px solid {site.color};padding:12px;margin:8px"
    paragraphs = "".join(
        f'<div style="font-size:16px;line-height:1.5;margin-bottom:14px"><span style="color:#222">{block}</span></div>'
        for block in page.blocks
    )
    return f"""<!DOCTYPE html><html><head>{page.meta}<title>{page.title}</title></head><body style="font-family:Arial;margin:0">
<div style="background:{site.color};color:#fff;padding:20px"><span style="font-size:30px">{site.name}</span><br><span style="font-size:12px">{site.tagline}</span></div>
<div style="background:#eee;padding:6px">{_links(site.navigation, "", "&nbsp;&nbsp;", ' style="color:#333"')}</div>
<div style="width:70%;float:left"><div style="{box}"><h1 style="font-size:26px">{page.title}</h1>{paragraphs}</div></div>
<div style="width:25%;float:right"><div style="{box}"><b>{site.widgets[0]}</b>{_links(page.related, "<br>", "")}</div>
<div style="{box};background:#ffe">{"<br><br>".join(page.advertisements)}</div></div>
<div style="clear:both;font-size:11px;color:#999;text-align:center">{" | ".join(site.footer)}</div>
<div style="position:fixed;bottom:0;width:100%;background:#000;color:#fff">{site.cookie} {_links((("#", one) for one in site.cookie_buttons), " ", "")}</div>
</body></html>"""


def minified(site: Site, page: PageParts) -> str:
    """HTML after a minifier: no line breaks, no quotes, no end tags that may be left out."""
    return (
        f"<!doctype html><html lang=en>{page.meta}<title>{page.title}</title><link rel=stylesheet href=/a.css><script async src=/a.js></script>"
        f"<body class=p><header class=h><a href=/ class=l>{site.name}</a><ul class=n>"
        + "".join(f"<li><a href={address}>{text}</a>" for address, text in site.navigation)
        + f"</ul></header><div class=c><main class=m><h1>{page.title}</h1>"
        + "".join(f"<p>{block}" for block in page.blocks)
        + f"</main><aside class=s><h3>{site.widgets[0]}</h3><ul>"
        + "".join(f"<li><a href={address}>{text}</a>" for address, text in page.related)
        + f"</ul><div class=ads>{page.advertisements[0]}</div></aside></div><footer class=f>"
        + "".join(f"<p>{text}" for text in site.footer)
        + f"</footer><div class=ck>{site.cookie}<button>{'</button><button>'.join(site.cookie_buttons)}</button></div>"
    )


def missing_tags(site: Site, page: PageParts) -> str:
    """Written by hand and never checked: tags unclosed, closed twice, or closed in the wrong order."""
    return f"""<html><head>{page.meta}<title>{page.title}
</title><body>
<div class=header><h3><a href="/">{site.name}</h3></a>
<ul class="nav">{"".join(f'<li><a href="{address}">{text}' for address, text in site.navigation)}</a></ul>
<div class="main"><h1>{page.title}</h2>
<p>{"<p>".join(f"{block}</b></i>" for block in page.blocks)}
</div></div></div>
<div class="sidebar"><b>{site.widgets[0]}<ul>{"".join(f'<li><a href="{address}">{text}</a>' for address, text in page.related)}</ul>
<table class="ads"><tr><td>{page.advertisements[0]}<tr><td>{page.advertisements[-1]}</div>
<div class="footer"><small>{"<br>".join(site.footer)}</span></div>
</html>
</html>"""


def grid(site: Site, page: PageParts) -> str:
    """Rows and columns of a popular style sheet, with cards and badges."""
    comments = "".join(
        f'<div class="media comment"><div class="media-body"><h6 class="mt-0">{user} <small class="text-muted">{date}</small></h6>{text}</div></div>'
        for user, date, text in page.comments
    )
    return f"""<!DOCTYPE html>
<html lang="en">
  <head>
    {page.meta}
    <title>{site.name} - {page.title}</title>
    <link href="/css/bootstrap.min.css" rel="stylesheet">
  </head>
  <body>
    <nav class="navbar navbar-expand-lg navbar-light bg-light"><a class="navbar-brand" href="/">{site.name}</a>
      <ul class="navbar-nav mr-auto">{_links(site.navigation, '<li class="nav-item">', "</li>", ' class="nav-link"')}</ul>
      <form class="form-inline"><input class="form-control" placeholder="Search"><button class="btn">Search</button></form>
    </nav>
    <div class="container"><nav aria-label="breadcrumb"><ol class="breadcrumb"><li class="breadcrumb-item"><a href="/">Home</a></li><li class="breadcrumb-item"><a href="#">{page.tags[0]}</a></li><li class="breadcrumb-item active">{page.title}</li></ol></nav>
      <div class="row">
        <div class="col-lg-8">
          <h1 class="mt-4">{page.title}</h1>
          <p class="lead byline">by <a href="#">{page.author}</a>, {page.posted}</p>
          <div class="post-content">
            {_paragraphs(page, chr(10) + " " * 12)}
          </div>
          <div class="share">{_each(site.shares, '<a class="btn btn-sm" href="#">', "</a>")}</div>
          <div class="comments card my-4"><h5 class="card-header">Leave a Comment:</h5><form><textarea></textarea><button type="submit">Submit</button></form>{comments}</div>
        </div>
        <div class="col-md-4 sidebar"><div class="card my-4"><h5 class="card-header">{site.widgets[0]}</h5><ul class="list-unstyled">{_links(page.related)}</ul></div>
          <div class="card my-4 tags">{_each(page.tags, '<a class="badge" href="#">', "</a> ")}</div>
          <div class="card my-4 newsletter">{site.newsletter}</div></div>
      </div>
    </div>
    <footer class="py-5 bg-dark"><p class="m-0 text-center text-white">{" &middot; ".join(site.footer)}</p></footer>
  </body>
</html>"""


def diary_host(site: Site, page: PageParts) -> str:
    """A free host for diaries: line breaks for paragraphs, an archive of months beside them."""
    months = "".join(
        f"<li class='archivedate'><a href='/{year}/'>{year}</a> ({year % 7 + 3})</li>" for year in range(2012, 2025)
    )
    return f"""<!DOCTYPE html>
<html dir='ltr'><head>{page.meta}<title>{site.name}: {page.title}</title></head>
<body class='loading'><div class='navbar section' id='navbar'><a href='#'>Create Blog</a> <a href='#'>Sign In</a> <a href='#'>Next Blog&raquo;</a></div>
<div class='body-fauxcolumns'><div class='content'><header><div class='header section'><h1 class='title'><a href='/'>{site.name}</a></h1><p class='description'>{site.tagline}</p></div></header>
<div class='tabs section'><ul>{_links(site.navigation)}</ul></div>
<div class='main-outer'><div class='column-center-inner'><div class='date-outer'><h2 class='date-header'><span>{page.posted}</span></h2>
<div class='post hentry'><h3 class='post-title entry-title'>{page.title}</h3>
<div class='post-body entry-content' id='post-body-{page.number}'>{"<br /><br />".join(page.blocks)}<div style='clear: both;'></div></div>
<div class='post-footer'><div class='post-footer-line'><span class='post-author'>Posted by {page.author}</span> <span class='post-timestamp'>at 8:{page.number % 50 + 10} PM</span> <span class='post-labels'>Labels: {", ".join(page.tags)}</span></div></div></div>
<div class='comments' id='comments'><h4>{len(page.comments)} comments:</h4>{"".join(f"<div class='comment'><b>{user}</b> said... <p>{text}</p> <span>{date}</span></div>" for user, date, text in page.comments)}<p class='comment-footer'><a href='#'>Post a Comment</a></p></div></div></div>
<div class='column-right-outer'><div class='widget BlogArchive'><h2>Blog Archive</h2><ul>{months}</ul></div><div class='widget'><h2>{site.widgets[0]}</h2><ul>{_links(page.related)}</ul></div></div></div>
<footer><div class='foot section'>{". ".join(site.footer)}</div></footer></div></div></body></html>"""


def handbook(site: Site, page: PageParts) -> str:
    """Pages of a handbook, with its contents at the side and links to the next and the last page."""
    return f"""<!DOCTYPE html>
<html>
<head>
{page.meta}
<title>{page.title} &mdash; {site.name}</title>
</head>
<body>
<div class="related" role="navigation" aria-label="related navigation"><h3>Navigation</h3><ul><li class="right"><a href="/genindex">index</a></li><li class="right"><a href="{page.related[1][0]}">next</a> |</li><li class="right"><a href="{page.related[0][0]}">previous</a> |</li><li><a href="/">{site.name}</a> &raquo;</li></ul></div>
<div class="document"><div class="documentwrapper"><div class="bodywrapper"><div class="body" role="main">
<section id="{page.number}">
<h1>{page.title}<a class="headerlink" href="#{page.number}" title="Permalink">¶</a></h1>
{_paragraphs(page)}
</section>
</div></div></div>
<div class="sphinxsidebar" role="navigation"><div class="sphinxsidebarwrapper"><h3>Table of Contents</h3><ul>{_links(page.related)}</ul><h3>This Page</h3><ul><li>Show source</li></ul><div id="searchbox"><h3>Quick search</h3><form><input type="text"><input type="submit" value="Go"></form></div></div></div></div>
<div class="footer" role="contentinfo">{". ".join(site.footer)}.</div>
</body>
</html>"""


def newspaper(site: Site, page: PageParts) -> str:
    """A newspaper: teasers above, advertisements between the paragraphs."""
    parts = [f'<p class="article__paragraph">{block}</p>' for block in page.blocks]
    for at, text in enumerate(page.advertisements, 1):
        parts.insert(
            min(at * 2, len(parts)),
            f'<div class="advert" aria-hidden="true"><span class="advert__label">Advertisement</span>{text}</div>',
        )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>{page.meta}<title>{page.title} | {site.name}</title>
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "{page.number}", "author": "{page.author}"}}</script></head>
<body><div class="consent-layer"><h2>Your privacy</h2><p>{site.cookie}</p>{_each(site.cookie_buttons, '<button type="button">', "</button>")}</div>
<header class="header"><a href="/">{site.name}</a><span class="header__date">{page.posted}</span><nav class="header__nav">{_links(site.navigation, "", "")}</nav></header>
<div class="ticker">{_links(page.related[:3], '<span class="ticker__item">', "</span>")}</div>
<article class="article"><header class="article__header"><h1 class="article__title">{page.title}</h1></header>
<div class="article__body">{"".join(parts)}</div></article>
<section class="teasers"><h2>More from {site.name}</h2>{_links(page.related, '<div class="teaser">', "</div>")}</section>
<section class="newsletter-box"><h3>Newsletter</h3><p>{site.newsletter}</p><form><input type="email"><button>Sign up</button></form></section>
<footer class="footer"><ul>{_links(site.navigation)}</ul><ul>{_each(site.footer, "<li>", "</li>")}</ul></footer></body></html>"""


def application(site: Site, page: PageParts) -> str:
    """Rendered on a server for a browser application: hashed class names, state in a script, custom elements."""
    return f"""<!doctype html><html><head>{page.meta}<title>{page.title}</title><style>.css-1x{{color:{site.color}}}</style></head>
<body><noscript>You need to enable scripts to run this app.</noscript><div id="root"><div class="css-19kzrtu"><app-bar class="css-8atqhb navigation"><a class="css-q1" href="/">{site.name}</a>{_links(site.navigation, '<span class="css-p2">', "</span>")}</app-bar>
<div class="css-k008qs"><main class="css-1wnowod"><h1 class="css-1fs">{page.title}</h1><section class="css-zz4">{"".join(f'<p class="css-i3p">{block}</p>' for block in page.blocks)}</section></main>
<related-list class="css-9o"><h4>{site.widgets[0]}</h4>{_links(page.related, '<li class="css-0">', "</li>")}</related-list></div>
<bottom-bar class="css-foot footer">{_each(site.footer, '<small class="css-s">', "</small>")}</bottom-bar></div></div>
<script id="__STATE__" type="application/json">{{"page": {page.number}, "theme": "light", "flags": [1, 0, 1]}}</script></body></html>"""


def nested(site: Site, page: PageParts) -> str:
    """Each paragraph at the bottom of a pile of boxes."""
    depth = page.number % 40 + 8
    text = "".join(
        "<div class='w'>" * (depth // 2) + f"<p>{block}</p>" + "</div>" * (depth // 2) for block in page.blocks
    )
    return f"""<html><head>{page.meta}<title>{page.title}</title></head><body>{"<div class='layer'>" * depth}
<div class="menu"><ul>{_links(site.navigation)}</ul></div><div class="article"><h1>{page.title}</h1>{text}</div>
<div class="bottom"><p class="copyright">{" ".join(site.footer)}</p></div>{"</div>" * depth}</body></html>"""


# How often each comes up: most pages are younger than the oldest designs.
_WEIGHTS = {
    div_soup: 8, table_layout: 2, html5: 14, weblog: 16, wiki: 7, bulletin_board: 4, font_tags: 3, inline_styles: 5,
    minified: 8, missing_tags: 4, grid: 9, diary_host: 5, handbook: 5, newspaper: 8, application: 6, nested: 2,
}  # fmt: skip
DESIGNS: dict[str, Design] = {design.__name__: design for design in _WEIGHTS}


def choose_design(rng: random.Random) -> str:
    """The name of a design."""
    return rng.choices(list(DESIGNS), list(_WEIGHTS.values()))[0]
