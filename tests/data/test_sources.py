"""Every format that pages are read from, and what paths, patterns, folders and URLs mean."""

import gzip
import json
import pickle
import zlib
from pathlib import Path

import pyarrow
import pytest
from archives import Sink, arc, counted, gzipped, html, http, pages, response, shown, warc, zstandard
from fastwarc.stream_io import BrotliWriter, zstd_train_dictionary_from_samples
from pyarrow import parquet

from pyllm.data.document import Page
from pyllm.data.sources import InputFile, ReadLimits, expand_inputs, read_pages

SMALL = ReadLimits(page_bytes=1000)
INFO = warc("warcinfo", b"software: none\r\nisPartOf: CC-MAIN-2024-10\r\n", 900, "application/warc-fields")


def reason(page: Page) -> str:
    return page.problem.reason if page.problem is not None else ""


def only(found: list[Page]) -> Page:
    assert len(found) == 1
    return found[0]


# WARC


@pytest.mark.parametrize("compress", [bytes, gzipped, zstandard])
def test_warc(tmp_path: Path, compress: object) -> None:
    records = [INFO]
    for number in range(5):
        records.append(warc("request", b"GET / HTTP/1.1\r\n\r\n", 100 + number, "application/http; msgtype=request"))
        records.append(response(number))
        records.append(warc("metadata", b"fetchTimeMs: 3\r\n", 200 + number, "application/warc-fields"))
    found, counts = counted(tmp_path / "a.warc", b"".join(map(compress, records)))
    assert shown(found) == [0, 1, 2, 3, 4]
    assert counts == {"warcinfo": 1, "request": 5, "metadata": 5}
    page = found[3]
    assert page.id == "<urn:uuid:00000000-0000-0000-0000-000000000003>"
    assert page.url == "https://example.org/3"
    assert page.date == "2024-02-20T20:00:03Z"
    assert page.dump == "CC-MAIN-2024-10"
    assert page.file_path == str(tmp_path / "a.warc")
    assert page.content_type == "text/html"
    assert page.charset == "UTF-8"
    assert page.size == len(response(3)) - 4
    assert page.text is None


def test_all_records_in_one_gzip_member_or_cut_anywhere(tmp_path: Path) -> None:
    content = b"".join(map(response, range(8)))
    assert shown(pages(tmp_path / "a.warc.gz", gzipped(content))) == list(range(8))
    blocks = [gzipped(content[at : at + 777]) for at in range(0, len(content), 777)]
    assert shown(pages(tmp_path / "a.warc.gz", b"".join(blocks))) == list(range(8))


def test_wet(tmp_path: Path) -> None:
    text = "Zwei Zeilen\nmit Überschrift"
    found, counts = counted(
        tmp_path / "a.warc.wet.gz",
        gzipped(INFO) + gzipped(warc("conversion", text.encode(), 1, "text/plain")),
    )
    assert (only(found).text, only(found).dump, counts) == (text, "CC-MAIN-2024-10", {"warcinfo": 1})


@pytest.mark.parametrize(
    ("record", "expected", "detail"),
    [
        (warc("response", http(html(1), status="404 Not Found")), "http_status", "404"),
        (warc("response", http(html(1), status="302 Found")), "http_status", "302"),
        (warc("response", http(html(1), status="206 Partial Content")), "http_status", "206"),
        (warc("response", http(html(1), status="oops")), "http_status", "no number in the status line"),
        (warc("response", http(html(1), "image/png")), "not_text", "image/png"),
        (warc("response", http(html(1), "Application/PDF; x=y")), "not_text", "application/pdf"),
        (warc("response", http(b"%PDF-1.4 ...")), "not_text", "text/html, but it begins as PDF does"),
        (warc("response", http(b"\x89PNG\r\n...", "")), "not_text", "no content type, but it begins as PNG does"),
        (warc("response", http(b"")), "empty", ""),
        (warc("response", http(b" \r\n\t\0 ")), "empty", ""),
        (warc("response", b""), "broken_record", "there is no HTTP status line in it"),
        (warc("response", html(1)), "broken_record", "there is no HTTP status line in it"),
        (warc("response", b"1.2.3.4", 1, "text/dns"), "not_text", "text/dns"),
        (warc("revisit", http(b"")), "revisit", ""),
        (warc("resource", b"{}", 1, "application/json"), "not_text", "application/json"),
        (warc("nonsense", b"x"), "broken_record", "a record of the type 'nonsense'"),
    ],
)
def test_responses_that_are_no_pages(tmp_path: Path, record: bytes, expected: str, detail: str) -> None:
    page = only(pages(tmp_path / "a.warc", record))
    assert (reason(page), page.content, page.text) == (expected, b"", None)
    assert page.problem is not None
    assert not detail or page.problem.detail == detail


