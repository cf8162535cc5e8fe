"""What people say about answers, kept in SQLite: demonstrations to imitate, and rankings to learn preferences from.

Both are what Ouyang et al. (2022, https://arxiv.org/abs/2203.02155, section 3) train on: an answer that a person has
written is a demonstration, and of K ranked answers each pair is a comparison. Besides, a person who mends an answer
prefers what comes of it to what it was.

Whatever is told to a store is on the disk when the call returns.
"""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pyllm.chat import Content, Message, check_messages, plain_prompt, text_of
from pyllm.files import json_lines, write_whole
from pyllm.patterns import utf8

APPLICATION = 0x70796C6D  # "pylm": tells our files from other programs' (https://www.sqlite.org/fileformat.html)
FORMAT = 1
SECONDS_FOR_OTHERS = 3.0  # to let go of the file
TABLES = """
CREATE TABLE prompts (
    id INTEGER PRIMARY KEY,
    messages TEXT NOT NULL UNIQUE,              -- JSON; ends with the user's turn
    skipped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE samples (                          -- what models have answered
    id INTEGER PRIMARY KEY,
    prompt INTEGER NOT NULL REFERENCES prompts,
    content TEXT NOT NULL,                      -- JSON
    model TEXT NOT NULL,
    rank INTEGER,                               -- 1: the best; equal ones are equally good; NULL: not ranked
    UNIQUE (prompt, content)
);
CREATE TABLE answers (                          -- what a person has answered
    prompt INTEGER PRIMARY KEY REFERENCES prompts,
    content TEXT NOT NULL,                      -- JSON
    sample INTEGER REFERENCES samples,          -- that was mended, or taken as it is
    written_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
"""


class LabelSample(NamedTuple):
    """What a model has answered."""

    id: int
    content: Content
    rank: int | None


@dataclass(frozen=True)
class LabelPrompt:
    """A prompt with all that is known about it.

    Attributes:
        id: its number, from 1 on, in the order in which prompts were added.
        messages: that are to be answered.
        samples: a model's answers.
        answer: a person's.
        skipped: whether a person wanted to say nothing about it.
    """

    id: int
    messages: list[Message]
    samples: list[LabelSample]
    answer: Content | None
    skipped: bool


class LabelCounts(NamedTuple):
    """How many prompts there are, and how many of them have been answered, ranked, and skipped by a person."""

    prompts: int
    answered: int
    ranked: int
    skipped: int
    open: int


