"""What a model is taught from: conversations of tasks, made as they are needed, and of files, mixed by weights."""

from __future__ import annotations

import bisect
import itertools
import math
import random
import warnings
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pyllm.chat import Message, Rendered, render
from pyllm.data.loader import permuted
from pyllm.tasks.task import Task
from pyllm.tokenizer import Tokenizer
from pyllm.train.packing import Key

MOST_UNUSABLE = 1000  # conversations of a task in a row
MOST_BEFORE = 2  # problems before the one that a conversation is about


class Renderer:
    """Renders conversations so that they fit into a row; those that cannot be used are None.

    Args:
        tok: with the special tokens of conversations.
        context: places of a row.
    """

    def __init__(self, tok: Tokenizer, context: int) -> None:
        self.tok, self.context = tok, context

    def __call__(self, messages: Sequence[Message]) -> Rendered | None:
        """The conversation, without its oldest turns where it is too long.

        None: it is still too long then, or the assistant says nothing in it.
        """
        rendered = render(messages, self.tok)
        if len(rendered.ids) > self.context + 1:
            try:
                rendered = render(messages, self.tok, max_tokens=self.context + 1)
            except ValueError:
                return None
        return rendered if any(rendered.mask) else None


class FileConversation(NamedTuple):
    """A conversation of a file that can be used."""

    messages: Sequence[Message]
    rendered: Rendered
    place: str

    @property
    def digest(self) -> bytes:
        """The same for conversations of the same content alone."""
        ids, mask = self.rendered
        return blake2b(f"{ids}{mask}".encode(), digest_size=8).digest()


class Part(Protocol):
    """One of the things that are mixed."""

    @property
    def name(self) -> str:
        """For messages, and to tell whether a checkpoint is of the same data."""

    @property
    def identity(self) -> Any:
        """What its conversations depend on, for JSON."""

    def rendered(self, index: int) -> Rendered | None:
        """The conversation of a place, from 0 on without end; None: it cannot be used."""

    def place(self, index: int) -> str:
        """Where it stands, for messages."""


class TaskPart:
    """Problems of a task with an expert's answers; each is a function of (seed, index).

    Args:
        task: whose.
        renderer: of the run.
        seed: any integer.
        held_out: those for examinations, in place of those for training.
        follow_up_share: of the conversations in which other problems come before, one or two of them, as far as they
            fit into a row.
        others: tasks that those are of, with their weights.
    """

    def __init__(
        self,
        task: Task,
        renderer: Renderer,
        seed: int,
        held_out: bool = False,
        follow_up_share: float = 0.0,
        others: Sequence[tuple[Task, float]] = (),
    ) -> None:
        self.task, self.renderer, self.seed, self.held_out = task, renderer, seed, held_out
        self.follow_up_share, self.others = follow_up_share, others
        self.name = task.name
        weights = [[other.name, weight] for other, weight in others] if follow_up_share else []
        self.identity = [task.name, seed, follow_up_share, weights]

    def messages(self, index: int) -> Sequence[Message]:
        """The conversation of a place, not rendered."""
        side = "validation" if self.held_out else "training"
        rng = random.Random(f"conversations, {self.name}, {side}, {self.seed}, {index}")
        conversation = self.task.problem(rng, self.held_out).conversation
        if self.others and rng.random() < self.follow_up_share:
            tasks, weights = zip(*self.others, strict=True)
            for before in rng.choices(tasks, weights, k=rng.randint(1, MOST_BEFORE)):
                conversation = [*before.problem(rng, self.held_out).conversation, *conversation]
        return conversation

    def rendered(self, index: int) -> Rendered | None:
        return self.renderer(self.messages(index))

    def place(self, index: int) -> str:
        return f"problem {index} of {self.name}"


class FilePart:
    """Conversations of files, epoch after epoch, each in an order of its own that depends on (seed, epoch).

    Args:
        conversations: that can be used, with where each stands.
        seed: any integer.
    """

    def __init__(self, conversations: Sequence[FileConversation], seed: int) -> None:
        self.conversations, self.seed = conversations, seed
        self.name = "data"
        contents = blake2b(digest_size=8)
        for one in conversations:
            contents.update(one.digest)
        self.identity = [len(conversations), seed, contents.hexdigest()]

    def __len__(self) -> int:
        return len(self.conversations)

    def _at(self, index: int) -> FileConversation:
        epoch, number = divmod(index, len(self.conversations))
        return self.conversations[permuted(number, len(self.conversations), self.seed, epoch)]

    def rendered(self, index: int) -> Rendered | None:
        return self._at(index).rendered

    def place(self, index: int) -> str:
        return self._at(index).place


