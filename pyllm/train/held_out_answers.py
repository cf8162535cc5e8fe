"""What a model in training answers to problems that are never practised on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyllm.chat import END_OF_TURN

if TYPE_CHECKING:
    from pyllm.engine import Engine
    from pyllm.model import ModelConfig
    from pyllm.tokenizer import Tokenizer
    from pyllm.train.practice import Practice


def held_out_answers(
    practice: Practice, engine: Engine, tok: Tokenizer, cfg: ModelConfig, count: int, max_new_tokens: int
) -> Callable[[], dict[str, float]]:
    """Prepares an examination that can be held again and again, of the same problems; stages that name the same
    practice and count ask the same ones.

    Args:
        practice: whose held-out problems are asked.
        engine: of the model.
        tok: the model's.
        cfg: the model's.
        count: the most problems; those that do not fit into the context are left out.
        max_new_tokens: the most of an answer.

    Returns:
        A function that answers them, always with the likeliest token, and returns what
        pyllm.train.rollouts.figures_of says of the answers, each name with "held_out_" before it.
    """
    from pyllm.train.rollouts import completion_of, figures_of, prompt_of

    asked = [
        (index, problem, prompt)
        for index, problem in enumerate(practice.held_out(count))
        if len(prompt := prompt_of(problem, tok)) < cfg.context
    ]
    indices, problems, prompts = [list(column) for column in zip(*asked, strict=True)] if asked else ([], [], [])

    def answer() -> dict[str, float]:
        if not prompts:
            return {}
        samples = engine.generate(prompts, max_new_tokens=max_new_tokens, temperature=0.0, stop=END_OF_TURN)
        judgements = practice.judge(indices, problems, [completion_of(sample, tok) for sample in samples])
        return {f"held_out_{name}": value for name, value in figures_of(samples, judgements).items()}

    return answer
