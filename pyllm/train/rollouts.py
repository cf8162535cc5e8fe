"""Rollouts: what a model answers to problems, with rewards, as batches to learn from.

The ids that were sampled are learned from, never text that was encoded again: a text has many encodings, and only the
one that was sampled has the probability that the gradient is of.

Where the log-probabilities of the sampling model are needed, they are those that the engine returns. The model's own
forward pass over the same ids gives them again but for rounding (some 1e-6, because attention over a cache adds in
another order), so that a second pass would buy nothing.
"""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy

from pyllm.chat import END_OF_TURN, parse, read_answer, render, text_of
from pyllm.engine import Engine, Sample
from pyllm.model import GPT, ModelConfig
from pyllm.optim import NonFiniteError
from pyllm.tasks import Problem
from pyllm.tokenizer import Tokenizer
from pyllm.train.practice import Judgement, Practice
from pyllm.train.rollout_batches import RolloutBatch, batch_of

Array = numpy.ndarray[Any, numpy.dtype[Any]]
# From rewards (P, n), and the mean of those of earlier sets, to advantages (P, n); NaN: not to be learned from.
Advantages = Callable[[Array, float], Array]

RUNNING_SHARE = 0.1  # of the last set in the mean of rewards that runs along
MOST_SKIPPED = 1000  # problems in a row that do not fit into the context: then there is none that does


@dataclass(slots=True)
class Rollout:
    """An answer that was sampled.

    Attributes:
        prompt: ids.
        ids: the new ones, with the one that ended the turn.
        logprobs: of each, in nats, by the model that sampled it.
        finish: "stop", "length" or "context".
        reward: of it.
        advantage: how much to learn from it, and in which direction; None: it does not count.
    """

    prompt: list[int]
    ids: list[int]
    logprobs: list[float]
    finish: str
    reward: float
    advantage: float | None = None


AnyRollout = TypeVar("AnyRollout", bound=Rollout)


@dataclass(frozen=True, kw_only=True)
class RolloutSettings:
    """How rollouts are made and used.

    Attributes:
        prompts: in a set of rollouts.
        samples: of each prompt.
        max_new_tokens: the most of an answer.
        temperature, top_k, top_p: see Engine.generate. The gradient is that of temperature 1 without cuts.
        updates: that learn from one set.
        micro_batches: that a set is cut into for an update.
        mask_truncated: answers that did not end do not count in the loss.
        keep_all: also learn from answers whose advantage is 0, which have no gradient but that of the divergence from
            a reference.
        weigh_by: what a batch's weight counts, "responses" or their "tokens".
        seed: of the samples.
    """

    prompts: int
    samples: int
    max_new_tokens: int
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    updates: int = 1
    micro_batches: int = 1
    mask_truncated: bool = False
    keep_all: bool = False
    weigh_by: Literal["responses", "tokens"] = "responses"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("prompts", "samples", "max_new_tokens", "updates", "micro_batches"):
            if (value := getattr(self, name)) < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if self.prompts * self.samples < self.micro_batches:
            raise ValueError(
                f"{self.prompts} prompts with {self.samples} samples each do not fill {self.micro_batches} "
                "micro-batches"
            )


