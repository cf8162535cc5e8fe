"""Reinforcement learning from end to end, on models so small that a rule is learned in a second."""

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest

from pyllm import SPECIAL_TOKENS, checkpoint, tuning_commands
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.tokenizer import Tokenizer
from pyllm.train.grpo import NO_GRADIENT, NOTHING_TO_IMITATE, REFERENCE, ZERO_LOSS, advantages_of, grpo_in
from pyllm.train.grpo import grpo as grpo_with_report
from pyllm.train.grpo_config import GrpoConfig, check
from pyllm.train.loop import DataError
from pyllm.train.practice import RewardError
from pyllm.train.result import Result

TOK = Tokenizer.train(iter(["x"]), 256 + len(SPECIAL_TOKENS), special_tokens=SPECIAL_TOKENS)
SECONDS = {"seconds", "tokens_per_second", "share_of_peak", "rollout_seconds", "reward_seconds", "training_seconds"} | {
    "rollout_tokens_per_second"
}


def begins_low(prompts: list[str], completions: list[str]) -> list[float]:
    """1 for an answer that begins with a byte below "a": at first about a third."""
    return [float(text[:1] != "" and text[0] < "a") for text in completions]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GrpoConfig:
    monkeypatch.setattr(checkpoint, "_flush", lambda path: None)  # no test here pulls the plug
    model = GPT(ModelConfig(n_layer=1, n_head=2, n_embd=32, vocab_size=TOK.vocab_size, context=32, bias=False))
    model.save(tmp_path / "model")
    TOK.save(tmp_path / "model" / "tokenizer.json")
    data = tmp_path / "data.jsonl"
    records = [{"prompt": f"say {letter}", "letter": letter, "answer": letter} for letter in "abcdefgh"]
    data.write_text("".join(json.dumps(record) + "\n" for record in records))
    return GrpoConfig(
        model=tmp_path / "model",
        data=data,
        validation_data=data,
        name="r",
        runs=tmp_path / "runs",
        steps=6,
        prompts=3,
        samples=4,
        max_new_tokens=3,
        lr=0.02,
        warmup_steps=0,
        save_every=0,
        evaluate_every=0,
        sample_every=0,
    )


def grpo(config: GrpoConfig, reward: Any = None) -> Result:
    """train.grpo without its report, which would take most of a test's time."""
    with config.folder.at_work(config.resume):
        return grpo_in(config.folder, config, "pyllm grpo", reward=reward)


def lines_of(config: GrpoConfig) -> list[dict[str, Any]]:
    return [{k: v for k, v in line.items() if k not in SECONDS} for line in config.folder.read_metrics()]


def steps_of(config: GrpoConfig) -> list[dict[str, Any]]:
    return [line for line in lines_of(config) if "loss" in line]


