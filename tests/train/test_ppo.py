"""PPO as a stage, and its rollouts: a bandit with a known optimum, what is logged, what goes on."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest
from token_files import byte_tokenizer

from pyllm import SPECIAL_TOKENS, tuning_commands
from pyllm.chat import render
from pyllm.engine import Engine
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.tasks import Problem
from pyllm.train import ppo_evaluation, ppo_rollouts
from pyllm.train.losses import gae
from pyllm.train.ppo import ppo
from pyllm.train.ppo_config import PpoConfig
from pyllm.train.ppo_rollouts import PpoModels, PpoRollouts, PpoRolloutSettings, explained_variance
from pyllm.train.practice import Shuffled
from pyllm.train.run_folder import RunFolder

TOK = byte_tokenizer(*SPECIAL_TOKENS)
CONTEXT = 48
QUICK: dict[str, Any] = {
    "lr": 1e-3,
    "steps": 8,
    "prompts": 6,
    "epochs": 2,
    "minibatches": 2,
    "max_new_tokens": 6,
    "evaluate_problems": 4,
    "warmup_steps": 0,
    "progress": False,
}


def small(**settings: Any) -> ModelConfig:
    return ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=TOK.vocab_size, context=CONTEXT, **settings)


def scorer(seed: int = 7) -> GPT:
    """A reward model whose scores differ."""
    model = GPT(small(value_head=True), seed=seed)
    model.parameters["score.weight"][:] = numpy.random.default_rng(seed).normal(0, 0.5, (1, 16))
    model.touch()
    return model


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model and a reward model in folders, beside prompts; runs are made beside them."""
    monkeypatch.chdir(tmp_path)
    for name, model in (("base", GPT(small(), seed=1)), ("scorer", scorer())):
        model.save(tmp_path / name)
        TOK.save(tmp_path / name / "tokenizer.json")
    Path("prompts.jsonl").write_text("".join(json.dumps({"prompt": f"Say {n}."}) + "\n" for n in range(80)))
    Path("gold.py").write_text(
        "def reward(prompts, completions):\n    return [float(len(one)) for one in completions]\n"
    )
    return tmp_path / "base"


def config(base: Path, **settings: Any) -> PpoConfig:
    given = {"model": base, "reward_model": Path("scorer"), "data": Path("prompts.jsonl"), **QUICK, **settings}
    return PpoConfig(**given)


def lines(name: str = "ppo") -> list[dict[str, Any]]:
    return RunFolder(Path("runs") / name).read_metrics("ppo")


def rollouts_of(settings: dict[str, Any], models: PpoModels | None = None, model: GPT | None = None) -> PpoRollouts:
    model = model or GPT(small(), seed=1)
    models = models or PpoModels(model.copy(trainable=False), scorer(3), scorer(7))
    problems = [Problem(({"role": "user", "content": f"{n}"},), "") for n in range(40)]
    whole = {"prompts": 6, "samples": 1, "max_new_tokens": 6, "updates": 4, "epochs": 2, "minibatches": 2, **settings}
    return PpoRollouts(
        Engine(model, TOK), TOK, models, Shuffled(problems, [], 0), PpoRolloutSettings(**whole), lambda text: None
    )


def test_what_is_learned_is_what_the_formulas_say() -> None:
    """Of a set: rewards from scores and divergences, advantages from the critic's values, one answer at a time."""
    model = GPT(small(), seed=1)
    models = PpoModels(GPT(small(), seed=2, trainable=False), scorer(3), scorer(7))
    rollouts = rollouts_of({"kl": 0.3, "unfinished_penalty": 0.7}, models, model)
    batch = rollouts.take()
    advantages, divergences = [], []
    for one in rollouts.rollouts:
        ids = numpy.array([one.prompt + one.ids], numpy.int32)
        start, R = len(one.prompt) - 1, len(one.ids)
        outputs = [
            GPT.score(frozen, ids[:, :-1].copy(), ids[:, 1:].copy()).logprobs for frozen in (model, models.reference)
        ]
        logprobs, reference = (out[0, start:] for out in outputs if out is not None)
        values = models.critic.score(ids, None, want=("values",)).values
        score = models.reward_model.score(ids, None, want=("values",)).values
        assert values is not None and score is not None
        expected = float(score[0, -1]) - 0.7 * (one.finish != "stop")
        assert one.reward == pytest.approx(expected, rel=1e-4, abs=1e-5)
        rewards = -0.3 * (logprobs - reference)
        rewards[-1] += expected
        found, returns = gae(rewards[None], values[:, start : start + R], numpy.ones((1, R)))
        assert one.values == pytest.approx(values[0, start : start + R].tolist(), rel=1e-4, abs=1e-5)
        assert one.returns == pytest.approx(returns[0].tolist(), rel=1e-4, abs=1e-4)
        advantages += found[0].tolist()
        divergences.append(float((logprobs - reference).sum()))
    learned = numpy.concatenate([one.token_advantages for one in rollouts.rollouts])
    whole = numpy.array(advantages)
    numpy.testing.assert_allclose(learned, (whole - whole.mean()) / whole.std(), rtol=1e-3, atol=1e-3)
    assert batch.metrics["kl"] == pytest.approx(numpy.mean(divergences), rel=1e-3, abs=1e-4)
    assert batch.metrics["reward"] == pytest.approx(numpy.mean([one.reward for one in rollouts.rollouts]))
    assert "gold_reward" not in batch.metrics