class RolloutSets(ABC, Generic[AnyRollout]):
    """Where the loop's micro-batches come from: sets of rollouts, made by the model as it is when the set is begun.

    Args:
        engine: of the model that learns.
        tok: its tokenizer.
        cfg: the model's shape.
        practice: what is asked, and who judges.
        settings: how.
        tell: called with a sentence where something is skipped.
    """

    kind: type[AnyRollout]

    def __init__(
        self,
        engine: Engine,
        tok: Tokenizer,
        cfg: ModelConfig,
        practice: Practice,
        settings: RolloutSettings,
        tell: Callable[[str], None],
    ) -> None:
        self.engine, self.tok, self.cfg, self.practice = engine, tok, cfg, practice
        self.settings, self.tell = settings, tell
        self.rollouts: list[AnyRollout] = []  # of the set in hand, prompt by prompt
        self._queue: deque[RolloutBatch] = deque()
        self._sets = self._next = self._skipped = self._updates_left = 0
        self._flops = 0.0

    @abstractmethod
    def _weigh(
        self, prompts: Sequence[list[int]], samples: Sequence[Sample], judgements: Sequence[Judgement]
    ) -> dict[str, float]:
        """Makes self.rollouts of a set's samples; returns what is to be told of them. Where it fails, nothing changes.

        Args:
            prompts: of each sample.
            samples: prompt by prompt.
            judgements: of each.
        """

    @abstractmethod
    def _packed(self, update: int) -> list[RolloutBatch]:
        """What an update, counted from 0, learns from the set in hand, as micro-batches."""

    def _state(self) -> dict[str, Any]:
        """What else the coming batches depend on, for JSON."""
        return {}

    def _load_state(self, state: dict[str, Any]) -> None:
        """Takes over what `_state` returned. Raises KeyError, TypeError or ValueError where it is no such state."""

    def take(self) -> RolloutBatch:
        """The next micro-batch; at the first of a set, the set is made.

        Raises:
            RewardError: the reward function fails.
            NonFiniteError: the model's logits are not finite.
            ValueError: no problem fits into the model's context.
        """
        if not self._queue:
            metrics: dict[str, float] = {}
            if not self._updates_left:
                metrics = self._make()
                self._updates_left = self.settings.updates
            batches = self._packed(self.settings.updates - self._updates_left)
            self._updates_left -= 1
            self._flops += sum(batch.flops for batch in batches)
            reward = sum(one.reward for one in self.rollouts) / len(self.rollouts)
            batches[0].metrics = {"reward": reward, **metrics, "flops": self._flops}
            self._queue.extend(batches)
        return self._queue.popleft()

    def state(self) -> dict[str, Any]:
        """Where it is, with the rollouts in hand that are still to be learned from: for JSON, between two steps."""
        assert not self._queue
        return {
            "sets": self._sets,
            "next": self._next,
            "skipped": self._skipped,
            "flops": self._flops,
            "updates_left": self._updates_left,
            "rollouts": [asdict(one) for one in self.rollouts] if self._updates_left else [],
            **self._state(),
            **self._identity(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken.

        Raises:
            ValueError: the state is of other problems, or no state at all.
        """
        for name, value in self._identity().items():
            if state.get(name) != value:
                raise ValueError(
                    f"the rollouts are not those of the checkpoint: {name} is {value}, not {state.get(name)}"
                )
        try:
            numbers = [int(state[name]) for name in ("sets", "next", "skipped", "updates_left")]
            flops = float(state["flops"])
            rollouts = [self.kind(**one) for one in state["rollouts"]]
            self._load_state(state)
        except (KeyError, TypeError, ValueError):
            raise ValueError("the checkpoint's place in the rollouts is damaged") from None
        if min(numbers) < 0 or (numbers[-1] and len(rollouts) != self.settings.prompts * self.settings.samples):
            raise ValueError("the checkpoint's place in the rollouts is damaged")
        self._sets, self._next, self._skipped, self._updates_left = numbers
        self._flops, self.rollouts = flops, rollouts

    def _identity(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "practice": self.practice.identity(),
            "samples": [settings.prompts, settings.samples, settings.max_new_tokens, settings.seed],
            "tokenizer": self.tok.fingerprint,
        }

    def _make(self) -> dict[str, float]:
        """Makes a set of rollouts; returns what is to be told of it."""
        settings, start = self.settings, time.perf_counter()
        indices, problems, prompts, skipped = self._problems()
        seed = random.Random(f"rollouts, {settings.seed}, {self._sets}").getrandbits(64)
        try:
            samples = self.engine.generate(
                prompts,
                n=settings.samples,
                max_new_tokens=settings.max_new_tokens,
                temperature=settings.temperature,
                top_k=settings.top_k,
                top_p=settings.top_p,
                stop=END_OF_TURN,
                seed=seed,
            )
        except ValueError as error:  # all arguments are good, so that it is the logits that are not
            raise NonFiniteError(
                f"set {self._sets + 1} of the rollouts cannot be sampled: {error}. The model has gone astray: go on "
                "from an earlier checkpoint with a lower learning rate"
            ) from error
        sampled = time.perf_counter()
        n = settings.samples
        judgements = self.practice.judge(
            [index for index in indices for _ in range(n)],
            [problem for problem in problems for _ in range(n)],
            [completion_of(sample, self.tok) for sample in samples],
        )
        judged = time.perf_counter()
        more = self._weigh([prompt for prompt in prompts for _ in range(n)], samples, judgements)
        # From here on nothing fails: a set whose judge has failed can be made again.
        self._sets, self._skipped, self._next = self._sets + 1, self._skipped + skipped, indices[-1] + 1
        generated = sum(len(sample.ids) for sample in samples)
        self._flops += forward_flops(self.cfg, sum(map(len, prompts)) + generated)
        return {
            **figures_of(samples, judgements),
            # Of a token, in nats, estimated by -log p of those sampled: at temperature 1 its mean.
            "entropy": -sum(sum(sample.logprobs) for sample in samples) / generated,
            **more,
            "skipped_prompts": float(self._skipped),
            "rollout_tokens": float(generated),
            "rollout_seconds": round(sampled - start, 4),
            "reward_seconds": round(judged - sampled, 4),
            "rollout_tokens_per_second": round(generated / (sampled - start), 1),
        }

    def _problems(self) -> tuple[list[int], list[Problem], list[list[int]], int]:
        """The next problems that fit into the context: their places, and their prompts; how many were skipped."""
        indices: list[int] = []
        problems: list[Problem] = []
        prompts: list[list[int]] = []
        index, skipped = self._next, 0
        while len(prompts) < self.settings.prompts:
            problem = self.practice.problem(index)
            prompt = prompt_of(problem, self.tok)
            if len(prompt) < self.cfg.context:
                indices.append(index)
                problems.append(problem)
                prompts.append(prompt)
            else:
                what = f"has {len(prompt)} tokens, which leaves no room for an answer in the context"
                if not self._skipped + skipped:
                    self.tell(f"prompt {index} {what} of {self.cfg.context}: such prompts are skipped")
                skipped += 1
                if skipped == MOST_SKIPPED:
                    raise ValueError(
                        f"prompt {index} {what} of {self.cfg.context}, as {MOST_SKIPPED - 1} of those before it: "
                        "the problems are too long for this model"
                    )
            index += 1
        return indices, problems, prompts, skipped

    def _batch(self, rollouts: Sequence[AnyRollout], weight: float, place: str) -> RolloutBatch:
        batch = batch_of([(one.prompt, one.ids) for one in rollouts], self.cfg.context, weight, place)
        batch.old_logprobs = batch.rows_of([one.logprobs for one in rollouts])
        batch.flops = 3 * forward_flops(self.cfg, batch.length)
        return batch

    def shown(self) -> list[str]:
        """The best and the worst answer to the first prompt in hand, with their rewards."""
        group = sorted(self.rollouts[: self.settings.samples], key=lambda one: -one.reward)
        texts = []
        for one in group[:: max(1, len(group) - 1)]:
            question = text_of(parse(one.prompt[:-1], self.tok)[-1]["content"])
            texts.append(f"{question}\n> {text_of(read_answer(one.ids, self.tok))}\n(reward {one.reward:g})")
        return texts


class Rollouts(RolloutSets[Rollout]):
    """Rollouts that are learned from as a whole: one advantage each, from the rewards of a set.

    Args:
        engine: of the model that learns.
        tok: its tokenizer.
        cfg: the model's shape.
        practice: what is asked, and who judges.
        settings: how.
        advantages: of a set's rewards.
        tell: called with a sentence where something is skipped.
    """

    kind = Rollout

    def __init__(
        self,
        engine: Engine,
        tok: Tokenizer,
        cfg: ModelConfig,
        practice: Practice,
        settings: RolloutSettings,
        advantages: Advantages,
        tell: Callable[[str], None],
    ) -> None:
        super().__init__(engine, tok, cfg, practice, settings, tell)
        self.advantages = advantages
        self._batches: list[RolloutBatch] = []  # of the set in hand
        self._mean_reward = 0.0

    def _weigh(
        self, prompts: Sequence[list[int]], samples: Sequence[Sample], judgements: Sequence[Judgement]
    ) -> dict[str, float]:
        rewards = numpy.array([judgement.reward for judgement in judgements]).reshape(-1, self.settings.samples)
        mean = float(rewards.mean())
        advantages = self.advantages(rewards, self._mean_reward if self._sets else mean).reshape(-1).tolist()
        self.rollouts, self._batches = [], []
        for prompt, sample, judgement, advantage in zip(prompts, samples, judgements, advantages, strict=True):
            counts = advantage == advantage and (sample.finish == "stop" or not self.settings.mask_truncated)
            one = Rollout(prompt, sample.ids, sample.logprobs, sample.finish, judgement.reward)
            one.advantage = advantage if counts else None
            self.rollouts.append(one)
        self._mean_reward += max(RUNNING_SHARE, 1 / (self._sets + 1)) * (mean - self._mean_reward)
        return {
            "reward_deviation": float(rewards.std()),
            "groups_of_one_reward": float((rewards == rewards[:, :1]).all(axis=1).mean()),
        }

    def _state(self) -> dict[str, Any]:
        return {"mean_reward": self._mean_reward}

    def _load_state(self, state: dict[str, Any]) -> None:
        self._mean_reward, self._batches = float(state["mean_reward"]), []

    def _packed(self, update: int) -> list[RolloutBatch]:
        """The whole set, packed once: what is found out of a batch stays with it."""
        if not self._batches:
            for part, place in self._parts():
                counted = [one for one in part if one.advantage is not None]
                by_responses = self.settings.weigh_by == "responses"
                weight = len(counted) if by_responses else sum(len(one.ids) for one in counted)
                learned = [one for one in counted if one.advantage or self.settings.keep_all]
                self._batches.append(self._with_advantages(learned, weight, place))
            if update == 0 and self.settings.keep_all:  # the reference looks at them once
                self._flops += sum(batch.flops for batch in self._batches) / 3
        return self._batches

    def _parts(self) -> Iterator[tuple[list[Rollout], str]]:
        """The set in hand, cut into micro-batches, and what these are."""
        count, parts = len(self.rollouts), self.settings.micro_batches
        for number in range(parts):
            begin, end = count * number // parts, count * (number + 1) // parts
            yield self.rollouts[begin:end], f"samples {begin + 1} to {end} of set {self._sets} of the rollouts"

    def _with_advantages(self, rollouts: Sequence[Rollout], weight: float, place: str) -> RolloutBatch:
        batch = self._batch(rollouts, weight, place)
        batch.advantages = numpy.array([one.advantage or 0.0 for one in rollouts], numpy.float64)
        return batch

    def divergence(self, reference: GPT) -> float:
        """The model's KL divergence from a reference, in nats a token, estimated from the set in hand.

        By k3 (Schulman 2020, "Approximating KL Divergence") on the tokens that the model sampled when it made the set.
        """
        total, tokens = 0.0, 0
        for part, place in self._parts():
            batch = self._batch(part, 0, place)
            scores = reference.score(batch.tokens, batch.targets, batch.segments).logprobs
            assert scores is not None and batch.old_logprobs is not None
            behind = (batch.gathered(scores) - batch.old_logprobs)[batch.mask]
            total += float((numpy.expm1(behind) - behind).sum())
            tokens += behind.size
        return total / tokens


def prompt_of(problem: Problem, tok: Tokenizer) -> list[int]:
    """A problem's messages, and the assistant's turn opened."""
    return render(problem.messages, tok, open_turn=True).ids


def completion_of(sample: Sample, tok: Tokenizer) -> str:
    """What the assistant says to the user in a sample."""
    return text_of(read_answer(sample.ids, tok))


def forward_flops(cfg: ModelConfig, tokens: int, classifier: bool = True) -> float:
    """Floating-point operations of tokens that go forward through the model: 2 a weight, without attention's."""
    return 2.0 * cfg.matmul_parameters(classifier) * tokens


def figures_of(samples: Sequence[Sample], judgements: Sequence[Judgement]) -> dict[str, float]:
    """Means over samples.

    reward, and what the judge tells beside it; ended: the share that ended of itself; answer_tokens: of an answer.
    """
    count, tokens = len(samples), sum(len(sample.ids) for sample in samples)
    sums: Counter[str] = Counter()
    for judgement in judgements:
        sums.update(judgement.metrics)
    return {
        "reward": sum(judgement.reward for judgement in judgements) / count,
        **{name: value / count for name, value in sums.items()},
        "ended": sum(sample.finish == "stop" for sample in samples) / count,
        "answer_tokens": tokens / count,
    }
