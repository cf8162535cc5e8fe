"""The funnel's arithmetic, its tables, its plot."""

import json
from pathlib import Path

import pytest

from pyllm.data.funnel import STAGES, Funnel
from pyllm.data.funnel_report import reason_rows, stage_rows, summary, write_report


def example(pages: int = 10) -> Funnel:
    """Of the pages a half is dropped for its URL, and one for its text."""
    funnel = Funnel()
    for page in range(pages):
        for stage in STAGES:
            funnel.enter(stage, 100)
            if stage == "url" and page % 2:
                funnel.drop(stage, "blocked_domain")
                break
            if stage == "c4_quality" and page == 0:
                funnel.drop(stage, "lorem_ipsum")
                break
            funnel.leave(stage, 60 if stage == "extraction" else 100)
    funnel.stages["url"].seconds = 0.5
    funnel.other["warcinfo"] = 1
    return funnel


def test_counts_and_sums() -> None:
    funnel = example()
    assert (funnel.pages, funnel.kept) == (10, 4)
    funnel.add(example(20))
    assert (funnel.pages, funnel.kept) == (30, 13)
    assert funnel.stages["url"].reasons == {"blocked_domain": 15}
    assert funnel.stages["extraction"].bytes_out == 15 * 60
    assert funnel.other == {"warcinfo": 2}
    for counts in funnel.stages.values():
        assert counts.pages_in == counts.pages_out + counts.reasons.total()


def test_tables_and_back() -> None:
    funnel = example()
    table = json.loads(json.dumps(funnel.table()))
    assert Funnel.from_table(table).table() == funnel.table()
    del table["stages"]["pii"]
    with pytest.raises(KeyError):
        Funnel.from_table(table)


def test_rows() -> None:
    rows = {row[0]: row[1:] for row in stage_rows(example())}
    assert rows["url"] == ("10", "5", "50.0%", "0.001", "0.001", "20", "0.0")
    assert rows["date"] == ("10", "10", "100.0%", "0.001", "0.001", "", "")
    assert reason_rows(example()) == [
        ("url", "blocked_domain", "5", "50.00%"),
        ("c4_quality", "lorem_ipsum", "1", "10.00%"),
    ]
    assert summary(example()) == "4 of 10 pages became documents, with 0.000 MB of text."


@pytest.mark.parametrize("pages", [0, 1, 400])
def test_report(tmp_path: Path, pages: int) -> None:
    path = write_report(example(pages), tmp_path)
    text = path.read_text()
    assert summary(example(pages)) in text
    assert ("| url | blocked_domain |" in text) == (pages > 1)
    assert (tmp_path / "funnel.png").read_bytes().startswith(b"\x89PNG")
