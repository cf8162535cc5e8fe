"""The side of the bench of GRPO's step: `python grpo_workers.py pyllm` serves it (see sides.py)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import sides
from model_workers import clocked

PARTS = ("generation", "rewards", "packing", "forward and backward", "optimizer", "the rest")
WARM_UP = 2  # steps, which take memory and record calls of kernels


class Pyllm(sides.Side):
    """Steps of GRPO on additions, with a clock for each part and for what of it is spent in kernels."""

    package = "pyllm"

    def make(self, *, model: str, depth: int, vocab_size: int, tokens: int, **settings: Any) -> dict[str, Any]:
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
            problems = [problem for task in TASKS.values() for problem in task.problems(1500, 0)]
            texts = (f"{problem.question}\n{problem.solution}\n" for problem in problems)
            tok = pyllm.Tokenizer.train(texts, vocab_size, special_tokens=pyllm.SPECIAL_TOKENS, progress=False)
            gpt = pyllm.GPT(pyllm.ModelConfig.from_depth(depth, vocab_size=vocab_size))
        config = GrpoConfig(tasks=("addition",), max_new_tokens=tokens, micro_batches=1, **settings)
        self.optimizer = pyllm.AdamW(gpt, lr=1e-6)  # so small that the answers stay as long as they are

        class Practice(TaskPractice):
            """Every other answer of a new model counts as right, so that there is something to learn."""

            def judge(self, *arguments: Any) -> Any:
                judged = super().judge(*arguments)
                return judged if model else [one._replace(reward=number % 2) for number, one in enumerate(judged)]

        practice = Practice([TASKS["addition"]], 0)
        self.rollouts = Rollouts(
            Engine(gpt, tok), tok, gpt.cfg, practice, rollout_settings(config), advantages_of(config), print
        )
        self.learn = _Learning(config, gpt, gpt, None)
        return {name: getattr(gpt.cfg, name) for name in ("n_layer", "n_embd", "vocab_size", "context")} | {
            "parameters": gpt.num_parameters()
        }

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
                parts[part] = time.perf_counter() - start, inside[0] - before
                return result

            return run

        rollouts = self.rollouts
        engine, practice = rollouts.engine, rollouts.practice
        start, before = time.perf_counter(), inside[0]
        wrapped = {
            "generate": (engine, "generation", engine.generate),
            "judge": (practice, "rewards", practice.judge),
            "_packed": (rollouts, "packing", rollouts._packed),
        }
        for name, (owner, part, work) in wrapped.items():
            setattr(owner, name, timed(part, work))
        batch = rollouts.take()
        for name, (owner, _, _) in wrapped.items():
            delattr(owner, name)
        timed("forward and backward", self.learn)(batch, batch.weight)
        timed("optimizer", self.optimizer.step)()
        seconds, in_kernels = time.perf_counter() - start, inside[0] - before
        rest = seconds - sum(one for one, _ in parts.values()), in_kernels - sum(one for _, one in parts.values())
        lengths = [len(one.ids) for one in rollouts.rollouts]
        return {
            "seconds": seconds,
            "parts": {**parts, "the rest": rest},
            "generated": sum(lengths),
            "learned": int(batch.mask.sum()),
        }


if __name__ == "__main__":
    sides.serve(Pyllm)