@pytest.mark.parametrize(
    ("stated", "content_type", "charset"),
    [
        ("TEXT/HTML", "text/html", None),
        ("text/html;charset=ISO-8859-1", "text/html", "ISO-8859-1"),
        ('text/html; foo=1; Charset = "utf-8"', "text/html", "utf-8"),
        ("application/xhtml+xml; charset='koi8-r'", "application/xhtml+xml", "koi8-r"),
        ("", "", None),
    ],
)
def test_content_types(tmp_path: Path, stated: str, content_type: str, charset: str | None) -> None:
    page = only(pages(tmp_path / "a.warc", warc("response", http(html(1), stated))))
    assert (page.content, page.content_type, page.charset) == (html(1), content_type, charset)


@pytest.mark.parametrize(
    ("body", "stated", "text"),
    [
        ("Größe".encode("latin-1"), "text/plain; charset=iso-8859-1", "Größe"),
        ("Größe".encode(), "text/plain", "Größe"),
        ("Größe".encode("cp1252"), "text/plain", "Größe"),
        ("Größe".encode("utf-8-sig"), "text/plain; charset=latin-1", "Größe"),
        ("Größe".encode("utf-16"), "text/plain", "Größe"),
        ("Größe".encode("latin-1"), "text/plain; charset=utf-8", "Größe"),
        (b"4142", "text/plain; charset=hex", "4142"),
        (b"plain", "text/plain; charset=no-such", "plain"),
    ],
)
def test_plain_text_over_http(tmp_path: Path, body: bytes, stated: str, text: str) -> None:
    assert only(pages(tmp_path / "a.warc", warc("response", http(body, stated)))).text == text


def brotli(content: bytes) -> bytes:
    sink = Sink()
    writer = BrotliWriter(sink)
    writer.write(content)
    writer.close()
    return sink.content


def chunks(content: bytes) -> bytes:
    pieces = [content[at : at + 100] for at in range(0, len(content), 100)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (gzip.compress(html(1)), "Content-Encoding: gzip\r\n"),
        (gzip.compress(html(1)), "content-encoding: X-GZIP\r\n"),
        (zstandard(html(1)), "Content-Encoding: zstd\r\n"),
        (zlib.compress(html(1)), "Content-Encoding: deflate\r\n"),
        (raw_deflate(html(1)), "Content-Encoding: deflate\r\n"),
        (brotli(html(1)), "Content-Encoding: br\r\n"),
        (chunks(html(1)), "Transfer-Encoding: chunked\r\n"),
        (chunks(gzip.compress(html(1))), "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
        (gzip.compress(gzip.compress(html(1))), "Content-Encoding: gzip, gzip\r\n"),
        (gzip.compress(zlib.compress(html(1))), "Content-Encoding: deflate, gzip\r\n"),
        (html(1), "Content-Encoding: identity\r\n"),
        # the crawler has undone the encoding and left the header
        (html(1), "Content-Encoding: gzip\r\n"),
        (html(1), "Content-Encoding: deflate\r\n"),
        (html(1), "Content-Encoding: br\r\n"),
        (html(1), "Content-Encoding: zstd\r\n"),
        (html(1), "Content-Encoding: none-that-is-known\r\n"),
        (html(1), "Transfer-Encoding: chunked\r\n"),
    ],
)
def test_encodings_are_undone(tmp_path: Path, body: bytes, fields: str) -> None:
    page = only(pages(tmp_path / "a.warc", warc("response", http(body, more=fields))))
    assert page.problem is None
    assert page.content == html(1)


