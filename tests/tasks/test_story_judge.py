"""The judge of stories likes what it says it likes, and is not fooled by what only looks like that."""

import math
from collections.abc import Sequence

import numpy
import pytest
from samples import PROSE, trained_on

from pyllm import GPT, SPECIAL_TOKENS, ModelConfig, Tokenizer
from pyllm.tasks.story_judge import BEST_WORDS, FEATURES, LEAST_FLUENCY, ODD_NATS, WEIGHTS, StoryJudge

ABOUT = {"character": "rabbit", "thing": "red kite", "name": "Ben"}
CONTEXT = 64


@pytest.fixture(scope="module")
def base() -> tuple[GPT, Tokenizer]:
    tok = trained_on([PROSE], 300, "cl100k", SPECIAL_TOKENS)
    cfg = ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=tok.vocab_size, context=CONTEXT)
    model = GPT(cfg, seed=1)
    model.parameter_arena[:] *= 3
    model.touch()
    return model, tok


@pytest.fixture(scope="module")
def judge(base: tuple[GPT, Tokenizer]) -> StoryJudge:
    return StoryJudge(*base)


def features(judge: StoryJudge, *stories: str, name: str = "Ben") -> list[dict[str, float]]:
    asked: dict[str, Sequence[str]] = {one: [value] * len(stories) for one, value in {**ABOUT, "name": name}.items()}
    return [dict(zip(FEATURES, row, strict=True)) for row in judge.features(stories, **asked).tolist()]


def test_the_topic_is_what_was_asked_for_in_the_story_itself(judge: StoryJudge) -> None:
    found = features(
        judge,
        "Ben the rabbit had two kites.",
        "Here is a story about a rabbit named Ben and a red kite.\nBen slept.",
        "A dog and its kitemaker sat with Benjamin.",
    )
    assert [one["on_topic"] for one in found] == pytest.approx([1, 1 / 3, 0])
    assert features(judge, "The rabbit has a kite.", name="")[0]["on_topic"] == 1


def test_fluency_is_the_base_models_mean_log_probability(judge: StoryJudge, base: tuple[GPT, Tokenizer]) -> None:
    model, tok = base
    stories = [PROSE[:60], "Ben. " * 200, "", "One day " + PROSE[10:35]]
    found = [one["fluency"] for one in features(judge, *stories)]
    for story, fluency in zip(stories, found, strict=True):
        ids = [tok.special_tokens["<|endoftext|>"], *tok.encode_ordinary(story.strip())][: CONTEXT + 1]
        if len(ids) == 1:
            assert fluency == LEAST_FLUENCY
            continue
        logits = model.logits(numpy.array([ids[:-1]], numpy.int32))[0].astype(float)
        nats = numpy.logaddexp.reduce(logits, axis=1) - logits[numpy.arange(len(ids) - 1), ids[1:]]
        assert fluency == pytest.approx(max(LEAST_FLUENCY, 1 - nats.mean() / ODD_NATS), abs=1e-4)


def test_many_stories_are_judged_as_each_alone(judge: StoryJudge) -> None:
    stories = [PROSE[begin : begin + 5 + 3 * begin % 90] for begin in range(70)]
    together = features(judge, *stories)
    for story, one in zip(stories[::13], together[::13], strict=True):
        assert features(judge, story)[0] == pytest.approx(one, abs=1e-5)


def test_length_and_ending(judge: StoryJudge) -> None:
    lengths = [0, 1, BEST_WORDS // 2, BEST_WORDS, BEST_WORDS * 3 // 2, BEST_WORDS * 5]
    found = [one["length"] for one in features(judge, *("cat " * count for count in lengths))]
    assert found == pytest.approx([0, 1 / BEST_WORDS, 0.5, 1, 0.5, 0])
    endings = {
        "He was happy, and glad, and laughed.": 1,
        "He was happy. " * 9: 1,
        "He was happy.": 1 / 3,
        "He was happy and glad, and laughed and smiled with joy.": 1,
        "He cried. He was sad and alone.": -1,
        "He was sad, then happy.": 0,
        "The end.": 0,
        "Happy, glad and laughing. " + "word " * 40: 0,  # that was long ago
    }
    found = [one["ending"] for one in features(judge, *endings)]
    assert found == pytest.approx(list(endings.values()))


def test_the_reward_is_the_weighted_sum(judge: StoryJudge) -> None:
    stories = ["Ben the rabbit was happy.", "A kite was lost."]
    columns = {name: [value] * 2 for name, value in ABOUT.items()}
    rewards = judge(["?"] * 2, stories, **columns)
    for reward, one in zip(rewards, features(judge, *stories), strict=True):
        assert reward == pytest.approx(sum(weight * one[name] for name, weight in zip(FEATURES, WEIGHTS, strict=True)))
        assert math.isfinite(reward)
