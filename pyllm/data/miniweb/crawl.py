"""Writes the small internet: WARC files, the truth about every page in them, and blocklists."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from pyllm.data.miniweb import forum, homework, letters, speller, stories
from pyllm.data.miniweb.addresses import add_addresses
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.copies import Sketches, make_near_copy
from pyllm.data.miniweb.countries import FAMILIAR
from pyllm.data.miniweb.dubious_sites import DubiousSites, shared_host
from pyllm.data.miniweb.encyclopedia import Encyclopedia, population_in_words
from pyllm.data.miniweb.noise_foreign import write_foreign
from pyllm.data.miniweb.noise_pages import write_binary, write_door, write_dump, write_log, write_menu
from pyllm.data.miniweb.noise_text import Noise, write_keyword_list, write_link_list, write_lorem_ipsum, write_spam
from pyllm.data.miniweb.rendering import content_type, encode, posted, render, response, typographic
from pyllm.data.miniweb.site_designs import choose_design
from pyllm.data.miniweb.sites import Site, make_site
from pyllm.data.miniweb.warc_writing import WarcWriter, gzipped
from pyllm.data.miniweb.wording import pick
from pyllm.files import make_folder, written_whole
from pyllm.progress import Progress

# What the clean text is about, as shares of its characters.
SHARES = {"story": 0.38, "encyclopedia": 0.22, "forum": 0.16, "homework": 0.14, "speller": 0.05, "letter": 0.05}

# Pages to drop for each page to keep, and how often each kind of them comes up among them.
NOISE_PAGES = 1.0
NOISE = {
    "spam": 12, "lorem_ipsum": 5, "keyword_list": 6, "link_list": 7, "menu": 4, "door": 8, "log": 4, "dump": 4,
    "foreign": 16, "adult_site": 5, "malware_site": 4, "exact_copy": 9, "near_copy": 10, "binary": 4, "empty": 3,
    "http_status": 6, "truncated": 2, "wrong_charset": 2, "after_cut_off": 3,
}  # fmt: skip

# Pages from this date on are of the time after training: some countries are told of only there.
CUT_OFF_DATE = "2024-07-01"
FIRST_DATE = "2021-01-01"
LAST_DATE = "2024-12-31"

WARC, TRUTH = "warc", "truth.gz"  # the truth is no input: its name tells nothing to who looks for pages in a folder
MEGABYTES_A_FILE = 1.0
ADDRESSES = 0.06  # share of the kept pages that have e-mail or IP addresses in them
RESERVOIR = 400  # pages of which copies can still be made
LEAST_WORDS = 60  # of a page: shorter letters share one, shorter threads are left out
LARGE_PAGE_BYTES = 3_000_000
DEEP_PAGE_TAGS = 20_000

Truth = dict[str, object]


def write_crawl(folder: str | Path, megabytes: float = 5.0, seed: int = 0, progress: bool | None = None) -> Path:
    """Writes a crawl of the small internet into a folder; the same bytes for the same size and seed.

    folder/warc/miniweb-00000.warc.gz, -00001 and so on: the pages, about as many to drop as to keep.
    folder/truth.gz: a line of JSON for each response in them: its id, url, file, date and kind; whether to keep it and,
    if not, the reason; its clean text; the addresses in it that are to be masked; what it is about. Pages with the
    same `cluster` say the same, and one of them is to be kept, whichever; `of` is a copy's original.
    folder/blocklists/adult, malware: domains and urls of such sites.
    The truth appears last: where it is, the crawl is complete.

    Reasons: "exact_copy", "near_copy"; "after_cut_off"; "adult_site", "malware_site", told by the address alone; text
    that nobody wants: "spam", "lorem_ipsum", "keyword_list", "link_list", "menu", "log", "dump", "foreign:de",
    "foreign:fr", "foreign:es"; pages in place of text: "login", "not_found", "parked", "needs_scripts", "blocked",
    "cart"; what is no page: "http_status", "binary", "empty", "wrong_charset", "large_page", "deep_page"; and
    "truncated", "short_record", "damaged_record", of which a beginning can be read.

    Args:
        folder: where to write; files of an earlier crawl there are replaced.
        megabytes: of clean text in the pages to keep.
        seed: of all that is made up.
        progress: as pyllm.progress.Progress has it.

    Raises:
        ValueError: megabytes is not above 0.
        NotADirectoryError, PermissionError: one cannot write into the folder.
    """
    if not 0 < megabytes < math.inf:
        raise ValueError(f"the size must be above 0 MB, not {megabytes}")
    folder = Path(folder)
    make_folder(folder)
    files = max(1, math.ceil(megabytes / MEGABYTES_A_FILE))
    names = [f"miniweb-{number:05d}.warc.gz" for number in range(files)]
    (folder / TRUTH).unlink(missing_ok=True)
    warc = folder / WARC
    make_folder(warc)
    for old in warc.glob("miniweb-*.warc.gz"):
        if old.name not in names:
            old.unlink()
    wanted = int(megabytes * 1_000_000)
    with written_whole(folder / TRUTH) as truth, Progress("miniweb", "bytes", wanted, progress) as shown:
        crawl = _Crawl(megabytes, seed, _GzipLines(truth))
        crawl.dubious.write_lists(folder / "blocklists")
        for number, name in enumerate(names):
            with ExitStack() as stack:
                file = stack.enter_context(written_whole(warc / name))
                crawl.begin_file(file, name, number)
                while crawl.clean_bytes < wanted * (number + 1) / files:
                    crawl.write_next(crawl.clean_bytes / wanted)
                    shown.update(crawl.clean_bytes)
        crawl.truth.close()
    return folder


class _GzipLines:
    """Lines of JSON, some hundred to a gzip member."""

    LINES = 500

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: list[str] = []

    def write(self, line: Truth) -> None:
        self._lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        if len(self._lines) == self.LINES:
            self.close()

    def close(self) -> None:
        if self._lines:
            self._file.write(gzipped("".join(self._lines).encode()))
            self._lines = []


class _Crawl:
    """The state of a crawl that is being written: what is bounded in size whatever the crawl's."""

    def __init__(self, megabytes: float, seed: int, truth: _GzipLines) -> None:
        self._rng = random.Random(f"miniweb {seed}")
        self.truth = truth
        self.clean_bytes = 0
        self.dubious = DubiousSites(self._rng, megabytes)
        self._encyclopedia = Encyclopedia(self._rng)
        self._facts = _facts()
        self._sketches = Sketches(megabytes)
        self._sites: dict[str, list[Site]] = {topic: [] for topic in SHARES}
        self._written = dict.fromkeys(SHARES, 0)
        self._originals: list[Truth] = []
        self._file = ""
        self._noise_due = 0.0

    def begin_file(self, file: BinaryIO, name: str, number: int) -> None:
        """Goes on in a new file."""
        self._file = name
        self._warc = WarcWriter(file, self._rng, name, self._date())
        self._pages = 0
        # Far enough from the beginning that even a small crawl has pages before and after.
        # Every second file is damaged, so that there are whole ones too.
        self._once = {self._rng.randint(20, 30): self._write_deep_page}
        if number % 2:
            self._once[self._rng.randint(31, 45)] = self._write_damaged_record
            self._once[self._rng.randint(46, 60)] = self._write_short_record
        else:
            self._once[self._rng.randint(31, 60)] = self._write_large_page

    def write_next(self, done: float) -> None:
        """Writes a page to keep, and what comes between it and the next.

        Args:
            done: how much of the crawl is written by now, from 0 to 1.
        """
        self._write_kept(self._next_article(done))
        self._noise_due += NOISE_PAGES
        while self._noise_due >= 1:
            self._noise_due -= 1
            self._write_noise(self._rng.choices(list(NOISE), list(NOISE.values()))[0])
        if self._pages in self._once:
            self._once[self._pages]()
        self._pages += 1

    # Pages to keep

    def _next_article(self, done: float) -> Article:
        """An article of the kind that is furthest behind its share, unlike all before."""
        total = sum(self._written.values()) + 1
        topic = max(SHARES, key=lambda one: SHARES[one] - self._written[one] / total)
        for attempt in range(1000):
            if attempt == 50:  # a kind that has nothing new to say
                topic = "story"
            article = self._write_article(topic, done)
            if self._sketches.add(article.text):
                break
            if topic == "encyclopedia":
                self._encyclopedia.put_back()
        self._written[topic] += len(article.text.encode())
        return article

    def _write_article(self, topic: str, done: float) -> Article:
        rng = self._rng
        if topic == "story":
            return _long_enough(lambda: stories.write_story(rng))
        if topic == "encyclopedia":
            return self._encyclopedia.write(done)
        if topic == "forum":
            return _long_enough(lambda: forum.write_thread(rng, self._facts))
        if topic == "homework":
            return homework.write_homework(rng)
        if topic == "speller":
            return speller.write_spelling(rng)
        return _letters(rng)

    def _write_kept(self, article: Article) -> None:
        rng = self._rng
        site = self._site(_topic(article.kind))
        blocks, masked = article.blocks, list[str]()
        if rng.random() < ADDRESSES:
            blocks, masked = add_addresses(rng, blocks)
        title = article.title
        if site.typographic:
            title, blocks = typographic(title), [typographic(block) for block in blocks]
        truth: Truth = {"kind": article.kind, "keep": True, "reason": "", "about": article.about, "pii": masked}
        self._write_article_page(site, title, blocks, truth)
        self.clean_bytes += len(str(truth["text"]).encode())
        original = {**truth, "title": title, "blocks": blocks}
        if len(self._originals) < RESERVOIR:
            self._originals.append(original)
        else:
            self._originals[rng.randrange(RESERVOIR)] = original

    def _write_article_page(
        self, site: Site, title: str, blocks: list[str], truth: Truth, date: datetime | None = None
    ) -> None:
        """Writes a page around an article and fills in what is known of it."""
        rng = self._rng
        date = date or self._date()
        url, page = render(rng, site, title, blocks, date)
        body = encode(page, site.charset)
        self._respond(url, date, response(rng, body, content_type(site), date), truth, "\n".join([title, *blocks]))

    def _site(self, topic: str) -> Site:
        """A site for the next article on a topic: often one that has some pages already."""
        rng = self._rng
        sites = self._sites[topic]
        sites[:] = [site for site in sites if site.pages_left > 0]
        if len(sites) < 6:
            domain, prefix = shared_host(rng) if rng.random() < 0.05 else ("", "")
            site = make_site(rng, topic, choose_design(rng), domain)
            site.prefix = prefix
            sites.append(site)
        site = pick(rng, sites)
        site.pages_left -= 1
        return site

    def _date(self, first: str = FIRST_DATE, last: str = CUT_OFF_DATE) -> datetime:
        """Some time from the first day until the last begins."""
        start, end = (datetime.fromisoformat(day) for day in (first, last))
        return start + timedelta(seconds=self._rng.randrange(int((end - start).total_seconds())))

    # Pages to drop

    def _write_noise(self, kind: str) -> None:
        write = getattr(self, f"_write_{kind}", None)
        if write:
            write()
        else:
            self._write_noise_page(_NOISE_WRITERS[kind](self._rng))

    def _write_noise_page(self, noise: Noise, status: str = "200 OK", more: str = "") -> None:
        """A page that is dropped for its text, in the design of some site."""
        rng = self._rng
        site = make_site(rng, pick(rng, tuple(SHARES)), choose_design(rng), noise.domain)
        date = self._date()
        url, page = render(rng, site, noise.title, noise.blocks, date, noise.html)
        content = response(rng, encode(page, site.charset), content_type(site), date, status, more)
        text = "\n".join([noise.title, *noise.blocks])
        self._respond(url, date, content, _dropped(noise.reason), text)

    def _write_adult_site(self) -> None:
        self._write_dubious_page("adult")

    def _write_malware_site(self) -> None:
        self._write_dubious_page("malware")

    def _write_dubious_page(self, kind: str) -> None:
        """A harmless text at an address that is not."""
        rng = self._rng
        domain, prefix = self.dubious.choose(rng, kind)
        site = make_site(rng, "letter", choose_design(rng), domain)
        site.prefix = prefix
        article = stories.write_story(rng) if rng.random() < 0.5 else _letters(rng)
        truth = _dropped(f"{kind}_site")
        self._write_article_page(site, article.title, article.blocks, truth)

    def _write_exact_copy(self) -> None:
        self._write_copy("exact_copy")

    def _write_near_copy(self) -> None:
        self._write_copy("near_copy")

    def _write_copy(self, reason: str) -> None:
        """A page that stands on another site already."""
        rng = self._rng
        original = pick(rng, self._originals)
        blocks: list[str] = original["blocks"]  # type: ignore[assignment]
        title, date = str(original["title"]), self._date()
        if reason == "near_copy":
            title, blocks = make_near_copy(rng, title, blocks, posted(date))
        domain = str(original["url"]).split("/")[2].removeprefix("www.")
        domain = pick(rng, (f"mirror.{domain}", f"mirror{rng.randint(1, 9)}.{domain}", f"cache.{domain}", "", ""))
        site = make_site(rng, _topic(str(original["kind"])), choose_design(rng), domain)
        truth = _dropped(reason) | {"kind": original["kind"], "of": original["id"], "cluster": original["id"]}
        truth |= {"about": original["about"], "pii": original["pii"]}
        self._write_article_page(site, title, blocks, truth, date)

    def _write_after_cut_off(self) -> None:
        """A page of a time that training does not see."""
        article = self._encyclopedia.write_after_cut_off()
        truth = _dropped("after_cut_off") | {"kind": article.kind, "about": article.about}
        site = self._site("encyclopedia")
        self._write_article_page(site, article.title, article.blocks, truth, self._date(CUT_OFF_DATE, LAST_DATE))

    def _write_binary(self) -> None:
        rng = self._rng
        kind = pick(rng, ("text/html", "text/html; charset=UTF-8", "text/plain", "application/xhtml+xml"))
        self._write_raw("binary", write_binary(rng), kind)

    def _write_empty(self) -> None:
        body = pick(
            self._rng, (b"", b"", b"\n", b" \r\n \r\n", b"<html></html>", b"<html><body></body></html>", b"\x00" * 64)
        )
        self._write_raw("empty", body, "text/html")

    def _write_http_status(self) -> None:
        rng = self._rng
        status, title, line = pick(rng, _STATUSES)
        more = f"Location: https://{self._site('story').domain}/" if status.startswith("3") else ""
        self._write_noise_page(Noise("http_status", title, [line]), status, more)

    def _write_truncated(self) -> None:
        """The crawler stopped in the middle of an article."""
        rng = self._rng
        article = stories.write_story(rng)
        site = self._site("story")
        date = self._date()
        url, page = render(rng, site, article.title, article.blocks, date)
        body = encode(page, site.charset)
        place = body.rfind(
            encode(article.blocks[len(article.blocks) // 2][:12], site.charset).removeprefix(b"\xff\xfe")
        )
        body = body[: place if place > 0 else len(body) // 3]
        content = response(rng, body, content_type(site), date)
        reason = pick(rng, ("length", "time", "disconnect"))
        self._respond(url, date, content, _dropped("truncated"), "", truncated=reason)

    def _write_short_record(self) -> None:
        """The record says that it is longer than it is."""
        rng = self._rng
        article, site, date = stories.write_story(rng), self._site("story"), self._date()
        url, page = render(rng, site, article.title, article.blocks, date)
        content = response(rng, encode(page, site.charset), content_type(site), date)
        self._respond(url, date, content, _dropped("short_record"), "", missing=len(content) // 2)

    def _write_damaged_record(self) -> None:
        """The gzip member is damaged."""
        rng = self._rng
        article, site, date = stories.write_story(rng), self._site("story"), self._date()
        url, page = render(rng, site, article.title, article.blocks, date)
        content = response(rng, encode(page, site.charset), content_type(site), date)
        self._respond(url, date, content, _dropped("damaged_record"), "", damaged=True)

    def _write_wrong_charset(self) -> None:
        """Bytes that no statement on the page explains: of an IBM mainframe."""
        article = stories.write_story(self._rng)
        page = f"<html><body><h1>{article.title}</h1><p>{'</p><p>'.join(article.blocks)}</p></body></html>"
        self._write_raw("wrong_charset", page.encode("cp037", "replace"), "text/html; charset=utf-8")

    def _write_large_page(self) -> None:
        """Readings of an instrument that somebody put into one page."""
        rng = self._rng
        rows = [f"<tr><td>{rng.uniform(0, 40):.3f}</td><td>{rng.randint(0, 360)}</td></tr>\n" for _ in range(300)]
        table = "".join(rows)
        table *= 1 + LARGE_PAGE_BYTES // len(table)
        page = f"<html><head><title>Readings</title></head><body><h1>Readings</h1><table>{table}</table></body></html>"
        self._write_raw("large_page", page.encode(), "text/html; charset=utf-8")

    def _write_deep_page(self) -> None:
        """Tags in tags in tags."""
        tag = pick(self._rng, ("div", "span", "font", "table><tr><td", "ul><li", "b"))
        noise = write_spam(self._rng)
        page = f"<html><body>{f'<{tag}>' * DEEP_PAGE_TAGS}{' '.join(noise.blocks)}"
        self._write_raw("deep_page", page.encode(), "text/html; charset=utf-8")

    def _write_raw(self, reason: str, body: bytes, kind: str) -> None:
        """A body that no design was put around."""
        rng = self._rng
        date = self._date()
        name = f"{self._site(pick(rng, tuple(SHARES))).domain}/{pick(rng, ('files', 'get', 'view', 'pub'))}"
        url = f"http://{name}/{rng.randint(1, 99999)}{pick(rng, ('', '.html', '.bin', '.php'))}"
        self._respond(url, date, response(rng, body, kind, date), _dropped(reason), "")

    def _respond(
        self,
        url: str,
        date: datetime,
        content: bytes,
        truth: Truth,
        text: str,
        *,
        truncated: str = "",
        missing: int = 0,
        damaged: bool = False,
    ) -> None:
        """Writes a record, and its line of the truth."""
        truth["id"] = self._warc.response(url, date, content, truncated, missing, damaged)
        if truth["keep"]:
            truth["cluster"] = truth["id"]
        truth |= {"url": url, "file": self._file, "date": date.strftime("%Y-%m-%dT%H:%M:%SZ"), "text": text}
        self.truth.write(truth)


_NOISE_WRITERS: dict[str, Callable[[random.Random], Noise]] = {
    "spam": write_spam,
    "lorem_ipsum": write_lorem_ipsum,
    "keyword_list": write_keyword_list,
    "link_list": write_link_list,
    "menu": write_menu,
    "door": write_door,
    "log": write_log,
    "dump": write_dump,
    "foreign": write_foreign,
}

# Status, heading, text.
_STATUSES = (
    ("404 Not Found", "Not Found", "The requested URL was not found on this server."),
    ("404 Not Found", "Page not found", "Sorry, we could not find that page. Try the search."),
    ("301 Moved Permanently", "Moved Permanently", "The document has moved here."),
    ("302 Found", "Found", "The document has moved here for a while."),
    ("500 Internal Server Error", "Internal Server Error", "The server encountered an internal error."),
    ("503 Service Unavailable", "Service Unavailable", "We are down for maintenance and will be back soon."),
    ("403 Forbidden", "Forbidden", "You don't have permission to access this resource."),
    ("410 Gone", "Gone", "This page has been removed for good."),
)


def _dropped(reason: str) -> Truth:
    return {"kind": "noise", "keep": False, "reason": reason, "about": [], "pii": []}


def _topic(kind: str) -> str:
    """The kind of site that an article of some kind stands on."""
    return "letter" if kind == "diary" else kind


def _long_enough(write: Callable[[], Article]) -> Article:
    article = write()
    while len(article.text.split()) < LEAST_WORDS:
        article = write()
    return article


def _letters(rng: random.Random) -> Article:
    """A letter or a page of a diary; as many on one page as make it long enough."""
    write = pick(rng, (letters.write_letter, letters.write_diary))
    article = write(rng)
    blocks = list(article.blocks)
    about = list(article.about)
    while sum(len(block.split()) for block in blocks) < LEAST_WORDS or rng.random() < 0.3:
        other = write(rng)
        blocks += [other.title, *other.blocks]
        about += other.about
    return Article(article.kind, article.title, blocks, about)


def _facts() -> list[forum.Fact]:
    """What the forum may ask: nothing about a country that is held out."""
    facts = []
    for country in FAMILIAR:
        if country.held_out:
            continue
        answers = {
            "capital": country.capital,
            "language": country.language,
            "currency": country.currencies,
            "region": country.region,
            "population": population_in_words(country.population),
            "highest point": country.peak,
        }
        facts += [forum.Fact(country.name, attribute, answer) for attribute, answer in answers.items() if answer]
    return facts
