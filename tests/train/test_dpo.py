"""DPO as a stage: a model and preferences in, a run's folder out."""

import json
import math
from pathlib import Path
from typing import Any

import numpy
import pytest
from token_files import byte_tokenizer

from pyllm import SPECIAL_TOKENS, tuning_commands
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.train.dpo import REFERENCE, dpo
from pyllm.train.dpo_config import DpoConfig
from pyllm.train.run_folder import RunFolder

QUICK: dict[str, Any] = {"lr": 3e-3, "steps": 6, "sample_tokens": 3, "progress": False, "warmup_steps": 0}


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model and its tokenizer in a folder, beside preferences for "yes" over "no"; runs are made beside them."""
    monkeypatch.chdir(tmp_path)
    tok = byte_tokenizer(*SPECIAL_TOKENS)
    cfg = ModelConfig(n_layer=1, n_head=2, n_embd=32, vocab_size=tok.vocab_size, context=40)
    GPT(cfg, seed=1).save(tmp_path / "base")
    tok.save(tmp_path / "base" / "tokenizer.json")
    write([{"prompt": f"Is it {n}?", "chosen": "yes", "rejected": "no"} for n in range(40)])
    return tmp_path / "base"


def write(records: list[Any], name: str = "pairs.jsonl") -> Path:
    path = Path(name)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def config(base: Path, **settings: Any) -> DpoConfig:
    return DpoConfig(**{"model": base, "data": (Path("pairs.jsonl"),), **QUICK, **settings})


def lines(name: str = "dpo") -> list[dict[str, Any]]:
    timings = ("seconds", "tokens_per_second", "share_of_peak")
    return [
        {key: value for key, value in line.items() if key not in timings}
        for line in RunFolder(Path("runs") / name).read_metrics("dpo")
    ]


def test_the_chosen_answers_come_to_be_preferred(base: Path) -> None:
    result = dpo(config(base, steps=None, epochs=8, beta=0.5, evaluate_every=5))
    evaluations = [line for line in lines() if "validation_loss" in line]
    first, last = evaluations[0], evaluations[-1]
    assert first["step"] == 0 and first["validation_loss"] == pytest.approx(math.log(2), rel=1e-12)
    assert first["validation_accuracy"] == 0.5 and first["validation_reward_margin"] == 0
    assert last["validation_accuracy"] == 1 and last["validation_reward_margin"] > 0.5
    assert last["validation_loss"] < 0.5 and last["validation_drift"] > 0
    assert result.validation_loss == last["validation_loss"] and result.report is not None
    # 36 pairs in training: 8 * 36 / 16 updates.
    assert result.step == last["step"] == 18 and len([line for line in lines() if "sample" in line]) == 2
    trained, reference = load(result.checkpoint), load(base)
    assert (trained.parameter_arena != reference.parameter_arena).any()


@pytest.mark.parametrize("loss", ["sigmoid", "ipo"])
def test_both_losses_raise_the_margin(base: Path, loss: str) -> None:
    dpo(config(base, loss=loss, steps=12))
    margins = [line["validation_reward_margin"] for line in lines() if "validation_loss" in line]
    assert margins[0] == 0 and margins[-1] > 0.02


def test_a_model_of_gpt2s_kind_without_tokens_of_conversations(base: Path) -> None:
    tok = byte_tokenizer()
    GPT(ModelConfig.gpt2(n_layer=1, n_head=2, n_embd=32, vocab_size=256, context=39), seed=1).save(
        base.with_name("gpt2")
    )
    tok.save(base.with_name("gpt2") / "tokenizer.json")
    dpo(config(base.with_name("gpt2"), steps=3))
    result = dpo(DpoConfig(resume=True, steps=6, progress=False))
    trained = load(result.checkpoint)
    assert trained.cfg.vocab_size == 256 + len(SPECIAL_TOKENS) and trained.cfg.position == "learned"
    margins = [line["validation_reward_margin"] for line in lines() if "validation_loss" in line]
    assert margins[0] == 0 and margins[-1] > 0.01
    (sample, *_) = [line["sample"] for line in lines() if "sample" in line]
    assert sample.startswith("Is it ") and "\n> " in sample


def test_resumed_is_straight_bit_for_bit(base: Path) -> None:
    settings: dict[str, Any] = {"schedule": "constant", "save_every": 3, "batch_size": 4, "micro_batches": 2}
    straight = dpo(config(base, name="straight", **settings))
    dpo(config(base, name="resumed", **{**settings, "steps": 3}))
    resumed = dpo(DpoConfig(name="resumed", resume=True, steps=6, progress=False))
    assert straight.checkpoint is not None and resumed.checkpoint is not None
    assert (load(straight.checkpoint).parameter_arena == load(resumed.checkpoint).parameter_arena).all()

    def losses(name: str) -> list[Any]:
        return [line for line in lines(name) if "loss" in line]

    assert losses("straight") == losses("resumed") and len(losses("resumed")) == 6


def test_one_micro_batch_of_eight_is_eight_of_one(base: Path) -> None:
    write([{"prompt": f"Is it {n}?", "chosen": "yes" * (1 + n % 4), "rejected": "no"} for n in range(40)])
    # With so large an eps an update is in proportion to the gradient, and its rounding is not blown up.
    arenas = [
        load(
            dpo(config(base, name=f"{size}", batch_size=size, micro_batches=8 // size, eps=1.0, lr=1.0)).checkpoint
        ).parameter_arena
        for size in (8, 2, 1)
    ]
    moved = numpy.abs(arenas[0] - load(base).parameter_arena).max()
    for arena in arenas[1:]:
        assert numpy.abs(arena - arenas[0]).max() < 1e-4 * moved
    for metric in ("loss", "accuracy", "reward_margin", "chosen_logprob", "drift", "gradient_norm", "validation_loss"):
        expected = [line[metric] for line in lines("8") if metric in line]
        for other in ("2", "1"):
            found = [line[metric] for line in lines(other) if metric in line]
            assert found[1:] == pytest.approx(expected[1:], rel=1e-3)  # the first margins are 0 but for rounding


def test_prompts_are_on_one_side_alone(base: Path) -> None:
    write([{"prompt": f"Is it {n // 4}?", "chosen": f"yes{n % 4}", "rejected": "no"} for n in range(40)])
    from pyllm.train.preference_data import read_pairs

    tok = byte_tokenizer(*SPECIAL_TOKENS)
    for fraction, held_out in ((None, 4), (0.5, 20), (0.0, 0)):
        training, validation = read_pairs(config(base, validation_fraction=fraction), tok, 40)
        assert len(validation) == held_out and len(training) == 40 - held_out
        assert not {tuple(pair.prompt) for pair in training} & {tuple(pair.prompt) for pair in validation}


def test_validation_data_of_their_own(base: Path) -> None:
    other = write([{"prompt": "Is it?", "chosen": "yes", "rejected": "no"}], "validation.jsonl")
    dpo(config(base, validation_data=(other,), steps=1))
    with numpy.load(Path("runs/dpo") / REFERENCE) as arrays:
        assert arrays["training"].shape == (40, 2) and arrays["validation"].shape == (1, 2)


def test_what_does_not_fit_is_counted(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs: list[Any] = [{"prompt": f"{n}", "chosen": "yes", "rejected": "no"} for n in range(4)]
    pairs.append({"prompt": "long", "chosen": "y" * 60, "rejected": "no"})
    turns = [
        {"role": "user", "content": "x" * 30},
        {"role": "assistant", "content": "?"},
        {"role": "user", "content": "z"},
    ]
    pairs.append({"prompt": turns, "chosen": "yes", "rejected": "no"})
    pairs.append({"prompt": "bad", "chosen": "yes"})
    write(pairs)
    dpo(config(base, steps=1, sample_tokens=0))
    said = capsys.readouterr().err
    assert "pairs.jsonl: 1 of 6 pairs are left out: they do not fit into a context of 40 tokens" in said
    assert "pairs.jsonl: 1 of 6 pairs are without the oldest turns of their prompts" in said
    assert "line 7" in said


def test_refusals(base: Path) -> None:
    write([{"prompt": "long", "chosen": "y" * 60, "rejected": "no"}], "long.jsonl")
    write([{"prompt": "no pair"}], "none.jsonl")
    for settings, message in (
        ({"data": ()}, "there is nothing to learn from: give a file of preferences as data"),
        ({"data": (Path("long.jsonl"),)}, "none of 1 pairs fits into a context of 40 tokens"),
        ({"data": (Path("none.jsonl"),)}, "none.jsonl"),
        ({"epochs": 2}, "give only one of steps and epochs"),
        ({"epochs": -1, "steps": None}, "epochs must be positive, got -1"),
        ({"context": 41}, "context must be at most the model's 40, got 41"),
        ({"validation_fraction": 1.0}, "validation_fraction must be at least 0 and below 1, got 1.0"),
        ({"sample_tokens": -1}, "sample_tokens must be at least 0, got -1"),
        ({"beta": 0.0}, "beta must be positive and finite, got 0.0"),
        ({"beta": math.nan}, "beta must be positive and finite, got nan"),
        ({"label_smoothing": 0.7}, "label_smoothing must be below 0.5, got 0.7"),
        ({"loss": "ipo", "label_smoothing": 0.1}, "label_smoothing goes with the kind 'sigmoid' alone"),
    ):
        with pytest.raises(ValueError, match=message):
            dpo(config(base, **settings))
        assert not Path("runs/dpo").exists()  # which is free for the next attempt
    with pytest.raises(FileNotFoundError, match=r"missing\.jsonl"):
        dpo(config(base, data=(Path("missing.jsonl"),)))


def test_what_a_run_that_goes_on_needs(base: Path) -> None:
    dpo(config(base, steps=2))
    again = DpoConfig(resume=True, steps=3, progress=False)
    reference = Path("runs/dpo") / REFERENCE
    content = reference.read_bytes()
    reference.unlink()
    with pytest.raises(FileNotFoundError, match="the reference's log-probabilities is gone"):
        dpo(again)
    reference.write_bytes(content[:-40])
    with pytest.raises(ValueError, match=r"dpo_reference\.npz is damaged"):
        dpo(again)
    with reference.open("wb") as file:
        numpy.savez(file, training=numpy.zeros((2, 2)), validation=numpy.zeros((4, 2)))
    with pytest.raises(ValueError, match="is of other pairs: it has 2 where the data have 36"):
        dpo(again)
    with reference.open("wb") as file:
        numpy.savez(file, training=numpy.zeros((36, 2)), validation=numpy.zeros((4, 2)))
    with pytest.raises(ValueError, match="the pairs or their reference are not those of the checkpoint"):
        dpo(again)
    reference.write_bytes(content)
    assert dpo(again).step == 3
    assert dpo(config(base, resume=True, steps=4)).step == 4  # all said again, with files by the same names
    with pytest.raises(ValueError, match=r"beta is 0.1 in this run, not 0.2"):
        dpo(DpoConfig(resume=True, beta=0.2, progress=False))


def test_the_command(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tuning_commands.dpo(config(base, steps=3, threads=1, progress=None))
    out, err = capsys.readouterr()
    assert out.startswith("Held-out pairs preferred the right way: 0.5000 before, ")
    assert out.endswith("\nReport: runs/dpo/report.md\nNext: pyllm chat --model runs/dpo\n")
    assert "36 pairs to train on, 4 to evaluate on" in err and "dpo: step 1 of 3, loss 0.6931" in err
