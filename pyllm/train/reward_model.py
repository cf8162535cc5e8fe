"""A reward model: from a conversation's ids to one number, its value where the last answer ends; and how good it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from pyllm.train.losses import reward as reward_loss
from pyllm.train.preference_batches import Pair, padded

if TYPE_CHECKING:
    from pyllm.model import GPT

Array = numpy.ndarray[Any, numpy.dtype[Any]]

TOKENS_AT_ONCE = 8192
CALIBRATION = "{}_calibration.json"  # in the run's folder, by stage
BINS = 5  # of how sure it is, for its calibration


class Bin(NamedTuple):
    """Pairs of which a reward model is about as sure: how sure and how often right, means, and their share of all."""

    sure: float
    right: float
    share: float


def scores_of(model: GPT, conversations: Sequence[Sequence[int]], show: Callable[[int], None] | None = None) -> Array:
    """What a reward model makes of conversations.

    Args:
        model: with a value head.
        conversations: N, the ids of each, with the end of the assistant's turn; none longer than the model's context.
        show: told, after each batch, how many are done.

    Returns:
        (N) float64.

    Raises:
        ValueError: the model has no value head, or a conversation has no ids or too many.
    """
    scores = numpy.empty(len(conversations))
    by_length = sorted(range(len(conversations)), key=lambda index: -len(conversations[index]))
    done = 0
    while done < len(by_length):
        count = max(1, TOKENS_AT_ONCE // max(1, len(conversations[by_length[done]])))
        indices = by_length[done : done + count]
        rows = [conversations[index] for index in indices]
        if not rows[-1]:
            raise ValueError(f"conversation {indices[-1]} has no ids")
        tokens = padded(rows, model.cfg.context)
        values = model.score(tokens, None, want=("values",)).values
        assert values is not None
        scores[indices] = values[numpy.arange(len(rows)), [len(row) - 1 for row in rows]]
        done += len(rows)
        if show is not None:
            show(done)
    return scores


def evaluate_reward(
    model: GPT,
    pairs: Sequence[Pair],
    settings: Mapping[str, Any],
    show: Callable[[int], None] | None = None,
) -> tuple[dict[str, float], list[Bin]]:
    """How a reward model does on pairs.

    Args:
        model: as it is now.
        pairs: N.
        settings: arguments of losses.reward.
        show: told, after each batch, how many answers are done.

    Returns:
        The loss and the metrics of losses.reward over all pairs; accuracy_of_longer and accuracy_of_shorter, where the
        chosen answer has more tokens than the rejected one, or fewer: far apart where the model goes by length; and
        calibration_error. Beside them, its calibration.
    """
    answers = [pair.prompt + answer for pair in pairs for answer in (pair.chosen, pair.rejected)]
    scores = scores_of(model, answers, show).reshape(-1, 2)
    loss, _, metrics = reward_loss(scores.T.reshape(-1, 1), numpy.zeros(2 * len(pairs), int), **settings)
    margins = scores[:, 0] - scores[:, 1]
    longer = numpy.array([len(pair.chosen) - len(pair.rejected) for pair in pairs])
    figures = {"loss": loss, **metrics}
    for name, chosen in (("longer", longer > 0), ("shorter", longer < 0)):
        if chosen.any():
            figures[f"accuracy_of_{name}"] = float(((numpy.sign(margins[chosen]) + 1) / 2).mean())
    bins = calibration(margins)
    figures["calibration_error"] = sum(share * abs(sure - right) for sure, right, share in bins)
    return figures, bins


def calibration(margins: Array) -> list[Bin]:
    """How sure a reward model is of its preferences, and how often it is right, in bins of equal width from 1/2 to 1.

    Sure: the probability sigmoid(|margin|) that Bradley and Terry's model gives the answer with the higher score. The
    shares' sum of |sure - right| is the expected calibration error (Guo et al. 2017, equation 3).

    Args:
        margins: (N) the chosen answers' scores less the rejected ones'.

    Returns:
        Of each bin that is not empty.
    """
    sure = 1 / (1 + numpy.exp(-numpy.minimum(numpy.abs(margins), 700.0)))
    right = (numpy.sign(margins) + 1) / 2
    bins = numpy.minimum(((sure - 0.5) * 2 * BINS).astype(int), BINS - 1)
    found = []
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            found.append(Bin(float(sure[inside].mean()), float(right[inside].mean()), float(inside.mean())))
    return found