class LabelStore:
    """A file with prompts, samples, answers and ranks. A context manager that closes it.

    Raises:
        ValueError: the file is damaged, or another program's.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(path, timeout=SECONDS_FOR_OTHERS, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise OSError(f"{path} cannot be opened: {error}") from None
        with self._errors():
            (application,) = self._database.execute("PRAGMA application_id").fetchone()
            (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if not tables and not application:
                with self._at_once():
                    for statement in TABLES.split(";\n"):
                        self._database.execute(statement)
                    self._database.execute(f"PRAGMA application_id = {APPLICATION}")
                    self._database.execute(f"PRAGMA user_version = {FORMAT}")
            elif application != APPLICATION:
                raise ValueError(f"{path} is a database of another program, not one of labels")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version != FORMAT:
                raise ValueError(f"{path} holds labels of format {version}, expected {FORMAT}")

    def __enter__(self) -> LabelStore:
        return self

    def __exit__(self, *exception: object) -> None:
        self._database.close()

    # Telling it

    def add_prompts(self, conversations: Iterable[Sequence[Message]]) -> int:
        """Adds conversations that end with a turn to be answered; those that are there are left out.

        Returns:
            How many are new.

        Raises:
            ValueError: one is no conversation, or ends with the assistant's turn; none is added.
        """
        texts = []
        for number, messages in enumerate(conversations, 1):
            check_messages(messages, f"prompt {number}")
            if messages[-1]["role"] == "assistant":
                raise ValueError(f"prompt {number} ends with the assistant's turn: there is nothing to answer")
            texts.append(json.dumps([{"role": one["role"], "content": one["content"]} for one in messages]))
        before = self.counts().prompts
        with self._errors(), self._at_once():
            self._database.executemany(
                "INSERT OR IGNORE INTO prompts (messages) VALUES (?)", [[text] for text in texts]
            )
        return self.counts().prompts - before

    def add_samples(self, prompt: int, contents: Iterable[Content], model: str) -> None:
        """Adds what a model has answered; what it has answered before is left out."""
        rows = [(prompt, json.dumps(content), model) for content in contents]
        with self._errors(), self._at_once():
            self._database.executemany("INSERT OR IGNORE INTO samples (prompt, content, model) VALUES (?, ?, ?)", rows)

    def answer(self, prompt: int, content: Content, sample: int | None = None) -> None:
        """Notes a person's answer, in place of an earlier one.

        Args:
            prompt: the id of the prompt.
            content: the answer.
            sample: the id of the sample that it was made of.
        """
        if isinstance(content, str):
            content = utf8(content).decode()
        with self._errors():
            self._database.execute(
                "INSERT OR REPLACE INTO answers (prompt, content, sample) VALUES (?, ?, ?)",
                (prompt, json.dumps(content), sample),
            )

    def rank(self, prompt: int, groups: Sequence[Sequence[int]]) -> None:
        """Notes the order of a prompt's samples, in place of an earlier one.

        Args:
            prompt: the id of the prompt.
            groups: ids of samples, the best first; those of one group are equally good; others are not ranked.
        """
        with self._errors(), self._at_once():
            self._database.execute("UPDATE samples SET rank = NULL WHERE prompt = ?", (prompt,))
            for rank, group in enumerate(groups, 1):
                self._database.executemany(
                    "UPDATE samples SET rank = ? WHERE id = ? AND prompt = ?", [(rank, one, prompt) for one in group]
                )

    def skip(self, prompt: int) -> None:
        """Notes that a person wants to say nothing about a prompt."""
        with self._errors():
            self._database.execute("UPDATE prompts SET skipped = 1 WHERE id = ?", (prompt,))

    def reopen(self, prompt: int) -> None:
        """Takes back that a prompt was ranked or skipped."""
        with self._errors(), self._at_once():
            self._database.execute("UPDATE samples SET rank = NULL WHERE prompt = ?", (prompt,))
            self._database.execute("UPDATE prompts SET skipped = 0 WHERE id = ?", (prompt,))

    # Asking it

    def next_open(self, after: int = 0) -> int | None:
        """The id of the next prompt about which nobody has said anything; None: there is no more."""
        return self._one(f"SELECT min(id) FROM prompts WHERE id > ? AND {_OPEN}", after)

    def lacks_samples(self) -> bool:
        """Whether there is a prompt about which nobody has said anything, and which no model has answered."""
        without = "NOT EXISTS (SELECT 1 FROM samples WHERE prompt = prompts.id)"
        return self._one(f"SELECT min(id) FROM prompts WHERE id > ? AND {_OPEN} AND {without}", 0) is not None

    def before(self, prompt: int) -> int | None:
        """The id of the prompt before another one; None: that is the first."""
        return self._one("SELECT max(id) FROM prompts WHERE id < ?", prompt)

    def prompt(self, id: int) -> LabelPrompt:
        """All about a prompt."""
        with self._errors():
            messages, skipped = self._database.execute(
                "SELECT messages, skipped FROM prompts WHERE id = ?", (id,)
            ).fetchone()
            samples = self._database.execute(
                "SELECT id, content, rank FROM samples WHERE prompt = ? ORDER BY id", (id,)
            ).fetchall()
            answer = self._database.execute("SELECT content FROM answers WHERE prompt = ?", (id,)).fetchone()
            return LabelPrompt(
                id,
                json.loads(messages),
                [LabelSample(sample, json.loads(content), rank) for sample, content, rank in samples],
                None if answer is None else json.loads(answer[0]),
                bool(skipped),
            )

    def counts(self) -> LabelCounts:
        """How far the labelling has come."""
        with self._errors():
            row = self._database.execute(
                "SELECT count(*), (SELECT count(*) FROM answers), "
                "(SELECT count(DISTINCT prompt) FROM samples WHERE rank IS NOT NULL), "
                f"ifnull(sum(skipped), 0), ifnull(sum({_OPEN}), 0) FROM prompts"
            ).fetchone()
            return LabelCounts(*row)

    # Files to train with

    def conversations(self) -> Iterator[dict[str, Any]]:
        """Each prompt that a person has answered, with that answer: {"messages": [...]}, for SFT."""
        with self._errors():
            rows = self._database.execute(
                "SELECT messages, content FROM answers JOIN prompts ON prompt = prompts.id ORDER BY prompt"
            ).fetchall()
        for messages, content in rows:
            yield {"messages": [*json.loads(messages), {"role": "assistant", "content": json.loads(content)}]}

    def preferences(self) -> Iterator[dict[str, Any]]:
        """Each pair of answers of which one is preferred: {"prompt", "chosen", "rejected"}, for DPO and reward models.

        They are the pairs of samples with different ranks, and a mended answer with what it was before. Of thoughts and
        calls nothing is compared: pairs whose texts are the same are left out.
        """
        with self._errors():
            rows = self._database.execute(
                "SELECT prompts.id, messages, samples.content, rank, answers.content FROM samples "
                "JOIN prompts ON samples.prompt = prompts.id "
                "LEFT JOIN answers ON answers.sample = samples.id ORDER BY prompts.id, rank, samples.id"
            ).fetchall()
        for _, group in itertools.groupby(rows, key=lambda row: row[0]):
            samples = list(group)
            prompt = plain_prompt(json.loads(samples[0][1]))
            pairs = [(mended, content) for _, _, content, _, mended in samples if mended is not None]
            ranked = [(content, rank) for _, _, content, rank, _ in samples if rank is not None]
            for (better, rank), (worse, other) in itertools.combinations(ranked, 2):
                if rank != other:
                    pairs.append((better, worse))
            texts = [(text_of(json.loads(better)), text_of(json.loads(worse))) for better, worse in pairs]
            for chosen, rejected in dict.fromkeys(texts):
                if chosen != rejected:
                    yield {"prompt": prompt, "chosen": chosen, "rejected": rejected}

    def export(self, folder: Path) -> dict[Path, int]:
        """Writes conversations.jsonl and preferences.jsonl; returns their paths and how many lines each has."""
        counts = {}
        for name, records in (("conversations", self.conversations()), ("preferences", self.preferences())):
            path, content = folder / f"{name}.jsonl", json_lines(records)
            write_whole(path, content)
            counts[path] = content.count(b"\n")
        return counts

    # How it does so

    def _one(self, query: str, value: int) -> int | None:
        with self._errors():
            (found,) = self._database.execute(query, (value,)).fetchone()
            return None if found is None else int(found)

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """All changes within, or none of them."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Makes errors of the database ones that name the file."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise OSError(
                    f"{self.path} is locked by another program: nothing was changed; try again when that has let it go"
                ) from None
            raise OSError(f"{self.path}: {error}") from None
        except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
            raise ValueError(f"{self.path} is damaged, or no file of labels: {error}") from None


