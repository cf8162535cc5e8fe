"""Nothing that examinations ask for is shown to a model in fine-tuning or any practice, as what it is given really is.

Rows of pretraining's text, for replay, are left out: the encyclopedia tells of every country, and is meant to.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyllm import GPT, SPECIAL_TOKENS, Engine, ModelConfig, Tokenizer
from pyllm.chat import parse, text_of
from pyllm.data.miniweb.countries import BY_NAME
from pyllm.data.miniweb.held_out import is_held_out, operands_key
from pyllm.data.miniweb.speller_words import all_words
from pyllm.tasks.letters import letters_in
from pyllm.tasks.registry import TASKS
from pyllm.tasks.stories import story_key
from pyllm.train import recipe, rlhf
from pyllm.train.conversation_batches import ConversationBatch
from pyllm.train.grpo import advantages_of
from pyllm.train.grpo_config import practice_of, rollout_settings
from pyllm.train.mixture import weights_of
from pyllm.train.rlhf import story_practice
from pyllm.train.rollouts import Rollouts
from pyllm.train.sft_config import SftConfig
from pyllm.train.sft_data import SftData, read_data

CONTEXT = 1024
SEEDS = (0, 1, 2, 2**40)
HIDDEN = {country.name: country for country in BY_NAME.values() if country.held_out}
ADDITION = re.compile(r"(?<!\d)(\d{2,3}) \+ (\d{2,3})(?!\d)")
QUOTED = re.compile(r'"([a-z]+)"')
REQUEST = re.compile(r"story (?:about|with) an? (.+?)(?: named \w+)? and an? (.+?)(?: in it)?[.?]")
ABROAD = re.compile(rf"(?<!\w)(?:{'|'.join([*HIDDEN, *(country.capital for country in HIDDEN.values())])})(?!\w)")


@pytest.fixture(scope="module")
def tok() -> Tokenizer:
    rng = random.Random(0)
    texts = [problem.question + problem.solution for task in TASKS.values() for problem in task.problems(40, 0)]
    rng.shuffle(texts)
    return Tokenizer.train(iter(text.encode() for text in texts), 600, special_tokens=SPECIAL_TOKENS, progress=False)


def held_out_things(question: str, answer: str) -> set[str]:
    """What a question and an answer tell of that examinations ask for."""
    both = f"{question}\n{answer}"
    found = set(ABROAD.findall(both))
    sums = {operands_key(int(left), "+", int(right)) for left, right in ADDITION.findall(both)}
    found |= {key for key in sums if is_held_out("operands", key)}
    spelled = letters_in(answer)
    words = {*QUOTED.findall(question), spelled, spelled[::-1]} & set(all_words())
    found |= {word for word in words if is_held_out("word", word)}
    stories = {story_key(character, thing) for character, thing in REQUEST.findall(question)}
    return found | {key for key in stories if is_held_out("story", key)}


def said(ids: Sequence[int], tok: Tokenizer) -> tuple[str, str]:
    """A conversation's question and its answer; "" where it has none yet."""
    found = all_said(ids, tok)
    assert len(found) == 1
    return found[0]


def all_said(ids: Sequence[int], tok: Tokenizer) -> list[tuple[str, str]]:
    """A conversation's questions, each with its answer."""
    messages = [(message["role"], text_of(message["content"])) for message in parse(list(ids), tok)]
    assert [role for role, _ in messages] == (["user", "assistant"] * len(messages))[: len(messages)]
    texts = [text for _, text in messages] + [""] * (len(messages) % 2)
    return list(zip(texts[::2], texts[1::2], strict=True))


def conversations_of(batch: ConversationBatch) -> Iterator[list[int]]:
    """The ids of the conversations that a batch has packed into its rows."""
    for tokens, targets, segments in zip(batch.tokens, batch.targets, batch.segments, strict=True):
        for segment in range(segments[-1] + 1):
            places = segments == segment
            if (targets[places] >= 0).any():  # and not what is behind the last one
                yield [*tokens[places].tolist(), int(targets[places][-1])]


