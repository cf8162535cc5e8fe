"""Supervised fine-tuning: what the assistant says in conversations, by maximum likelihood (Ouyang et al. 2022,
https://arxiv.org/abs/2203.02155, section 3.5), with rows of the text of pretraining among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy

from pyllm.chat import END_OF_TURN, Rendered, read_answer, render, text_of
from pyllm.engine import Engine
from pyllm.model import GPT
from pyllm.tokenizer import Tokenizer
from pyllm.train.conversation_batches import ConversationBatch
from pyllm.train.evaluation import evaluate, token_lengths
from pyllm.train.held_out_answers import held_out_answers
from pyllm.train.loop import Gradients, Metrics, Stage
from pyllm.train.packing import arrays_of, packed
from pyllm.train.practice import TaskPractice
from pyllm.train.result import Result
from pyllm.train.run_folder import RunFolder
from pyllm.train.sft_config import CHANGEABLE, SftConfig, check_settings, derived, row_length
from pyllm.train.sft_data import SftData, read_data
from pyllm.train.training_config import make_optimizer
from pyllm.train.tuning import alone, begin, finish, settle

NAME = "sft"
SAMPLES = 4
SAMPLE_TEMPERATURE = 0.8
REPLAY_TOKENS = 1 << 14  # of held-back text, at each evaluation


def sft(config: SftConfig) -> Result:
    """Teaches a model to answer, by conversations; leaves all there is to know in RUNS/NAME.

    Raises:
        OSError, ValueError, NonFiniteError: as pyllm.train.tuning.alone does.
    """
    return alone(config, "pyllm sft", sft_in)


def sft_in(folder: RunFolder, config: SftConfig, command: str, start: Path | None = None, stage: str = NAME) -> Result:
    """The stage, in a run's folder that is held.

    Args:
        folder: of a new run, or of one to go on with.
        config: as it was given.
        command: what goes on with the run when its name and --resume are added.
        start: the model's folder to begin with, in place of config.model.
        stage: its name, where a run has several of the kind.
    """
    if stage not in folder.read_tables():
        check_settings(config)
    begun = begin(folder, stage, config, CHANGEABLE, start)
    config, model, tok = begun.config, begun.model, begun.tokenizer
    context = row_length(config, model.cfg)
    data = read_data(config, tok, context, begun.first_tokenizer)

    def rows_of_epochs(epochs: float) -> int:
        return data.rows_of_epochs(epochs, config.seed, context)

    config = settle(folder, begun, derived(config, model.cfg, rows_of_epochs))
    assert config.micro_batches
    engine = Engine(model, tok)

    def loss(batch: ConversationBatch, denominator: float) -> tuple[float, Gradients | None, Metrics]:
        nll = model.loss_and_backward(batch.tokens, batch.targets, batch.mask, batch.segments, denominator=denominator)
        return nll, None, {"assistant_tokens": batch.assistant_tokens, "replay_tokens": batch.replay_tokens}

    return finish(
        folder,
        Stage(
            name=stage,
            model=model,
            optimizer=make_optimizer(config, model),
            batches=data.batches(config),
            loss=loss,
            learning_rate=config.rate,
            evaluate=_evaluation(config, model, tok, data, engine),
            sample=_sampler(config, model, tok, data, engine),
            tokenizer=tok,
        ),
        config,
        begun,
        command,
        config.micro_batches,
    )


def conversation_loss(model: GPT, conversations: Sequence[Rendered], batch_size: int, context: int) -> float:
    """The mean loss over what the assistant says in conversations, in nats a token.

    Args:
        model: any.
        conversations: at least one, each of at most context + 1 ids.
        batch_size: rows at a time.
        context: places of a row.
    """
    nats, tokens = 0.0, 0
    rows = packed(conversations, context)
    for first in range(0, len(rows), batch_size):
        some = rows[first : first + batch_size]
        inputs, targets, segments = arrays_of([*some, *[()] * (batch_size - len(some))], context)
        logprobs = model.score(inputs, targets, segments).logprobs
        assert logprobs is not None
        nats -= float(logprobs.sum(dtype=numpy.float64))
        tokens += int((targets >= 0).sum())
    return nats / tokens


def _evaluation(
    config: SftConfig, model: GPT, tok: Tokenizer, data: SftData, engine: Engine
) -> Callable[[bool, Callable[[str], None]], dict[str, float]] | None:
    assert config.batch_size and config.context
    batch_size, context = config.batch_size, config.context
    lengths = token_lengths(tok, model.cfg.vocab_size)
    answers = None
    if config.examine and data.tasks:
        practice = TaskPractice(list(data.tasks.values()), config.seed)
        longest = max(task.max_new_tokens for task in data.tasks.values())
        answers = held_out_answers(practice, engine, tok, model.cfg, config.examine * len(data.tasks), longest)
    if not data.validation and data.replay_validation is None and answers is None:
        return None

    def measured(last: bool, show: Callable[[str], None]) -> dict[str, float]:
        figures: dict[str, float] = {}
        if data.validation:
            show("evaluating on held-back conversations")
            figures["validation_loss"] = conversation_loss(model, data.validation, batch_size, context)
        if data.replay_validation is not None:
            show("evaluating on the text of pretraining")
            nats, bits, _ = evaluate(model, data.replay_validation, batch_size, context, REPLAY_TOKENS, lengths)
            figures["replay_loss"] = nats
            if bits is not None:
                figures["replay_bits_per_byte"] = bits
        if answers is not None:
            show("answering held-out problems")
            figures |= answers()
        return figures

    return measured


def _sampler(
    config: SftConfig, model: GPT, tok: Tokenizer, data: SftData, engine: Engine
) -> Callable[[int], list[str]] | None:
    """What asks the same few conversations for an answer, each time."""
    asked = [messages[:-1] for messages in data.shown if messages[-1]["role"] == "assistant" and len(messages) > 1]
    if config.sample_prompt is not None:
        asked = [[{"role": "user", "content": config.sample_prompt}]]
    prompts = []
    for messages in asked:
        ids = render(messages, tok, open_turn=True).ids
        if len(ids) < model.cfg.context:
            prompts.append((text_of(messages[-1]["content"]), ids))
        elif config.sample_prompt is not None:
            raise ValueError(
                f"sample_prompt has {len(ids)} tokens with those around it; it must leave room in the context of "
                f"{model.cfg.context}"
            )
    del prompts[SAMPLES:]
    if not prompts or not config.sample_tokens:
        return None

    def sample(step: int) -> list[str]:
        answers = engine.generate(
            [ids for _, ids in prompts],
            max_new_tokens=config.sample_tokens,
            temperature=SAMPLE_TEMPERATURE,
            stop=END_OF_TURN,
            seed=config.seed + step,
        )
        return [
            f"{question}\n> {text_of(read_answer(answer.ids, tok))}"
            for (question, _), answer in zip(prompts, answers, strict=True)
        ]

    return sample
