"""Progress of work that has many parts: an outline, with the part at work in it."""

import re
import sys
import time

import pytest

from pyllm import progress
from pyllm.progress import Outline, Progress

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Clock:
    """Stands for time.monotonic."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    return clock


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int = 100) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    for name, value in {"TERM": "xterm", "COLUMNS": str(columns), "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)


def rows(shown: str, parts: int) -> list[str]:
    """The outline as it was drawn last: a row for each part, and the one of all."""
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", CODES.sub("", shown)) if line.strip()]
    return lines[-parts - 1 :]


def drawn(capsys: pytest.CaptureFixture[str], parts: int, text: str) -> list[str]:
    """The rows as soon as the outline, which is drawn a few times a second, has been drawn with a text in it."""
    shown, end = "", time.perf_counter() + 10
    while text not in shown and time.perf_counter() < end:
        time.sleep(0.05)
        shown = CODES.sub("", capsys.readouterr().err)
    return rows(shown, parts)


def test_parts_that_are_done_at_work_and_to_come(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_terminal(monkeypatch)
    with Outline(["first", "second", "the third", "last"]) as outline:
        outline.skip("first")
        with outline.part("second"):
            clock.now += 65
        with outline.part("the third"), Progress("counting", "pages", total=200) as bar:
            clock.now += 2
            bar.update(100)
            at_work = drawn(capsys, 4, "100 of 200")
            outline.print("a [bold]line[/]")
            shown = CODES.sub("", capsys.readouterr().err)
            bar.update(200)
    assert [re.sub(r" ━[━╸╺ ]+", " ", row) for row in at_work] == [
        "✓ first            done",
        "✓ second      1:05 done",
        "> the third   0:02 100 of 200 pages, 50 pages/s",
        "  last",
        "  in all      1:07",
    ]
    assert 5 <= at_work[2].count("━") + at_work[2].count("╸") <= 12
    assert "a [bold]line[/]\n" in CODES.sub("", shown).replace("\r", "")
    assert rows(capsys.readouterr().err, 4) == [
        "✓ first            done",
        "✓ second      1:05 done",
        "✓ the third   0:02 done",
        "  last",
        "  in all      1:07",
    ]


@pytest.mark.parametrize("by", ["an error", "Ctrl-C", "a signal that the part has taken"])
def test_a_part_that_did_not_come_to_its_end(
    by: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_terminal(monkeypatch)
    errors = {"an error": ValueError("x"), "Ctrl-C": KeyboardInterrupt()}

    def work(outline: Outline) -> None:
        with outline, outline.part("first"):
            clock.now += 3
            if by in errors:
                raise errors[by]
            outline.stop()

    if by in errors:
        with pytest.raises(type(errors[by])):
            work(Outline(["first", "second"]))
    else:
        work(Outline(["first", "second"]))
    assert rows(capsys.readouterr().err, 2) == ["✗ first    0:03 stopped", "  second", "  in all   0:03"]


def test_figures_are_cut_to_the_width(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    on_a_terminal(monkeypatch, 60)
    figures = ["step 1 of 9, loss 1.5, and much more that is of use", "1/9 loss 1.5, 0:03", "1/9"]
    with Outline(["part"]) as outline, outline.part("part"), Progress("x", "steps", total=9) as bar:
        bar.update(1, lambda: figures, at_once=True)
        row = drawn(capsys, 1, "loss")[0]
    assert row.startswith("> part") and row.endswith(" 1/9 loss 1.5, 0:03") and len(row) <= 60


def test_the_next_progress_begins_anew(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Within a part, and in the next part; behind the outline it is a bar again."""
    on_a_terminal(monkeypatch)
    with Outline(["one", "two"]) as outline:
        with outline.part("one"):
            for title, total in (("reading", 10), ("writing", 40)):
                with Progress(title, "pages", total=total) as bar:
                    clock.now += 1
                    bar.update(total // 2, at_once=True)
                figures = f"{total // 2} of {total} pages"
                assert figures in drawn(capsys, 2, figures)[0]
        with outline.part("two"):
            row = drawn(capsys, 2, "> two")[1]
            assert "pages" not in row and row.startswith("> two")
    capsys.readouterr()
    with Progress("alone", "pages", total=2) as bar:
        bar.update(1, at_once=True)
    assert "alone" in capsys.readouterr().err


def test_lines_where_there_is_no_terminal(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Outline(["one", "two", "three"], show=True) as outline:
        outline.skip("one")
        with outline.part("two"), Progress("counting", "pages", total=30, show=True) as bar:
            for done in range(1, 31):
                clock.now += 1
                bar.update(done)
            bar.print("a line")
        with outline.part("three"):
            outline.print("another")
    assert capsys.readouterr().err.splitlines() == [
        "[2/3] two",
        "counting: 10 of 30 pages, 1 pages/s",
        "counting: 20 of 30 pages, 1 pages/s",
        "counting: 30 of 30 pages, 1 pages/s",
        "a line",
        "[3/3] three",
        "another",
    ]


@pytest.mark.parametrize("show", [None, False])
def test_nothing_where_nothing_is_wanted(show: bool | None, capsys: pytest.CaptureFixture[str]) -> None:
    with Outline(["one"], show) as outline, outline.part("one"), Progress("x", "pages", total=2, show=show) as bar:
        bar.update(1, at_once=True)
        bar.print("a line")
        outline.print("another")
    assert capsys.readouterr() == ("", "")
