"""Preferences from a judge: the best is preferred to the worst, labels are flipped as often as asked."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from token_files import byte_tokenizer

from pyllm import SPECIAL_TOKENS, tuning_commands
from pyllm.model import GPT, ModelConfig
from pyllm.tasks.files import load_preferences
from pyllm.train import JudgeConfig, judge
from pyllm.train.judged_preferences import PROMPTS_AT_ONCE

TOK = byte_tokenizer(*SPECIAL_TOKENS)
CONTEXT = 48
JUDGE = "def reward(prompts, completions):\n    return [float(sum(map(ord, one)) % 97) for one in completions]\n"
OUT = Path("out/pairs.jsonl")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Judges a model's answers of up to 6 tokens; returns the pairs."""
    monkeypatch.chdir(tmp_path)
    cfg = ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=TOK.vocab_size, context=CONTEXT)
    GPT(cfg, seed=1).save(Path("base"))
    TOK.save(Path("base/tokenizer.json"))
    Path("prompts.jsonl").write_text("".join(json.dumps({"prompt": f"Say {n}."}) + "\n" for n in range(70)))
    Path("judge.py").write_text(JUDGE)

    def run(**settings: Any) -> list[dict[str, Any]]:
        given = {"data": Path("prompts.jsonl"), "reward": "judge.py:reward", "max_new_tokens": 6, "progress": False}
        judge(JudgeConfig(**{"model": Path("base"), "out": OUT, **given, **settings}))
        return pairs()

    return run


def worth(text: str) -> int:
    return sum(map(ord, text)) % 97


def pairs(path: Path = OUT) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_best_is_preferred_to_the_worst(call: Callable[..., list[dict[str, Any]]]) -> None:
    found = call()
    assert 60 < len(found) <= 70 and len({one["prompt"] for one in found}) == len(found)
    for one in found:
        assert one["chosen_reward"] == worth(one["chosen"]) > worth(one["rejected"]) == one["rejected_reward"]
        assert not one["flipped"]
    assert [(one.chosen, one.rejected) for one in load_preferences(OUT)] == [
        (one["chosen"], one["rejected"]) for one in found
    ]
    call(out=Path("again.jsonl"))
    assert pairs(Path("again.jsonl")) == found
    assert len(call(out=Path("few.jsonl"), prompts=5, samples=2) or pairs(Path("few.jsonl"))) > 0
    assert len(pairs(Path("few.jsonl"))) <= 5


def test_several_pairs_of_a_prompt_are_those_that_differ_most(call: Callable[..., list[dict[str, Any]]]) -> None:
    best = {one["prompt"]: one for one in call()}
    everything: dict[str, list[dict[str, Any]]] = {}
    call(out=Path("all.jsonl"), pairs=99)
    for one in pairs(Path("all.jsonl")):
        everything.setdefault(one["prompt"], []).append(one)
    call(out=Path("three.jsonl"), pairs=3)
    three = pairs(Path("three.jsonl"))
    assert sum(min(3, len(some)) for some in everything.values()) == len(three) > 2 * len(best)
    for prompt, some in everything.items():
        assert len(some) <= 6 and some[0] == best[prompt]
        gaps = [one["chosen_reward"] - one["rejected_reward"] for one in some]
        assert gaps == sorted(gaps, reverse=True) and gaps[-1] > 0
        assert [one for one in three if one["prompt"] == prompt] == some[:3]


def test_labels_are_flipped_as_often_as_asked(call: Callable[..., list[dict[str, Any]]]) -> None:
    straight = {one["prompt"]: one for one in call()}
    flipped = 0
    for seed in range(1, 4):
        out = Path(f"{seed}.jsonl")
        call(out=out, flipped=0.3, seed=seed)
        for one in pairs(out):
            assert (one["chosen_reward"] < one["rejected_reward"]) == one["flipped"]
            flipped += one["flipped"]
    assert 0.2 < flipped / (3 * len(straight)) < 0.4


def test_equal_answers_are_no_pair(
    call: Callable[..., list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("judge.py").write_text("def reward(prompts, completions):\n    return [1.0] * len(completions)\n")
    assert call() == []
    Path("long.jsonl").write_text(json.dumps({"prompt": "a" * 100}) + "\n")
    tuning_commands.judge(
        JudgeConfig(model=Path("base"), data=Path("long.jsonl"), reward="judge.py:reward", out=Path("long.out"))
    )
    assert "long.out: 0 pairs of 1 prompt (1 too long)\nNext: pyllm reward --data long.out\n" in capsys.readouterr().out


def test_a_judge_that_raises_loses_nothing(
    call: Callable[..., list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("judge.py").write_text(JUDGE.replace("return", f"assert 'Say {PROMPTS_AT_ONCE}.' not in prompts\n    return"))
    # Prompts are shuffled: that one comes in one of three blocks.
    with pytest.raises(ValueError, match=r"judge\.py:reward raised AssertionError, on prompt .*Say 32"):
        call(prompts=70, seed=next(seed for seed in range(9) if comes_late(seed)))
    kept = len(pairs())
    assert kept > 0
    assert f"out/pairs.jsonl keeps {kept} pairs of " in capsys.readouterr().err


def comes_late(seed: int) -> bool:
    from pyllm.data.loader import permuted

    return [permuted(place, 70, seed, 0) for place in range(70)].index(PROMPTS_AT_ONCE) >= PROMPTS_AT_ONCE


def test_tasks_judge_themselves(call: Callable[..., list[dict[str, Any]]]) -> None:
    with pytest.raises(ValueError, match="tasks have their own rewards: a reward goes with data"):
        call(data=None, tasks=("addition",))
    call(data=None, tasks=("spelling",), reward=None, prompts=3)
    assert OUT.exists()


def test_refusals(call: Callable[..., list[dict[str, Any]]]) -> None:
    for settings, message in (
        ({"data": None}, "give either data, a file of prompts, or the names of tasks"),
        ({"tasks": ("addition",)}, "give either data, a file of prompts, or the names of tasks"),
        ({"reward": None}, "data need a judge: give a reward"),
        ({"samples": 1}, "samples must be at least 2, one to be preferred to another one, got 1"),
        ({"flipped": 0.5}, "flipped must be at least 0 and below 1/2, got 0.5"),
        ({"temperature": 0.0}, "temperature must be positive, got 0.0"),
        ({"prompts": 0}, "prompts must be positive, got 0"),
        ({"model": Path("nowhere")}, "there is no folder nowhere"),
        ({"data": Path("nowhere.jsonl")}, "there is no file nowhere.jsonl"),
    ):
        with pytest.raises((ValueError, OSError)) as caught:
            call(**settings)
        assert message in str(caught.value)
        assert not OUT.exists()
    call(prompts=2)
    with pytest.raises(FileExistsError, match=r"pairs\.jsonl is there already: give another name as out, or remove it"):
        call(prompts=2)
