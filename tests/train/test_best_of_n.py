"""Best-of-n: the chances against counting all choices, and what it finds against choosing by hand."""

import itertools
import math

import numpy
import pytest

from pyllm.train.best_of_n import best_of_n, chances

SCORES = numpy.array([[0.3, -1.0, 2.0, 0.1, 0.9], [1.0, 0.0, 1.0, 1.0, 0.0]])
GOLD = numpy.array([[1.0, 0.0, 0.5, 2.0, 1.0], [0.0, 3.0, 1.0, 1.0, 2.0]])


class Answered:
    """Prompts whose answers are judged already; the ones compared with have score and gold 0.5."""

    def __init__(self, gold: numpy.ndarray | None) -> None:
        self.gold = gold

    def judged_reference(self, count, show):
        return SCORES[:, :count], None if self.gold is None else self.gold[:, :count]

    def compared(self, scores, gold):
        values = {"reward": scores, "preferred": (numpy.sign(scores - 0.5) + 1) / 2}
        return values if gold is None else values | {"gold_reward": gold}


@pytest.mark.parametrize("n", range(1, 6))
def test_chances_are_those_of_all_choices(n):
    expected = numpy.zeros(SCORES.shape)
    for row, scores in enumerate(SCORES):
        choices = list(itertools.combinations(range(5), n))
        for choice in choices:
            best = [one for one in choice if scores[one] == max(scores[list(choice)])]
            expected[row, best] += 1 / len(best) / len(choices)
    numpy.testing.assert_allclose(chances(SCORES, n), expected, atol=1e-12)


@pytest.mark.parametrize("n", [0, 6])
def test_no_more_than_there_are(n):
    with pytest.raises(ValueError, match=f"n must be within 1 ... 5, the number of answers, got {n}"):
        chances(SCORES, n)


def test_what_it_reaches():
    found = best_of_n(Answered(GOLD), 5)
    assert (found["problems"], found["samples"]) == (2, 5)
    assert [one["n"] for one in found["best_of"]] == [1, 2, 4, 5]
    assert [one["kl"] for one in found["best_of"]] == [math.log(n) - (n - 1) / n for n in (1, 2, 4, 5)]
    first, last = found["best_of"][0], found["best_of"][-1]
    assert first["reward"] == pytest.approx(SCORES.mean()) and first["gold_reward"] == pytest.approx(GOLD.mean())
    assert first["preferred"] == pytest.approx((2 / 5 + 3 / 5) / 2)
    assert last["reward"] == pytest.approx((2.0 + 1.0) / 2) and last["preferred"] == 1
    assert last["gold_reward"] == pytest.approx((0.5 + 2 / 3) / 2)  # equal scores share
    rewards = [one["reward"] for one in found["best_of"]]
    assert rewards == sorted(rewards)


def test_agreement_is_that_of_pairs_that_the_judge_tells_apart():
    agreements = []
    for scores, gold in zip(SCORES, GOLD, strict=True):
        for one, other in itertools.combinations(range(5), 2):
            if gold[one] != gold[other]:
                same = (gold[one] - gold[other]) * (scores[one] - scores[other])
                agreements.append((numpy.sign(same) + 1) / 2)
    assert best_of_n(Answered(GOLD), 5)["agreement"] == pytest.approx(numpy.mean(agreements))
    assert "agreement" not in best_of_n(Answered(GOLD * 0), 5)
    without = best_of_n(Answered(None), 5)
    assert "agreement" not in without and "gold_reward" not in without["best_of"][0]
