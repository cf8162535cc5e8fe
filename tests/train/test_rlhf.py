"""A run's preferences: who is asked what, which labels are wrong, what there is to learn from."""

import json
from pathlib import Path
from typing import Any

import pytest
from token_files import byte_tokenizer

from pyllm import GPT, SPECIAL_TOKENS, ModelConfig
from pyllm.tasks.stories import ASKED
from pyllm.tasks.story_judge import FEATURES
from pyllm.train import recipe
from pyllm.train.practice import RewardPractice
from pyllm.train.rlhf import HELD_OUT, TRAINING, answer_length, story_practice, write_preferences
from pyllm.train.run_folder import RunFolder

TOK = byte_tokenizer(*SPECIAL_TOKENS)
CONTEXT = 128


@pytest.fixture
def base(tmp_path: Path) -> Path:
    cfg = ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=TOK.vocab_size, context=CONTEXT)
    GPT(cfg, seed=1).save(tmp_path / "base")
    TOK.save(tmp_path / "base" / "tokenizer.json")
    return tmp_path / "base"


def pairs(folder: RunFolder, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder.preferences / name).read_text().splitlines()]


def test_labels_are_wrong_in_training_alone(base: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.make()
    model = GPT(ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=TOK.vocab_size, context=CONTEXT), seed=2)
    practice = story_practice(base, 3, held_out=9, prompts=40)
    write_preferences(folder, model, TOK, practice, 3, False)
    training, held_out = (pairs(folder, name) for name in (TRAINING, HELD_OUT))
    assert 40 < len(training) <= 40 * recipe.PAIRS and 9 < len(held_out) <= 9 * recipe.PAIRS
    for one in (*training, *held_out):
        assert (one["chosen_reward"] < one["rejected_reward"]) == one["flipped"]
    assert not any(one["flipped"] for one in held_out)
    assert 0.04 < sum(one["flipped"] for one in training) / len(training) < 0.3
    asked, examined = ({one["prompt"] for one in side} for side in (training, held_out))
    assert not asked & examined
    assert examined <= {problem.question for problem in practice.examination}
    again = RunFolder(tmp_path / "again")
    again.make()
    write_preferences(again, model, TOK, practice, 3, False)
    assert pairs(again, TRAINING) == training and pairs(again, HELD_OUT) == held_out


def test_the_judge_is_told_what_was_asked_for(base: Path) -> None:
    practice = story_practice(base, 0, held_out=2, prompts=5)
    problems = [practice.problem(index) for index in range(5)]
    for problem in problems:
        assert set(ASKED) <= set(problem.columns)
    told = [f"{one.columns['character']} {one.columns['thing']} {one.columns['name']}. Joy!" for one in problems]
    off_topic = ["A spaceship. Joy!"] * 5
    judged = [practice.judge(range(5), problems, texts) for texts in (told, off_topic)]
    for liked, not_so in zip(*judged, strict=True):
        assert liked.reward > not_so.reward
    assert len(FEATURES) >= 4
    assert story_practice(base, 1, 2, 5).problem(0) != problems[0]


def test_without_a_pair_it_says_what_can_be_done(base: Path, tmp_path: Path) -> None:
    practice = story_practice(base, 0, held_out=2, prompts=5)
    alike = RewardPractice(
        practice.problems, practice.examination, lambda prompts, completions, **_: [0.0] * len(prompts), "alike", 0
    )
    model = GPT(ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=TOK.vocab_size, context=CONTEXT), seed=2)
    folder = RunFolder(tmp_path / "run")
    folder.make()
    with pytest.raises(ValueError, match=r"^there is nothing to learn from: 0 pairs of 5 prompts \(5 without two .*"):
        write_preferences(folder, model, TOK, alike, 0, False)


def test_lengths() -> None:
    assert answer_length(64) == 63 and answer_length(4096) == 230
    assert [recipe.held_out_prompts(count) for count in (1, 10, 100, 10_000)] == [1, 2, 20, 128]
    assert recipe.DEFAULT.preference_prompts * recipe.PAIRS <= recipe.MOST_PAIRS == 2000
    ours, pushed = recipe.optimising(100, 8, 3, 230), recipe.pushing(100, 8, 3, 230)
    assert ours.kl > 0 == pushed.kl and pushed.steps == 40 and pushed.lr > ours.lr  # type: ignore[operator]
