"""`pyllm vote`: a person says which of two answers is better."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import tyro
from rich.panel import Panel
from rich.table import Table

from pyllm.chat import text_of
from pyllm.chat_commands import note
from pyllm.chat_session import Drawing
from pyllm.label import LabelSample, LabelStore
from pyllm.label_sitting import Answerer, Sitting, shown, sitting
from pyllm.options import OptionalPath

DRAWN = 4  # answers, so that there are two different ones
WIDE = 100  # columns of a terminal on which two answers stand side by side
HELP = """\
1 or 2   that answer is better
t        a tie: one is as good as the other
s        skip this pair
u        undo: back to the pair before, whose vote is taken back
q        leave; so do Ctrl-D and Ctrl-C. Every vote is kept, and the next time you go on here.
"""
NEXT = "Next: pyllm reward --data {}"


def vote(
    files: tyro.conf.Positional[tuple[Path, ...]] = (),
    /,
    *,
    out: Path = Path("runs/labels"),
    tasks: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    count: int = 20,
    model: OptionalPath = None,
    max_new_tokens: int = 256,
    temperature: float = 1.0,
    seed: int = 0,
) -> None:
    """Say which of two answers of a model is better: press 1 or 2. What you say is kept at once.

    At the end, the pairs are in preferences.jsonl, for `pyllm reward --data` and `pyllm dpo --data`. The folder is that
    of `pyllm label`: with both you go on with what is open.

    Args:
        files: prompts: .txt with one a line, or JSON such as {"prompt": ...} or {"messages": [...]}, a line each. None:
            go on with those that are in the folder.
        out: the folder: labels.sqlite, which holds all, and the files made of it.
        tasks: take prompts from this task too, such as stories; may be given several times.
        count: how many prompts of each task.
        model: who answers: a run's folder (its last stage's last checkpoint), a checkpoint, or any folder with
            config.json and model.safetensors; default: the run that was last at work in runs/.
        max_new_tokens: the most tokens of an answer.
        temperature: of the answers: higher, and they differ more.
        seed: of the answers and of the tasks' prompts.
    """
    drawing = Drawing(max_new_tokens, temperature, seed=seed)
    with sitting(files, tasks, count, out, model, DRAWN, drawing) as (store, answerer):
        _Voting(store, answerer, key_on_terminal if sys.stdin.isatty() else _line).run()
        if any(True for _ in store.preferences()):
            print(NEXT.format(out / "preferences.jsonl"))


class _Voting(Sitting):
    """Says which of two answers is better.

    Args:
        store: see Sitting.
        answerer: see Sitting.
        key: shows its argument and reads what the person presses; raises EOFError where there is no more.
    """

    def __init__(self, store: LabelStore, answerer: Answerer | None, key: Callable[[str], str]) -> None:
        super().__init__(store, answerer, HELP)
        self._key = key

    def _one(self, at: int) -> int | None:
        return self._vote(at) or self._last()

    def _vote(self, at: int) -> int | None:
        """Shows a pair and takes the vote; returns the prompt to go on with."""
        pair = self._different(at)
        if pair is None:
            note(f"prompt {at:,} has no two different answers to choose from, and is left out")
            return self._store.next_open(at)
        self._show(at, pair)
        first, second = (sample.id for sample in pair)
        while True:
            key = self._asked()
            try:
                match key:
                    case "1":
                        self._store.rank(at, [[first], [second]])
                    case "2":
                        self._store.rank(at, [[second], [first]])
                    case "t" | "=":
                        self._store.rank(at, [[first, second]])
                    case "s":
                        self._store.skip(at)
                    case "u":
                        before = self._before(at)
                        if before is None:
                            note("this is the first pair")
                            continue
                        self._store.reopen(before)
                        return before
                    case "q" | "\x04":
                        raise EOFError
                    case other:
                        if other not in ("?", "h"):
                            note(f"{other!r} says nothing here")
                        print(HELP, end="")
                        continue
                return self._store.next_open(at)
            except OSError as error:  # the vote is not kept: the person may press again
                note(str(error))

    def _last(self) -> int | None:
        """When all are voted on, the last vote can still be taken back; returns its prompt then."""
        before = self._before(None)
        if before is None:
            return None
        note("that was the last pair: u takes the vote back, any other key ends")
        if self._asked() != "u":
            return None
        self._store.reopen(before)
        return before

    def _before(self, at: int | None) -> int | None:
        """The last prompt before one that has two answers; None: there is none."""
        before = self._store.before(self._store.counts().prompts + 1 if at is None else at)
        while before is not None and self._different(before) is None:
            before = self._store.before(before)
        return before

    def _asked(self) -> str:
        return self._key("vote> ").lower()

    def _different(self, at: int) -> tuple[LabelSample, LabelSample] | None:
        """The first two answers to a prompt that read differently; None: there are no such."""
        by_text: dict[str, LabelSample] = {}
        for sample in self._store.prompt(at).samples:
            by_text.setdefault(text_of(sample.content).strip(), sample)
        first, *others = (*by_text.values(), None)
        return (first, others[0]) if first is not None and others and others[0] is not None else None

    def _show(self, at: int, pair: tuple[LabelSample, LabelSample]) -> None:
        prompt, counts = self._store.prompt(at), self._store.counts()
        self._console.rule(f"prompt {at:,} of {counts.prompts:,}, {counts.ranked:,} voted on")
        for message in prompt.messages:
            self._console.print(Panel(shown(message["content"]), title=message["role"], title_align="left"))
        panels = [
            Panel(shown(sample.content), title=str(number), title_align="left", border_style="cyan")
            for number, sample in enumerate(pair, 1)
        ]
        if self._console.width < WIDE:
            for panel in panels:
                self._console.print(panel)
            return
        side_by_side = Table.grid(expand=True)
        for _ in panels:
            side_by_side.add_column(ratio=1)
        side_by_side.add_row(*panels)
        self._console.print(side_by_side)


def key_on_terminal(prompt: str) -> str:
    """One key, without Enter. Ctrl-C raises KeyboardInterrupt, as everywhere; a key that is no character is "".

    What was pressed before the prompt is shown is thrown away: it was said of something else.

    Raises:
        EOFError: the terminal is gone.
    """
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSAFLUSH)
        print(prompt, end="", flush=True)
        pressed = os.read(terminal, 32)  # an arrow is several bytes
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    if not pressed:
        raise EOFError
    text = pressed.decode(errors="replace")
    key = text if len(text) == 1 else ""
    print(key if key.isprintable() else "")
    return key


def _line(prompt: str) -> str:
    """A line, where keys come from a file."""
    return input(prompt).strip()