def test_an_encoding_that_was_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    whole = html(1, words=5000)
    body = gzip.compress(whole)[:-2000]
    page = only(pages(tmp_path / "a.warc", warc("response", http(body, more="Content-Encoding: gzip\r\n"))))
    assert 1000 < len(page.content) < len(whole)
    assert whole.startswith(page.content)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (gzip.compress(html(1))[:30] + b"damage" + gzip.compress(html(1))[36:], "Content-Encoding: gzip\r\n"),
        (b"no brotli at all", "Content-Encoding: br\r\n"),
        (b"nothing that is known", "Content-Encoding: unknown\r\n"),
        (b"ff\r\nnot so many", "Transfer-Encoding: chunked\r\n"),
        (html(1), "Content-Encoding: " + ", ".join(["gzip"] * 5) + "\r\n"),
        (html(1), "Content-Encoding: " + ",".join(["gzip"] * 6_000) + "\r\n"),
    ],
)
def test_encodings_that_cannot_be_undone(tmp_path: Path, body: bytes, fields: str) -> None:
    page = only(pages(tmp_path / "a.warc", warc("response", http(body, more=fields))))
    assert reason(page) == "bad_encoding"


@pytest.mark.parametrize("line_end", [b"\n", b"\r\r\n"])
def test_other_line_ends_in_headers(tmp_path: Path, line_end: bytes) -> None:
    block = http(b"").replace(b"\r\n", line_end) + html(1)
    record = warc("response", b"", 1, length=len(block)).replace(b"\r\n", line_end)
    record = record.removesuffix(line_end * 2) + block + line_end * 2
    found = pages(tmp_path / "a.warc", record + record)
    assert shown(found) == [1, 1]
    assert (found[0].content_type, found[0].charset) == ("text/html", "UTF-8")


def test_the_id_where_a_record_has_none(tmp_path: Path) -> None:
    record = response(1).replace(b"WARC-Record-ID", b"X-ID")
    assert [page.id for page in pages(tmp_path / "a.warc", record * 2)] == ["a.warc#0", "a.warc#1"]


def test_the_size_limit(tmp_path: Path) -> None:
    exact = b"<p>" + b"x" * 997
    records = [warc("response", http(body), number) for number, body in enumerate((exact, exact + b"x", exact))]
    assert [reason(page) for page in pages(tmp_path / "a.warc", b"".join(records), SMALL)] == ["", "too_large", ""]


@pytest.mark.parametrize("packed", [False, True])
def test_zstandard_with_a_dictionary_in_front(tmp_path: Path, packed: bool) -> None:
    records = list(map(response, range(40)))
    dictionary = zstd_train_dictionary_from_samples(records, 1000)
    frames = [zstandard(record, dictionary=dictionary, compress_dictionary_frame=packed) for record in records]
    assert sum(map(len, frames)) < sum(len(zstandard(record)) for record in records) + 40 * len(dictionary)
    assert shown(pages(tmp_path / "a.warc.zst", b"".join(frames))) == list(range(40))


# ARC


