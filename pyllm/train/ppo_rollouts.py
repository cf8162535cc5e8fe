"""PPO's rollouts: answers scored by a reward model, with what a critic expected of each token beside it.

A token's reward is -kl (log pi - log pi_reference), and the last one's has the answer's score added (Ouyang et al.
2022, InstructGPT, equation 2; Ziegler et al. 2019, "Fine-tuning language models from human preferences", section 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from pyllm.data.loader import permuted
from pyllm.engine import Engine, Sample
from pyllm.model import GPT
from pyllm.tokenizer import Tokenizer
from pyllm.train.losses import gae, whitened
from pyllm.train.practice import Judgement, Practice
from pyllm.train.reward_model import scores_of
from pyllm.train.rollout_batches import RolloutBatch, batch_of
from pyllm.train.rollouts import Rollout, RolloutSets, RolloutSettings, forward_flops

Array = numpy.ndarray[Any, numpy.dtype[Any]]

MOST_CHANGE = 0.2  # of the coefficient's error that counts, at most (Ziegler et al. 2019, section 2.2)
ANSWERS_AT_ONCE = 32  # that the reference and the critic look at


@dataclass(slots=True)
class PpoRollout(Rollout):
    """An answer, and of each of its tokens what is to be learned; `reward` is the answer's score.

    Attributes:
        values: what the critic expected.
        token_advantages: how much better than that it went, whitened over the set.
        returns: what the critic should have said.
    """

    values: list[float] = field(default_factory=list)
    token_advantages: list[float] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)


@dataclass
class PpoBatch(RolloutBatch):
    """One micro-batch: beside a RolloutBatch's, (S, R) arrays.

    Attributes:
        token_advantages, returns, old_values: see PpoRollout.
    """

    token_advantages: Array = field(default_factory=lambda: numpy.zeros((0, 0)))
    returns: Array = field(default_factory=lambda: numpy.zeros((0, 0)))
    old_values: Array = field(default_factory=lambda: numpy.zeros((0, 0)))


@dataclass(frozen=True)
class PpoModels:
    """The models beside the one that learns.

    Attributes:
        reference: frozen: what the model was.
        critic: learns along.
        reward_model: frozen: scores answers.
    """

    reference: GPT
    critic: GPT
    reward_model: GPT


@dataclass(frozen=True, kw_only=True)
class PpoRolloutSettings(RolloutSettings):
    """How rollouts are made and used.

    Attributes:
        epochs: how often a set is gone through.
        minibatches: updates of an epoch.
        kl: the weight of the divergence from the reference, at first.
        kl_target: nats of divergence an answer that the weight is moved to keep near to; None: it stays as it is.
        kl_horizon: answers that the weight takes to change by a factor of about e, at most a fifth of that a set.
        gamma, lam: see pyllm.train.losses.gae.
        unfinished_penalty: taken off the score of an answer that did not end.
    """

    epochs: int = 4
    minibatches: int = 4
    kl: float = 0.05
    kl_target: float | None = None
    kl_horizon: float = 10_000.0
    gamma: float = 1.0
    lam: float = 0.95
    unfinished_penalty: float = 1.0


class PpoRollouts(RolloutSets[PpoRollout]):
    """Sets of rollouts that are gone through several times, in minibatches, each time in another order.

    Args:
        engine: of the model that learns.
        tok: its tokenizer.
        models: beside it.
        practice: what is asked, and who judges where one knows better than the reward model; that is only told.
        settings: how.
        tell: called with a sentence where something is skipped.
    """

    kind = PpoRollout
    settings: PpoRolloutSettings

    def __init__(
        self,
        engine: Engine,
        tok: Tokenizer,
        models: PpoModels,
        practice: Practice,
        settings: PpoRolloutSettings,
        tell: Callable[[str], None],
    ) -> None:
        super().__init__(engine, tok, models.reference.cfg, practice, settings, tell)
        self.models, self.kl = models, settings.kl

    def _weigh(
        self, prompts: Sequence[list[int]], samples: Sequence[Sample], judgements: Sequence[Judgement]
    ) -> dict[str, float]:
        settings = self.settings
        unfinished = numpy.array([sample.finish != "stop" for sample in samples])
        answered = [prompt + sample.ids for prompt, sample in zip(prompts, samples, strict=True)]
        scores = scores_of(self.models.reward_model, answered) - settings.unfinished_penalty * unfinished
        logprobs, reference, values, mask = self._looked_at(prompts, samples)
        divergences = numpy.where(mask, logprobs - reference, 0.0)
        rewards = -self.kl * divergences
        rewards[numpy.arange(len(samples)), mask.sum(axis=1) - 1] += scores
        advantages, returns = gae(rewards, values, mask, settings.gamma, settings.lam)
        learned = whitened(advantages, mask)
        self.rollouts = [
            PpoRollout(
                prompt,
                sample.ids,
                sample.logprobs,
                sample.finish,
                float(score),
                None,
                *(array[row, : len(sample.ids)].tolist() for array in (values, learned, returns)),
            )
            for row, (prompt, sample, score) in enumerate(zip(prompts, samples, scores, strict=True))
        ]
        kl = float(divergences.sum(axis=1).mean())
        told = {
            "kl": kl,
            "kl_coefficient": self.kl,
            "score_deviation": float(scores.std()),
            "explained_variance": explained_variance(values[mask], returns[mask]),
            "reward": float(scores.mean()),
        }
        if self.practice.judges:
            told["gold_reward"] = sum(judgement.reward for judgement in judgements) / len(judgements)
        if settings.kl_target is not None:
            error = min(MOST_CHANGE, max(-MOST_CHANGE, kl / settings.kl_target - 1))
            self.kl *= 1 + error * len(samples) / settings.kl_horizon
        tokens = sum(map(len, answered))
        for model in (self.models.reference, self.models.critic, self.models.reward_model):
            self._flops += forward_flops(model.cfg, tokens, classifier=model is self.models.reference)
        return told

    def _looked_at(self, prompts: Sequence[list[int]], samples: Sequence[Sample]) -> tuple[Array, Array, Array, Array]:
        """Of each sampled token, (S, R): log-probability, the reference's, the critic's value; where there is one."""
        S, R = len(samples), max(len(sample.ids) for sample in samples)
        logprobs, reference, values = (numpy.zeros((S, R)) for _ in range(3))
        mask = numpy.arange(R) < numpy.array([[len(sample.ids)] for sample in samples])
        for begin in range(0, S, ANSWERS_AT_ONCE):
            some = slice(begin, begin + ANSWERS_AT_ONCE)
            pairs = [(prompt, sample.ids) for prompt, sample in zip(prompts[some], samples[some], strict=True)]
            batch = batch_of(pairs, self.cfg.context, 0.0, "")
            width = slice(batch.mask.shape[1])
            logprobs[some, width] = batch.rows_of([sample.logprobs for sample in samples[some]])
            scored = self.models.reference.score(batch.tokens, batch.targets, batch.segments).logprobs
            expected = self.models.critic.score(batch.tokens, None, batch.segments, want=("values",)).values
            assert scored is not None and expected is not None
            reference[some, width], values[some, width] = batch.gathered(scored), batch.gathered(expected)
        return logprobs, reference, values, mask

    def _packed(self, update: int) -> list[RolloutBatch]:
        epoch, minibatch = divmod(update, self.settings.minibatches)
        count = len(self.rollouts)
        passes = (self._sets - 1) * self.settings.epochs + epoch
        first, last = (count * number // self.settings.minibatches for number in (minibatch, minibatch + 1))
        chosen = [permuted(place, count, self.settings.seed, passes) for place in range(first, last)]
        return [self._learned_from(part) for part in _cut(chosen, self.settings.micro_batches)]

    def _learned_from(self, indices: Sequence[int]) -> PpoBatch:
        rollouts = [self.rollouts[index] for index in indices]
        tokens = sum(len(one.ids) for one in rollouts)
        place = f"samples {', '.join(str(index + 1) for index in indices)} of set {self._sets} of the rollouts"
        plain = self._batch(rollouts, tokens, place)
        batch = PpoBatch(**vars(plain))
        batch.token_advantages = batch.rows_of([one.token_advantages for one in rollouts])
        batch.returns = batch.rows_of([one.returns for one in rollouts])
        batch.old_values = batch.rows_of([one.values for one in rollouts])
        batch.flops += 3 * forward_flops(self.models.critic.cfg, batch.length, classifier=False)
        return batch

    def _state(self) -> dict[str, Any]:
        return {"kl": self.kl}

    def _load_state(self, state: dict[str, Any]) -> None:
        self.kl = float(state["kl"])


def explained_variance(values: Array, returns: Array) -> float:
    """1 - Var(returns - values) / Var(returns): 1 for a critic that knows, 0 for one that always says the same.

    0 where all returns are the same.
    """
    variance = float(returns.var())
    return 1 - float((returns - values).var()) / variance if variance else 0.0


def _cut(indices: Sequence[int], parts: int) -> Iterator[Sequence[int]]:
    for number in range(parts):
        yield indices[len(indices) * number // parts : len(indices) * (number + 1) // parts]
