"""Real archives, whole and broken, through the pipeline: is every page listed, and with which reason.

    python bench/data_archives.py --cache FOLDER --out data_archives

The archives are those that pywb carries for its tests. How many pages there are is counted apart from our readers: by
the records' types in what zlib can unpack of a file.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter

from pairing import Bench, Row
from real_pages import Downloads, add_gold_options

from pyllm.data import PipelineConfig, run
from pyllm.data.documents import read_documents
from pyllm.data.inspection import dropped_pages

PAGE_OF_WARC = re.compile(
    rb"^WARC/\d\.\d\r?\n(?:[^\r\n]+\r?\n)*?WARC-Type: *(?:response|resource|revisit|conversion)\b", re.MULTILINE
)
PAGE_OF_ARC = re.compile(rb"^https?://[^ \n]+ [0-9a-fA-F.:]+ \d{14} [^ \n]+ \d+\r?$", re.MULTILINE)
COLUMNS = {
    "measure": "archive",
    "pyllm": "listed",
    "peer": "pages in the file",
    "limit": "of which documents",
    "target": "dropped",
    "met": "all listed",
}


def unpacked(content: bytes) -> bytes:
    """What zlib can unpack: member after member, going on with the next one where one is damaged."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    parts, place = [], 0
    while (place := content.find(b"\x1f\x8b\x08", place)) >= 0:
        member = zlib.decompressobj(31)
        try:
            parts.append(member.decompress(content[place:]))
            place = len(content) - len(member.unused_data) if member.eof else len(content)
        except zlib.error:
            place += 3
    return b"".join(parts)


def main() -> None:
    with Bench("Real archives", __doc__, add_gold_options, columns=COLUMNS) as bench:
        folder = Downloads(bench.options.cache, bench.note).folder("pywb")
        if folder is None:
            return
        archives = sorted(path for path in folder.rglob("sample_archive/warcs/*") if path.is_file())
        for number, path in enumerate(archives):
            content = unpacked(path.read_bytes())
            pages = len((PAGE_OF_ARC if ".arc" in path.name else PAGE_OF_WARC).findall(content))
            out = bench.folder / str(number)
            result = run(PipelineConfig(inputs=(str(path),), out=out, progress=False))
            reasons = Counter(f"{one.stage}: {one.reason}" for one in dropped_pages(out))
            kept = sum(1 for file in result.documents for _ in read_documents(file))
            listed = kept + reasons.total()
            why = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
            row = Row(
                path.name, str(listed), str(pages), limit=str(kept), target=why, met=bench.verdict(listed >= pages)
            )
            row.details = {"listed": listed, "pages": pages, "documents": kept, "dropped": dict(reasons)}
            bench.add(row)


if __name__ == "__main__":
    main()
