"""Damaged archives: each page is listed, and nothing behind the damage is lost."""

import io
import json
import random
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow
import pytest
from archives import arc, counted, gzipped, html, http, pages, response, shown, warc, zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pyllm.data.document import Page
from pyllm.data.sources import ReadLimits

RECORDS = [response(number) for number in range(10)]
MEMBERS = [gzipped(record) for record in RECORDS]
FRAMES = [zstandard(record) for record in RECORDS]
PLAIN, GZIP, ONE_MEMBER = b"".join(RECORDS), b"".join(MEMBERS), gzipped(b"".join(RECORDS))
ALL = list(range(10))


def changed(parts: list[bytes], number: int, new: bytes) -> bytes:
    return b"".join([*parts[:number], new, *parts[number + 1 :]])


def instead(number: int, what: object) -> list[object]:
    """All pages in order, with something else, or nothing, in the place of one."""
    return [*ALL[:number], *([] if what is None else [what]), *ALL[number + 1 :]]


def flipped(content: bytes, place: int, bits: int = 0x55) -> bytes:
    return content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]


# One damage each, in all ways of packing


@pytest.mark.parametrize("packed", [bytes, gzipped, zstandard])
@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (response(4, length=10), "4 broken_record"),
        (response(4, length=0), "4 broken_record"),
        (response(4, length=len(http(html(4))) + 7), "4 too_long"),
        (response(4, length=len(http(html(4))) + 300), "4 too_long"),
        (response(4, length=10**9), "4 truncated_record"),
        (response(4, length=10**17), "4 truncated_record"),
        (response(4, length="x"), "4 broken_record"),
        (response(4, length="-5"), "4 broken_record"),
        (response(4, length=""), "4 broken_record"),
        (response(4, length="1\r\nContent-Length: 2"), "4 broken_record"),
        (response(4, length="9" * 30), "4 broken_record"),
        (response(4).replace(b"WARC/1.0", b"WXRC/1.0"), "broken_record"),
        (response(4).replace(b"WARC-Type", b"WARC-Tape"), "4 broken_record"),
        (response(4).replace(b"HTTP/1.1", b"HXTP/1.1"), "4 broken_record"),
        (response(4)[:100] + b"\r\n\r\n", "broken_record"),
        (response(4)[:-200], "4 too_long"),
        (b"WARC/1.0\r\n\r\n\r\n\r\n", "broken_record"),
        (b"WARC/1.0\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", "broken_record"),
        (b"WARC/1.0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n\r\n", "broken_record"),
        (b"garbage\n" * 20_000 + b"\r\n\r\n", "broken_record"),
        (
            warc("response", http(html(4)).replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", 1), 4),
            "4 broken_record",
        ),
    ],
)
def test_one_record_is_damaged(tmp_path: Path, record: bytes, expected: str, packed: type[bytes]) -> None:
    content = b"".join(packed(one) for one in [*RECORDS[:4], record, *RECORDS[5:]])
    found = shown(pages(tmp_path / "a.warc", content))
    if expected == "4 too_long":  # the next gzip member begins where there should be more of it
        expected = "4 broken_record" if packed is bytes else "4 truncated_record"
    assert found == instead(4, expected)


@pytest.mark.parametrize("junk", [b"", b"\r\n", b"\r\n\r\n\r\n\r\n", b"\n"])
def test_line_ends_between_records_do_not_matter(tmp_path: Path, junk: bytes) -> None:
    content = b"".join([*RECORDS[:5]])[:-4] + junk + b"".join(RECORDS[5:])
    assert shown(pages(tmp_path / "a.warc", content)) == ALL


def test_the_end_of_a_plain_file_is_missing(tmp_path: Path) -> None:
    for cut in (5, 50, 300, len(RECORDS[9]) - 3):
        found = shown(pages(tmp_path / "a.warc", PLAIN[:-cut]))
        assert found[:9] == ALL[:9]
        assert found[9] in ("9 truncated_record", "broken_record")
        assert len(found) == 10
    for cut in (1, 2, 4):  # the line ends alone
        assert shown(pages(tmp_path / "a.warc", PLAIN[:-cut])) == ALL


