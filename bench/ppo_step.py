"""A set of PPO by its parts, and how much of it is spent outside our kernels: in Python, NumPy and cffi.

    python bench/ppo_step.py

As in the default run: 64 requests for stories, an answer each; scored by a reward model, looked at by the reference and
the critic, and learned from in 8 updates of the model and of the critic. New models of the default run's size, whose
answers are noise, as long as a story. Kernels' time: see grpo_step.py.
"""

from __future__ import annotations

from grpo_step import COLUMNS, add_parts, tell
from pairing import Bench
from practice_workers import PARTS

SETS = 10
ANSWER_TOKENS = 170  # of a story


def main() -> None:
    with Bench("A set of PPO", __doc__, workers="practice_workers", columns=COLUMNS) as bench:
        from pyllm.train import RunConfig, recipe

        (worker,) = bench.sides("pyllm")
        settings = recipe.optimising(1, 1, RunConfig().depth, ANSWER_TOKENS)
        names = ("prompts", "epochs", "minibatches", "kl")
        shape = worker.call(
            "make_ppo",
            depth=RunConfig().depth,
            vocab_size=recipe.VOCABULARY,
            tokens=ANSWER_TOKENS,
            **{name: getattr(settings, name) for name in names},
        )
        sets = worker.call("steps", count=2 if bench.options.quick else SETS)
        add_parts(bench, PARTS["ppo"], sets)
        tell(bench, shape, sets)


if __name__ == "__main__":
    main()
