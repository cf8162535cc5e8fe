"""The reward model: from which of two answers people prefer to how good an answer is (Ouyang et al. 2022, InstructGPT).

It is the model that the stage begins with, with a value head beside the one for tokens; the value where an answer ends
is its score. Its body learns along.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pyllm.files import write_whole
from pyllm.train.loop import Gradients, Metrics, Stage
from pyllm.train.losses import reward as reward_loss
from pyllm.train.preference_batches import AnswerBatch, PreferenceBatches, answers_of
from pyllm.train.preference_config import derive_length
from pyllm.train.preference_data import read_pairs
from pyllm.train.result import Result
from pyllm.train.reward_config import CHANGEABLE, RATE, RewardConfig, check_settings
from pyllm.train.reward_model import CALIBRATION, evaluate_reward
from pyllm.train.run_folder import RunFolder
from pyllm.train.training_config import Derivation, make_optimizer
from pyllm.train.tuning import alone, begin, finish, settle

NAME = "reward"


def reward(config: RewardConfig) -> Result:
    """Trains a reward model on preferences; leaves all there is to know in RUNS/NAME.

    Raises:
        OSError: a file is not there, or cannot be read or written; the run exists already.
        ValueError: a setting or a file is not what it should be, or no pair is left to train on.
        NonFiniteError: the loss or the gradient is not finite; see pyllm.train.loop.
    """
    return alone(config, "pyllm reward", reward_in)


def reward_in(folder: RunFolder, config: RewardConfig, command: str, start: Path | None = None) -> Result:
    """The stage, in a run's folder that is held.

    Args:
        folder: of the run.
        config: as it was given.
        command: what goes on with the run when its name and --resume are added.
        start: the model's folder to begin with, in place of config.model.
    """
    begun = begin(folder, NAME, config, CHANGEABLE, start, value_head=True)
    model = begun.model
    if begun.reasons is None:
        check_settings(begun.config, model.cfg)
    derive = Derivation(begun.config)
    context = derive("context", model.cfg.context, "the model's")
    training, validation = read_pairs(begun.config, begun.tokenizer, context - 1)  # the end of an answer is read, too
    derive_length(derive, begun.config, model.cfg, len(training), max(pair.size for pair in training), RATE)
    config = settle(folder, begun, derive)
    assert config.batch_size is not None and config.micro_batches is not None
    settings = config.loss_settings

    def batch(indices: list[int]) -> AnswerBatch:
        return answers_of(training, indices, model.cfg.context)

    def loss(batch: AnswerBatch, denominator: float) -> tuple[float, Gradients, Metrics]:
        values = model.outputs(batch.tokens, None, want=("values",)).values
        assert values is not None
        return reward_loss(values, batch.places, denominator=denominator, **settings)

    def evaluation(last: bool, show: Callable[[str], None]) -> dict[str, float]:
        def show_done(done: int) -> None:
            show(f"scoring validation pairs, {done / (2 * len(validation)):.0%} done")

        figures, bins = evaluate_reward(model, validation, settings, show_done)
        if last:
            content = json.dumps([one._asdict() for one in bins], indent=1)
            write_whole(folder.path / CALIBRATION.format(NAME), content.encode())
        return {f"validation_{name}": value for name, value in figures.items()}

    stage = Stage(
        name=NAME,
        model=model,
        optimizer=make_optimizer(config, model),
        batches=PreferenceBatches(training, batch, config.batch_size, config.seed),
        loss=loss,
        learning_rate=config.rate,
        evaluate=evaluation if validation else None,
        classifier=False,
        tokenizer=begun.tokenizer,
    )
    return finish(folder, stage, config, begun, command, config.micro_batches)
