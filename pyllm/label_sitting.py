"""What all have in common in which a person judges answers: prompts, a model that answers, a store, and its files."""

from __future__ import annotations

import io
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from pyllm.chat import BEGINNING, END_OF_TURN, Content, Message, has_chat_tokens, read_answer
from pyllm.chat_commands import note
from pyllm.chat_session import Drawing, TooLong, prompt_that_fits
from pyllm.engine import Engine
from pyllm.files import file_size, held, make_folder
from pyllm.label import LabelPrompt, LabelStore
from pyllm.model import GPT
from pyllm.tokenizer import Tokenizer
from pyllm.train.display import printable


@contextmanager
def sitting(
    files: Sequence[Path],
    tasks: Sequence[str],
    count: int,
    out: Path,
    model: Path | None,
    samples: int,
    drawing: Drawing,
) -> Iterator[tuple[LabelStore, Answerer | None]]:
    """A folder's store, with prompts added, and who answers them. At the end, however it comes, its files are written.

    Args:
        files: of prompts, .txt with one a line or as load_problems reads them.
        tasks: whose prompts are added, too.
        count: of each task.
        out: the folder.
        model: who answers; None: the run that was last at work in runs/.
        samples: answers to a prompt; 0: nobody answers.
        drawing: how.

    Raises:
        OSError, ValueError: a setting or a file is not what it should be, or another process is at work there.
    """
    if count < 1:
        raise ValueError(f"--count must be at least 1, got {count}")
    prompts = [prompt for file in files for prompt in _prompts_in(file)] + _prompts_of(tasks, count, drawing.seed)
    store_path = out / "labels.sqlite"
    if not prompts and not store_path.exists():
        raise ValueError(f"there are no prompts yet in {out}: name a file of prompts, or pass --tasks")
    make_folder(out)
    with held(out), LabelStore(store_path) as store:
        store.add_prompts(prompts)
        try:
            wanted = samples and store.lacks_samples()
            yield store, Answerer.of(model, samples, drawing) if wanted else None
        finally:
            _tell(store, out)


def _prompts_in(file: Path) -> list[list[Message]]:
    """The prompts of a file, without answers."""
    if file.suffix == ".txt":
        file_size(file)
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        return [[{"role": "user", "content": line.strip()}] for line in lines if line.strip()]
    from pyllm.tasks.files import load_problems

    return [list(problem.messages) for problem in load_problems(file, tell=note)]


def _prompts_of(tasks: Sequence[str], count: int, seed: int) -> list[list[Message]]:
    if not tasks:
        return []
    from pyllm.tasks.registry import chosen_tasks

    chosen = chosen_tasks(tasks).values()
    return [list(problem.messages) for task in chosen for problem in task.problems(count, seed)]


def _tell(store: LabelStore, out: Path) -> None:
    """Writes the files to train with and says what there is."""
    counts = store.counts()
    print(
        f"{counts.prompts:,} prompts: {counts.answered:,} answered, {counts.ranked:,} ranked, "
        f"{counts.skipped:,} skipped, {counts.open:,} left"
    )
    for path, lines in store.export(out).items():
        print(f"{path}: {lines:,} {'line' if lines == 1 else 'lines'}")


@dataclass
class Answerer:
    """A model that answers prompts."""

    model: GPT
    tok: Tokenizer
    name: str
    samples: int
    drawing: Drawing

    @classmethod
    def of(cls, path: Path | None, samples: int, drawing: Drawing) -> Answerer:
        from pyllm.train.trained_models import model_folder, open_model

        folder = model_folder(path)
        model, tok = open_model(folder, chat=False, trainable=False)
        if not has_chat_tokens(tok):
            raise ValueError(
                f"the model in {folder} has no special tokens for conversations: tune it first with `pyllm sft`, or "
                "write answers yourself with `pyllm label --samples 0`"
            )
        return cls(model, tok, str(folder), samples, drawing)

    def answers(self, prompt: LabelPrompt) -> list[Content]:
        """Different answers to a prompt.

        Raises:
            TooLong: it leaves no room for one.
        """
        drawing = self.drawing
        ids = prompt_that_fits(prompt.messages, self.tok, self.model.cfg.context, drawing.max_new_tokens).ids
        found = Engine(self.model, self.tok).generate(
            [ids],
            self.samples,
            drawing.max_new_tokens,
            drawing.temperature,
            stop=(END_OF_TURN, BEGINNING),
            seed=(drawing.seed + prompt.id) % (1 << 64),
        )
        return [read_answer(sample.ids, self.tok) for sample in found]


class Sitting(ABC):
    """One sitting of a person, who goes through the prompts about which nothing has been said yet.

    Args:
        store: where all that is said is kept.
        answerer: who answers prompts that have no answers.
        help: what can be said, shown at the beginning.
    """

    def __init__(self, store: LabelStore, answerer: Answerer | None, help: str) -> None:
        self._store, self._answerer, self._help = store, answerer, help
        self._console = Console(highlight=False)
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")

    def run(self) -> None:
        """Goes on until all prompts are done or the person leaves."""
        at = self._store.next_open()
        if at is None:
            note("all prompts are done")
        else:
            print(self._help, end="")
        try:
            while at is not None:
                _have_answers(self._store, self._store.prompt(at), self._answerer)
                at = self._one(at)
        except EOFError:
            print()

    @abstractmethod
    def _one(self, at: int) -> int | None:
        """Shows a prompt and takes what is said of it; returns the one to go on with. Raises EOFError on leaving."""


def _have_answers(store: LabelStore, prompt: LabelPrompt, answerer: Answerer | None) -> None:
    """Lets the model answer a prompt that nobody has answered; says why where it cannot."""
    if answerer is None or prompt.samples:
        return
    try:
        store.add_samples(prompt.id, answerer.answers(prompt), answerer.name)
    except TooLong as error:
        note(str(error))


def shown(content: Content) -> Text:
    """A content as a person sees it: thoughts, calls and results are dim and begin with what they are."""
    if isinstance(content, str):
        return Text(printable(content))
    text = Text()
    for part in content:
        kind = part["type"]
        words = part["text"] if kind == "text" else f"{kind}: {part['text']}\n"
        text.append(printable(words), style="" if kind == "text" else "dim")
    return text