def test_arc(tmp_path: Path) -> None:
    info = b"1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n"
    first = b"filedesc://a.arc 0.0.0.0 20240220200000 text/plain %d\n%s\n" % (len(info), info)
    dns = b"dns:example.org 127.0.0.1 20240220200000 text/dns 9\n127.0.0.1\n"
    version_2 = arc(3).replace(b" text/html ", b" text/html 200 - - 0 a.arc ", 1)
    records = [first, arc(1), dns, arc(2), version_2]
    for content in (b"".join(records), b"".join(map(gzipped, records)), gzipped(b"".join(records))):
        found, counts = counted(tmp_path / "a.arc", content)
        assert [reason(page) for page in found] == ["", "not_text", "", ""]
        assert shown([found[0], *found[2:]]) == [1, 2, 3]
        assert counts == {"filedesc": 1}
        assert (found[0].id, found[0].date) == ("a.arc#1", "2024-02-20T20:00:01Z")


# HTML and text


def test_html_file(tmp_path: Path) -> None:
    page = only(pages(tmp_path / "a.html", html(7)))
    assert (page.id, page.content, page.content_type, page.size) == ("a.html#0", html(7), "text/html", len(html(7)))
    assert only(pages(tmp_path / "b.htm.gz", gzipped(html(7)))).content == html(7)
    assert reason(only(pages(tmp_path / "c.html", b""))) == "empty"
    assert reason(only(pages(tmp_path / "d.html", html(7, 400), SMALL))) == "too_large"
    assert reason(only(pages(tmp_path / "e.html", b"\x89PNG\r\n"))) == "not_text"
    assert reason(only(pages(tmp_path / "f.html.gz", gzipped(html(7))[:-9]))) == "truncated_record"


def test_text_file(tmp_path: Path) -> None:
    page = only(pages(tmp_path / "a.txt", "Eine Größe\n".encode()))
    assert (page.id, page.text, page.content_type) == ("a.txt#0", "Eine Größe\n", "text/plain")
    for name in ("latin-1", "utf-8-sig", "utf-16"):
        assert only(pages(tmp_path / "a.txt", "Eine Größe\n".encode(name))).text == "Eine Größe\n"
    assert only(pages(tmp_path / "b.txt.gz", gzipped(b"packed"))).text == "packed"
    assert only(pages(tmp_path / "no-known-name", b"some text")).text == "some text"
    assert reason(only(pages(tmp_path / "c.txt", b""))) == "empty"
    assert reason(only(pages(tmp_path / "d.txt", b"\x7fELF\0\0"))) == "not_text"
    assert reason(only(pages(tmp_path / "e.txt", b"text\0\0\0"))) == "not_text"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_large_text_file_is_cut_at_paragraphs(tmp_path: Path, encoding: str) -> None:
    text = "\n\n".join(f"Paragraph {number}: {'Größe ' * (number % 40)}" for number in range(200))
    found = pages(tmp_path / "a.txt", text.encode(encoding), SMALL)
    assert len(found) > 10
    assert "".join(page.text or "" for page in found) == text
    assert all(page.size <= 1000 for page in found)
    assert all((page.text or "").startswith("Paragraph") for page in found)
    assert [page.id for page in found] == [f"a.txt#{index}" for index in range(len(found))]


@pytest.mark.parametrize("text", ["Wort " * 2000, "ü" * 3000, "x" * 2001, "Zeile\n" * 900, "\U0001f600" * 999 + "e"])
def test_text_without_paragraphs_is_cut_somewhere(tmp_path: Path, text: str) -> None:
    found = pages(tmp_path / "a.txt", text.encode(), SMALL)
    assert len(found) > 1
    assert "".join(page.text or "" for page in found) == text


# Rows

ROW = {
    "text": "Some words.",
    "id": "<urn:uuid:1>",
    "dump": "CC-MAIN-2024-10",
    "url": "https://example.org/",
    "date": "2024-02-20T20:00:00Z",
    "file_path": "s3://a/b.warc.gz",
}


def columns(page: Page) -> dict[str, str | None]:
    return {name: getattr(page, name) for name in ROW}


