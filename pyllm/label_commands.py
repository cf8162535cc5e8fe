"""`pyllm label`: a person answers prompts, mends what a model answers, and ranks it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tyro
from rich.panel import Panel

from pyllm.chat import text_of
from pyllm.chat_commands import note
from pyllm.chat_session import Drawing
from pyllm.label import LabelPrompt, parse_ranking
from pyllm.label_sitting import Sitting, shown, sitting
from pyllm.options import OptionalPath

MOST_SAMPLES = 4
EDITORS = ("nano", "vim", "vi")  # where neither VISUAL nor EDITOR names one
HELP = """\
w TEXT    write an answer yourself; without a text: in an editor
m 2       mend answer 2: make a better one of it, which is preferred to it
a 2       take answer 2 as it is: it is as good as one of yours
2 > 1 = 3 rank the answers, the best first; = between those that are equally good
s         skip this prompt; b: go back to the one before; Enter: go on to the next
q         leave; so do Ctrl-D and Ctrl-C. Everything is kept, and the next time you go on here.
"""


def label(
    files: tyro.conf.Positional[tuple[Path, ...]] = (),
    /,
    *,
    out: Path = Path("runs/labels"),
    tasks: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    count: int = 20,
    model: OptionalPath = None,
    samples: int = MOST_SAMPLES,
    max_new_tokens: int = 256,
    temperature: float = 1.0,
    seed: int = 0,
    export_only: bool = False,
) -> None:
    """Answer prompts, mend what a model answers, rank it. What you say is kept at once; the next time you go on.

    At the end, answers are in conversations.jsonl, for `pyllm sft --data`, and pairs of a better and a worse answer in
    preferences.jsonl, for `pyllm dpo --data`.

    Args:
        files: prompts: .txt with one a line, or JSON such as {"prompt": ...} or {"messages": [...]}, a line each. None:
            go on with those that are in the folder.
        out: the folder: labels.sqlite, which holds all, and the two files made of it.
        tasks: take prompts from this task too, such as stories; may be given several times.
        count: how many prompts of each task.
        model: who answers: a run's folder (its last stage's last checkpoint), a checkpoint, or any folder with
            config.json and model.safetensors; default: the run that was last at work in runs/.
        samples: how many answers of the model to show, 1 to 4; 0: none, and no model is needed.
        max_new_tokens: the most tokens of an answer of the model.
        temperature: of the model's answers: higher, and they differ more.
        seed: of the model's answers and of the tasks' prompts.
        export_only: just make the two files.
    """
    if not 0 <= samples <= MOST_SAMPLES:
        raise ValueError(f"--samples must be within 0 ... {MOST_SAMPLES}, got {samples}")
    if count < 1:
        raise ValueError(f"--count must be at least 1, got {count}")
    drawing = Drawing(max_new_tokens, temperature, seed=seed)
    with sitting(files, tasks, count, out, model, 0 if export_only else samples, drawing) as (store, answerer):
        if not export_only:
            _Labelling(store, answerer, HELP).run()


class _Labelling(Sitting):
    """Answers, mends and ranks."""

    def _one(self, at: int) -> int | None:
        """Shows a prompt and takes what is said about it; returns the one to go on with."""
        self._show(self._store.prompt(at))
        while True:
            prompt = self._store.prompt(at)
            word, _, rest = input("label> ").strip().partition(" ")
            rest = rest.strip()
            try:
                match word:
                    case "q" | "/quit":
                        raise EOFError
                    case "?" | "h" | "help":
                        print(HELP, end="")
                    case "":
                        if self._store.counts().open and at == self._store.next_open(at - 1):
                            note("nothing has been said about this prompt yet; s skips it, ? shows what can be said")
                        else:
                            return self._store.next_open(at)
                    case "s":
                        self._store.skip(at)
                        return self._store.next_open(at)
                    case "b":
                        if (before := self._store.before(at)) is not None:
                            return before
                        note("this is the first prompt")
                    case "w":
                        self._write(prompt, rest)
                    case "m" | "a":
                        self._take(prompt, rest, mend=word == "m")
                    case _:
                        self._rank(prompt, f"{word} {rest}")
            except ValueError as error:
                note(str(error))

    def _write(self, prompt: LabelPrompt, text: str) -> None:
        before = "" if prompt.answer is None else text_of(prompt.answer)
        text = text or edited(before, "answer> ")
        if not text.strip():
            raise ValueError("an empty answer is not kept")
        self._store.answer(prompt.id, text)
        self._said("answer kept")

    def _take(self, prompt: LabelPrompt, number: str, mend: bool) -> None:
        if not prompt.samples:
            raise ValueError("there is no answer of a model here: w writes one")
        if not (number.isdecimal() and 1 <= int(number) <= len(prompt.samples)):
            raise ValueError(f"expected the number of an answer, from 1 to {len(prompt.samples)}, got {number!r}")
        sample = prompt.samples[int(number) - 1]
        content = sample.content
        if mend:
            before = text_of(content)
            after = edited(before, "mended> ")
            if not after.strip() or after == before:
                raise ValueError("nothing was mended, and nothing is kept; a takes an answer as it is")
            content = after
        self._store.answer(prompt.id, content, sample.id)
        self._said(f"answer {number} {'mended and ' if mend else ''}kept")

    def _rank(self, prompt: LabelPrompt, text: str) -> None:
        if not any(character.isdecimal() for character in text):
            raise ValueError(f"{text.strip()!r} says nothing here; ? shows what can be said")
        groups = parse_ranking(text, len(prompt.samples))
        self._store.rank(prompt.id, [[prompt.samples[number - 1].id for number in group] for group in groups])
        self._said("ranking kept")

    def _said(self, what: str) -> None:
        counts = self._store.counts()
        self._console.print(f"{what}; left: {counts.open:,} of {counts.prompts:,} prompts. Enter goes on.", style="dim")

    def _show(self, prompt: LabelPrompt) -> None:
        counts = self._store.counts()
        self._console.rule(f"prompt {prompt.id:,} of {counts.prompts:,}")
        for message in prompt.messages:
            self._console.print(Panel(shown(message["content"]), title=message["role"], title_align="left"))
        for number, sample in enumerate(prompt.samples, 1):
            rank = "" if sample.rank is None else f", rank {sample.rank}"
            self._console.print(
                Panel(shown(sample.content), title=f"answer {number}{rank}", title_align="left", border_style="cyan")
            )
        if prompt.answer is not None:
            self._console.print(
                Panel(shown(prompt.answer), title="your answer", title_align="left", border_style="green")
            )


def edited(text: str, prompt: str) -> str:
    """What a person makes of a text: in an editor, or, where there is none, in a line.

    Raises:
        ValueError: the editor failed.
    """
    if not sys.stdin.isatty():
        return input(prompt)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or next(filter(shutil.which, EDITORS), None)
    if editor is None:
        return _edited_line(text, prompt)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answer.txt")
        path.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(path)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise ValueError(f"the editor {editor} failed, and nothing is kept: {error}") from None
        return path.read_text(encoding="utf-8", errors="replace").removesuffix("\n")


def _edited_line(text: str, prompt: str) -> str:
    """A line that is there already for a person to change."""
    import readline

    readline.set_startup_hook(lambda: readline.insert_text(text.replace("\n", " ")))
    try:
        return input(prompt)
    finally:
        readline.set_startup_hook()
