"""Best-of-n: of n answers of a model the one that a reward model likes best; what PPO has to be better than.

It changes no weight, and its divergence from the model is known: log n - (n - 1) / n at most (Beirami et al. 2024,
https://arxiv.org/abs/2401.01879). Of N answers to a prompt, the best of any n of them is averaged over all choices of
n, which needs no further answers (Nakano et al. 2021, WebGPT, appendix I).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from pyllm.train.ppo_evaluation import HeldOut

Array = numpy.ndarray[Any, numpy.dtype[Any]]

BEST_OF_N = "{}_best_of_n.json"  # in the run's folder, by stage


def best_of_n(held_out: HeldOut, most: int, show: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """What best-of-n reaches on held-out prompts.

    Args:
        held_out: the prompts, the reference whose answers are chosen from, and the reward model that chooses.
        most: answers to each prompt.
        show: told what it does.

    Returns:
        For JSON. problems, samples: how many prompts, and answers to each. best_of: for n = 1, 2, 4, ... up to `most` a
        table with n, kl (nats), and the means reward, preferred and, where the practice has a judge, gold_reward and
        gold_preferred: see HeldOut.figures. agreement, with a judge: the share of pairs of answers to one prompt, of
        those that it tells apart, of which the reward model likes the same one better.
    """
    scores, gold = held_out.judged_reference(most, show)
    sizes = sorted({*(2**power for power in range(most.bit_length())), most})
    tables = []
    for n in sizes:
        weights = chances(scores, n)
        table = {"n": n, "kl": math.log(n) - (n - 1) / n}
        for name, values in held_out.compared(scores, gold).items():
            table[name] = float((weights * values).sum(axis=1).mean())
        tables.append(table)
    found: dict[str, Any] = {"problems": len(scores), "samples": most, "best_of": tables}
    if gold is not None and (agreement := _agreement(scores, gold)) is not None:
        found["agreement"] = agreement
    return found


def chances(scores: Array, n: int) -> Array:
    """How likely each of N answers is the best of n of them, when all choices of n are equally likely.

    C(i - 1, n - 1) / C(N, n) for the one with the i-th lowest score; answers of equal scores share theirs.

    Args:
        scores: (P, N), of N answers to each of P prompts.
        n: 1 to N.

    Returns:
        (P, N) float64; each row sums to 1.

    Raises:
        ValueError: n is out of range.
    """
    N = scores.shape[1]
    if not 1 <= n <= N:
        raise ValueError(f"n must be within 1 ... {N}, the number of answers, got {n}")
    by_place = numpy.array([math.comb(place, n - 1) / math.comb(N, n) for place in range(N)])
    weights = numpy.empty(scores.shape)
    for row, some in enumerate(scores):
        _, places = numpy.unique(some, return_inverse=True)
        order = numpy.argsort(places, kind="stable")
        sums = numpy.bincount(places[order], by_place)
        weights[row] = (sums / numpy.bincount(places))[places]
    return weights


def _agreement(scores: Array, gold: Array) -> float | None:
    """None: the judge tells no two answers apart."""
    first, second = numpy.triu_indices(scores.shape[1], 1)
    told = numpy.sign(gold[:, first] - gold[:, second])
    same = told * numpy.sign(scores[:, first] - scores[:, second])
    return float(((same[told != 0] + 1) / 2).mean()) if told.any() else None
