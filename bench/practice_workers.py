"""The side of the benches of GRPO's and PPO's step: `python practice_workers.py pyllm` serves it (see sides.py)."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import sides
from model_workers import clocked

PARTS = {
    "grpo": ("generation", "rewards", "packing", "forward and backward", "optimizer", "the rest"),
    "ppo": ("generation", "scores and values", "packing", "forward and backward", "optimizers", "the rest"),
}
RATE = 1e-6  # so small that the answers stay as long as they are
WARM_UP = 2  # steps, which take memory and record calls of kernels


class Pyllm(sides.Side):
    """Steps of GRPO on additions, or sets of PPO on stories, with a clock for each part and its kernels."""

    package = "pyllm"

    def make_grpo(self, *, model: str, depth: int, vocab_size: int, tokens: int, **settings: Any) -> dict[str, Any]:
        """Readies a model, new or from a folder, and all that learns; returns the model's shape.

        Args:
            model: a folder; "": a new model, none of whose answers ends before `tokens`.
            depth: of a new model.
            vocab_size: of a new model.
            tokens: the most of an answer.
            settings: of GrpoConfig.
        """
        from pathlib import Path

        import pyllm
        from pyllm.engine import Engine
        from pyllm.tasks.registry import TASKS
        from pyllm.train.grpo import _Learning, advantages_of
        from pyllm.train.grpo_config import GrpoConfig, rollout_settings
        from pyllm.train.practice import TaskPractice
        from pyllm.train.rollouts import Rollouts
        from pyllm.train.trained_models import model_folder, open_model

        pyllm.set_num_threads(sides.THREADS)
        if model:
            gpt, tok = open_model(model_folder(Path(model)))
        else:
            tok = _tokenizer(vocab_size)
            gpt = pyllm.GPT(pyllm.ModelConfig.from_depth(depth, vocab_size=vocab_size))
        config = GrpoConfig(tasks=("addition",), max_new_tokens=tokens, micro_batches=1, **settings)
        self.optimizers = [pyllm.AdamW(gpt, lr=RATE)]

        class Practice(TaskPractice):
            """Every other answer of a new model counts as right, so that there is something to learn."""

            def judge(self, *arguments: Any) -> Any:
                judged = super().judge(*arguments)
                return judged if model else [one._replace(reward=number % 2) for number, one in enumerate(judged)]

        practice = Practice([TASKS["addition"]], 0)
        self.rollouts = Rollouts(
            Engine(gpt, tok), tok, gpt.cfg, practice, rollout_settings(config), advantages_of(config), print
        )
        self.learn, self.updates = _Learning(config, gpt, gpt, None), 1
        self.parts = PARTS["grpo"]
        return _shape(gpt)

    def make_ppo(self, *, depth: int, vocab_size: int, tokens: int, **settings: Any) -> dict[str, Any]:
        """Readies new models, whose answers are as long as they may be; returns their shape.

        Args:
            depth: as make_grpo's.
            vocab_size: as make_grpo's.
            tokens: as make_grpo's.
            settings: of PpoConfig.
        """
        import pyllm
        from pyllm.engine import Engine
        from pyllm.tasks.registry import TASKS
        from pyllm.train.ppo import _Learning
        from pyllm.train.ppo_config import PpoConfig, rollout_settings
        from pyllm.train.ppo_rollouts import PpoModels, PpoRollouts
        from pyllm.train.practice import TaskPractice

        pyllm.set_num_threads(sides.THREADS)
        tok = _tokenizer(vocab_size)
        cfg = pyllm.ModelConfig.from_depth(depth, vocab_size=vocab_size)
        gpt, reference = pyllm.GPT(cfg), pyllm.GPT(cfg, trainable=False)
        critic = pyllm.GPT(dataclasses.replace(cfg, value_head=True))
        config = PpoConfig(tasks=("stories",), max_new_tokens=tokens, micro_batches=1, **settings)
        models = PpoModels(reference, critic, critic.copy(trainable=False))
        self.optimizers = [pyllm.AdamW(one, lr=RATE) for one in (gpt, critic)]
        practice = TaskPractice([TASKS["stories"]], 0)
        self.rollouts = PpoRollouts(Engine(gpt, tok), tok, models, practice, rollout_settings(config), print)
        self.learn, self.updates = _Learning(config, gpt, critic), config.epochs * config.minibatches
        self.parts = PARTS["ppo"]
        return _shape(gpt)

    def steps(self, count: int) -> list[dict[str, Any]]:
        """Does some steps; returns of each its seconds, and for each part (seconds, of these in kernels)."""
        from pyllm.ops.library import library

        with clocked(library()) as inside:
            for _ in range(WARM_UP):
                self._step(inside)
            return [self._step(inside) for _ in range(count)]

    def _step(self, inside: list[float]) -> dict[str, Any]:
        parts: dict[str, tuple[float, float]] = {}

        def timed(part: str, work: Callable[..., Any]) -> Callable[..., Any]:
            def run(*arguments: Any, **named: Any) -> Any:
                start, before = time.perf_counter(), inside[0]
                result = work(*arguments, **named)
                seconds, in_kernels = parts.get(part, (0.0, 0.0))
                parts[part] = seconds + time.perf_counter() - start, in_kernels + inside[0] - before
                return result

            return run

        rollouts = self.rollouts
        generation, weighing, packing, learning, optimizing, rest = self.parts
        weigher, name = (rollouts, "_weigh") if len(self.optimizers) > 1 else (rollouts.practice, "judge")
        start, before = time.perf_counter(), inside[0]
        wrapped = {
            "generate": (rollouts.engine, generation, rollouts.engine.generate),
            name: (weigher, weighing, getattr(weigher, name)),
            "_packed": (rollouts, packing, rollouts._packed),
        }
        for name, (owner, part, work) in wrapped.items():
            setattr(owner, name, timed(part, work))
        learned = 0
        for _ in range(self.updates):
            batch = rollouts.take()
            timed(learning, self.learn)(batch, batch.weight)
            for optimizer in self.optimizers:
                timed(optimizing, optimizer.step)()
            learned += int(batch.mask.sum())
        for name, (owner, _, _) in wrapped.items():
            delattr(owner, name)
        seconds, in_kernels = time.perf_counter() - start, inside[0] - before
        parts[rest] = (
            seconds - sum(one for one, _ in parts.values()),
            in_kernels - sum(one for _, one in parts.values()),
        )
        generated = sum(len(one.ids) for one in rollouts.rollouts)
        return {"seconds": seconds, "parts": parts, "generated": generated, "learned": learned}


def _tokenizer(vocab_size: int) -> Any:
    import pyllm
    from pyllm.tasks.registry import TASKS

    problems = [problem for task in TASKS.values() for problem in task.problems(1500, 0)]
    texts = (f"{problem.question}\n{problem.solution}\n" for problem in problems)
    return pyllm.Tokenizer.train(texts, vocab_size, special_tokens=pyllm.SPECIAL_TOKENS, progress=False)


def _shape(gpt: Any) -> dict[str, Any]:
    names = ("n_layer", "n_embd", "vocab_size", "context")
    return {name: getattr(gpt.cfg, name) for name in names} | {"parameters": gpt.num_parameters()}


if __name__ == "__main__":
    sides.serve(Pyllm)
