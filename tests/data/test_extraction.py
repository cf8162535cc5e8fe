"""Text extraction: charsets, what is text on a page and what stands around it, hostile pages."""

import os
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyllm.data.extraction import decoded, extract_text, is_binary

SENTENCES = [
    "The lighthouse on the northern rocks was built of grey stone, and it took eleven summers to finish it.",
    "Its first keeper, a retired sailor, wrote down the weather three times a day for the rest of his life.",
    "When fog came in from the sea, he rang a bell that could be heard in all the villages along the bay.",
    "Ships have other ways to find the harbour today, but the bell is still rung once a year, on a night in May.",
]
TEXT = "\n".join(SENTENCES)
PARAGRAPHS = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
MENU = "".join(
    f'<li><a href="/{name}">{name.title()}</a></li>' for name in ("home", "news", "weather", "sport", "shop")
)


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head><title>A title</title>{head}</head><body>{body}</body></html>"


def test_paragraphs_headings_items_and_cells_are_lines() -> None:
    markup = page(
        "<h1>A <em>title</em></h1>"
        "<p>One <b>bold</b>\n   word&nbsp;&amp; more.</p>"
        "<p>Two,<br>in two lines.</p>"
        "<ul><li>first item</li><li>second item</li></ul><div>outer<div>inner</div>rest</div>"
        "<table><tr><td>cell</td><td>next</td></tr></table><pre>x = 1\n  y &lt; 2</pre>"
    )
    assert extract_text(markup).split("\n") == [
        "A title",
        "One bold word & more.",
        "Two,",
        "in two lines.",
        "first item",
        "second item",
        "outer",
        "inner",
        "rest",
        "cell next",
        "x = 1",
        "y < 2",
    ]


def test_scripts_styles_and_comments_are_no_text() -> None:
    markup = page(
        f"<script>var a = '<p>no</p>';</script><style>p {{}}</style><!-- no --><noscript>no</noscript>{PARAGRAPHS}"
    )
    assert extract_text(markup) == TEXT


def test_control_characters_go() -> None:
    assert extract_text("<p>a\x00b\x01\x02c \x7fd\x9d e\u00adf\ufeff\u200bg</p>") == "abc d efg"
    assert extract_text("<p>a&#1;&#0;b</p>").isprintable()


@pytest.mark.parametrize("text", ["", " \n ", "<html></html>", "<html><frameset><frame src=x></frameset></html>"])
def test_no_text(text: str) -> None:
    assert extract_text(text) == ""


def test_plain_text() -> None:
    assert extract_text("Just a line\nof text.") == "Just a line of text."


# --- what stands around the text

FURNITURE = {
    "nav": f"<nav><ul>{MENU}</ul></nav>",
    "menu without a name": f"<div><ul>{MENU}</ul></div>",
    "links in a row": '<div><a href="/a">About us</a> | <a href="/b">Our team</a> | <a href="/c">Find us</a></div>',
    "footer": "<footer><p>Imprint of a publisher in a town, with a telephone number and all the rest.</p></footer>",
    "aside": "<aside><p>Read another story about another place, which is a long one, in our next issue.</p></aside>",
    "form": "<form><label>Your name, please, and what you think of us.</label><input><button>Send</button></form>",
    "cookies": '<div class="cookie-bar"><p>We keep small files on your computer, so that we know you again.</p></div>',
    "share": '<div id="shareLinks"><span>Tell your friends about this page, if you have friends.</span></div>',
    "related": '<section class="related-items"><p>A story of a mountain that people climb before dawn.</p></section>',
    "newsletter": '<div class="box newsletterBox"><p>One letter a week, with all that is new, for nothing.</p></div>',
    "advertisement": '<div class="ad ad-wide"><p>These shoes are so good that you will not take them off.</p></div>',
    "fixed bar": '<div style="position: fixed; bottom: 0"><p>Sign up today and get one month for nothing.</p></div>',
    "hidden": '<div style="display:none"><p>Nobody sees this, unless some program shows it later on.</p></div>',
    "hidden attribute": "<div hidden><p>Nobody sees this, unless some program shows it later on.</p></div>",
    "role": '<div role="complementary"><p>Something beside the text that has little to do with it.</p></div>',
    "rights": "<div>© 2020 The Daily Rock. All rights reserved by those who have them.</div>",
    "post's author": '<div class="postprofile">anna, a member since the third year of this forum.</div>',
}


@pytest.mark.parametrize("kind", FURNITURE)
@pytest.mark.parametrize("layout", ["<div>{}</div>", "<article>{}</article>", '<div class="entry-content">{}</div>'])
def test_furniture_goes(kind: str, layout: str) -> None:
    assert extract_text(page(FURNITURE[kind] + layout.format(PARAGRAPHS) + FURNITURE[kind])) == TEXT


@pytest.mark.parametrize("kind", set(FURNITURE) - {"links in a row", "menu without a name", "rights"})
def test_furniture_in_the_middle_goes(kind: str) -> None:
    first, *others = SENTENCES
    rest = "".join(f"<p>{sentence}</p>" for sentence in others)
    assert extract_text(page(f"<div><p>{first}</p>{FURNITURE[kind]}{rest}</div>")) == TEXT