def test_each_epoch_goes_through_the_set_in_another_order() -> None:
    rollouts = rollouts_of({"prompts": 7, "updates": 6, "epochs": 3, "minibatches": 2, "micro_batches": 2})
    orders = []
    for _ in range(2):
        taken = [[rollouts.take() for _ in range(4)] for _ in range(3)]
        for epoch in taken:
            order = [
                int(n) for batch in epoch for n in batch.place.split(" of set")[0].removeprefix("samples ").split(",")
            ]
            assert sorted(order) == list(range(1, 8))
            orders.append(tuple(order))
            assert sum(batch.weight for batch in epoch) == sum(len(one.ids) for one in rollouts.rollouts)
    assert len(set(orders)) == 6


def test_rollouts_go_on_in_the_middle_of_a_set() -> None:
    models = [GPT(small(), seed=1), GPT(small(), seed=1)]
    first, second = (rollouts_of({"kl_target": 0.5}, model=model) for model in models)
    for _ in range(6):
        first.take()
    second.load_state(json.loads(json.dumps(first.state())))
    for _ in range(6):
        one, other = first.take(), second.take()
        assert one.place == other.place and (one.tokens == other.tokens).all()
        for name in ("token_advantages", "returns", "old_values", "old_logprobs"):
            assert (getattr(one, name) == getattr(other, name)).all()
    assert first.kl == second.kl != 0.05
    broken = {**first.state(), "kl": None}
    with pytest.raises(ValueError, match="place in the rollouts is damaged"):
        second.load_state(broken)


@pytest.mark.parametrize(("target", "grows"), [(1e-9, True), (1e9, False)])
def test_the_weight_of_the_divergence_is_moved_to_its_target(target: float, grows: bool) -> None:
    models = PpoModels(GPT(small(), seed=2, trainable=False), scorer(3), scorer(7))
    rollouts = rollouts_of({"kl": 0.1, "kl_target": target, "kl_horizon": 12.0}, models)
    rollouts.take()
    assert rollouts.kl == pytest.approx(0.1 * (1 + (0.2 if grows else -0.2) * 6 / 12))
    assert rollouts_of({"kl": 0.1}, models).kl == 0.1


