"""The loop that all stages share, on a tiny model and a loss of its own."""

import json
import math
import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest

from pyllm import checkpoint
from pyllm.checkpoint import Checkpoint
from pyllm.data.loader import Batch, Loader
from pyllm.data.token_source import TokenSource
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.optim import AdamW, NonFiniteError
from pyllm.train import loop
from pyllm.train.loop import Companion, DataError, LoopSettings, Stage, train
from pyllm.train.run_folder import RunFolder

# No biases: the keys' has no gradient but rounding, which AdamW makes as large as any other's.
CONFIG = ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=20, context=8, bias=False)
END = 19


def source() -> TokenSource:
    """Documents of 1 to 12 tokens: rows hold several, and their targets are not equally many."""
    random = numpy.random.default_rng(0)
    ids = [id for size in random.integers(1, 13, 60) for id in random.integers(0, 19, size).tolist()]
    starts = numpy.cumsum(random.integers(1, 13, 30))
    return TokenSource([numpy.array(ids, numpy.uint16)], ["ids"], vocab_size=20, document_starts=starts)


def stage_of(model: GPT, batch_size: int = 4, lr: float = 0.01) -> Stage:
    def loss(batch: Batch, denominator: float) -> tuple[float, None, dict[str, float]]:
        value = model.loss_and_backward(batch.tokens, batch.targets, segments=batch.segments, denominator=denominator)
        return value, None, {"share": batch.weight / denominator}

    return Stage("toy", model, AdamW(model), Loader(source(), batch_size, 8), loss, lambda step: lr / (step + 1))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    one = RunFolder(tmp_path / "run")
    one.make()
    return one


def toy_run(
    path: Path, steps: int, start: Checkpoint | None = None, save_every: int = 0, **settings: Any
) -> tuple[Stage, loop.Outcome, RunFolder]:
    one = RunFolder(path)
    path.mkdir(exist_ok=True)
    stage = stage_of(GPT(CONFIG, seed=1) if start is None else load(start.path))
    return stage, train(stage, LoopSettings(steps, save_every=save_every, keep=20, **settings), one, start), one


def test_it_learns_and_writes_everything_down(tmp_path: Path) -> None:
    stage, outcome, folder = toy_run(tmp_path / "run", 30)
    lines = folder.read_metrics("toy")
    assert [line["step"] for line in lines] == list(range(1, 31))
    assert lines[-1]["loss"] < lines[0]["loss"] and lines[0]["loss"] == pytest.approx(math.log(20), abs=0.05)
    assert lines[4]["learning_rate"] == 0.01 / 5 and all(line["gradient_norm"] > 0 for line in lines)
    assert all(line["share"] == pytest.approx(1) for line in lines)
    assert lines[-1]["tokens"] == 30 * 4 * 8 == outcome.tokens and lines[-1]["tokens_per_second"] > 0
    assert outcome.step == 30 and outcome.stopped_by is None and outcome.loss == lines[-1]["loss"]
    assert (load(outcome.checkpoint).parameter_arena == stage.model.parameter_arena).all()