def test_a_page_of_tables_and_fonts() -> None:
    markup = (
        "<HTML><BODY><CENTER><FONT SIZE=6>The Rock</FONT><BR><A HREF=/>Home</A> | <A HREF=/n>News</A> | "
        "<A HREF=/w>Weather</A></CENTER><HR><TABLE><TR><TD><A HREF=/1>One page</A><BR><A HREF=/2>Another</A></TD><TD>"
        + "".join(f"<P><FONT FACE=Arial>{sentence}</FONT>" for sentence in SENTENCES)
        + "</TD></TR></TABLE><HR><CENTER><FONT SIZE=1>You are visitor 4711!<BR>Best viewed with both eyes<BR>"
        "<A HREF=/next>Next page</A></FONT></CENTER></BODY></HTML>"
    )
    assert extract_text(markup) == TEXT


def test_text_in_divs_and_in_lines() -> None:
    divs = "".join(f"<div><span>{sentence}</span></div>" for sentence in SENTENCES)
    assert extract_text(page(f"<ul>{MENU}</ul>{divs}<ul>{MENU}</ul>")) == TEXT
    assert extract_text(page(f"<ul>{MENU}</ul><div>{'<br><br>'.join(SENTENCES)}</div><ul>{MENU}</ul>")) == TEXT


def test_lines_of_a_paragraph_that_end_as_no_sentence_stay() -> None:
    dates = "<br>".join(f"{day} June, the harbour" for day in range(1, 9))
    text = extract_text(page(f"<ul>{MENU}</ul>{PARAGRAPHS}<p>{dates}</p><div>Seen by 12 people</div><ul>{MENU}</ul>"))
    assert text == f"{TEXT}\n{dates}".replace("<br>", "\n")


def test_links_inside_of_sentences_stay() -> None:
    linked = PARAGRAPHS.replace("keeper", '<a href="/k">keeper</a>').replace("fog", '<a href="/f">fog</a>')
    assert extract_text(page(f"<ul>{MENU}</ul>{linked}")) == TEXT


def test_links_around_pictures_and_blocks() -> None:
    pictures = '<a href="/x"><img src=y></a><a href="/x"><div><img src=y></div></a>'
    assert extract_text(page(f"<ul>{MENU}</ul><div>{pictures}</div>{PARAGRAPHS}")) == TEXT
    linked = page(f'<ul>{MENU}</ul><a href="/x"><div>Look at</div><div>this</div></a>{PARAGRAPHS}')
    assert extract_text(linked) == TEXT


def test_names_lie() -> None:
    """An element with most of the text stays, whatever it is called."""
    for wrapper in ("<form>{}</form>", '<div class="comments">{}</div>', '<div id="sidebar-left">{}</div>'):
        assert extract_text(page(f"<ul>{MENU}</ul>{wrapper.format(PARAGRAPHS)}")) == TEXT


def test_names_of_text_protect_it() -> None:
    half = len(SENTENCES) // 2
    parts = ["".join(f"<p>{sentence}</p>" for sentence in some) for some in (SENTENCES[:half], SENTENCES[half:])]
    for name in ("content with-sidebar", "post tag-cookies", "main-text widget"):
        divided = "".join(f'<div class="{name}">{part}</div>' for part in parts)
        assert extract_text(page(f"<ul>{MENU}</ul>{divided}")) == TEXT


def test_teasers_are_no_article() -> None:
    teasers = "".join(f'<article><h3><a href="/{n}">Another story, number {n}</a></h3></article>' for n in range(40))
    assert extract_text(page(f"<div>{PARAGRAPHS}</div>{teasers}")) == TEXT


def test_the_title_stays_and_the_name_of_the_site_goes() -> None:
    markup = "<header>{}</header><h3>2 March</h3><div class='article-body'>{}</div>"
    assert extract_text(page(markup.format("<h1>The bell</h1>", PARAGRAPHS))) == f"The bell\n{TEXT}"
    assert extract_text(page(markup.format("<h1><a href='/'>The Daily Rock</a></h1>", PARAGRAPHS))) == TEXT


def test_a_page_of_links_has_them() -> None:
    text = extract_text(page(f"<h1>All pages</h1><ul>{MENU * 5}</ul>"))
    assert text.split("\n")[1:] == ["Home", "News", "Weather", "Sport", "Shop"] * 5


def test_chinese() -> None:
    sentence = "灯塔建在北边的岩石上，用灰色的石头砌成，花了十一个夏天才完工。"
    menu = '<ul><li><a href="/">首页</a></li><li><a href="/n">新闻</a></li><li><a href="/t">天气</a></li></ul>'
    assert extract_text(page(menu + f"<p>{sentence}</p>" * 5 + menu)) == "\n".join([sentence] * 5)


# --- charsets

GERMAN = "Über den größten Bäumen Österreichs kreisen früh die Vögel – „schön“."
RUSSIAN = "Маяк на северных скалах строили одиннадцать лет, и колокол звонит до сих пор."
JAPANESE = "灯台は北の岩の上にあり、その鐘の音は湾の村々に聞こえた。"


