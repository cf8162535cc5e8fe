"""The reward model as a stage, and what it makes of answers."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy
import pytest
from token_files import byte_tokenizer

from pyllm import SPECIAL_TOKENS, tuning_commands
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.train.preference_batches import Pair
from pyllm.train.reward import reward
from pyllm.train.reward_config import RewardConfig
from pyllm.train.reward_model import calibration, evaluate_reward, scores_of
from pyllm.train.run_folder import RunFolder

QUICK: dict[str, Any] = {"lr": 3e-3, "steps": 6, "progress": False, "warmup_steps": 0}
TOK = byte_tokenizer(*SPECIAL_TOKENS)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model and its tokenizer in a folder, beside preferences for answers with a "y"; runs are made beside them."""
    monkeypatch.chdir(tmp_path)
    GPT(small(context=40), seed=1).save(tmp_path / "base")
    TOK.save(tmp_path / "base" / "tokenizer.json")
    kinds = [("yes", "no"), ("oh yes", "oh no no"), ("sky", "land")]
    write(
        [{"prompt": f"Is it {n}?", "chosen": kinds[n % 3][0], "rejected": kinds[n % 3][1]} for n in range(60)],
    )
    return tmp_path / "base"


def small(**settings: Any) -> ModelConfig:
    return ModelConfig(n_layer=1, n_head=2, n_embd=32, vocab_size=TOK.vocab_size, **settings)


def write(records: list[Any], name: str = "pairs.jsonl") -> Path:
    path = Path(name)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def config(base: Path, **settings: Any) -> RewardConfig:
    return RewardConfig(**{"model": base, "data": (Path("pairs.jsonl"),), **QUICK, **settings})


def lines(name: str = "reward") -> list[dict[str, Any]]:
    timings = ("seconds", "tokens_per_second", "share_of_peak")
    return [
        {key: value for key, value in line.items() if key not in timings}
        for line in RunFolder(Path("runs") / name).read_metrics("reward")
    ]


def test_separable_pairs_are_separated(base: Path) -> None:
    result = reward(config(base, steps=None, epochs=10, evaluate_every=5))
    evaluations = [line for line in lines() if "validation_loss" in line]
    first, last = evaluations[0], evaluations[-1]
    # The value head begins as zeros: all scores are 0, every pair is undecided.
    assert first["validation_loss"] == pytest.approx(math.log(2), rel=1e-12) and first["validation_accuracy"] == 0.5
    assert last["validation_accuracy"] == last["validation_accuracy_of_shorter"] == 1
    assert last["validation_loss"] < 0.2 and last["validation_calibration_error"] < 0.2
    assert result.checkpoint is not None and result.report is not None
    model = load(result.checkpoint, trainable=False)
    assert model.cfg.value_head
    asked = TOK.special_tokens
    assert (result.checkpoint / "tokenizer.json").exists() and asked
    assert result.report.read_text().count("validation accuracy") >= 1