class Mixture:
    """Conversations of several parts; each draw chooses one by the parts' weights. Its state is a few numbers.

    Args:
        parts: with their weights, which need not add up to 1.
        seed: any integer; which part a draw takes is a function of it and of the draw's number.
    """

    def __init__(self, parts: Sequence[tuple[Part, float]], seed: int) -> None:
        self.parts, self.seed = [part for part, _ in parts], seed
        self._weights = [weight for _, weight in parts]
        self._bounds = list(itertools.accumulate(self._weights))
        self._draws, self._taken = 0, [0] * len(parts)

    @property
    def taken(self) -> list[int]:
        """How many conversations have come from each part, usable or not."""
        return list(self._taken)

    def draw(self) -> tuple[Key, Rendered]:
        """The next conversation.

        Raises:
            ValueError: none of very many in a row could be used.
        """
        for _ in range(MOST_UNUSABLE):
            chance = random.Random(f"mixture, {self.seed}, {self._draws}").random()
            part = min(bisect.bisect(self._bounds, chance * self._bounds[-1]), len(self.parts) - 1)
            key = Key(part, self._taken[part])
            self._draws += 1
            self._taken[part] += 1
            rendered = self.parts[part].rendered(key.number)
            if rendered is not None:
                return key, rendered
        raise ValueError(
            f"{MOST_UNUSABLE} conversations in a row, the last of them {self.place(key)}, do not fit into a row, or "
            "the assistant says nothing in them: give a longer context, or other data"
        )

    def rendered(self, key: Key) -> Rendered:
        """The conversation of a key that has been drawn."""
        if not 0 <= key.number < self._taken[key.part]:
            raise IndexError(f"conversation {key.number} of part {key.part} has not been drawn")
        rendered = self.parts[key.part].rendered(key.number)
        if rendered is None:
            raise ValueError(f"{self.place(key)} is not the conversation that it was")
        return rendered

    def place(self, key: Key) -> str:
        """Where a conversation stands, for messages."""
        return self.parts[key.part].place(key.number)

    def state(self) -> dict[str, Any]:
        """Where it is, and what it mixes, for JSON."""
        return {"draws": self._draws, "taken": self.taken, **self._identity()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken.

        Raises:
            ValueError: the state is of other data.
            KeyError, TypeError: it is no state at all.
        """
        for name, value in self._identity().items():
            if state.get(name) != value:
                raise ValueError(f"the data are not those of the checkpoint: {name} is {value}, not {state.get(name)}")
        draws, taken = int(state["draws"]), [int(count) for count in state["taken"]]
        if len(taken) != len(self.parts) or min(taken) < 0 or sum(taken) != draws:
            raise ValueError(f"the checkpoint's place in the conversations is damaged: {draws} draws, {taken} taken")
        self._draws, self._taken = draws, taken

    def _identity(self) -> dict[str, Any]:
        return {"seed": self.seed, "weights": self._weights, "parts": [part.identity for part in self.parts]}


def usable(
    files: Sequence[Path], load: Callable[[Path], Sequence[Sequence[Message]]], renderer: Renderer
) -> list[FileConversation]:
    """The conversations of files that can be used; warns of those that cannot.

    Args:
        files: of conversations.
        load: reads one of them.
        renderer: of the run.

    Raises:
        OSError, ValueError: as `load` does; a file holds no conversation that can be used.
    """
    found: list[FileConversation] = []
    for path in files:
        conversations = load(path)
        unusable = []
        begun = len(found)
        for number, messages in enumerate(conversations, 1):
            rendered = renderer(messages)
            if rendered is None:
                unusable.append(number)
            else:
                found.append(FileConversation(messages, rendered, f"conversation {number} of {path}"))
        why = f"too long for a row of {renderer.context} tokens, or without a word of the assistant"
        if len(found) == begun:
            raise ValueError(f"{path} holds no conversation to train on: all {len(conversations)} are {why}")
        if unusable:
            warnings.warn(
                f"{path}: {len(unusable)} of {len(conversations)} conversations are left out, the first of them "
                f"number {unusable[0]}: {why}",
                stacklevel=2,
            )
    return found


def held_back(
    conversations: Sequence[FileConversation], fraction: float
) -> tuple[list[FileConversation], list[FileConversation]]:
    """Splits conversations into some to train on and some to validate on.

    Which are held back depends on their content alone, so that the same one is never on both sides.

    Args:
        conversations: all of them.
        fraction: held back of those that differ; of two or more at least one, but for a fraction of 0.

    Returns:
        (training, validation), each in the order given.
    """
    digests = sorted({one.digest for one in conversations})
    count = min(math.ceil(fraction * len(digests)), len(digests) - 1)
    chosen = set(digests[:count])
    sides: tuple[list[FileConversation], list[FileConversation]] = ([], [])
    for one in conversations:
        sides[one.digest in chosen].append(one)
    return sides


def weights_of(tasks: Sequence[str]) -> dict[str, float]:
    """Tasks' names and weights, from texts such as "addition=2" and "facts", whose weight is 1.

    Raises:
        ValueError: there is no such task, one is named twice, or a weight is not a positive number.
    """
    from pyllm.tasks.registry import chosen_tasks

    weights: dict[str, float] = {}
    for text in tasks:
        name, equals, number = text.partition("=")
        chosen_tasks([name])
        if name in weights:
            raise ValueError(f"the task {name} is named twice")
        try:
            weights[name] = float(number) if equals else 1.0
        except ValueError:
            weights[name] = math.nan
        if not 0 < weights[name] < math.inf:
            raise ValueError(f"the weight of the task {name} must be a positive number, got {number!r}")
    return weights