def test_the_divergence_is_that_of_the_whole_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of answers of one token its expectation is KL(model, reference), which a small vocabulary lets one sum."""
    model, reference = GPT(small(), seed=1), GPT(small(), seed=2, trainable=False)
    for one in (model, reference):
        one.parameter_arena[:] *= 3
        one.touch()
    rollouts = rollouts_of(
        {"prompts": 40, "samples": 50, "max_new_tokens": 1}, PpoModels(reference, scorer(3), scorer(7)), model
    )
    found = rollouts.take().metrics["kl"]
    exact = []
    for prompt in {tuple(one.prompt) for one in rollouts.rollouts}:
        tokens = numpy.array([prompt], numpy.int32)
        p, q = (one.logits(tokens)[0, -1].astype(float) for one in (model, reference))
        p, q = (x - numpy.logaddexp.reduce(x) for x in (p, q))
        exact.append(float((numpy.exp(p) * (p - q)).sum()))
    assert found == pytest.approx(numpy.mean(exact), rel=0.1) and found > 0.05


def test_a_bandit_whose_optimum_is_known(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One token, one prompt, rewards by token: the best policy is reference exp(reward / kl), normalised."""
    arms = {ord("a"): 1.0, ord("b"): 0.5, ord("c"): -0.5}
    Path("prompts.jsonl").write_text(json.dumps({"prompt": "?"}) + "\n")

    def scores(model: GPT, answered: Any, show: Any = None) -> Any:
        return numpy.array([arms.get(ids[-1], 0.0) for ids in answered])

    for module in (ppo_rollouts, ppo_evaluation):
        monkeypatch.setattr(module, "scores_of", scores)
    kl = 0.15
    settings: dict[str, Any] = {"prompts": 1, "samples": 256, "max_new_tokens": 1, "unfinished_penalty": 0.0, "kl": kl}
    result = ppo(config(base, **settings, steps=240, lr=3e-3, epochs=2, minibatches=2, max_norm=None))
    prompt = numpy.array([render([{"role": "user", "content": "?"}], TOK, open_turn=True).ids], numpy.int32)

    def policy(model: GPT) -> Any:
        logits = model.logits(prompt)[0, -1].astype(float)
        return numpy.exp(logits - numpy.logaddexp.reduce(logits))

    assert result.checkpoint is not None
    best = policy(load(base, trainable=False))
    for arm, reward in arms.items():
        best[arm] *= math.exp(reward / kl)
    best /= best.sum()
    found = policy(load(result.checkpoint, trainable=False))
    assert best[ord("a")] > 0.3 and found[ord("a")] == pytest.approx(best[ord("a")], abs=0.1)
    assert found[ord("c")] < 0.01


def test_a_run_tells_how_it_goes(base: Path) -> None:
    result = ppo(config(base, reward="gold.py:reward", sample_every=4))
    steps = [line for line in lines() if "loss" in line]
    assert len(steps) == 8 and result.report is not None
    first = steps[0]
    for name in (
        "reward",
        "gold_reward",
        "kl",
        "kl_coefficient",
        "entropy",
        "explained_variance",
        "answer_tokens",
        "clipped",
        "value_clipped",
        "kl_to_old",
        "policy_loss",
        "value_loss",
        "critic_gradient_norm",
    ):
        assert math.isfinite(first[name]), name
    assert first["kl"] == pytest.approx(0, abs=1e-4) and first["clipped"] == 0 and first["kl_to_old"] < 1e-9
    assert "kl" in steps[4] and "kl" not in steps[1]  # a set is told of once
    evaluations = [line for line in lines() if "held_out_kl" in line]
    assert evaluations[0]["held_out_preferred"] == evaluations[0]["held_out_gold_preferred"] == 0.5
    assert evaluations[0]["held_out_kl"] == pytest.approx(0, abs=1e-4)
    assert evaluations[-1]["held_out_kl"] != 0
    assert any("(reward " in line["sample"] for line in lines() if "sample" in line)


def test_best_of_n_of_the_first_model_is_the_baseline(base: Path) -> None:
    """Of one answer it is the first model itself; it is made once."""
    settings: dict[str, Any] = {"evaluate_problems": 40, "best_of": 6, "reward": "gold.py:reward"}
    Path("held_out.jsonl").write_text("".join(json.dumps({"prompt": f"Tell {n}."}) + "\n" for n in range(40)))
    settings["validation_data"] = Path("held_out.jsonl")
    ppo(config(base, **{**settings, "steps": 1}))
    file = Path("runs/ppo/ppo_best_of_n.json")
    found = json.loads(file.read_text())
    assert (found["problems"], found["samples"]) == (40, 6) and 0 <= found["agreement"] <= 1
    best = {one["n"]: one for one in found["best_of"]}
    assert list(best) == [1, 2, 4, 6] and best[1]["kl"] == 0
    assert best[1]["preferred"] == pytest.approx(0.5, abs=0.15)
    assert best[1]["gold_preferred"] == pytest.approx(0.5, abs=0.15)
    assert best[6]["preferred"] > best[2]["preferred"] + 0.1 and best[6]["reward"] > best[1]["reward"]
    before = file.stat().st_mtime_ns
    ppo(PpoConfig(resume=True, steps=2, progress=False))
    assert file.stat().st_mtime_ns == before
    ppo(config(base, name="without", best_of=0, steps=1))
    ppo(config(base, name="unexamined", evaluate_problems=0, steps=1))
    assert not list(Path("runs").glob("[wu]*/*best_of_n.json"))