_OPEN = (
    "(NOT skipped AND NOT EXISTS (SELECT 1 FROM answers WHERE prompt = prompts.id) "
    "AND NOT EXISTS (SELECT 1 FROM samples WHERE prompt = prompts.id AND rank IS NOT NULL))"
)


def parse_ranking(text: str, count: int) -> list[list[int]]:
    """The order that a person has typed, such as "2 > 1 = 3" or "2 1 3 4": numbers from 1 on, the best first.

    Args:
        text: with spaces, commas or > between what is better and what is worse, = between equals.
        count: how many there are to rank; not all of them need be.

    Returns:
        The numbers in groups of equals, the best first.

    Raises:
        ValueError: it is no ranking.
    """
    words = re.sub(r"\s*([>=,])\s*", r"\1", text.strip())
    if not re.fullmatch(r"[0-9]+([ >=,]+[0-9]+)+", words) or re.search(r"[>=,]{2}", words):
        raise ValueError(f"{text.strip()!r} is no ranking: expected one such as 2 > 1 = 3, the best first")
    groups = [[int(number) for number in group.split("=")] for group in re.split(r"[ >,]+", words)]
    numbers = [number for group in groups for number in group]
    for number in numbers:
        if not 1 <= number <= count:
            raise ValueError(f"there is no answer {number}: they are numbered from 1 to {count}")
        if numbers.count(number) > 1:
            raise ValueError(f"answer {number} stands twice in the ranking")
    return groups
