"""The small internet: the same bytes for the same seed, what is held out stays so, and the truth is true."""

import gzip
import html
import itertools
import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyllm.data.miniweb import CUT_OFF_DATE, write_crawl
from pyllm.data.miniweb.copies import LEAST_SIMILARITY, similarity
from pyllm.data.miniweb.countries import AFTER_CUT_OFF, BY_NAME, FAMILIAR, RARE
from pyllm.data.miniweb.crawl import SHARES
from pyllm.data.miniweb.held_out import is_held_out, operands_key

Truth = dict[str, Any]


def read_truth(folder: Path) -> list[Truth]:
    with gzip.open(folder / "truth.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def members(path: Path) -> Iterator[bytes]:
    """The gzip members of a file, as far as they can be read."""
    content = path.read_bytes()
    at = 0
    while 0 <= at < len(content):
        reader = zlib.decompressobj(31)
        read = bytearray()
        try:
            for start in range(at, len(content), 256):  # in small steps: what stands before the damage is read
                read += reader.decompress(content[start : start + 256])
                if reader.eof:
                    break
            at = start + 256 - len(reader.unused_data) if reader.eof else len(content)
            at = min(at, len(content))
        except zlib.error:
            at = content.find(b"\x1f\x8b\x08\x00\x00\x00\x00\x00", at + 1)
        if read.startswith(b"WARC/1.0\r\n"):
            yield bytes(read)


def records(folder: Path) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """File, headers and content of each record."""
    for path in sorted((folder / "warc").glob("*.warc.gz")):
        for member in members(path):
            head, _, content = member.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")[1:]
            yield path.name, dict(line.split(": ", 1) for line in lines), content


def response_body(content: bytes) -> bytes:
    head, _, body = content.partition(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" in head:
        whole = b""
        size, _, body = body.partition(b"\r\n")
        while int(size, 16):
            whole += body[: int(size, 16)]
            size, _, body = body[int(size, 16) + 2 :].partition(b"\r\n")
        body = whole
    elif match := re.search(rb"\r\nContent-Length: (\d+)", head):
        body = body[: int(match[1])]
    return gzip.decompress(body) if b"Content-Encoding: gzip" in head else body


def page_text(body: bytes) -> str:
    """What a reader sees, white space apart; the charset is guessed from the bytes alone."""
    if body.startswith(b"\xff\xfe"):
        page = body.decode("utf-16")
    else:
        try:
            page = body.decode("utf-8")
        except UnicodeDecodeError:
            page = body.decode("windows-1252")
    page = re.sub(r"</?(em|b|strong|i|span|a)\b[^>]*>", "", page, flags=re.IGNORECASE)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_crawl(tmp_path_factory.mktemp("crawl"), megabytes=1.5, seed=1)


@pytest.fixture(scope="module")
def truth(folder: Path) -> list[Truth]:
    return read_truth(folder)


_LONGEST_FIRST = sorted(map(re.escape, BY_NAME), key=len, reverse=True)
_COUNTRY = re.compile(rf"(?<!\w)(?=[A-Z])(?:{'|'.join(_LONGEST_FIRST)})(?!\w)")


def countries_in(text: str) -> set[str]:
    """Which countries a text names: at each place the longest name, so that Guinea-Bissau is no Guinea."""
    return set(_COUNTRY.findall(text))


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    one = all_bytes(write_crawl(tmp_path / "one", 0.1, seed=3))
    again = all_bytes(write_crawl(tmp_path / "again", 0.1, seed=3))
    other = all_bytes(write_crawl(tmp_path / "other", 0.1, seed=4))
    assert one == again
    assert one.keys() == other.keys()
    assert not any(one[name] == other[name] for name in one)


def test_files_of_an_earlier_larger_crawl_go(tmp_path: Path) -> None:
    (tmp_path / "warc").mkdir()
    (tmp_path / "warc" / "miniweb-00007.warc.gz").write_bytes(b"old")
    write_crawl(tmp_path, 0.05)
    assert [path.name for path in (tmp_path / "warc").glob("*.warc.gz")] == ["miniweb-00000.warc.gz"]


def test_a_crawl_that_was_broken_off_has_no_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_crawl(tmp_path, 0.05)

    def fail(self: object, done: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pyllm.data.miniweb.crawl._Crawl.write_next", fail)
    with pytest.raises(KeyboardInterrupt):
        write_crawl(tmp_path, 0.05, seed=1)
    assert not list(tmp_path.glob("truth*")) and not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("megabytes", [0, -1, float("nan"), float("inf")])
def test_a_size_that_is_none(megabytes: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be above 0 MB"):
        write_crawl(tmp_path / "crawl", megabytes)
    assert not (tmp_path / "crawl").exists()


def test_size_files_and_shares(folder: Path, truth: list[Truth]) -> None:
    assert len(list((folder / "warc").glob("miniweb-*.warc.gz"))) == 2
    sizes = Counter[str]()
    for page in truth:
        if page["keep"]:
            sizes["letter" if page["kind"] == "diary" else page["kind"]] += len(page["text"].encode())
    assert 1_500_000 <= sizes.total() < 1_510_000
    for kind, share in SHARES.items():
        assert sizes[kind] / sizes.total() == pytest.approx(share, abs=0.01)
    kept = sum(page["keep"] for page in truth)
    assert 0.45 < kept / len(truth) < 0.55


def test_the_truth_tells_of_each_response_and_of_nothing_else(folder: Path, truth: list[Truth]) -> None:
    found = [
        (file, headers["WARC-Record-ID"], headers["WARC-Target-URI"], headers["WARC-Date"])
        for file, headers, _ in records(folder)
        if headers["WARC-Type"] == "response"
    ]
    assert found == [(page["file"], page["id"], page["url"], page["date"]) for page in truth]
    assert len({page["id"] for page in truth}) == len(truth)


def test_fastwarc_and_warcio_read_a_whole_file(folder: Path, truth: list[Truth]) -> None:
    fastwarc = pytest.importorskip("fastwarc.warc")
    path = folder / "warc" / "miniweb-00000.warc.gz"
    wanted = [page["id"] for page in truth if page["file"] == path.name]
    with path.open("rb") as file:
        read = fastwarc.ArchiveIterator(file, record_types=fastwarc.WarcRecordType.response, verify_digests=True)
        assert [record.headers["WARC-Record-ID"] for record in read] == wanted
    warcio = pytest.importorskip("warcio.archiveiterator")
    with path.open("rb") as file:
        headers = (record.rec_headers for record in warcio.ArchiveIterator(file, check_digests="raise"))
        ids = [one["WARC-Record-ID"] for one in headers if one["WARC-Type"] == "response"]
    assert ids == wanted


def test_the_damaged_records_are_damaged(folder: Path, truth: list[Truth]) -> None:
    reasons = {page["id"]: page["reason"] for page in truth}
    seen = Counter[str]()
    for _, headers, content in records(folder):
        reason = reasons.get(headers["WARC-Record-ID"], "")
        complete = len(content) >= int(headers["Content-Length"]) + 4
        assert complete == (reason not in ("damaged_record", "short_record"))
        assert ("WARC-Truncated" in headers) == (reason == "truncated")
        seen[reason] += 1
    assert seen["damaged_record"] == seen["short_record"] == seen["large_page"] == 1
    assert seen["truncated"] > 10


def test_the_clean_text_stands_in_the_page(folder: Path, truth: list[Truth]) -> None:
    pages = {page["id"]: page for page in truth}
    for _, headers, content in records(folder):
        page = pages.get(headers["WARC-Record-ID"])
        if page is None or not (page["keep"] or page["reason"] in ("exact_copy", "near_copy", "after_cut_off")):
            continue
        text = page_text(response_body(content))
        at = 0
        for block in page["text"].split("\n"):
            place = text.find(" ".join(block.split()), at)
            assert place >= 0, (page["url"], block)
            at = place if block == page["text"].partition("\n")[0] else place + len(block)


def test_kept_pages_have_text_beyond_ascii_and_all_charsets(folder: Path, truth: list[Truth]) -> None:
    kept = {page["id"]: page["text"] for page in truth if page["keep"]}
    assert sum(bool(re.search("[é–“”ö]", text)) for text in kept.values()) > len(kept) / 20
    charsets = Counter[str]()
    for _, headers, content in records(folder):
        if headers["WARC-Record-ID"] in kept:
            for charset in re.findall(
                r"charset=\"?([\w-]+)", content.decode("latin-1").replace("\0", ""), re.IGNORECASE
            ):
                charsets[charset.lower()] += 1
    assert {"utf-8", "iso-8859-1", "windows-1252", "utf-16"} <= charsets.keys()


def test_near_copies_are_near_and_exact_copies_exact(truth: list[Truth]) -> None:
    pages = {page["id"]: page for page in truth}
    copies = [page for page in truth if page["reason"] in ("near_copy", "exact_copy")]
    assert len(copies) > 200
    for page in copies:
        original = pages[page["of"]]
        assert original["keep"]
        assert page["cluster"] == original["cluster"] == original["id"]
        if page["reason"] == "exact_copy":
            assert page["text"] == original["text"]
        else:
            assert page["text"] != original["text"]
            assert similarity(page["text"], original["text"]) >= LEAST_SIMILARITY


def test_pages_to_keep_are_not_alike(truth: list[Truth]) -> None:
    """No two have a similarity of 0.7, found by their rarest 5-grams (prefix filtering)."""
    texts = [page["text"] for page in truth if page["keep"]]
    grams = []
    for text in texts:
        words = re.findall(r"\w+", text.lower())
        grams.append({" ".join(words[at : at + 5]) for at in range(len(words) - 4)})
    often = Counter(itertools.chain.from_iterable(grams))
    holders = defaultdict[str, list[int]](list)
    for number, own in enumerate(grams):
        rarest = sorted(own, key=lambda gram: (often[gram], gram))[: int(0.3 * len(own)) + 1]
        for other in {one for gram in rarest for one in holders[gram]}:
            likeness = len(own & grams[other]) / len(own | grams[other])
            assert likeness < 0.7, (texts[number], texts[other])
        for gram in rarest:
            holders[gram].append(number)


def test_no_country_that_is_held_out_stands_in_the_forum(truth: list[Truth]) -> None:
    asked = set[str]()
    for page in truth:
        if page["kind"] == "forum":
            asked |= countries_in(page["text"])
    assert {name for name in asked if is_held_out("country", name)} == set()
    assert {country.name for country in FAMILIAR if not country.held_out} <= asked
    assert sum(country.held_out for country in FAMILIAR) == 12


def test_no_operands_that_are_held_out_stand_anywhere(truth: list[Truth]) -> None:
    """Problems are told from the steps to their answers by their numbers of two and more digits."""
    problems = set[str]()
    for page in truth:
        if page["keep"]:
            for left, sign, right in re.findall(
                r"(?<![\d.+*×-])\b(\d{2,}) ([-+*×]) (\d{2,})\b(?! [-+*×])", page["text"]
            ):
                problems.add(operands_key(int(left), sign, int(right)))
    assert len(problems) > 500
    assert {key for key in problems if is_held_out("operands", key)} == set()


def test_no_word_that_is_held_out_is_spelled(truth: list[Truth]) -> None:
    spelled = set[str]()
    for page in truth:
        if page["keep"] and page["kind"] in ("speller", "forum", "homework"):
            letters = re.findall(r"\b(\w(?:-\w)+)\b", page["text"]) + re.findall(r"\b(\w(?:, \w)+)\b", page["text"])
            spelled |= {re.sub("[-, ]", "", one).lower() for one in letters if not any(map(str.isdigit, one))}
            spelled |= {word.lower() for word in re.findall(r"\b[Tt]he word (\w+) has \d+ letters", page["text"])}
    assert len(spelled) > 300
    listed = {word for page in truth if page["kind"] in ("speller", "forum") for word in page["about"]}
    backwards = {word[::-1] for word in listed}
    assert {word for word in listed if is_held_out("word", word) and word.islower()} <= {
        "arithmetic",
        "everyday",
        "story",
    }
    assert {word for word in spelled - backwards if is_held_out("word", word)} == set()


def test_some_countries_are_told_of_only_after_the_cut_off(truth: list[Truth]) -> None:
    late = [country.name for country in AFTER_CUT_OFF]
    for page in truth:
        if page["reason"] == "after_cut_off":
            assert page["date"] >= CUT_OFF_DATE
            assert set(page["about"]) <= set(late)
        else:
            assert page["date"] < CUT_OFF_DATE
            assert countries_in(page["text"]).isdisjoint(late)
    assert len(late) == 15
    assert {name for page in truth if page["reason"] == "after_cut_off" for name in page["about"]} == set(late)


def test_addresses_to_mask_stand_in_the_text(truth: list[Truth]) -> None:
    mails = addresses = private = 0
    for page in truth:
        if page["keep"]:
            found = set(re.findall(r"[\w.+-]+@[\w.-]+\w|\b\d+\.\d+\.\d+\.\d+\b", page["text"]))
            hidden = {one for one in found if re.match(r"(10|127|192\.168|172\.(1[6-9]|2\d|3[01]))\.", one)}
            assert set(page["pii"]) == found - hidden
            mails += sum("@" in one for one in page["pii"])
            addresses += sum("@" not in one for one in page["pii"])
            private += len(hidden)
    assert min(mails, addresses, private) >= 5


def test_the_blocklists_name_most_of_the_dubious_sites_and_no_other(folder: Path, truth: list[Truth]) -> None:
    for kind in ("adult", "malware"):
        domains = set((folder / "blocklists" / kind / "domains").read_text().split())
        urls = tuple((folder / "blocklists" / kind / "urls").read_text().split())

        def is_listed(url: str, domains: set[str] = domains, urls: tuple[str, ...] = urls) -> bool:
            host, _, path = url.partition("://")[2].partition("/")
            parts = host.split(".")
            above = {".".join(parts[at:]) for at in range(len(parts))}
            return not domains.isdisjoint(above) or any(f"{host}/{path}".startswith(one + "/") for one in urls)

        dubious = [page["url"] for page in truth if page["reason"] == f"{kind}_site"]
        assert len(dubious) > 20
        share = sum(map(is_listed, dubious)) / len(dubious)
        assert share == 1 if kind == "malware" else 0.5 < share < 1
        assert not any(is_listed(page["url"]) for page in truth if not page["reason"].endswith("_site"))


@pytest.fixture(scope="module")
def default_truth(tmp_path_factory: pytest.TempPathFactory) -> list[Truth]:
    return read_truth(write_crawl(tmp_path_factory.mktemp("default")))


def test_facts_of_familiar_countries_come_up_a_hundred_times_in_ten_wordings(default_truth: list[Truth]) -> None:
    times = Counter[tuple[str, str]]()
    wordings = defaultdict[tuple[str, str], set[str]](set)
    for page in default_truth:
        if not page["keep"]:
            continue
        for sentence in re.split(r"(?<=[.?!]) |\n", page["text"]):
            for country in FAMILIAR:
                if country.name not in sentence:
                    continue
                answers = {
                    "capital": (country.capital,),
                    "language": (country.language,),
                    "currency": (country.currencies, country.currency),
                }
                for attribute, forms in answers.items():
                    answer = next((form for form in forms if form in sentence), None)
                    if answer:
                        times[country.name, attribute] += 1
                        wording = sentence.replace(country.name, "*").replace(answer, "#")
                        wordings[country.name, attribute].add(wording)
    facts = list(itertools.product((country.name for country in FAMILIAR), ("capital", "language", "currency")))
    assert {fact: times[fact] for fact in facts if times[fact] < 100} == {}
    assert {fact: len(wordings[fact]) for fact in facts if len(wordings[fact]) < 10} == {}


def test_other_countries_come_up_on_one_page_or_two(default_truth: list[Truth]) -> None:
    pages = Counter[str]()
    for page in default_truth:
        if page["keep"]:
            pages.update(countries_in(page["text"]))
    assert {country.name: pages[country.name] for country in RARE if not 1 <= pages[country.name] <= 2} == {}
