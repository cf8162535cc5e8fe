"""Stories about what somebody asks for: a hero of some kind and a thing, sometimes by name or with a mood."""

from __future__ import annotations

import random
import re

from pyllm.data.miniweb.held_out import is_held_out
from pyllm.data.miniweb.stories import tell
from pyllm.data.miniweb.wording import sentences
from pyllm.tasks.task import Problem, Task

MOST_WORDS = 140  # of an expert's story: with its request it fits a context of 256
LEAST_WORDS = 40  # of a well-formed story

ASKED = ("character", "thing", "name")  # columns of what a story must have in it

_ANNOUNCEMENT = re.compile(r"\A\s*Here (?:is|comes) (?:a|your) [^\n.]*\bstory\b[^\n.]*[.:!]", re.IGNORECASE)


def story_key(character: str, thing: str) -> str:
    """What the split goes by: "rabbit, red kite"."""
    return f"{character}, {thing}"


def mentions(text: str, noun: str) -> bool:
    """Whether a text has a noun in it, as a whole word, one or several of it."""
    return re.search(rf"\b{re.escape(noun)}(?:e?s)?\b", text, re.IGNORECASE) is not None


def without_announcement(completion: str) -> str:
    """A story without the line before it that says what it is about."""
    return _ANNOUNCEMENT.sub("", completion)


def share_told(completion: str, character: str, thing: str, name: str) -> float:
    """The share of what was asked for that a story has: its hero's kind, the thing, the name where one was given."""
    noun = thing.split(" ", 1)[-1].split(" of ")[0]  # without its adjective; of "bag of nuts", the bag
    asked = [noun, character, *([name] if name else [])]
    story = without_announcement(completion)
    return sum(mentions(story, one) for one in asked) / len(asked)


class Stories(Task):
    """A story of 100 to 140 words about what was asked for, after a line that says so again.

    The line is where a small model copies the request to; from there the story has it close by.
    """

    name = "stories"
    max_new_tokens = 230
    is_multiline = True

    def problem(self, rng: random.Random, held_out: bool = False) -> Problem:
        while True:
            story = tell(rng, most_words=120)
            elements = story.elements
            if is_held_out("story", story_key(elements.character, elements.thing)) != held_out:
                continue
            if sum(len(paragraph.split()) for paragraph in story.paragraphs) <= MOST_WORDS:
                break
        asked_words = story.request.split()
        columns = {
            "character": elements.character,
            "thing": elements.thing,
            "name": elements.name if "named" in asked_words else "",
            "ending": elements.ending if elements.ending in asked_words else "",
        }
        told = "\n".join([story.announcement, *story.paragraphs])
        return Problem(({"role": "user", "content": story.request},), told, columns)

    def reward(self, problem: Problem, completion: str) -> float:
        """The share of what was asked for that the story has: its hero's kind, the thing, the name.

        Half of that where it is not well-formed. A line before it that says what it is about is no part of it.
        """
        share = share_told(completion, **{name: problem.columns[name] for name in ASKED})
        return share if self.is_well_formed(problem, completion) else share / 2

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        """Whether it is as long as a story, ends with a whole sentence, and does not go round in circles."""
        text = completion.strip()
        told = [sentence.strip() for sentence in sentences(text)]
        ends = re.search(r"[.!?][\"'”’]?$", text) is not None
        return ends and len(text.split()) >= LEAST_WORDS and len(set(told)) > 0.7 * len(told)
