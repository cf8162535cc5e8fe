"""The URL filter: lists in the UT1 format, words, and URLs that want to break it."""

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyllm.data.document import KEEP
from pyllm.data.url_filter import BUILT_IN_DOMAINS, UrlFilter, any_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "domains").write_text(
        "# a comment\nbad.example\nsub.mixed.example\n10.20.30.40\nMÜNCHEN.example\n\n[::2]\n"
    )
    (tmp_path / "urls").write_text("fine.example/bad\nwww.other.example/a/b.html?x=1\nquery.example/?id=7\n")
    return tmp_path


@pytest.mark.parametrize(
    "url",
    [
        "http://bad.example",
        "https://bad.example/page?x#y",
        "HTTPS://WWW.Bad.Example:8080/",
        "//bad.example/x",
        "bad.example/x",
        "http://user:pass@a.b.c.bad.example./x",
        "http://good.example@bad.example/",
        "http:\\\\bad.example\\x",
        "http://b%61d.example/",
        "ftp://sub.mixed.example",
        "http://10.20.30.40:80/",
        "http://münchen.example/",
        "http://xn--mnchen-3ya.example/",
        "  http://bad.example\n",
        "http://[::2]:80/x",
        "http://" + "a." * 400 + "bad.example/",
    ],
)
def test_blocked_domains(folder: Path, url: str) -> None:
    assert UrlFilter([folder])(url).reason == "blocked_domain"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://notbad.example/",
        "http://bad.example.com/",
        "http://mixed.example/bad.example/",
        "http://good.example/?to=http://bad.example/",
        "http://bad.example@good.example/",
        "http://fine.example/",
        "http://fine.example/badly",
        "http://fine.example/x/bad",
        "http://other.example/a/b.html",
        "http://other.example/a/b.html?x=12",
        "http://query.example/?id=8",
        "http://1.10.20.30/",
    ],
)
def test_kept(folder: Path, url: str) -> None:
    assert UrlFilter([folder])(url) == KEEP


@pytest.mark.parametrize(
    "url, found",
    [
        ("http://fine.example/bad", "fine.example/bad"),
        ("http://www.fine.example/bad/", "fine.example/bad"),
        ("http://www2.fine.example/BAD?x", "fine.example/bad"),
        ("http://fine.example/bad/below/it#x", "fine.example/bad"),
        ("http://other.example:80/a/b.html?x=1", "other.example/a/b.html?x=1"),
        ("http://other.example/a/b.html?x=1&y=2", "other.example/a/b.html?x=1"),
        ("http://query.example/?id=7", "query.example/?id=7"),
    ],
)
def test_blocked_urls(folder: Path, url: str, found: str) -> None:
    verdict = UrlFilter([folder])(url)
    assert (verdict.reason, verdict.detail) == ("blocked_url", found)


def test_words() -> None:
    rules = UrlFilter(banned_words=["Vile"], soft_banned_words=["dim", "grey", "été"], banned_subwords=["oozing"])
    reasons = {
        "http://x.example/vile/page": "banned_word",
        "http://vile.example/": "banned_word",
        "http://x.example/very-VILE_thing": "banned_word",
        "http://x.example/%76ile": "banned_word",
        "http://24vile7.example/": "banned_word",
        "http://x.example/villa-revile-viles2": "",
        "http://x.example/dim": "",
        "http://x.example/dim-dim-dim": "",
        "http://x.example/dim?colour=grey": "soft_banned_words",
        "http://x.example/dim/%C3%A9t%C3%A9": "soft_banned_words",
        "http://reallyoozingstuff.example/": "banned_subword",
    }
    assert {url: rules(url).reason for url in reasons} == reasons
    three = UrlFilter(soft_banned_words=["dim", "grey", "dull"], soft_threshold=3)
    assert three("http://x.example/dim/grey") and not three("http://x.example/dim/grey/dull")


def test_the_built_in_list() -> None:
    rules, without = UrlFilter(), UrlFilter(built_in=False, banned_words=(), soft_banned_words=(), banned_subwords=())
    for domain in BUILT_IN_DOMAINS:
        assert rules(f"https://www.{domain}/").reason == "blocked_domain"
        assert without(f"https://www.{domain}/") == KEEP
    for url in [
        "https://www.essex.ac.uk/",
        "https://middlesex.example/adult-education",
        "https://x.example/Scunthorpe",
    ]:
        assert rules(url) == KEEP
    assert rules("https://x.example/porn/1").reason == "banned_word"
    assert rules("https://x.example/casino-poker").reason == "soft_banned_words"
    assert rules("https://freepornclips.example/").reason == "banned_subword"


def test_files_gzipped_and_by_themselves(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "domains.gz").write_bytes(gzip.compress(b"zipped.example\n"))
    (other / "urls_extra.gz").write_bytes(gzip.compress(b"extra.example/x\n"))
    rules = UrlFilter([folder / "domains", other, other / "urls_extra.gz"])
    assert rules("http://bad.example/").reason == rules("http://zipped.example/").reason == "blocked_domain"
    assert rules("http://extra.example/x").reason == "blocked_url"
    assert rules("http://fine.example/bad") == KEEP, "its list was not named"


def test_bad_lines_are_told_of_and_the_rest_counts(tmp_path: Path) -> None:
    (tmp_path / "domains").write_bytes(
        b"one.example\n0.0.0.0 two.example\nthree.example/path\n\xff\xfe.example\n...\nlast.example"
    )
    (tmp_path / "urls").write_bytes(b"one.example/x\nno-path.example\nwith space.example/x\n/only/path\n")
    rules = UrlFilter([tmp_path])
    assert [problem.partition(": ")[0] for problem in rules.problems] == [
        *(f"{tmp_path}/domains:{line}" for line in (2, 3, 4, 5)),
        *(f"{tmp_path}/urls:{line}" for line in (2, 3, 4)),
    ]
    assert "'0.0.0.0 two.example' is not a domain" in rules.problems[0]
    assert rules("http://last.example/").reason == "blocked_domain"


def test_lists_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no blocklist"):
        UrlFilter([tmp_path / "missing"])
    with pytest.raises(FileNotFoundError, match="neither a file named domains nor one named urls"):
        UrlFilter([tmp_path])
    (tmp_path / "list.txt").write_text("x.example")
    with pytest.raises(ValueError, match="begins neither with domains nor with urls"):
        UrlFilter([tmp_path / "list.txt"])


HOSTILE = [
    "http://",
    "//",
    ":",
    "/",
    "\\",
    "@",
    "[",
    "]",
    "?",
    "#",
    "&",
    "%",
    "%C3",
    "%zz",
    ".",
    "www.",
    "a",
    "é",
    "\u3002",
    "\x00",
    "\ud800",
    "xn--",
    "1",
]


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(HOSTILE), max_size=40).map("".join)))
def test_no_url_raises(url: str) -> None:
    rules = UrlFilter()
    rules._paths["a"] = {"/a", "?1"}  # so that this part has work as well
    assert rules(url) in (KEEP, rules(url))


@pytest.mark.parametrize("unit", [*HOSTILE, "a.", "a/", "a-", "%61", "é.", "sex-"])
def test_long_urls(folder: Path, unit: str) -> None:
    rules = UrlFilter([folder])
    for start in ("", "http://", "http://fine.example/"):
        rules(start + unit * (100_000 // len(unit)))


@given(st.lists(st.text("abc.", min_size=1, max_size=4), min_size=1, max_size=8), st.text("abc.", max_size=20))
def test_sub_words_are_found_wherever_they_stand(words: list[str], url: str) -> None:
    assert bool(re.search(any_of(words), url)) == any(word in url for word in words)