ALGORITHMS: dict[str, dict[str, Any]] = {
    "grpo": {},
    "grpo, several updates": {"updates_per_rollout": 3, "clip_high": 0.3},
    "grpo, near the reference": {"kl": 0.05, "micro_batches": 3},
    "Dr. GRPO": {"normaliser": "constant", "scale_advantages": False},
    "DAPO": {"normaliser": "token", "micro_batches": 2},
    "reinforce": {"algorithm": "reinforce"},
    "reinforce, running": {"algorithm": "reinforce", "baseline": "running"},
    "rloo": {"algorithm": "rloo", "micro_batches": 2},
    "rejection": {"algorithm": "rejection", "updates_per_rollout": 2},
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_it_learns_what_is_rewarded(name: str, config: GrpoConfig) -> None:
    config = replace(config, steps=40, prompts=4, samples=8, **ALGORITHMS[name])
    result = grpo(config, begins_low)
    steps = steps_of(config)
    assert steps[0]["reward"] < 0.65 and numpy.mean([line["reward"] for line in steps[-5:]]) > 0.95
    evaluations = [line for line in lines_of(config) if "held_out_reward" in line]
    assert evaluations[-1]["held_out_reward"] == 1 and evaluations[-1]["kl_to_reference"] > 0.1
    assert result.step == 40 and result.stopped_by is None
    flops = [line["flops"] for line in steps]
    assert flops == sorted(flops) and flops[0] > 1e6


@pytest.mark.parametrize("name", ALGORITHMS)
def test_resumed_is_straight_bit_for_bit(name: str, config: GrpoConfig) -> None:
    """Also in the middle of a set of rollouts."""
    config = replace(config, steps=5, save_every=1, keep=9, **ALGORITHMS[name])
    whole = grpo(config, begins_low)
    for stop in (1, 3):
        stopped = replace(config, name=f"stopped after {stop}")
        shutil.copytree(config.folder.path, stopped.folder.path)
        for one in checkpoint.found(stopped.folder.checkpoints, "grpo")[stop:]:
            shutil.rmtree(one.path)  # as if it had been killed before; its metrics go further
        again = grpo(GrpoConfig(name=stopped.name, runs=config.runs, resume=True), begins_low)
        assert whole.checkpoint and again.checkpoint and again.step == 5
        assert (load(again.checkpoint).parameter_arena == load(whole.checkpoint).parameter_arena).all()
        assert lines_of(stopped) == lines_of(config)
        states = [json.loads((one.checkpoint / checkpoint.STATE).read_text())["batches"] for one in (whole, again)]
        assert states[0] == states[1]


def test_a_set_is_learned_from_several_times(config: GrpoConfig) -> None:
    grpo(replace(config, updates_per_rollout=3), begins_low)
    steps = steps_of(config)
    assert ["rollout_seconds" in line for line in config.folder.read_metrics() if "loss" in line] == [
        True,
        False,
        False,
    ] * 2
    assert steps[0]["ratio_max"] == pytest.approx(1, abs=1e-4) and steps[0]["clipped"] == 0
    assert steps[2]["ratio_max"] > 1.01 and steps[2]["kl_to_old"] > 1e-5 and steps[2]["reward"] == steps[0]["reward"]


def test_fresh_samples_are_the_models_own(config: GrpoConfig) -> None:
    """One update a set: every ratio is 1, whatever the engine's rounding."""
    grpo(config, begins_low)
    for line in steps_of(config):
        if line["learned_tokens"]:
            assert line["kl_to_old"] == 0 and line["clipped"] == 0 and line["engine_difference"] < 1e-4
            assert "ratio_max" not in line and abs(line["loss"]) < 1e-9 and line["gradient_norm"] > 0


def test_a_loss_of_zero_is_explained_once(config: GrpoConfig, capsys: pytest.CaptureFixture[str]) -> None:
    assert ZERO_LOSS == "the loss is 0 at the first step because the advantages have zero mean; the gradient is not"
    grpo(replace(config, progress=True), begins_low)
    err = capsys.readouterr().err
    assert err.count(f"grpo: {ZERO_LOSS}\n") == 1 and NO_GRADIENT not in err and "grpo: step 1 of 6, reward 0." in err
    grpo(replace(config, progress=True, name="two", micro_batches=4), begins_low)
    assert capsys.readouterr().err.count(ZERO_LOSS) == 1
    grpo(replace(config, progress=True, name="three", algorithm="reinforce"), begins_low)
    assert ZERO_LOSS not in capsys.readouterr().err


def test_groups_without_a_gradient_are_counted(config: GrpoConfig, capsys: pytest.CaptureFixture[str]) -> None:
    def same(prompts: list[str], completions: list[str], letter: list[str]) -> list[float]:
        return [float(one < "e") for one in letter]

    grpo(replace(config, progress=True), same)
    err = capsys.readouterr().err
    assert err.count(NO_GRADIENT) == 1 and ZERO_LOSS not in err
    steps = steps_of(config)
    assert all(line["groups_of_one_reward"] == 1 and line["learned_tokens"] == 0 for line in steps)
    assert all(line["gradient_norm"] == 0 for line in steps)
    assert config.model is not None
    final = load(config.folder.checkpoints / "grpo_00000006")
    assert (final.parameter_arena == load(config.model).parameter_arena).all()


def test_nothing_to_imitate(config: GrpoConfig, capsys: pytest.CaptureFixture[str]) -> None:
    grpo(replace(config, progress=True, algorithm="rejection", least_reward=2.0), begins_low)
    assert capsys.readouterr().err.count(NOTHING_TO_IMITATE) == 1
    assert all(line["learned_tokens"] == line["loss"] == 0 for line in steps_of(config))


def test_rejection_imitates_the_best_right_answers() -> None:
    best = advantages_of(GrpoConfig(algorithm="rejection", least_reward=0.5))
    chosen = best(numpy.array([[0.2, 0.5, 0.9, 0.9], [0.1, 0.4, 0.4, 0.0], [1.0, 1.0, 1.0, 1.0]]), 0.0)
    numpy.testing.assert_array_equal(numpy.isnan(chosen), [[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]])
    assert (chosen[~numpy.isnan(chosen)] == 1).all()


def test_the_baselines_of_reinforce() -> None:
    rewards = numpy.array([[0.0, 1.0], [1.0, 2.0]])
    batch = advantages_of(GrpoConfig(algorithm="reinforce"))
    running = advantages_of(GrpoConfig(algorithm="reinforce", baseline="running"))
    numpy.testing.assert_array_equal(batch(rewards, 0.25), rewards - 1)
    numpy.testing.assert_array_equal(running(rewards, 0.25), rewards - 0.25)
    numpy.testing.assert_array_equal(advantages_of(GrpoConfig(algorithm="rloo"))(rewards, 9.0), [[-1, 1], [-1, 1]])
    numpy.testing.assert_array_equal(advantages_of(GrpoConfig(scale_advantages=False))(rewards, 9.0)[0], [-0.5, 0.5])


def failing_after(calls: int, what: Callable[[], Any]) -> Callable[..., Any]:
    """begins_low, but for one call."""
    done = []

    def reward(prompts: list[str], completions: list[str]) -> Any:
        done.append(1)
        return what() if len(done) > calls else begins_low(prompts, completions)

    return reward


def test_a_reward_that_fails_leaves_a_run_to_go_on_with(config: GrpoConfig) -> None:
    straight = replace(config, name="straight")
    whole = grpo(straight, begins_low)
    message = (
        r"^stopped after step 3 of 6: the reward function reward returned nan for prompt \d+ \('say [a-h]'\), expected "
        r"a finite number\. What was learned is saved in .*grpo_00000003; mend it and go on with: pyllm grpo --name r "
        r"--runs .* --resume$"
    )
    with pytest.raises(DataError, match=message):
        grpo(config, failing_after(4, lambda: [math.nan] * 12))  # the first call is the evaluation's
    again = grpo(GrpoConfig(name="r", runs=config.runs, resume=True), failing_after(99, lambda: []))
    assert whole.checkpoint and again.checkpoint
    assert (load(again.checkpoint).parameter_arena == load(whole.checkpoint).parameter_arena).all()


def test_a_reward_that_fails_at_once_leaves_nothing(config: GrpoConfig) -> None:
    with pytest.raises(
        RewardError, match=r"^the reward function reward returned 1 rewards for 8 completions, expected"
    ):
        grpo(config, failing_after(0, lambda: [1.0]))
    assert not config.folder.path.exists()


def test_a_reward_from_a_file(config: GrpoConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text("def low(prompts, completions, letter):\n    return [len(l) for l in letter]\n")
    monkeypatch.chdir(tmp_path)
    given = replace(config, reward="mine.py:low", validation_data=None, steps=2, save_every=1)
    grpo(given)
    assert steps_of(config)[0]["reward"] == 1 and not any("held_out_reward" in line for line in lines_of(config))
    monkeypatch.chdir("/")
    again = grpo(GrpoConfig(name="r", runs=config.runs, resume=True, steps=3))
    assert again.step == 3


def test_tasks_are_practised(config: GrpoConfig) -> None:
    config = replace(config, data=None, validation_data=None, tasks=("spelling",), steps=2, evaluate_problems=4)
    assert config.model is not None
    model = GPT(ModelConfig(n_layer=1, n_head=2, n_embd=32, vocab_size=TOK.vocab_size, context=200, bias=False))
    model.save(config.model)
    grpo(config)
    lines = lines_of(config)
    assert lines[0]["held_out_accuracy"] == lines[0]["held_out_reward"] and lines[1]["accuracy"] <= 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": None}, "there is nothing to practise: give data, or the names of tasks"),
        ({"tasks": ("addition",)}, "data and tasks exclude each other"),
        ({"data": None, "tasks": ("addition",)}, "tasks have their own rewards and examinations"),
        ({"reward": "a.py:b"}, "there are two rewards"),
        ({"prompts": 0}, "prompts must be positive, got 0"),
        ({"samples": 1}, "samples must be at least 2 for grpo, which compares them, got 1"),
        ({"samples": 1, "algorithm": "rloo"}, "samples must be at least 2 for rloo"),
        ({"temperature": 0.0}, "temperature must be positive, got 0.0: there is nothing to learn where"),
        ({"algorithm": "rloo", "updates_per_rollout": 2}, "updates_per_rollout must be 1 for rloo, whose gradient is"),
        ({"algorithm": "rloo", "kl": 0.1}, "kl goes with the algorithm grpo alone, got 0.1 with rloo"),
        ({"kl": -1.0}, "kl must be at least 0, got -1.0"),
        ({"clip_high": 0.0}, "clip_high must be positive, got 0.0"),
        ({"clip": -0.1}, "clip must be positive, got -0.1"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], message: str, config: GrpoConfig) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        check(replace(config, **changes), begins_low)
    with pytest.raises(ValueError, match=f"^{message}"):
        grpo_with_report(replace(config, **changes), begins_low)
    assert not config.folder.path.exists()


def test_a_run_ends_with_its_report(config: GrpoConfig) -> None:
    result = grpo_with_report(replace(config, steps=2), begins_low)
    assert result.report is not None and result.report.exists() and result.step == 2
    assert json.loads((config.folder.path / REFERENCE / "config.json").read_text())


def test_samples_are_shown_with_their_rewards(config: GrpoConfig) -> None:
    grpo(replace(config, sample_every=1), begins_low)
    samples = [line["sample"] for line in lines_of(config) if "sample" in line]
    assert len(samples) == 12 and all(one.startswith("say ") and "\n(reward " in one for one in samples)
    assert any(one.endswith("(reward 0)") for one in samples)


def test_the_command_tells_what_practice_brought(config: GrpoConfig, capsys: pytest.CaptureFixture[str]) -> None:
    tuning_commands.grpo(replace(config, progress=False))
    out = capsys.readouterr().out
    assert re.match(r"Mean reward of answers to held-out problems: 0\.\d{4} before, 0\.\d{4} after\nReport: ", out)


def test_problems_without_an_answer_need_a_reward(config: GrpoConfig, tmp_path: Path) -> None:
    data = tmp_path / "open.jsonl"
    data.write_text('{"prompt": "Tell me a story."}\n')
    with pytest.raises(ValueError, match=r"open\.jsonl has no column answer to compare answers with: give a reward"):
        grpo(replace(config, data=data, validation_data=None))