def test_equal_sides_are_no_preference(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = [{"prompt": f"Is it {n}?", "chosen": "yes", "rejected": "no"} for n in range(20)]
    equal = {"prompt": "Is it?", "chosen": "yes", "rejected": "yes"}
    write([*good[:3], equal, *good[3:]])
    reward(config(base, steps=1))
    err = capsys.readouterr().err
    assert "line 4" in err and "what is chosen and what is rejected are the same" in err
    write([equal])
    with pytest.raises(ValueError, match=r"no record that can be used, .*line 1: what is chosen and what is rejected"):
        reward(config(base, name="other", steps=1))
    assert not (Path("runs") / "other").exists()


def test_resumed_is_straight_bit_for_bit(base: Path) -> None:
    settings: dict[str, Any] = {"schedule": "constant", "save_every": 3, "batch_size": 4, "micro_batches": 2}
    straight = reward(config(base, name="straight", **settings))
    reward(config(base, name="resumed", **{**settings, "steps": 3}))
    resumed = reward(RewardConfig(name="resumed", resume=True, steps=6, progress=False))
    assert straight.checkpoint is not None and resumed.checkpoint is not None
    assert (load(straight.checkpoint).parameter_arena == load(resumed.checkpoint).parameter_arena).all()

    def losses(name: str) -> list[Any]:
        return [line for line in lines(name) if "loss" in line]

    assert losses("straight") == losses("resumed") and len(losses("resumed")) == 6


def test_one_micro_batch_of_eight_is_eight_of_one(base: Path) -> None:
    # With so large an eps an update is in proportion to the gradient, and its rounding is not blown up.
    arenas = [
        load(
            reward(config(base, name=f"{size}", batch_size=size, micro_batches=8 // size, eps=1.0, lr=1.0)).checkpoint
        ).parameter_arena
        for size in (8, 4, 1)
    ]
    for other in arenas[1:]:
        numpy.testing.assert_allclose(other, arenas[0], rtol=2e-4, atol=2e-6)


def test_an_answer_that_just_fits_is_read_to_its_end(base: Path) -> None:
    # 1 + (2 + 3) + 1 ids of the prompt, and the end of the answer.
    write([{"prompt": "abc", "chosen": "y" * room, "rejected": "n"} for room in (31, 32, 33)])
    reward(config(base, validation_fraction=0.0, steps=1))
    (line,) = [line for line in lines() if "loss" in line]
    assert line["loss"] == pytest.approx(math.log(2))
    table = RunFolder(Path("runs/reward")).read_tables()["reward"]
    assert "40 tokens" in table["derivation"]["batch_size"]


def test_scores_are_the_values_at_the_ends() -> None:
    model = GPT(small(context=24, value_head=True), seed=4)
    model.parameters["score.weight"][:] = numpy.random.default_rng(0).normal(0, 1, (1, 32))
    model.touch()
    rng = numpy.random.default_rng(1)
    conversations = [rng.integers(0, TOK.vocab_size, length).tolist() for length in (3, 24, 1, 17, 9)]
    told: list[int] = []
    found = scores_of(model, conversations, told.append)
    for ids, score in zip(conversations, found, strict=True):
        values = model.score(numpy.array([ids], numpy.int32), None, want=("values",)).values
        assert values is not None and score == pytest.approx(float(values[0, -1]), rel=1e-4, abs=1e-6)
    assert told[-1] == 5 and numpy.ptp(found) > 0.1
    with pytest.raises(ValueError, match="conversation 1 has no ids"):
        scores_of(model, [[3], []])
    with pytest.raises(ValueError, match="the model has no value head"):
        scores_of(GPT(small(context=24)), [[3]])


def test_accuracy_by_length_tells_a_model_that_goes_by_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pyllm.train.reward_model.scores_of", lambda _, rows, __: numpy.array([len(r) / 2 for r in rows])
    )
    pairs = [Pair([1], [2] * chosen, [3] * rejected) for chosen, rejected in ((5, 2), (4, 1), (1, 3), (2, 2))]
    figures, _ = evaluate_reward(GPT(small(context=24)), pairs, {})
    assert figures["accuracy_of_longer"] == 1 and figures["accuracy_of_shorter"] == 0
    assert figures["accuracy"] == 0.625  # equal scores count as half


def test_calibration_by_hand() -> None:
    # Sure by 0.6 (a logit of log 1.5) of ten, six of them right; by 0.9 of five, all right.
    unsure, sure = math.log(1.5), math.log(9)
    margins = numpy.array([unsure] * 6 + [-unsure] * 4 + [sure] * 5)
    assert calibration(margins) == [
        (pytest.approx(0.6), 0.6, pytest.approx(2 / 3)),
        (pytest.approx(0.9), 1.0, pytest.approx(1 / 3)),
    ]
    assert calibration(numpy.array([-1e9, 1e9, 0.0])) == [(0.5, 0.5, 1 / 3), (1.0, 0.5, 2 / 3)]


def test_refusals(base: Path) -> None:
    for settings, message in (
        ({"data": ()}, "there is nothing to learn from: give a file of preferences as data"),
        ({"label_smoothing": 0.5}, "label_smoothing must be below 0.5, got 0.5"),
        ({"centre": -1.0}, "centre must be at least 0 and finite, got -1.0"),
        ({"epochs": 1.0}, "give only one of steps and epochs"),
        ({"context": 41}, "context must be at most the model's 40, got 41"),
        ({"data": (write([{"prompt": "abc", "chosen": "y" * 99, "rejected": "n"}], "long.jsonl"),)}, "none of 1 pairs"),
        ({"model": None}, "there is nothing to begin with"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            reward(config(base, **settings))
        assert not (Path("runs") / "reward").exists()


def test_the_command(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tuning_commands.reward(config(base, steps=3))
    assert "Held-out pairs told the right way round: 0.5000 before, " in capsys.readouterr().out
