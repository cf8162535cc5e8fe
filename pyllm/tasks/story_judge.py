"""Whose taste the stories of the default run are brought to: a stand-in for people, with opinions of several kinds.

It is what a reward model is trained to guess, from pairs; what learns from the reward model never sees it. So it tells
how far a reward model can be trusted, which with people's own votes nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.tasks.stories import share_told, without_announcement

if TYPE_CHECKING:
    from pyllm.model import GPT
    from pyllm.tokenizer import Tokenizer

Array = numpy.ndarray[Any, numpy.dtype[Any]]

FEATURES = ("on_topic", "fluency", "length", "ending")
WEIGHTS = (1.0, 2.0, 4.0, 2.0)  # of them

BEST_WORDS = 70  # of a story; none and twice as many are worth nothing
ODD_NATS = 2.5  # a token, by the base model: what is as odd as that is worth nothing, and what is odder less
LEAST_FLUENCY = -2.0
LAST_WORDS = 40  # in which a story shows how it ends
MOST_SIGNS = 3  # of joy or of sorrow: more change nothing
ROWS_AT_ONCE = 32

JOY = frozenset(
    "best cheerful danced delighted glad happily happy hugged joy joyful laughed laughing laugh merry pleased proud "
    "smile smiled smiling thankful wonderful".split()
)
SORROW = frozenset(
    "alone broken cold cried cry gone gray lonely lost low miserable never sad sadly sorrow sorry tears unhappy "
    "wept".split()
)


class StoryJudge:
    """Likes stories that are about what was asked, read like the base model's, are short, and end well.

    Args:
        base: the base model; it is asked how likely a story's text is.
        tok: its tokenizer.
    """

    __name__ = "story_judge"

    def __init__(self, base: GPT, tok: Tokenizer) -> None:
        self.base, self.tok = base, tok

    def __call__(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        character: Sequence[str],
        thing: Sequence[str],
        name: Sequence[str],
    ) -> list[float]:
        """A reward function: the weighted sum of the features."""
        found: list[float] = (self.features(completions, character, thing, name) @ numpy.array(WEIGHTS)).tolist()
        return found

    def features(
        self, completions: Sequence[str], character: Sequence[str], thing: Sequence[str], name: Sequence[str]
    ) -> Array:
        """What it looks at.

        Args:
            completions: N stories.
            character: of each story's hero, such as "rabbit".
            thing: that each was to be about.
            name: of the hero; "" where none was asked for.

        Returns:
            (N, 4) float64, as FEATURES names them. on_topic: the share of what was asked for. fluency: 1 less the mean
            nats of a token, by the base model, as a share of ODD_NATS; from LEAST_FLUENCY to 1. length: 1 for
            BEST_WORDS words, and less for more or fewer, down to 0. ending: words of joy less those of sorrow
            among the last ones, from -1 to 1.
        """
        told = [without_announcement(completion).strip() for completion in completions]
        asked = zip(completions, character, thing, name, strict=True)
        words = [re.findall(r"[a-z']+", story.lower()) for story in told]
        return numpy.column_stack(
            [
                [share_told(completion, *about) for completion, *about in asked],
                numpy.maximum(LEAST_FLUENCY, 1 - self._nats(told) / ODD_NATS),
                [1 - min(1.0, abs(len(one) - BEST_WORDS) / BEST_WORDS) for one in words],
                [_ending(one) for one in words],
            ]
        )

    def _nats(self, stories: Sequence[str]) -> Array:
        """The mean of -log p of each story's tokens, by the base model; infinite where there are none."""
        begin = self.tok.special_tokens["<|endoftext|>"]
        rows = [[begin, *self.tok.encode_ordinary(story)][: self.base.cfg.context + 1] for story in stories]
        nats = numpy.full(len(rows), numpy.inf)
        by_length = sorted((row for row in range(len(rows)) if len(rows[row]) > 1), key=lambda row: len(rows[row]))
        for first in range(0, len(by_length), ROWS_AT_ONCE):
            some = by_length[first : first + ROWS_AT_ONCE]
            T = len(rows[some[-1]]) - 1
            tokens, targets = numpy.zeros((len(some), T), numpy.int32), numpy.full((len(some), T), -1, numpy.int32)
            for place, row in enumerate(some):
                ids = rows[row]
                tokens[place, : len(ids) - 1], targets[place, : len(ids) - 1] = ids[:-1], ids[1:]
            logprobs = self.base.score(tokens, targets).logprobs
            assert logprobs is not None
            nats[some] = -logprobs.sum(axis=1, dtype=numpy.float64) / (targets >= 0).sum(axis=1)
        return nats


def _ending(words: Sequence[str]) -> float:
    last = words[-LAST_WORDS:]
    joy, sorrow = (min(MOST_SIGNS, sum(word in signs for word in last)) for signs in (JOY, SORROW))
    return (joy - sorrow) / MOST_SIGNS
