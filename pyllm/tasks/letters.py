"""The letters of words: spelled, reversed and counted. Words are split by hash, as they are for the speller's pages.

Words stand in quotation marks, so that a tokenizer cuts them as it does at the beginning of a line, into shorter pieces
than behind a space: a word that is one piece tells a model nothing of its letters.
"""

from __future__ import annotations

import functools
import random
import re
from abc import abstractmethod
from collections import Counter

from pyllm.data.miniweb.held_out import is_held_out
from pyllm.data.miniweb.speller_words import all_words, free_words
from pyllm.data.miniweb.wording import fill, pick
from pyllm.tasks.task import Problem, Task

MOST_LETTERS = 10  # of a word
REPEATED_SHARE = 0.55  # how often a letter is asked for that comes more than once
ABSENT_SHARE = 0.1  # how often one that does not come at all

SPELLING_QUESTIONS = [
    'How do you spell "{word}"?',
    'How is the word "{word}" spelled?',
    'How do I (write|spell) the word "{word}"?',
    '(Can|Could) you spell "{word}" for me?',
    '(Please spell|Spell) the word "{word}".',
    'What are the letters of the word "{word}"?',
    'Could you tell me how to spell "{word}"?',
    'Say "{word}" letter by letter, please.',
    'My (sister|brother|son|daughter) wants to write "{word}". How is it spelled?',
    'I am not sure how "{word}" is spelled. (Can you help|What are its letters)?',
]
REVERSING_QUESTIONS = [
    'What is "{word}" backwards?',
    'How do you (write|spell) "{word}" backwards?',
    '(Please spell|Spell) "{word}" backwards.',
    '(Can|Could) you (spell|say) "{word}" backwards for me?',
    'What do I get if I read "{word}" backwards?',
    'Turn the word "{word}" around, letter by letter.',
    'What are the letters of "{word}" from the last to the first?',
]
COUNTING_QUESTIONS = [
    'How many times does the letter {letter} come in "{word}"?',
    'How often does the letter {letter} come in "{word}"?',
    'How many times is the letter {letter} in the word "{word}"?',
    'Count the letter {letter} in "{word}"(, please|).',
    'In the word "{word}", how often is there the letter {letter}?',
    '(Can|Could) you count how often the letter {letter} comes in "{word}"?',
    'For a word game: how many times does {letter} come in the word "{word}"?',
]

_LETTERS = r"[a-z](?:, [a-z])*"
_RUN = re.compile(r"(?<![a-z])[a-z](?:(?:, ?|-| )[a-z](?![a-z]))+")
_COUNTED = re.compile(r"(?:[a-z] \d+, )*[a-z] \d+\. The letter [a-z] comes \d+ times?\.", re.ASCII)
_TIMES = {"no": 0, "never": 0, "once": 1, "twice": 2, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_NUMBER = re.compile(rf"\d{{1,4}}|\b(?:{'|'.join(_TIMES)})\b", re.ASCII)


@functools.cache
def words(held_out: bool) -> tuple[str, ...]:
    """The words that are asked for on one side of the split."""
    entries = [entry for entry in all_words() if is_held_out("word", entry)] if held_out else free_words()
    return tuple(entry for entry in entries if len(entry) <= MOST_LETTERS)


def letters_in(text: str) -> str:
    """The letters that a text spells last, such as "rabbit" for "r, a, b, b, i, t." or "r-a-b-b-i-t"; "": none."""
    runs = _RUN.findall(text.lower())
    return re.sub("[^a-z]", "", runs[-1]) if runs else ""


class _LetterTask(Task):
    questions: list[str]

    def problem(self, rng: random.Random, held_out: bool = False) -> Problem:
        columns = self._columns(rng, words(held_out))
        question = fill(rng, pick(rng, self.questions), columns)
        return Problem(({"role": "user", "content": question},), self._solution(columns), columns)

    @abstractmethod
    def _columns(self, rng: random.Random, entries: tuple[str, ...]) -> dict[str, str]:
        """What is asked for, and its answer."""

    @abstractmethod
    def _solution(self, columns: dict[str, str]) -> str:
        """What an expert answers."""


class Spelling(_LetterTask):
    """A word letter by letter: "r, a, b, b, i, t."."""

    name = "spelling"
    max_new_tokens = 48
    questions = SPELLING_QUESTIONS

    def reward(self, problem: Problem, completion: str) -> float:
        return float(letters_in(completion) == problem.columns["word"])

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        return re.fullmatch(rf"{_LETTERS}\.", completion.strip()) is not None

    def _columns(self, rng: random.Random, entries: tuple[str, ...]) -> dict[str, str]:
        return {"word": pick(rng, entries)}

    def _solution(self, columns: dict[str, str]) -> str:
        return f"{', '.join(columns['word'])}."


class Reversing(Spelling):
    """A word from its last letter to its first, after its letters: "c, a, t. Backwards: t, a, c."."""

    name = "reversing"
    max_new_tokens = 96
    questions = REVERSING_QUESTIONS

    def reward(self, problem: Problem, completion: str) -> float:
        backwards = problem.columns["word"][::-1]
        as_word = re.search(rf"(?<![a-z]){backwards}\W*$", completion.lower()) is not None
        return float(as_word or letters_in(completion) == backwards)

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        return re.fullmatch(rf"{_LETTERS}\. Backwards: {_LETTERS}\.", completion.strip()) is not None

    def _solution(self, columns: dict[str, str]) -> str:
        return f"{super()._solution(columns)} Backwards: {', '.join(reversed(columns['word']))}."


class LetterCounting(_LetterTask):
    """How often a letter comes in a word, counted along: "c 0, o 1, o 2, k 2. The letter o comes 2 times."."""

    name = "letter_counting"
    max_new_tokens = 96
    questions = COUNTING_QUESTIONS

    def reward(self, problem: Problem, completion: str) -> float:
        found = _NUMBER.findall(completion.lower())
        if not found:
            return 0.0
        return float((_TIMES[found[-1]] if found[-1] in _TIMES else int(found[-1])) == int(problem.columns["answer"]))

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        return _COUNTED.fullmatch(completion.strip()) is not None

    def commonest_answer(self, problems: list[Problem]) -> str | None:
        counts = Counter(problem.columns["answer"] for problem in problems)
        return f"{counts.most_common(1)[0][0]} times" if counts else None

    def _columns(self, rng: random.Random, entries: tuple[str, ...]) -> dict[str, str]:
        chance = rng.random()
        while True:
            entry = pick(rng, entries)
            if chance < ABSENT_SHARE:
                letters = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in entry]
            elif chance < ABSENT_SHARE + REPEATED_SHARE:
                letters = [letter for letter in sorted(set(entry)) if entry.count(letter) > 1]
            else:
                letters = sorted(set(entry))
            if letters:
                letter = pick(rng, letters)
                return {"word": entry, "letter": letter, "answer": str(entry.count(letter))}

    def _solution(self, columns: dict[str, str]) -> str:
        entry, letter, times = columns["word"], columns["letter"], columns["answer"]
        counted = ", ".join(f"{one} {entry[: place + 1].count(letter)}" for place, one in enumerate(entry))
        return f"{counted}. The letter {letter} comes {times} time{'' if times == '1' else 's'}."