def test_it_is_pushed_on_from_where_it_has_ended(base: Path) -> None:
    """With the same critic, and the divergence still from the first model."""
    first = ppo(config(base, lr=1e-2))
    assert first.checkpoint is not None
    critic = first.checkpoint / "critic"
    then = {"model": first.run, "reference": base, "critic": critic, "steps": 1, "lr": 1e-9, "kl": 0.0}
    pushed = ppo(config(base, name="pushed", **then))
    start = next(line for line in lines("pushed") if "held_out_kl" in line)
    end = [line for line in lines() if "held_out_kl" in line][-1]
    for name in ("held_out_kl", "held_out_reward", "held_out_answer_tokens"):
        assert start[name] == pytest.approx(end[name], abs=1e-3)
    assert abs(end["held_out_kl"]) > 0.01
    assert pushed.checkpoint is not None
    arenas = [load(path).parameter_arena for path in (critic, pushed.checkpoint / "critic", Path("scorer"))]
    numpy.testing.assert_allclose(arenas[1], arenas[0], atol=1e-6)
    assert numpy.abs(arenas[0] - arenas[2]).max() > 1e-3


def test_nothing_of_it_knows_the_judge_of_the_run() -> None:
    code = "import pyllm.train.ppo, pyllm.train.reward, sys; sys.exit('pyllm.tasks.story_judge' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_resumed_is_straight_bit_for_bit(base: Path) -> None:
    settings: dict[str, Any] = {"kl_target": 1.0, "schedule": "constant"}
    straight = ppo(config(base, name="straight", **settings))
    ppo(config(base, name="resumed", **{**settings, "steps": 3}))
    Path("scorer").rename("gone")  # the run has its own copies
    base.rename("gone too")
    resumed = ppo(PpoConfig(name="resumed", resume=True, steps=8, progress=False))
    assert straight.checkpoint is not None and resumed.checkpoint is not None
    for folder in ("", "critic"):
        one, other = (load(result.checkpoint / folder).parameter_arena for result in (straight, resumed))
        assert (one == other).all()
    assert len([line for line in lines("resumed") if "loss" in line]) == 8


def test_explained_variance() -> None:
    returns = numpy.array([1.0, 2, 3, 4])
    assert explained_variance(returns, returns) == 1 and explained_variance(returns * 0, returns) == 0
    assert explained_variance(-returns, returns) == -3 and explained_variance(returns, returns * 0) == 0


def test_refusals(base: Path) -> None:
    GPT(small(), seed=1).save("headless")
    other = ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=300, context=CONTEXT, value_head=True)
    GPT(other, seed=1).save("other")
    for settings, message in (
        ({"reward_model": None}, "nothing scores the answers: give a reward_model"),
        (
            {"reward_model": Path("headless")},
            "headless has no value head: it is no reward model; `pyllm reward` trains",
        ),
        ({"reward_model": Path("other")}, "other has a vocab_size of 300, the model one of "),
        ({"reward_model": Path("nowhere")}, "/nowhere"),
        ({"reference": Path("other")}, "other has a vocab_size of 300, the model one of "),
        ({"reference": Path("nowhere")}, "/nowhere"),
        ({"critic": Path("headless")}, "headless has no value head: it is no reward model"),
        ({"best_of": -1}, "best_of must be at least 0, got -1"),
        ({"data": None}, "there is nothing to ask: give data, or the names of tasks"),
        ({"tasks": ("addition",)}, "data and tasks exclude each other"),
        ({"minibatches": 7}, "minibatches must be at most the answers of a set, 6, got 7"),
        ({"clip": 0.0}, "clip must be positive"),
        ({"lam": 1.5}, "lam must be from 0 to 1, got 1.5"),
        ({"kl": -1.0}, "kl must be at least 0, got -1.0"),
        ({"kl": 0.0, "kl_target": 1.0}, "kl_target moves the weight kl, which is 0"),
        ({"temperature": 0.0}, "temperature must be positive, got 0.0"),
    ):
        with pytest.raises((ValueError, OSError)) as caught:
            ppo(config(base, **settings))
        assert message in str(caught.value)
        assert not (Path("runs") / "ppo").exists()


def test_a_judge_that_raises(base: Path) -> None:
    Path("gold.py").write_text("def reward(prompts, completions):\n    raise KeyError('colour')\n")
    with pytest.raises(ValueError, match=r"the reward function gold\.py:reward raised KeyError: 'colour', on prompt"):
        ppo(config(base, reward="gold.py:reward"))


def test_the_command(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tuning_commands.ppo(config(base, steps=2))
    assert "Mean score of answers to held-out prompts: " in capsys.readouterr().out
