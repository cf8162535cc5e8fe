"""What a model is taught from: shares, order, what is left out, what is held back."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from token_files import byte_tokenizer

from pyllm import SPECIAL_TOKENS
from pyllm.chat import Message, Rendered, parse, render
from pyllm.tasks import Problem, Task
from pyllm.train.mixture import (
    FileConversation,
    FilePart,
    Mixture,
    Renderer,
    TaskPart,
    held_back,
    usable,
    weights_of,
)
from pyllm.train.packing import Key

TOKENIZER = byte_tokenizer(*SPECIAL_TOKENS)


class Echo(Task):
    """Asked for a number, the answer is the number; the held-out ones are negative."""

    name = "echo"
    max_new_tokens = 8

    def __init__(self, length: int = 0) -> None:
        self.length = length

    def problem(self, rng: random.Random, held_out: bool = False) -> Problem:
        number = str((-1 if held_out else 1) * rng.randrange(1, 10**6))
        return Problem(({"role": "user", "content": "x" * self.length + number},), number)

    def reward(self, problem: Problem, completion: str) -> float:
        return float(problem.solution == completion)

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        return completion.isdecimal()


def said(number: int | str) -> list[Message]:
    return [{"role": "user", "content": f"say {number}"}, {"role": "assistant", "content": f"{number}"}]


def listed(count: int) -> list[FileConversation]:
    return [FileConversation(said(one), render(said(one), TOKENIZER), f"conversation {one}") for one in range(count)]


def text(rendered: Rendered) -> str:
    content: str = parse(rendered.ids, TOKENIZER)[-1]["content"]
    return content


def test_parts_come_by_their_weights() -> None:
    renderer = Renderer(TOKENIZER, 100)
    parts = [(TaskPart(Echo(), renderer, 0), 2.0), (FilePart(listed(50), 0), 1.0), (TaskPart(Echo(), renderer, 1), 1.0)]
    mixture = Mixture(parts, 7)
    keys = [mixture.draw()[0] for _ in range(2000)]
    shares = [sum(key.part == part for key in keys) / 2000 for part in range(3)]
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.04) and sum(mixture.taken) == 2000
    for part in range(3):
        numbers = [key.number for key in keys if key.part == part]
        assert numbers == list(range(len(numbers)))
    assert mixture.place(Key(0, 4)) == "problem 4 of echo"
    other = [Mixture(parts, 8).draw()[0] for _ in range(1)] + [Mixture(parts, 7).draw()[0]]
    assert other[1] == keys[0] and [key.part for key in keys[:20]] != sorted(key.part for key in keys[:20])


def test_conversations_of_files_come_once_an_epoch_each_time_in_another_order() -> None:
    part = FilePart(listed(20), seed=3)
    epochs = [[text(part.rendered(epoch * 20 + number)) for number in range(20)] for epoch in range(3)]
    assert all(sorted(epoch, key=int) == [str(number) for number in range(20)] for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != [str(number) for number in range(20)]
    assert part.place(0) == f"conversation {epochs[0][0]}"


def test_problems_are_a_function_of_the_seed_and_their_number() -> None:
    renderer = Renderer(TOKENIZER, 100)
    one, other, held_out = (
        TaskPart(Echo(), renderer, 0),
        TaskPart(Echo(), renderer, 1),
        TaskPart(Echo(), renderer, 0, True),
    )
    assert one.rendered(5) == TaskPart(Echo(), renderer, 0).rendered(5)
    assert len({text(part.rendered(number)) for part in (one, other) for number in range(50)}) == 100  # type: ignore[arg-type]
    assert text(held_out.rendered(0)).startswith("-")  # type: ignore[arg-type]


def test_some_conversations_go_on_to_another_question() -> None:
    one, two = Echo(), Echo(length=3)
    two.name = "other"  # type: ignore[misc]
    part = TaskPart(one, Renderer(TOKENIZER, 1000), 0, follow_up_share=0.3, others=[(one, 1.0), (two, 3.0)])
    plain = TaskPart(one, Renderer(TOKENIZER, 1000), 0)
    conversations = [part.messages(index) for index in range(2000)]
    assert [messages[-2:] for messages in conversations] == [plain.messages(index) for index in range(2000)]
    counts = [len(messages) // 2 for messages in conversations]
    assert [counts.count(number) / 2000 for number in range(1, 5)] == pytest.approx([0.7, 0.15, 0.15, 0], abs=0.03)
    before = [message["content"] for messages in conversations for message in messages[:-2:2]]
    assert sum(question.startswith("xxx") for question in before) / len(before) == pytest.approx(0.75, abs=0.06)
    assert all("-" not in question for question in before) and len(set(before)) > 0.99 * len(before)
    held_out = TaskPart(one, Renderer(TOKENIZER, 1000), 0, True, 1.0, [(two, 1.0)])
    assert all(message["content"].lstrip("x")[0] == "-" for message in held_out.messages(0))
    rendered = part.rendered(counts.index(3))
    assert rendered is not None and len(parse(rendered.ids, TOKENIZER)) == 6
    short = TaskPart(one, Renderer(TOKENIZER, 22), 0, False, 1.0, [(two, 1.0)])  # room for the last one alone
    assert parse(short.rendered(0).ids, TOKENIZER) == short.messages(0)[-2:]  # type: ignore[union-attr]
    assert len({str(other.identity) for other in (part, plain, short)}) == 3


def test_a_mixture_goes_on_where_it_was() -> None:
    def fresh(count: int = 30, seed: int = 7, weight: float = 1.0) -> Mixture:
        return Mixture(
            [(TaskPart(Echo(), Renderer(TOKENIZER, 100), 0), weight), (FilePart(listed(count), 0), 1.0)], seed
        )

    straight = fresh()
    drawn = [straight.draw() for _ in range(50)]
    first, second = fresh(), fresh()
    assert [first.draw() for _ in range(20)] == drawn[:20]
    second.load_state(first.state())
    assert [second.draw() for _ in range(30)] == drawn[20:] and second.rendered(drawn[3][0]) == drawn[3][1]
    with pytest.raises(IndexError):
        fresh().rendered(Key(0, 0))
    for other, name in ((fresh(31), "parts"), (fresh(seed=8), "seed"), (fresh(weight=2.0), "weights")):
        with pytest.raises(ValueError, match=rf"^the data are not those of the checkpoint: {name} is "):
            other.load_state(first.state())
    changed = Mixture(
        [(TaskPart(Echo(), Renderer(TOKENIZER, 100), 0), 1.0), (FilePart([*listed(29), *listed(1)], 0), 1.0)], 7
    )
    with pytest.raises(ValueError, match="parts is "):
        changed.load_state(first.state())
    with pytest.raises(ValueError, match="damaged: 21 draws"):
        fresh().load_state({**first.state(), "draws": 21})


def test_a_conversation_that_is_too_long_loses_whole_turns_or_is_left_out() -> None:
    system = {"role": "system", "content": "be kind"}
    turns = [message for number in range(8) for message in said(number)]
    whole = render([system, *turns], TOKENIZER)
    rendered = Renderer(TOKENIZER, len(whole.ids) - 2)([system, *turns])
    assert rendered is not None and parse(rendered.ids, TOKENIZER) == [system, *turns[2:]]
    assert Renderer(TOKENIZER, len(whole.ids) - 1)([system, *turns]) == whole  # its last id takes no place
    assert Renderer(TOKENIZER, 10)([system, *turns]) is None
    assert Renderer(TOKENIZER, 99)([{"role": "user", "content": "nobody answers"}]) is None


def test_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    long = [{"role": "user", "content": "x" * 200}, *said("y")[1:]]

    def load(path: Path) -> Sequence[Sequence[Message]]:
        return [said(1), long, said(2), long] if path.name == "good" else [long]

    with pytest.warns(
        UserWarning, match=r"^good: 2 of 4 conversations are left out, the first of them number 2: too long"
    ):
        found = usable([Path("good")], load, Renderer(TOKENIZER, 60))
    assert [one.place for one in found] == ["conversation 1 of good", "conversation 3 of good"]
    with pytest.raises(ValueError, match=r"^bad holds no conversation to train on: all 1 are too long for a row of 60"):
        usable([Path("bad")], load, Renderer(TOKENIZER, 60))
    with pytest.raises(
        ValueError, match=r"^1000 conversations in a row, the last of them problem 999 of echo, do not fit"
    ):
        Mixture([(TaskPart(Echo(100), Renderer(TOKENIZER, 60), 0), 1.0)], 0).draw()


def test_the_same_conversation_is_never_on_both_sides() -> None:
    some = listed(100)
    training, validation = held_back([*some, *some[::-1]], 0.1)
    assert len(validation) == 20 and len(training) == 180
    assert not {one.place for one in training} & {one.place for one in validation}
    again = held_back(some[::-1], 0.1)[1]
    assert {one.place for one in again} == {one.place for one in validation}
    assert held_back(some, 0.0) == (some, []) and held_back(some[:1], 0.5) == (some[:1], [])
    assert [len(side) for side in held_back(some[:2], 0.01)] == [1, 1]


def test_weights() -> None:
    assert weights_of(["addition=2", "facts", "spelling=0.5"]) == {"addition": 2.0, "facts": 1.0, "spelling": 0.5}
    for bad, message in (
        (["chess"], "there is no task 'chess'; "),
        (["facts", "facts=2"], "the task facts is named twice"),
        (["facts=much"], "the weight of the task facts must be a positive number, got 'much'"),
        (["facts=0"], "must be a positive number, got '0'"),
        (["facts=inf"], "must be a positive number, got 'inf'"),
    ):
        with pytest.raises(ValueError, match=message):
            weights_of(bad)
