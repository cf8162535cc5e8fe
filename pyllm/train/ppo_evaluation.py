"""How PPO goes, on prompts that are never practised on: beside what the model answered before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from pyllm.chat import END_OF_TURN
from pyllm.engine import Engine, Sample
from pyllm.tokenizer import Tokenizer
from pyllm.train.ppo_rollouts import PpoModels
from pyllm.train.practice import Practice
from pyllm.train.reward_model import scores_of
from pyllm.train.rollout_batches import batch_of
from pyllm.train.rollouts import completion_of, prompt_of

Array = numpy.ndarray[Any, numpy.dtype[Any]]

ANSWERS_AT_ONCE = 32
ANOTHER_SEED = 1 << 32  # of answers that are not compared with themselves


class HeldOut:
    """Prompts that are answered once by the reference and, at every evaluation, by the model that learns.

    Args:
        practice: whose held-out problems are asked.
        engine: of the model that learns.
        tok: its tokenizer.
        models: beside it.
        count: the most problems; those that do not fit into the context are left out.
        max_new_tokens: the most of an answer.
        seed: of the samples.
    """

    def __init__(
        self,
        practice: Practice,
        engine: Engine,
        tok: Tokenizer,
        models: PpoModels,
        count: int,
        max_new_tokens: int,
        seed: int,
    ) -> None:
        self.practice, self.engine, self.tok, self.models = practice, engine, tok, models
        self.max_new_tokens, self.seed = max_new_tokens, seed
        asked = [(index, problem, prompt_of(problem, tok)) for index, problem in enumerate(practice.held_out(count))]
        fit = [one for one in asked if len(one[2]) < models.reference.cfg.context]
        self.indices, self.problems = [one[0] for one in fit], [one[1] for one in fit]
        self.prompts = [one[2] for one in fit]
        self._before: tuple[Array, Array | None] | None = None  # scores and gold rewards of the reference's answers

    def figures(self, show: Callable[[str], None]) -> dict[str, float]:
        """Means over the answers, each name with "held_out_" before it.

        reward: the reward model's score. preferred: the share of prompts whose answer it likes better than the
        reference's, a tie by half. kl: nats of divergence from the reference an answer. ended; answer_tokens. Where
        the practice has a judge: gold_reward and gold_preferred, the same by its rewards.
        """
        if not self.prompts:
            return {}
        self._answer_first(show)
        show("answering held-out prompts")
        samples = self._answers(self.engine)
        scores, gold = self._judged(samples)
        figures = {
            **{name: float(values.mean()) for name, values in self.compared(scores, gold).items()},
            "kl": self._divergence(samples),
            "ended": sum(sample.finish == "stop" for sample in samples) / len(samples),
            "answer_tokens": sum(len(sample.ids) for sample in samples) / len(samples),
        }
        return {f"held_out_{name}": value for name, value in figures.items()}

    def judged_reference(self, count: int, show: Callable[[str], None]) -> tuple[Array, Array | None]:
        """The scores of many answers of the reference to each prompt, and their gold rewards if there is a judge.

        Args:
            count: answers to each of P prompts.
            show: told what it does.

        Returns:
            (P, count) float64 each. None of the answers is one that others are compared with.
        """
        self._answer_first(show)
        show(f"the first model answers held-out prompts {count} times")
        judged = []
        for number in range(count):
            samples = self._answers(Engine(self.models.reference, self.tok), ANOTHER_SEED + number)
            judged.append(self._judged(samples))
        gold = [gold for _, gold in judged if gold is not None]
        return numpy.stack([scores for scores, _ in judged], axis=1), numpy.stack(gold, axis=1) if gold else None

    def compared(self, scores: Array, gold: Array | None) -> dict[str, Array]:
        """Of answers to the prompts, (P, ...): reward and preferred, and of gold rewards the same; see figures."""
        assert self._before is not None
        values = {"reward": scores, "preferred": _preferred(scores, self._before[0])}
        if gold is not None and self._before[1] is not None:
            values |= {"gold_reward": gold, "gold_preferred": _preferred(gold, self._before[1])}
        return values

    def _answer_first(self, show: Callable[[str], None]) -> None:
        """Makes the answers of the reference that all others are compared with."""
        if self._before is None:
            show("the first model answers held-out prompts")
            self._before = self._judged(self._answers(Engine(self.models.reference, self.tok)))

    def _answers(self, engine: Engine, more_seed: int = 0) -> list[Sample]:
        return engine.generate(
            self.prompts,
            max_new_tokens=self.max_new_tokens,
            temperature=1.0,
            stop=END_OF_TURN,
            seed=(self.seed + more_seed) % (1 << 64),
        )

    def _judged(self, samples: list[Sample]) -> tuple[Array, Array | None]:
        answered = [prompt + sample.ids for prompt, sample in zip(self.prompts, samples, strict=True)]
        scores = scores_of(self.models.reward_model, answered)
        if not self.practice.judges:
            return scores, None
        completions = [completion_of(sample, self.tok) for sample in samples]
        judgements = self.practice.judge(self.indices, self.problems, completions)
        return scores, numpy.array([judgement.reward for judgement in judgements])

    def _divergence(self, samples: list[Sample]) -> float:
        """KL(model, reference) an answer, from the answers that the model sampled (k1 of Schulman 2020)."""
        total = 0.0
        for begin in range(0, len(samples), ANSWERS_AT_ONCE):
            some = slice(begin, begin + ANSWERS_AT_ONCE)
            pairs = [(prompt, sample.ids) for prompt, sample in zip(self.prompts[some], samples[some], strict=True)]
            batch = batch_of(pairs, self.models.reference.cfg.context, 0.0, "")
            scored = self.models.reference.score(batch.tokens, batch.targets, batch.segments).logprobs
            assert scored is not None
            own = batch.rows_of([sample.logprobs for sample in samples[some]])
            total += float((own - batch.gathered(scored))[batch.mask].sum())
        return total / len(samples)


def _preferred(after: Array, before: Array) -> Array:
    """1 where it is better than before, 1/2 where it is as good."""
    preferred: Array = (numpy.sign(after - before.reshape(-1, *[1] * (after.ndim - 1))) + 1) / 2
    return preferred
