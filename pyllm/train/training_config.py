"""The settings that all stages of training share: the run, its length, the optimizer, what happens how often.

A stage's own settings are a dataclass that inherits from TrainingConfig. What is None there follows from the rest: a
stage derives it, stores all of it in config.toml, and goes on with what is stored.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from pyllm.model import GPT, ModelConfig
from pyllm.model.config import Derived
from pyllm.ops.library import library
from pyllm.optim import AdamW, Muon
from pyllm.options import OptionalFloat, OptionalInt, OptionalSwitch
from pyllm.threads import checked_threads
from pyllm.train.loop import LoopSettings
from pyllm.train.run_folder import RunFolder, Table, going_on, table_of
from pyllm.train.schedule import Kind, checked_schedule, learning_rate

LEAST_INTERVAL = 25  # steps between evaluations and between samples: more of them would take longer than the training
LARGEST_SEED = 2**63 - 1  # samples add the step to it
MOST = 10**12  # steps, tokens, minutes: beyond it a number is a slip of the hand

# What a run that goes on may be given anew; anything else would make it another run.
CHANGEABLE = frozenset(
    ("steps", "lr", "min_lr", "max_norm", "evaluate_every", "sample_every", "save_every", "keep", "threads")
)
DERIVATION = "derivation"  # the table of reasons within a stage's
NOT_STORED = frozenset(("name", "runs", "resume", "from_step", "progress"))


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Settings that all stages share.

    Args:
        name: of the run; it lives in RUNS/NAME.
        runs: the folder of all runs.
        steps: updates of the whole run.
        optimizer: "adamw", or "muon" for the matrices of the blocks, with AdamW for the rest.
        lr: the highest learning rate.
        min_lr: the lowest, at the end.
        warmup_steps: the learning rate rises over them.
        schedule: "cosine", "stable" (then a line down over the last decay_fraction), or "constant".
        decay_fraction: of all steps, for "stable".
        beta1: see AdamW.
        beta2: see AdamW.
        eps: see AdamW.
        weight_decay: see AdamW.
        matrix_lr: Muon's learning rate, for the matrices; it follows the schedule of lr.
        momentum: Muon's.
        max_norm: gradients are clipped to this norm.
        evaluate_every: steps between evaluations; 0: only at the end.
        sample_every: steps between samples; 0: only at the end.
        save_every: steps between checkpoints; 0: only at the end.
        keep: how many checkpoints stay.
        seed: of all that is random.
        threads: default: all cores given to the process.
        resume: go on with the run of that name from its last checkpoint; all other settings are those it was begun
            with.
        from_step: with resume: from the checkpoint of this step instead; later ones are set aside.
        progress: show progress; default: on a terminal or in a notebook.
    """

    name: str = "run"
    runs: Path = Path("runs")
    steps: OptionalInt = None
    optimizer: Literal["adamw", "muon"] = "adamw"
    lr: OptionalFloat = None
    min_lr: OptionalFloat = None
    warmup_steps: OptionalInt = None
    schedule: Kind = "cosine"
    decay_fraction: float = 0.2
    beta1: float = 0.9
    beta2: OptionalFloat = None
    eps: float = 1e-8
    weight_decay: float = 0.1
    matrix_lr: float = 0.02
    momentum: float = 0.95
    max_norm: float = 1.0
    evaluate_every: OptionalInt = None
    sample_every: OptionalInt = None
    save_every: OptionalInt = None
    keep: int = 2
    seed: int = 0
    threads: OptionalInt = None
    resume: bool = False
    from_step: OptionalInt = None
    progress: OptionalSwitch = None

    @property
    def folder(self) -> RunFolder:
        """Where the run lives.

        Raises:
            ValueError: the name is not that of one folder.
        """
        if not self.name or Path(self.name).name != self.name:
            raise ValueError(f"name must be the name of one folder, got {self.name!r}")
        return RunFolder(self.runs / self.name)

    @property
    def options(self) -> str:
        """What names the run on the command line."""
        name = f"--name {shlex.quote(self.name)}"
        return name if self.runs == Path("runs") else f"{name} --runs {shlex.quote(str(self.runs))}"

    def rate(self, step: int) -> float:
        """The learning rate of a step; of resolved settings."""
        assert self.lr is not None and self.min_lr is not None and self.warmup_steps is not None and self.steps
        return learning_rate(
            step,
            schedule=self.schedule,
            lr=self.lr,
            min_lr=self.min_lr,
            warmup_steps=self.warmup_steps,
            steps=self.steps,
            decay_fraction=self.decay_fraction,
        )


AnyConfig = TypeVar("AnyConfig", bound=TrainingConfig)