def test_the_end_of_a_gzip_file_is_missing(tmp_path: Path) -> None:
    for cut in (1, 8, 50, len(MEMBERS[9]) - 1):
        found = shown(pages(tmp_path / "a.warc.gz", GZIP[:-cut]))
        assert found[:9] == ALL[:9]
        assert str(found[9]).endswith("_record")
        assert len(found) == 10


def test_a_flipped_byte_anywhere_in_a_gzip_member(tmp_path: Path) -> None:
    for place in range(len(MEMBERS[4])):
        member = flipped(MEMBERS[4], place)
        try:
            assert zlib.decompress(member, 31) == RECORDS[4]
            continue  # a time, a system, or bits that fill a byte
        except zlib.error:
            pass
        found = shown(pages(tmp_path / "a.warc.gz", changed(MEMBERS, 4, member)))
        # A flip in the last bits may leave the page as it was, and put something behind it.
        assert [one for one in found if one in ALL] in (instead(4, None), ALL), place
        assert len([one for one in found if one not in ALL]) in (1, 2), place


def test_a_flipped_byte_anywhere_in_a_frame(tmp_path: Path) -> None:
    for place in range(len(FRAMES[4])):
        found = shown(pages(tmp_path / "a.warc.zst", changed(FRAMES, 4, flipped(FRAMES[4], place))))
        # Sizes in a frame's header are no part of what its checksum is of.
        assert [one for one in found if one in ALL] in (instead(4, None), ALL), place
        assert place < 10 or found != ALL
        assert len([one for one in found if one not in ALL]) <= 2, place


def test_the_end_of_a_zstandard_file_is_missing(tmp_path: Path) -> None:
    for cut in range(1, len(FRAMES[9])):
        found = shown(pages(tmp_path / "a.warc.zst", b"".join(FRAMES)[:-cut]))
        assert found[:9] == ALL[:9]
        assert len(found) == 10


@pytest.mark.parametrize("junk", [b"garbage" * 99, b"\x1f\x8b\x08", b"\x1f\x8b\x08\x00" * 5000, gzipped(b"no WARC")])
def test_something_else_between_gzip_members(tmp_path: Path, junk: bytes) -> None:
    found = shown(pages(tmp_path / "a.warc.gz", b"".join([*MEMBERS[:5], junk, *MEMBERS[5:]])))
    assert found == [*ALL[:5], "broken_record", *ALL[5:]]


def test_zeros_between_and_behind_gzip_members_are_padding(tmp_path: Path) -> None:
    zeros = bytes(3_000_000)
    content = b"".join([*MEMBERS[:5], zeros, *MEMBERS[5:], zeros])
    assert shown(pages(tmp_path / "a.warc.gz", content)) == ALL