def data_of(tasks: tuple[str, ...], seed: int, tok: Tokenizer) -> tuple[SftConfig, SftData]:
    settings: dict[str, Any] = {"tasks": tasks, "seed": seed, "context": CONTEXT, "batch_size": 8, "replay_share": 0.0}
    config = replace(recipe.tuning((), 3, None, 1), **settings)
    return config, read_data(config, tok, CONTEXT, None)


@pytest.mark.parametrize("tasks", [recipe.TASKS, recipe.PRACTICE], ids=["sft", "imitation"])
def test_what_is_taught(tasks: tuple[str, ...], tok: Tokenizer) -> None:
    assert recipe.tuning((), 3, None, 1).tasks == recipe.TASKS
    seen: set[tuple[str, str]] = set()
    for seed in SEEDS:
        config, data = data_of(tasks, seed, tok)
        batches = data.batches(config)
        rows = [conversations_of(batches.take()) for _ in range(36)]
        found = [all_said(ids, tok) for row in rows for ids in row]
        assert sum(batches.mixture.taken) - len(found) == len(batches.packer.waiting)
        assert max(map(len, found)) == 3
        conversations = [one for together in found for one in together]
        assert min(batches.mixture.taken) > 10 and all(answer for _, answer in conversations)
        leaks = {thing for conversation in conversations for thing in held_out_things(*conversation)}
        assert not leaks
        seen |= set(conversations)
    assert len(seen) > 2000


def test_what_is_practised(tok: Tokenizer) -> None:
    cfg = ModelConfig(n_layer=1, n_head=1, n_embd=16, vocab_size=tok.vocab_size, context=64)
    engine = Engine(GPT(cfg), tok)
    asked: set[tuple[str, str]] = set()
    for seed in SEEDS:
        small = {"prompts": 400, "samples": 2, "max_new_tokens": 1, "micro_batches": 1}
        config = replace(recipe.practising(1), seed=seed, **small)
        settings, practice = rollout_settings(config), practice_of(config)
        rollouts = Rollouts(engine, tok, cfg, practice, settings, advantages_of(config), print)
        rollouts.take()
        asked |= {said(rollout.prompt, tok) for rollout in rollouts.rollouts}
    assert len(asked) > 1200 and all(ADDITION.search(question) for question, _ in asked)
    assert not {thing for conversation in asked for thing in held_out_things(*conversation)}


def test_what_preferences_and_ppo_ask(tok: Tokenizer, tmp_path: Path) -> None:
    cfg = ModelConfig(n_layer=1, n_head=1, n_embd=16, vocab_size=tok.vocab_size, context=64)
    GPT(cfg).save(tmp_path)
    tok.save(tmp_path / "tokenizer.json")
    for seed in SEEDS:
        practice = story_practice(tmp_path, seed, 128)
        asked = [practice.problem(index).question for index in range(rlhf.PROMPTS)]
        assert len(set(asked)) > 1000 and all(REQUEST.search(question) for question in asked)
        assert not {thing for question in asked for thing in held_out_things(question, "")}
        examined = practice.held_out(1000)
        assert len(examined) == 128
        assert all(held_out_things(problem.question, "") for problem in examined)


def test_every_held_out_problem_would_be_noticed(tok: Tokenizer) -> None:
    """In the conversations that training validates on, and in the problems of examinations and of practice's own."""
    _, data = data_of(recipe.TASKS, 5, tok)
    assert len(data.validation) >= 200
    for rendered in data.validation:
        assert held_out_things(*said(rendered.ids, tok)), said(rendered.ids, tok)
    for name in weights_of(recipe.TASKS):
        for problem in TASKS[name].problems(100, 3, held_out=True):
            assert held_out_things(problem.question, ""), problem
    for problem in practice_of(recipe.practising(1)).held_out(100):
        assert held_out_things(problem.question, ""), problem
