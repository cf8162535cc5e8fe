"""What a person sees while a model trains."""

import contextlib
import re
import sys
import types
from typing import Any

import pytest
import rich.console

import pyllm.ops.cpu
from pyllm import progress
from pyllm.train import display
from pyllm.train.display import Display, Work, duration, matmul_peak, printable

LINE = r"x: step {} of 40, loss 1.5000, 2,000 tokens/s, 20% of the peak, 0:{} to go"


def show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wanted: bool | None = True, before: int = 0
) -> str:
    """40 steps of half a second and 1000 tokens, of a model of 3000 + 10 T operations a token, at T = 100."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with Display("x", before + 40, lambda context: 3000.0 + 10 * context, 40e6, wanted) as shown:
        shown.doing("being quick")
        for step in range(1, 41):
            now[0] += 0.5
            shown.step(before + step, 1.5, 0.5, Work(1000, 0, 100))
            if step == 30:
                shown.print("[bold]a line[/]")
        for second in range(12):
            now[0] += 1
            shown.doing(f"counting, {second}")
    return capsys.readouterr().err


def test_plain_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = show(monkeypatch, capsys).splitlines()
    assert lines == [
        LINE.format(1, "20"),
        LINE.format(21, "10"),
        "[bold]a line[/]",
        "x: step 40 of 40, counting, 0",
        "x: step 40 of 40, counting, 10",
    ]
    assert show(monkeypatch, capsys, None) == show(monkeypatch, capsys, False) == ""


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    err = show(monkeypatch, capsys, None)
    assert "step 40 of 40, loss 1.5000, 2,000 tokens/s, 20% of the peak, 0:00 to go" in err
    assert "\x1b[2K[bold]a line[/]\n" in err.replace("\r", "")


def test_a_full_bar_looks_full_with_eight_colours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    green, grey = "\x1b[32m━", "\x1b[90m━"
    bars = [line for line in show(monkeypatch, capsys, None).splitlines() if "━" in line]
    assert grey in bars[0] and green in bars[-1] and grey not in bars[-1]


@pytest.mark.parametrize(
    ("columns", "figures"),
    [
        (100, "step 12,040 of 12,040, loss 1.5000, 2,000 tokens/s, 20% of the peak, 0:00 to go"),
        (80, "12,040/12,040 loss 1.5000 2,000 tokens/s 20% peak 0:00 to go"),
        (50, "12,040/12,040 loss 1.5000 0:00 to go"),
    ],
)
def test_a_narrow_terminal_keeps_the_bar(
    columns: int, figures: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    last = show(monkeypatch, capsys, before=12_000).splitlines()[-2]
    assert re.search(rf"x ━{{{progress.LEAST_BAR},}} {re.escape(figures)} *$", last), last


def test_a_notebook_without_widgets_gets_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    modules: dict[str, Any] = {**sys.modules, "ipykernel": object()}
    monkeypatch.setattr(sys, "modules", modules)
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: None)
    assert show(monkeypatch, capsys, None).splitlines()[0] == LINE.format(1, "20")


def test_a_notebook_with_widgets_gets_a_bar_that_ends_with_the_last_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stand-ins for what rich takes from IPython and ipywidgets."""
    shown: list[str] = []

    class Output(contextlib.nullcontext[None]):
        def clear_output(self, wait: bool) -> None:
            pass

    def display(what: Any) -> None:
        shown.append(getattr(what, "text", ""))

    for name in ("ipykernel", "IPython", "IPython.display", "ipywidgets"):
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(display=display, Output=Output))
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(rich.console, "_is_jupyter", lambda: True)
    assert show(monkeypatch, capsys, None) == ""
    assert any("[bold]a line[/]" in one for one in shown)
    assert "step 40 of 40, loss 1.5000, 2,000 tokens/s, 20% of the peak, 0:00 to go" in "".join(shown[-2:])


def test_the_peak_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "PEAK_SECONDS", 0.005)
    assert 1e8 < matmul_peak(pyllm.ops.cpu) < 1e14


def test_durations_and_what_is_printable() -> None:
    assert [duration(seconds) for seconds in (0, 59.6, 61, 3600 * 11 + 61)] == ["0:00", "1:00", "1:01", "11:01:01"]
    assert printable("a\tb\n\x1b[2Jé🙂\x00") == "a\tb\n\ufffd[2Jé🙂\ufffd"
    assert re.match(printable("\x07"), "\ufffd")
