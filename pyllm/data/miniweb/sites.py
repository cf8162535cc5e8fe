"""Sites: a name, a design and furniture that all of a site's pages share; and what differs from page to page."""

from __future__ import annotations

import functools
import random
import re
from collections import deque
from dataclasses import dataclass, field

from pyllm.data.miniweb import site_furniture as furniture
from pyllm.data.miniweb.wording import first_upper, pick

RELATED = 6  # titles of a site's own pages that it links to from others


@dataclass(slots=True)
class Site:
    """A site: what all its pages have in common.

    Attributes:
        domain: its name on the net.
        name, tagline: what it calls itself.
        topic: what its articles are about: a kind of article.
        design: the name of a function in site_designs.
        charset: what its pages are written in, as Python calls it.
        declared: where the charset is stated: "header", "meta", "both", "nowhere", and "wrong header", where the header
            states another one than the page.
        typographic: whether its quotation marks are curly and its dashes long.
        extension: how its addresses end.
        pages_left: how many pages are still to come.
        recent: address and title of its latest pages.
        prefix: what its addresses begin with, where several sites share a domain: "/~anna".
    """

    domain: str
    name: str
    tagline: str
    topic: str
    design: str
    charset: str
    declared: str
    typographic: bool
    extension: str
    pages_left: int
    color: str
    navigation: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    advertisements: list[str]
    widgets: list[str]
    shares: list[str]
    footer: list[str]
    cookie: str
    cookie_buttons: list[str]
    newsletter: str
    recent: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=RELATED))
    prefix: str = ""


@dataclass(slots=True)
class PageParts:
    """A page, before a design puts it together; all text is HTML already, without the tags around it.

    Attributes:
        title: the heading.
        blocks: the article's paragraphs.
        path: the page's address on its site.
        posted: a date as people write it.
        author: who wrote it.
        related: other pages' addresses and titles.
        tags: words that it is filed under.
        comments: what visitors wrote below: who, when, what.
        advertisements: what is advertised on it.
        number: a number of the page's own.
        meta: the tag that states the charset, or "".
    """

    title: str
    blocks: list[str]
    path: str
    posted: str
    author: str
    related: list[tuple[str, str]]
    tags: list[str]
    comments: list[tuple[str, str, str]]
    advertisements: list[str]
    number: int
    meta: str


@functools.lru_cache(maxsize=1000)
def slug(text: str, extension: str = "") -> str:
    """Text as it stands in an address: "a-trip-to-peru.html"."""
    return "-".join(re.findall("[a-z0-9]+", text.lower())[:8])[:60] + extension


def make_domain(rng: random.Random, topic: str) -> str:
    """A made-up name under a top-level domain that is reserved for examples."""
    if rng.random() < 0.02:
        name = pick(rng, furniture.AWKWARD_NAMES)
    else:
        name = pick(rng, furniture.NAME_BEGINNINGS[topic]) + pick(rng, ("", "-"))
        name += pick(rng, furniture.NAME_ENDINGS[topic])
    number = str(rng.randint(2, 999)) if rng.random() < 0.5 else ""
    return f"{pick(rng, ('www.', '', '', 'blog.', 'my.'))}{name}{number}.{pick(rng, furniture.ENDINGS)}"


def make_site(rng: random.Random, topic: str, design: str, domain: str = "", pages: int = 0) -> Site:
    """A new site.

    Args:
        rng: makes all choices.
        topic: a kind of article that there are names for.
        design: the name of a function in site_designs.
        domain: its domain, if that is settled.
        pages: how many pages it will have; 0: some number.
    """
    domain = domain or make_domain(rng, topic)
    labels = domain.split(".")
    name = first_upper(next((label for label in labels if len(label) > 6), labels[0]).replace("-", " "))
    menu = rng.sample(furniture.NAVIGATION, rng.randint(5, 9))
    categories = rng.sample(furniture.TAGS, rng.randint(4, 8))
    extension = pick(rng, (".html", ".html", ".htm", "/", "", ".php", ".shtml"))
    footer = rng.sample(furniture.FOOTERS, rng.randint(2, 4))
    footer.insert(0, f"{pick(rng, ('&copy;', 'Copyright', '© Copyright', '(c)'))} {rng.randint(2001, 2024)} {name}")
    return Site(
        domain=domain,
        name=name,
        tagline=pick(rng, furniture.TAGLINES),
        topic=topic,
        design=design,
        charset=_charset(rng),
        declared=rng.choices(("both", "header", "meta", "nowhere", "wrong header"), (50, 18, 20, 7, 5))[0],
        typographic=rng.random() < 0.12,
        extension=extension,
        pages_left=pages or rng.choice((4, 8, 12, 20, 30)),
        color=f"#{rng.randint(0, 0xFFFFFF):06x}",
        navigation=[("/", "Home"), *(("/" + slug(one, extension), one) for one in menu if one != "Home")],
        categories=[("/category/" + slug(one) + "/", one) for one in categories],
        advertisements=rng.sample(furniture.ADVERTISEMENTS, 6),
        widgets=rng.sample(furniture.WIDGETS, 4),
        shares=rng.sample(furniture.SHARES, rng.randint(3, 6)),
        footer=[text.replace("&", "&amp;").replace("&amp;copy;", "&copy;") for text in footer],
        cookie=pick(rng, furniture.COOKIES),
        cookie_buttons=rng.sample(furniture.COOKIE_BUTTONS, rng.randint(1, 3)),
        newsletter=pick(rng, furniture.NEWSLETTERS),
    )


def _charset(rng: random.Random) -> str:
    names = ("utf-8", "iso-8859-1", "windows-1252", "utf-16")
    return rng.choices(names, (82, 7, 9, 2))[0]


def make_parts(rng: random.Random, site: Site, title: str, blocks: list[str], posted: str, meta: str) -> PageParts:
    """A page of a site, with what stands around its article.

    Args:
        rng: makes all choices.
        site: whose page it is; remembers the page.
        title: the article's heading as HTML.
        blocks: its paragraphs as HTML.
        posted: a date as people write it.
        meta: the tag that states the charset, or "".
    """
    number = rng.randint(100, 99999)
    style = rng.random()
    name = slug(title) or f"page-{number}"
    if style < 0.5:
        path = f"/{name}-{number}{site.extension}"
    elif style < 0.8:
        path = f"/{pick(rng, site.categories)[1].replace(' ', '-')}/{name}-{number}{site.extension}"
    else:
        path = f"/index.php?id={number}&amp;page={rng.randint(1, 9)}"
    path = site.prefix + path
    related = list(site.recent)
    for headline in rng.sample(furniture.HEADLINES, RELATED - len(related)):
        related.append(("/" + slug(headline, site.extension), headline))
    comments = [
        (pick(rng, furniture.USERS), f"{rng.randint(1, 28)}.{rng.randint(1, 12)}.{rng.randint(2008, 2024)}", text)
        for text in rng.sample(furniture.COMMENTS, max(0, rng.randint(-3, 4)))
    ]
    site.recent.append((path, title))
    return PageParts(
        title=title,
        blocks=blocks,
        path=path,
        posted=posted,
        author=pick(rng, furniture.USERS),
        related=related,
        tags=rng.sample(furniture.TAGS, rng.randint(2, 5)),
        comments=comments,
        advertisements=rng.sample(site.advertisements, rng.randint(1, 3)),
        number=number,
        meta=meta,
    )