class Derivation:
    """Gathers the values of settings, those given and those that follow from others, and why each is what it is."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self.values: dict[str, Any] = {}
        self.reasons: list[Derived] = []

    def __call__(self, name: str, value: Any, reason: str) -> Any:
        """The value of a setting: the one given, else this one."""
        given = getattr(self._config, name)
        self.values[name] = value if given is None else given
        self.reasons.append(Derived(name, self.values[name], reason if given is None else "given"))
        return self.values[name]

    def with_lr(self, lr: float, reason: str, tokens: int) -> None:
        """Adds the learning rate, and what goes with it, for updates of so many tokens."""
        highest = self("lr", lr, reason)
        self("min_lr", float(f"{highest / 10:.3g}"), "a tenth of lr")
        self("beta2", 0.99 if tokens < 16384 else 0.95, "0.99 for updates of few tokens, else 0.95")

    def with_steps(self, steps: int) -> None:
        """Adds what follows from the number of steps."""
        apart = f"at least {LEAST_INTERVAL} steps apart"
        self("warmup_steps", min(steps // 20, 1000), "a twentieth of the steps")
        self("evaluate_every", max(LEAST_INTERVAL, -(-steps // 10)), f"ten times in all, {apart}")
        self("sample_every", max(LEAST_INTERVAL, -(-steps // 4)), f"four times in all, {apart}")
        self("save_every", -(-steps // 10), "ten times in all")


def check_positive(config: object, names: Collection[str]) -> None:
    """Refuses settings of these names that are given and are not above 0, or are beyond all reason.

    Raises:
        ValueError: names the first of them.
    """
    for name in names:
        if (value := getattr(config, name)) is not None and not value > 0:
            raise ValueError(f"{name} must be positive, got {value}")
        if value is not None and value > MOST:
            raise ValueError(f"{name} must be at most {MOST:,}, got {value}")


def check_start(config: TrainingConfig) -> None:
    """Refuses what no run can begin with, whatever else is given.

    Raises:
        ValueError: a setting is out of range, or the environment's PYLLM_ISA does not do.
    """
    library()
    checked_threads(config.threads)
    if config.from_step is not None and not config.resume:
        raise ValueError(f"from_step is {config.from_step}, but a new run begins at step 0: it goes with resume")
    if not 0 <= config.seed <= LARGEST_SEED:
        raise ValueError(f"seed must be from 0 to {LARGEST_SEED}, got {config.seed}")


def check_resolved(config: TrainingConfig) -> None:
    """Tries resolved settings on the loop, the schedule and the optimizer of the smallest model.

    Raises:
        ValueError: a setting is out of range or contradicts another one.
    """
    assert config.lr is not None and config.min_lr is not None
    checked_schedule(config.schedule, config.lr, config.min_lr, config.warmup_steps or 0, config.decay_fraction)
    loop_settings(config)
    make_optimizer(config, GPT(ModelConfig(n_layer=1, n_head=1, n_embd=1, vocab_size=1, context=1)))


def loop_settings(config: TrainingConfig, micro_batches: int = 1) -> LoopSettings:
    """What the loop must know, of resolved settings."""
    assert config.steps
    return LoopSettings(
        steps=config.steps,
        micro_batches=micro_batches,
        max_norm=config.max_norm,
        evaluate_every=config.evaluate_every or 0,
        sample_every=config.sample_every or 0,
        save_every=config.save_every or 0,
        keep=config.keep,
        progress=config.progress,
    )


def make_optimizer(config: TrainingConfig, model: GPT) -> AdamW:
    """The optimizer of resolved settings."""
    assert config.lr is not None and config.beta2 is not None
    betas = (config.beta1, config.beta2)
    if config.optimizer == "muon":
        return Muon(model, config.lr, betas, config.eps, config.weight_decay, config.matrix_lr, config.momentum)
    return AdamW(model, config.lr, betas, config.eps, config.weight_decay)


def read_settings(
    folder: RunFolder, stage: str, given: AnyConfig, changeable: Collection[str] = ()
) -> tuple[AnyConfig, Table | None] | None:
    """What a run's config.toml holds of a stage, with what is given anew.

    Args:
        folder: the run's.
        stage: the table's name.
        given: the stage's settings, as they are given now.
        changeable: the stage's settings that may be given anew, beside those of all stages.

    Returns:
        (settings, why each derived one is what it is, or None before any is derived); None: the stage has not begun.

    Raises:
        ValueError: the table is damaged, or something is given that would make it another run.
    """
    table = dict(folder.read_tables().get(stage, {}))
    if not table:
        return None
    reasons = table.pop(DERIVATION, None)
    kind = type(given)
    if unknown := set(table) - {field.name for field in fields(kind)}:
        raise ValueError(f"the run's config.toml has the unknown setting {min(unknown)!r}")
    types = get_type_hints(kind)
    stored = kind(**{name: _of_type(types[name], value) for name, value in table.items()})
    config = going_on(stored, given, NOT_STORED, CHANGEABLE | set(changeable))
    lr, min_lr, warmup_steps = config.lr, config.min_lr, config.warmup_steps
    if lr is not None and min_lr is not None and warmup_steps is not None:  # it had been resolved
        if given.lr is not None and given.min_lr is None:
            min_lr = min(min_lr, lr / 10)
        checked_schedule(config.schedule, lr, min_lr, warmup_steps, config.decay_fraction)
    config = replace(config, min_lr=min_lr)
    now = table_of(config)
    changed = [name for name in reasons or () if name in table and now.get(name) != table[name]]
    return config, reasons and {**reasons, **{name: f"{now.get(name)}: given when it went on" for name in changed}}


def write_settings(folder: RunFolder, stage: str, config: TrainingConfig, reasons: Table | None) -> None:
    """Writes a stage's settings into the run's config.toml, with the reasons where all is derived."""
    table = {name: value for name, value in table_of(config).items() if name not in NOT_STORED}
    folder.write_config(stage, table if reasons is None else {**table, DERIVATION: reasons})


def _of_type(wanted: Any, value: Any) -> Any:
    """A value of config.toml as the field's type has it: paths, and tuples, which TOML does not know."""
    kinds = get_args(wanted)
    if isinstance(value, str) and (wanted is Path or Path in kinds):
        return Path(value)
    if isinstance(value, list) and get_origin(wanted) is tuple:
        return tuple(_of_type(kinds[0], item) for item in value)
    return value