def test_jsonl(tmp_path: Path) -> None:
    more = ROW | {"language": "en", "language_score": 0.9, "token_count": 3, "metadata": {"a": [1]}}
    lines = [json.dumps(more), "", json.dumps({"text": "only text"}), json.dumps({"text": "n", "id": 17})]
    for name, content in (("a.jsonl", "\n".join(lines).encode()), ("a.jsonl.gz", gzipped("\r\n".join(lines).encode()))):
        found = pages(tmp_path / name, content)
        assert [page.problem for page in found] == [None] * 3
        assert columns(found[0]) == ROW
        assert (found[1].text, found[1].id, found[1].file_path) == ("only text", f"{name}#1", str(tmp_path / name))
        assert found[2].id == "17"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "broken_record"),
        (b"[1, 2]", "broken_record"),
        (b'{"body": "x"}', "broken_record"),
        (b'{"text": null}', "empty"),
        (b'{"text": " \\n"}', "empty"),
        (b'{"text": 3}', "not_text"),
        (b'{"text": "\xff"}', "bad_encoding"),
        (b"[" * 30_000, "broken_record"),
        (b'{"text": "' + b"x" * 1001 + b'"}', "too_large"),
        (b'{"text": "' + b"x" * 200_000 + b'"}', "too_large"),
        (b'{"text": "' + "ü".encode() * 501 + b'"}', "too_large"),
        (b'{"text": "x", "id": ' + b"9" * 5000 + b"}", "broken_record"),
    ],
)
def test_lines_that_are_no_pages(tmp_path: Path, line: bytes, expected: str) -> None:
    good = json.dumps(ROW).encode()
    found = pages(tmp_path / "a.jsonl", b"\n".join([good, line, good]), SMALL)
    assert [reason(page) for page in found] == ["", expected, ""]


def test_half_characters_in_json(tmp_path: Path) -> None:
    text = only(pages(tmp_path / "a.jsonl", rb'{"text": "a \ud83d b \ud83d\ude00"}')).text
    assert text == "a \ufffd b \U0001f600"


def test_parquet(tmp_path: Path) -> None:
    rows = [ROW | {"text": f"Text {number}", "id": f"id {number}"} for number in range(500)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=150)
    found = pages(tmp_path / "a.parquet")
    assert [columns(page) for page in found] == rows
    parquet.write_table(pyarrow.table({"text": ["a", None, " ", "x" * 1001, "b"]}), tmp_path / "b.parquet")
    found = pages(tmp_path / "b.parquet", limits=SMALL)
    assert [reason(page) for page in found] == ["", "empty", "empty", "too_large", ""]
    assert [page.id for page in found] == [f"b.parquet#{index}" for index in range(5)]


def test_parquet_files_without_rows_to_read(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"body": ["a", "b"]}), tmp_path / "a.parquet")
    page = only(pages(tmp_path / "a.parquet"))
    assert page.problem is not None
    assert page.problem.detail == "rows 0 to 1: there is no text column"
    parquet.write_table(pyarrow.table({"text": pyarrow.array([], pyarrow.string())}), tmp_path / "b.parquet")
    assert reason(only(pages(tmp_path / "b.parquet"))) == "empty"
    parquet.write_table(pyarrow.table({"text": [1, 2]}), tmp_path / "c.parquet")
    assert [reason(page) for page in pages(tmp_path / "c.parquet")] == ["not_text", "not_text"]
    assert reason(only(pages(tmp_path / "d.parquet", b""))) == "empty"
    assert reason(only(pages(tmp_path / "e.parquet", b"PAR1 and no more"))) == "broken_record"


# Inputs