@pytest.mark.parametrize(("batch_size", "micro_batches"), [(2, 2), (1, 4)])
def test_micro_batches_are_one_batch(batch_size: int, micro_batches: int, tmp_path: Path) -> None:
    """Rows have unequal numbers of targets: a mean of means would differ."""
    rows = Loader(source(), 1, 8)
    assert len({rows.take().weight for _ in range(8)}) > 2
    models, losses = [], []
    for name, size, count in (("whole", 4, 1), ("parts", batch_size, micro_batches)):
        (tmp_path / name).mkdir()
        stage = stage_of(GPT(CONFIG, seed=1), size)
        train(stage, LoopSettings(6, micro_batches=count), RunFolder(tmp_path / name))
        models.append(stage.model)
        lines = RunFolder(tmp_path / name).read_metrics()
        losses.append([line["loss"] for line in lines])
        assert [line["share"] for line in lines] == pytest.approx([1.0] * 6)
    numpy.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    for name, value in models[0].parameters.items():
        numpy.testing.assert_allclose(models[1].parameters[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_gradients_that_a_loss_returns_go_through_backward(tmp_path: Path) -> None:
    """The differentiable interface: log-probabilities out, their gradients in."""
    model, fused = GPT(CONFIG, seed=1), GPT(CONFIG, seed=1)

    def loss(batch: Batch, denominator: float) -> tuple[float, dict[str, Any], dict[str, float]]:
        logprobs = model.forward(batch.tokens, batch.targets, batch.segments)
        gradient = numpy.full_like(logprobs, -1 / denominator)
        return -float(logprobs.sum(dtype=numpy.float64)) / denominator, {"dlogprobs": gradient}, {}

    for name, one in (("open", replace(stage_of(model), loss=loss)), ("fused", stage_of(fused))):
        (tmp_path / name).mkdir()
        train(one, LoopSettings(5, micro_batches=2), RunFolder(tmp_path / name))
    numpy.testing.assert_allclose(model.parameter_arena, fused.parameter_arena, rtol=1e-4, atol=1e-6)


def with_companion(stage: Stage, other: GPT, lr_share: float = 0.5) -> Stage:
    """Another model that learns the same along with the stage's."""
    loss = stage.loss

    def both(batch: Batch, denominator: float) -> Any:
        other.loss_and_backward(batch.tokens, batch.targets, segments=batch.segments, denominator=denominator)
        return loss(batch, denominator)

    return replace(stage, loss=both, companions={"critic": Companion(AdamW(other), lr_share)})


def test_models_that_learn_along(tmp_path: Path) -> None:
    """As they would alone, at their own rate; and they go on to the same bits."""
    results = []
    for name, stops in (("straight", (6,)), ("resumed", (3, 6))):
        folder, start = RunFolder(tmp_path / name), None
        folder.path.mkdir()
        for stop in stops:
            models = [
                GPT(CONFIG, seed=seed) if start is None else load(start.path / sub)
                for seed, sub in ((1, ""), (2, "critic"))
            ]
            stage = with_companion(stage_of(models[0]), models[1])
            outcome = train(stage, LoopSettings(stop), folder, start)
            assert outcome.checkpoint is not None
            start = Checkpoint(outcome.checkpoint, stop)
        results.append((models, folder.read_metrics("toy")))
    for one, other in zip(results[0][0], results[1][0], strict=True):
        assert (one.parameter_arena == other.parameter_arena).all()
    assert [line["critic_gradient_norm"] for line in results[0][1]] == [
        line["critic_gradient_norm"] for line in results[1][1]
    ]
    for seed, lr, model in ((1, 0.01, results[0][0][0]), (2, 0.005, results[0][0][1])):
        (tmp_path / f"{seed}").mkdir()
        alone = stage_of(GPT(CONFIG, seed=seed), lr=lr)
        train(alone, LoopSettings(6), RunFolder(tmp_path / f"{seed}"))
        assert (alone.model.parameter_arena == model.parameter_arena).all()


def test_a_companion_that_cannot_learn_stops_the_model(folder: RunFolder) -> None:
    model, other = GPT(CONFIG, seed=1), GPT(CONFIG, seed=2)
    before = model.parameter_arena.copy()
    stage = with_companion(stage_of(model), other)
    loss = stage.loss

    def poisoned(batch: Batch, denominator: float) -> Any:
        found = loss(batch, denominator)
        other.gradient_arena[3] = math.inf
        return found

    with pytest.raises(NonFiniteError, match="stopped at step 1, nothing was updated: the gradient's norm is inf"):
        train(replace(stage, loss=poisoned), LoopSettings(3), folder)
    assert (model.parameter_arena == before).all() and not other.gradient_arena.any() and not model.gradient_arena.any()


@pytest.mark.parametrize("stop", [1, 4, 9])
def test_resumed_is_straight_bit_for_bit(stop: int, tmp_path: Path) -> None:
    straight, whole, one = toy_run(tmp_path / "straight", 10)
    _, _, other = toy_run(tmp_path / "stopped", 10, save_every=1)
    for path in sorted(other.checkpoints.iterdir())[stop:]:
        path.rename(tmp_path / path.name)  # as if it had been killed after `stop`; its metrics go further
    start = Checkpoint(checkpoint.path_of(other.checkpoints, "toy", stop), stop)
    resumed, outcome, _ = toy_run(tmp_path / "stopped", 10, start)
    assert (resumed.model.parameter_arena == straight.model.parameter_arena).all()
    assert (resumed.optimizer.m == straight.optimizer.m).all() and (resumed.optimizer.v == straight.optimizer.v).all()
    assert outcome.tokens == whole.tokens and outcome.loss == whole.loss and outcome.step == 10
    assert resumed.batches.state() == straight.batches.state()
    seconds = ("seconds", "tokens_per_second", "share_of_peak")
    lines = [[{k: v for k, v in line.items() if k not in seconds} for line in f.read_metrics()] for f in (one, other)]
    assert lines[0] == lines[1]


def test_a_run_that_is_complete_is_left_as_it_is(tmp_path: Path) -> None:
    _, first, folder = toy_run(tmp_path / "run", 5)
    before = folder.metrics.read_bytes()
    assert first.checkpoint is not None
    stage, again, _ = toy_run(tmp_path / "run", 5, Checkpoint(first.checkpoint, 5))
    assert again.step == 5 and again.loss == first.loss and folder.metrics.read_bytes() == before
    assert stage.optimizer.steps == 5


def test_a_half_written_line_of_metrics_is_dropped(tmp_path: Path) -> None:
    _, first, folder = toy_run(tmp_path / "run", 5, save_every=2)
    with folder.metrics.open("a") as file:
        file.write('{"stage": "toy", "step": 6, "lo')
    assert first.checkpoint is not None
    toy_run(tmp_path / "run", 6, Checkpoint(checkpoint.path_of(folder.checkpoints, "toy", 4), 4))
    assert [json.loads(line)["step"] for line in folder.metrics.read_text().splitlines()] == [1, 2, 3, 4, 5, 6]
    folder.metrics.write_text('{"stage": "toy"}\nrubbish\n')
    with pytest.raises(ValueError, match=r"metrics\.jsonl is damaged: line 2 is not JSON$"):
        folder.read_metrics()


def calls_of(stage: Stage, log: list[str]) -> Stage:
    def evaluate(last: bool, show: Callable[[str], None]) -> dict[str, float]:
        show("evaluating")
        log.append(f"evaluate{' all' if last else ''}")
        return {"validation_loss": 1.5}

    def sample(step: int) -> list[str]:
        log.append(f"sample {step}")
        return ["a text"]

    return replace(stage, evaluate=evaluate, sample=sample)


def test_what_happens_when(folder: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    log: list[str] = []
    save = checkpoint.save
    monkeypatch.setattr(checkpoint, "save", lambda path, *rest: log.append(path.name[-2:]) or save(path, *rest))
    stage = calls_of(stage_of(GPT(CONFIG)), log)
    settings = LoopSettings(7, evaluate_every=3, sample_every=2, save_every=3, keep=2, progress=True)
    train(stage, settings, folder)
    one, two, three = ["sample 2"], ["evaluate", "03", "sample 4"], ["evaluate", "sample 6", "06"]
    assert log == ["evaluate", *one, *two, *three, "evaluate all", "sample 7", "07"]
    assert [one.step for one in checkpoint.found(folder.checkpoints, "toy")] == [6, 7]
    kinds = [(line["step"], *(set(line) & {"loss", "validation_loss", "sample"})) for line in folder.read_metrics()]
    assert kinds[:4] == [(0, "validation_loss"), (1, "loss"), (2, "loss"), (2, "sample")]
    err = capsys.readouterr().err
    assert "step 3: validation loss 1.5000\n" in err and "step 4, a sample:\na text\n" in err
    assert re.search(r"toy: step 1 of 7, loss \d\.\d{4}, [\d,]+ tokens/s, \d+% of the peak, 0:\d\d to go\n", err)


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_saves_and_says_how_to_go_on(
    number: signal.Signals, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    straight, _, _ = toy_run(tmp_path / "straight", 8)
    path = tmp_path / "run"
    path.mkdir()
    stage = stage_of(GPT(CONFIG, seed=1))
    stage.go_on = "type this"
    inner, before = stage.loss, signal.getsignal(number)

    def loss(batch: Batch, denominator: float) -> Any:
        if stage.optimizer.steps == 4:
            os.kill(os.getpid(), number)  # in the middle of the fifth step, which is finished first
        return inner(batch, denominator)

    stage.loss = loss
    outcome = train(stage, LoopSettings(8, save_every=3), RunFolder(path))
    assert outcome.stopped_by is number and outcome.step == 5 and signal.getsignal(number) is before
    err = capsys.readouterr().err
    assert f"stopped by {name} after step 5 of 8" in err and f"saved in {path}/checkpoints/toy_00000005" in err
    assert err.endswith(". Go on with: type this\n")
    resumed, _, _ = toy_run(path, 8, Checkpoint(path / "checkpoints" / "toy_00000005", 5))
    assert (resumed.model.parameter_arena == straight.model.parameter_arena).all()


def test_a_signal_at_the_last_moment_of_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the loop has decided not to save at this step, before it looks whether to go on."""
    calls = []

    def due(step: int, every: int) -> bool:
        calls.append(step)
        if calls.count(3) == 3:  # evaluation, samples, checkpoint
            os.kill(os.getpid(), signal.SIGINT)
        return step == 2

    monkeypatch.setattr(loop, "_due", due)
    _, outcome, folder = toy_run(tmp_path / "run", 8)
    assert outcome.step == 3 and outcome.stopped_by is signal.SIGINT
    assert [one.step for one in checkpoint.found(folder.checkpoints, "toy")] == [2, 3]


def test_a_second_signal_acts_at_once(folder: RunFolder) -> None:
    stage = stage_of(GPT(CONFIG))

    def loss(batch: Batch, denominator: float) -> Any:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second one did nothing")

    stage.loss = loss
    with pytest.raises(KeyboardInterrupt):
        train(stage, LoopSettings(8), folder)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_runs_outside_the_main_thread(folder: RunFolder) -> None:
    outcomes: list[loop.Outcome] = []
    worker = threading.Thread(target=lambda: outcomes.append(train(stage_of(GPT(CONFIG)), LoopSettings(2), folder)))
    worker.start()
    worker.join()
    assert outcomes[0].step == 2


def poisoned(stage: Stage, at: int, poison: Callable[[], None]) -> Stage:
    inner = stage.loss

    def loss(batch: Batch, denominator: float) -> Any:
        if stage.optimizer.steps == at:
            poison()
        return inner(batch, denominator)

    return replace(stage, loss=loss, go_on_slower="type this")


@pytest.mark.parametrize("saves", [True, False])
def test_a_loss_that_is_not_finite_stops(saves: bool, folder: RunFolder) -> None:
    stage = stage_of(GPT(CONFIG), batch_size=2)

    def poison() -> None:
        stage.model.parameters["transformer.h.0.mlp.c_fc.weight"][3, 4] = math.nan
        stage.model.touch()

    begins = []
    ahead = Loader(source(), 2, 8)
    for _ in range(7):
        begins = ahead.take().begins
    with pytest.raises(NonFiniteError) as caught:
        train(poisoned(stage, 3, poison), LoopSettings(9, 2, save_every=2 if saves else 0), folder)
    message = str(caught.value)
    assert message.startswith(
        "stopped at step 4, nothing was updated: the loss of micro-batch 1 of 2 is nan, on the rows of 8 tokens from "
        f"token {begins[0]} of ids, token {begins[1]} of ids. "
    )
    if saves:
        path = checkpoint.path_of(folder.checkpoints, "toy", 2)
        end = f"The last good checkpoint is {path}: go on from it with a lower learning rate, `type this`"
        assert numpy.isfinite(load(path).parameter_arena).all()
    else:
        end = "There is no checkpoint yet: start again with a lower learning rate"
    assert message.endswith(end) and stage.optimizer.steps == 3 and not stage.model.gradient_arena.any()
    assert [line["step"] for line in folder.read_metrics()] == [1, 2, 3]


def test_a_gradient_that_is_not_finite_stops(folder: RunFolder) -> None:
    stage = stage_of(GPT(CONFIG))

    def poison() -> None:
        stage.model.grads["transformer.wpe.weight"][0, 0] = math.inf

    message = (
        r"^stopped at step 3, nothing was updated: the gradient's norm is inf: that of transformer\.wpe\.weight holds "
        r"values that are not finite, on the rows of 8 tokens from token"
    )
    with pytest.raises(NonFiniteError, match=message):
        train(poisoned(stage, 2, poison), LoopSettings(9), folder)
    assert not stage.model.gradient_arena.any()


def test_checkpoints_that_do_not_fit(tmp_path: Path) -> None:
    _, first, folder = toy_run(tmp_path / "run", 3)
    assert first.checkpoint is not None
    start = Checkpoint(first.checkpoint, 3)
    stage = stage_of(load(start.path))
    for change, message in (
        ({"name": "other"}, "does not fit: it is of stage toy, step 3"),
        ({"batches": Loader(source(), 4, 5)}, "does not fit: the data are not those of the checkpoint: context is 5"),
        ({"batches": Loader(source(), 4, 8, seed=1)}, "not those of the checkpoint: seed is 1, not 0"),
    ):
        with pytest.raises(ValueError, match=message):
            train(replace(stage, **change), LoopSettings(5), folder, start)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"steps": 1, "micro_batches": 0}, "micro_batches must be at least 1, got 0"),
        ({"steps": 1, "keep": 0}, "keep must be at least 1, got 0"),
        ({"steps": 1, "save_every": -1}, "save_every must be 0 .* or positive, got -1"),
        ({"steps": 1, "max_norm": 0.0}, "max_norm must be positive, got 0.0"),
    ],
)
def test_refusals(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        LoopSettings(**settings)


def test_the_display_shows_the_headline(folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    stage = replace(stage_of(GPT(CONFIG)), headline="share")
    train(stage, LoopSettings(2, progress=True), folder)
    assert "toy: step 1 of 2, share 1.0000, " in capsys.readouterr().err


@pytest.mark.parametrize("steps", [0, 3])
def test_what_was_learned_is_saved_when_data_fail(steps: int, tmp_path: Path) -> None:
    straight, _, _ = toy_run(tmp_path / "straight", 5)
    path = tmp_path / "run"
    path.mkdir()
    stage = stage_of(GPT(CONFIG, seed=1))
    stage.go_on = "type this"
    inner = stage.batches.take

    def take() -> Any:
        if stage.optimizer.steps == steps:
            raise DataError("there is no batch")
        return inner()

    stage.batches.take = take  # type: ignore[method-assign]
    with pytest.raises(DataError) as caught:
        train(stage, LoopSettings(5), RunFolder(path))
    if not steps:
        assert str(caught.value) == "there is no batch" and not (path / "checkpoints").exists()
        return
    saved = path / "checkpoints" / "toy_00000003"
    assert str(caught.value) == (
        f"stopped after step 3 of 5: there is no batch. What was learned is saved in {saved}; mend it and go on with: "
        "type this"
    )
    resumed, _, _ = toy_run(path, 5, Checkpoint(saved, 3))
    assert (resumed.model.parameter_arena == straight.model.parameter_arena).all()