def meta(charset: str) -> str:
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'


@pytest.mark.parametrize(
    ("text", "encoding", "header", "in_page"),
    [
        (GERMAN, "utf-8", None, ""),
        (GERMAN, "utf-8-sig", "iso-8859-1", "iso-8859-1"),
        (GERMAN, "utf-8", "ISO-8859-1", ""),  # servers' default, put before all pages
        (GERMAN, "utf-8", None, "windows-1252"),
        (GERMAN, "cp1252", "iso-8859-1", ""),  # whose quotation marks Latin-1 has not
        (GERMAN, "cp1252", "UTF-8", ""),
        (GERMAN, "cp1252", None, "utf-8"),
        (GERMAN, "cp1252", "no-such-charset", "also-none"),
        (GERMAN, "utf-16", None, ""),
        (GERMAN, "utf-16-le", None, ""),
        (GERMAN, "utf-16-be", "utf-16be", ""),
        (RUSSIAN, "cp1251", None, "windows-1251"),
        (RUSSIAN, "cp1251", "windows-1251", "utf-8"),
        (RUSSIAN, "cp1251", "iso-8859-1", ""),
        (RUSSIAN, "koi8-r", None, ""),
        (JAPANESE, "cp932", "Shift_JIS", ""),
        (JAPANESE, "cp932", None, ""),
        (JAPANESE, "euc_jp", None, "x-euc-jp"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp", ""),
        ("한국어 똠방각하 문서", "cp949", "euc-kr", ""),
    ],
)
def test_charsets(text: str, encoding: str, header: str | None, in_page: str) -> None:
    markup = page(f"<p>{text}</p>" * 3, meta(in_page) if in_page else "")
    assert extract_text(markup.encode(encoding), header) == "\n".join([text] * 3)


def test_a_character_that_was_cut_off_is_all_that_is_lost() -> None:
    content = page(f"<p>{GERMAN}</p>").encode()
    assert extract_text(content[: content.index("“".encode()) + 1]).startswith(GERMAN[:-3])


def test_halves_of_surrogate_pairs() -> None:
    assert "end" in extract_text("<p>\ud800 end</p>")


# --- what is no text

PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + zlib.compress(os.urandom(2000))


@pytest.mark.parametrize(
    "content",
    [
        PICTURE,
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + os.urandom(500),
        b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj",
        b"%!PS-Adobe-3.0\n/Times findfont",
        b"{\\rtf1 text}",
        b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + os.urandom(500),
        zlib.compress(TEXT.encode() * 20),
        os.urandom(4096),
        bytes(100),
    ],
)
def test_binary(content: bytes) -> None:
    assert is_binary(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        page(PARAGRAPHS).encode(),
        page(PARAGRAPHS).encode() + b"\x00",
        b"BMW and MMX are no pictures.",
        b'{"json": 1}',
        GERMAN.encode("cp1252"),
        RUSSIAN.encode("koi8-r"),
        JAPANESE.encode("cp932"),
        JAPANESE.encode("iso2022_jp"),
        GERMAN.encode("utf-16"),
        GERMAN.encode("utf-16-be"),
    ],
)
def test_not_binary(content: bytes) -> None:
    assert not is_binary(content)


# --- hostile pages


@pytest.mark.parametrize(
    "tags",
    [
        "<div>",
        "<ul><li>",
        "<table><tr><td>",
        "<b>",
        "<blockquote>",
        "<div class=share>",
        "<svg>",
        "<font><p>",
        "<a href=x>",
    ],
)
def test_deep_nesting(tags: str) -> None:
    assert extract_text(tags * 20_000 + "the end") in ("the end", "")


def test_nested_furniture_takes_no_quadratic_time() -> None:
    text = "some text " * 20_000
    assert extract_text("<div class=share>" * 20_000 + text) == text.strip()


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=2000), st.sampled_from([None, "utf-8", "latin-1", "utf-16", "gbk", "iso-2022-jp", "\u0130", ""])
)
def test_any_bytes(content: bytes, charset: str | None) -> None:
    is_binary(content)
    decoded(content, charset)
    assert not re.search("[\x00-\x08\x0e-\x1b\x7f]", extract_text(content, charset))


PIECES = [
    "<p>",
    "</p>",
    "<div class='share'>",
    "<div>",
    "</div>",
    "<a href='x'>",
    '<a href="a>b">',
    "</a>",
    "<ul>",
    "<li>",
]
PIECES += [
    "</ul>",
    "<pre>",
    "</pre>",
    "<br>",
    "&lt;",
    "&#1;",
    "<article>",
    "<h1>",
    "</h1>",
    "<table><tr><td>",
    "</table>",
]
PIECES += [
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "<",
    ">",
    '"',
    "text ",
    "A sentence of several words. ",
    "\n",
    "\x01\x02",
    "é",
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=80).map("".join))
def test_any_soup(markup: str) -> None:
    text = extract_text(markup)
    assert text == "\n".join(" ".join(line.split()) for line in text.split("\n"))
    assert all(text.split("\n")) or text == ""
    assert extract_text(markup.encode(), "utf-8") == text