def test_a_folder(tmp_path: Path) -> None:
    for name in ("b.warc.gz", "sub/a.jsonl", "z.parquet", "c.txt.gz", "photo.jpg", ".hidden.txt", ".git/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for number in range(25):
        folder = tmp_path / "pages" / str(number % 3)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.html" if number < 3 else folder / f"{number:02}.html").write_bytes(html(number))
    units = expand_inputs([tmp_path], ReadLimits(html_files=10))
    names = [Path(unit.name).name if unit.kind != "html" else unit.name.rpartition(": ")[2] for unit in units]
    html_units = ["HTML files 1 to 10", "HTML files 11 to 20", "HTML files 21 to 25"]
    assert names == ["b.warc.gz", "c.txt.gz", "a.jsonl", "z.parquet", *html_units]
    found = [page for unit in units[4:] for page in read_pages(unit)]
    assert sorted(page.content for page in found) == sorted(html(number) for number in range(25))
    assert len({page.id for page in found}) == 25
    assert found[0].id == "pages/0/03.html#0"
    assert pickle.loads(pickle.dumps(units)) == units
    assert units[4].identity == {"name": units[4].name, "files": 10, "bytes": units[4].size}
    units[4].paths[1].unlink()
    assert [reason(page) for page in read_pages(units[4])] == ["", "missing_file", *[""] * 8]


def test_patterns_and_paths(tmp_path: Path) -> None:
    for name in ("b.warc", "a.warc", "c.html", "d.html", "[odd].txt"):
        (tmp_path / name).write_bytes(b"x")
    names = [Path(unit.name).name for unit in expand_inputs([str(tmp_path / "*.warc"), tmp_path / "a.warc"])]
    assert names == ["a.warc", "b.warc"]
    assert [unit.kind for unit in expand_inputs([tmp_path / "[odd].txt"])] == ["text"]
    unit = only(expand_inputs([tmp_path / "c.html", str(tmp_path / "*.html")]))
    assert [page.id for page in read_pages(unit)] == ["c.html#0", "d.html#0"]
    assert only(expand_inputs([str(tmp_path / "**" / "c.*")])).name == str(tmp_path / "c.html")


def test_urls() -> None:
    unit = only(expand_inputs(["https://example.org/x/a.warc.gz?y=1"]))
    assert unit == InputFile("https://example.org/x/a.warc.gz?y=1", (), "warc", "https://example.org/x/a.warc.gz?y=1")
    assert unit.identity == {"name": unit.url}


def test_a_fetched_url_is_read_as_what_it_is(tmp_path: Path) -> None:
    unit = only(expand_inputs(["https://example.org/download?file=3"]))
    (tmp_path / "download").write_bytes(gzipped(response(4)))
    assert shown(list(read_pages(unit.at(tmp_path / "download")))) == [4]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (response(1), "warc"),
        (gzipped(response(1)), "warc"),
        (b"filedesc://a 0.0.0.0 20240220200000 text/plain 0\n", "arc"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>x", "html"),
        (b'{"text": "x"}\n', "jsonl"),
        (b"Once upon a time", "text"),
        (b"", "text"),
    ],
)
def test_the_kind_of_a_file_whose_name_does_not_tell(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "file.data").write_bytes(content)
    assert only(expand_inputs([tmp_path / "file.data"])).kind == kind


def test_inputs_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    for given, error, words in [
        ([], ValueError, "no input was given"),
        ([str(tmp_path / "none.warc")], FileNotFoundError, "there is no file .*none.warc"),
        ([str(tmp_path / "*.warc")], FileNotFoundError, r"\*\.warc: no file has such a name"),
        ([str(tmp_path)], FileNotFoundError, "no file in this folder has a name that tells what it is"),
        (["s3://bucket/a.warc"], ValueError, "s3://bucket/a.warc: only http and https can be fetched"),
        (["/dev/null"], ValueError, "/dev/null is neither a file nor a folder"),
    ]:
        with pytest.raises(error, match=words):
            expand_inputs(given)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        next(read_pages(tmp_path / "none.warc"))
    for name in ("page_bytes", "record_bytes", "header_bytes", "html_files"):
        with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
            ReadLimits(**{name: 0})
    with pytest.raises(ValueError, match="highest_ratio must be above 1"):
        ReadLimits(highest_ratio=1)