def test_damage_inside_the_only_gzip_member(tmp_path: Path) -> None:
    """What comes out before the damage is read, to the byte, and what comes behind begins no member."""
    content = gzipped(b"".join(response(number, words=3000) for number in range(30)))
    whole = [html(number, 3000) for number in range(30)]
    for place in range(len(content) // 20, len(content), len(content) // 20):
        cut = pages(tmp_path / "a.warc.gz", content[:place])
        good = [page.content for page in cut if page.problem is None]
        assert good == whole[: len(good)]
        assert len(cut) == len(good) + 1
        assert abs(len(good) - 30 * place / len(content)) < 1.5
        broken = pages(tmp_path / "a.warc.gz", content[:place] + b"\xff" * 9 + content[place + 9 :])
        same = [page.content for page in broken[: len(good)]]
        assert same[:-1] == whole[: len(same) - 1]
        assert broken[-1].problem is not None


def test_a_wrong_checksum_in_the_only_member_is_told(tmp_path: Path) -> None:
    found = pages(tmp_path / "a.warc.gz", flipped(ONE_MEMBER, len(ONE_MEMBER) - 6))
    assert found[9].problem is not None
    assert found[9].problem.detail == "the gzip member at byte 0 is damaged: incorrect data check"
    assert shown(found[:9]) == ALL[:9]


def test_damaged_records_that_are_no_pages_are_counted(tmp_path: Path) -> None:
    request = warc("request", b"GET / HTTP/1.1\r\n\r\n", 99, length=3)
    found, counts = counted(tmp_path / "a.warc", b"".join([*RECORDS[:5], request, *RECORDS[5:]]))
    assert shown(found) == ALL
    assert counts == {"request, damaged": 1}


def test_arc_damages(tmp_path: Path) -> None:
    records = list(map(arc, range(10)))
    for bad, expected in [
        (arc(4, length=-1), "4 broken_record"),
        (arc(4, length="abc"), "4 broken_record"),
        (arc(4, length=5), "4 broken_record"),
        (arc(4, length=10**9), "4 truncated_record"),
        (b"http://example.org/4 short line\n" + arc(4).partition(b"\n")[2], "broken_record"),
    ]:
        assert shown(pages(tmp_path / "a.arc", changed(records, 4, bad))) == instead(4, expected)
        members = changed(list(map(gzipped, records)), 4, gzipped(bad))
        assert shown(pages(tmp_path / "a.arc.gz", members)) == instead(4, expected)


def test_an_arc_file_that_only_has_damaged_records(tmp_path: Path) -> None:
    lines = [
        b"filedesc://bad.arc.gz 127.0.0.1 20140301000000 text/plain -1\n1 0 Bad\nURL IP-address ...\n",
        b"http://example.org/1 127.0.0.1 201404010000000000 text/html -1\n",
        b"http://example.org/2 127.0.0.1 20140102000000 text/plain 1\n\n",
        b"http://example.org/3 127.0.0.1 201404010000000000 text/html abc\n",
    ]
    found, counts = counted(tmp_path / "bad.arc", b"\n".join(lines))
    assert shown(found) == [f"{number} broken_record" for number in (1, 2, 3)]
    assert counts == {"filedesc, damaged": 1}


def test_a_file_of_one_kind_under_the_name_of_another(tmp_path: Path) -> None:
    assert shown(pages(tmp_path / "a.warc", GZIP)) == ALL
    assert shown(pages(tmp_path / "a.warc.gz", PLAIN)) == ALL
    for name in ("a.warc", "a.warc.gz", "a.arc", "a.parquet", "a.jsonl"):
        for content in (random.Random(1).randbytes(50_000), b"\0" * 5000, b"WARC/", b"\x1f\x8b\x08", b"PAR1"):
            found = pages(tmp_path / name, content)
            assert found
            assert all(page.problem is not None for page in found)
        empty = pages(tmp_path / name, b"")
        assert [page.problem.reason for page in empty if page.problem is not None] == ["empty"]


# Damage at random


def check(found: list[Page], true: dict[bytes, int]) -> list[int]:
    """Each page is sound; returns the numbers of those that are as they were."""
    for page in found:
        assert page.id
        assert page.file_path
        if page.problem is not None:
            assert not page.problem.keep
            assert page.problem.reason.replace("_", "").isalpha()
            assert page.content == b""
            assert page.text is None
        else:
            assert page.content or page.text
    return [true[page.content] for page in found if page.content in true]


CHANGES = st.lists(
    st.tuples(st.sampled_from("flip cut insert double".split()), st.floats(0, 1), st.binary(min_size=1, max_size=40)),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd", "one member"])
@given(changes=CHANGES)
@settings(max_examples=120)
def test_random_damages(packing: str, changes: list[tuple[str, float, bytes]]) -> None:
    parts = {"plain": RECORDS, "gzip": MEMBERS, "zstd": FRAMES, "one member": [ONE_MEMBER]}[packing]
    content = b"".join(parts)
    touched: list[tuple[int, int]] = []
    for how, where, what in changes:
        place = int(where * (len(content) - 1))
        touched.append((place, place + len(what)))
        if how == "flip":
            content = flipped(content, place, what[0] or 1)
        elif how == "cut":
            content = content[:place] + content[place + len(what) :]
        elif how == "insert":
            content = content[:place] + what + content[place:]
        else:
            content = content[: place + 400] + content[place:]
    with TemporaryDirectory() as folder:
        found = pages(Path(folder, "a.warc"), content)
    numbers = check(found, {html(number): number for number in ALL})
    if packing != "one member":
        for number, part in enumerate(parts):  # what stands as it was is found
            at = content.find(part)
            if at >= 0 and (packing != "plain" or content[max(0, at - 1) : at] in (b"", b"\n")):
                assert number in numbers, (number, shown(found))


@given(st.binary(max_size=3000), st.sampled_from(["warc", "arc", "jsonl", "parquet", "txt", "html"]), st.booleans())
@settings(max_examples=200)
def test_random_bytes(content: bytes, kind: str, packed: bool) -> None:
    starts = {"warc": b"WARC/1.0\r\n", "arc": b"filedesc://a ", "jsonl": b'{"text":', "parquet": b"PAR1"}
    for begin in (b"", starts.get(kind, b"")):
        with TemporaryDirectory() as folder:
            path = Path(folder, f"a.{kind}" + (".gz" if packed and kind != "parquet" else ""))
            check(pages(path, gzipped(begin + content) if packed else begin + content), {})


@given(CHANGES, st.booleans())
@settings(max_examples=60)
def test_random_damages_of_rows(changes: list[tuple[str, float, bytes]], packed: bool) -> None:
    lines = [json.dumps({"text": f"Text {number}", "id": str(number)}).encode() for number in range(50)]
    content = b"\n".join(lines)
    touched = set()
    for _, where, what in changes:
        place = int(where * (len(content) - 1))
        content = content[:place] + what + content[place:]
        touched.add(place)
    with TemporaryDirectory() as folder:
        found = pages(Path(folder, "a.jsonl"), gzipped(content) if packed else content)
    check(found, {})
    whole = {page.text for page in found}
    assert {json.loads(line)["text"] for line in lines if line in content.split(b"\n")} <= whole


def parquet_bytes() -> bytes:
    sink = io.BytesIO()
    table = pyarrow.table({"text": [f"Text {number} " * 20 for number in range(300)], "id": list(map(str, range(300)))})
    parquet.write_table(table, sink, row_group_size=100, compression="zstd")
    return sink.getvalue()


def test_a_damaged_row_group_leaves_the_others(tmp_path: Path) -> None:
    content = parquet_bytes()
    place = parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(1).column(0).dictionary_page_offset
    found = pages(tmp_path / "a.parquet", content[: place + 20] + bytes(60) + content[place + 80 :])
    bad = [page for page in found if page.problem is not None]
    assert len(found) == 201
    assert [page.id for page in bad] == ["a.parquet#100"]
    assert bad[0].problem is not None
    assert bad[0].problem.detail.startswith("rows 100 to 199: row group 1 cannot be read: ")
    assert [page.id for page in found if page.problem is None] == [str(row) for row in (*range(100), *range(200, 300))]


@given(CHANGES)
@settings(max_examples=100)
def test_random_damages_of_parquet(changes: list[tuple[str, float, bytes]]) -> None:
    content = parquet_bytes()
    for _, where, what in changes:
        place = int(where * (len(content) - 1))
        content = content[:place] + what + content[place + len(what) :]
    with TemporaryDirectory() as folder:
        check(pages(Path(folder, "a.parquet"), content), {})


def test_a_row_group_that_would_grow_without_end(tmp_path: Path) -> None:
    table = pyarrow.table({"text": ["a" * 2_000_000] * 3})
    for dictionary in (True, False):
        parquet.write_table(table, tmp_path / "a.parquet", compression="zstd", use_dictionary=dictionary)
        limits = ReadLimits(page_bytes=3_000_000, record_bytes=1_000_000)
        found = pages(tmp_path / "a.parquet", limits=limits)
        assert [page.problem.reason for page in found if page.problem is not None] == ["decompression_bomb"]
        assert len(pages(tmp_path / "a.parquet")) == 3
