"""The store of labels: what was told is there when it is opened again, and what is made of it to train with."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyllm.label import LabelStore, parse_ranking
from pyllm.tasks.files import load_conversations, load_preferences

THINKING = [{"type": "think", "text": "hm"}, {"type": "text", "text": "two"}]


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "labels.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[LabelStore]:
    with LabelStore(path) as one:
        yield one


def test_all_that_was_told_is_there_when_it_is_opened_again(path: Path) -> None:
    with LabelStore(path) as store:
        talk = [*asked("a"), {"role": "assistant", "content": THINKING}, *asked("b")]
        assert store.add_prompts([asked("one"), talk, asked("one"), asked("ü\ud800")]) == 3
        store.add_samples(1, ["x", "y", THINKING, "x"], "model")
        first, second, third = (sample.id for sample in store.prompt(1).samples)
        store.rank(1, [[second], [first, third]])
        store.answer(2, "written")
        store.answer(2, "written again \udc00")
        store.skip(3)
    with LabelStore(path) as store:
        assert store.add_prompts([asked("one")]) == 0
        one, two, three = (store.prompt(id) for id in (1, 2, 3))
        assert [(sample.content, sample.rank) for sample in one.samples] == [("x", 2), ("y", 1), (THINKING, 2)]
        assert (one.answer, one.skipped) == (None, False)
        assert two.messages == talk
        assert two.answer == "written again \ufffd"
        assert three.skipped
        assert store.counts() == (3, 1, 1, 1, 0)
        assert store.next_open() is None


def test_the_next_prompt_is_the_first_about_which_nothing_was_said(store: LabelStore) -> None:
    assert store.next_open() is None
    store.add_prompts(map(asked, "abcd"))
    store.add_samples(1, ["x", "y"], "model")
    assert store.next_open() == 1  # samples alone say nothing
    store.skip(1)
    store.answer(2, "b")
    assert store.next_open() == 3
    assert store.next_open(3) == 4
    assert store.next_open(4) is None
    assert (store.before(3), store.before(1)) == (2, None)
    assert store.counts() == (4, 1, 0, 1, 2)
    store.add_samples(4, ["x", "y"], "model")
    x, y = (sample.id for sample in store.prompt(4).samples)
    store.rank(4, [[x], [y]])
    assert store.next_open(3) is None
    store.rank(4, [])
    assert store.next_open(3) == 4


def test_what_is_made_of_it(store: LabelStore, tmp_path: Path) -> None:
    system = [{"role": "system", "content": "Be kind."}, *asked("two")]
    store.add_prompts([asked("one"), system, asked("three"), asked("four")])
    for prompt in (1, 2, 4):
        store.add_samples(prompt, ["w", "x", "y", THINKING], "model")
    w, x, y, _ = (sample.id for sample in store.prompt(1).samples)
    store.rank(1, [[y], [w, x]])
    store.answer(1, "mended", w)
    thinking = store.prompt(2).samples[3].id
    store.answer(2, THINKING, thinking)  # taken as it is: no preference
    store.answer(3, "written\n")
    store.skip(4)
    paths = store.export(tmp_path)
    assert paths == {tmp_path / "conversations.jsonl": 3, tmp_path / "preferences.jsonl": 3}
    records = {path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in paths}
    assert records["conversations"] == [
        {"messages": [*asked("one"), {"role": "assistant", "content": "mended"}]},
        {"messages": [*system, {"role": "assistant", "content": THINKING}]},
        {"messages": [*asked("three"), {"role": "assistant", "content": "written\n"}]},
    ]
    assert records["preferences"] == [
        {"prompt": "one", "chosen": "mended", "rejected": "w"},
        {"prompt": "one", "chosen": "y", "rejected": "w"},
        {"prompt": "one", "chosen": "y", "rejected": "x"},
    ]
    assert load_conversations(tmp_path / "conversations.jsonl") == [one["messages"] for one in records["conversations"]]
    pairs = load_preferences(tmp_path / "preferences.jsonl")
    assert [(pair.messages, pair.chosen, pair.rejected) for pair in pairs] == [
        (asked("one"), record["chosen"], record["rejected"]) for record in records["preferences"]
    ]


def test_preferences_about_conversations_and_thoughts(store: LabelStore, tmp_path: Path) -> None:
    system = [{"role": "system", "content": "Be kind."}, *asked("two")]
    store.add_prompts([system])
    store.add_samples(1, ["two", "three", THINKING], "model")
    two, three, thinking = (sample.id for sample in store.prompt(1).samples)
    store.rank(1, [[thinking], [two], [three]])  # "two" with a thought and without: no difference that can be told
    assert list(store.preferences()) == [{"prompt": system, "chosen": "two", "rejected": "three"}]
    store.export(tmp_path)
    assert load_preferences(tmp_path / "preferences.jsonl")[0].messages == system


def test_of_equals_none_is_preferred(store: LabelStore) -> None:
    store.add_prompts([asked("a")])
    store.add_samples(1, list("wxyz"), "model")
    w, x, y, z = (sample.id for sample in store.prompt(1).samples)
    store.rank(1, [[z, w], [x]])  # y is not ranked
    assert [(pair["chosen"], pair["rejected"]) for pair in store.preferences()] == [("w", "x"), ("z", "x")]
    store.rank(1, [[w, x, y, z]])
    assert list(store.preferences()) == []
    store.rank(1, [[w], [x], [y], [z]])
    assert len(list(store.preferences())) == 6


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "prompt 2: a conversation must have a message"),
        ([{"role": "bot", "content": "a"}], "prompt 2: message 1 has the role 'bot'"),
        ([*asked("a"), {"role": "assistant", "content": "b"}], "prompt 2 ends with the assistant's turn"),
    ],
)
def test_a_prompt_that_is_none(store: LabelStore, messages: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        store.add_prompts([asked("a"), messages])
    assert store.counts().prompts == 0


def test_a_process_that_is_killed_has_lost_nothing(path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from pyllm.label import LabelStore
store = LabelStore(Path({str(path)!r}))
store.add_prompts([[{{"role": "user", "content": text}}] for text in "abc"])
store.add_samples(1, ["x", "y"], "model")
store.rank(1, [[2], [1]])
store.answer(2, "written")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == -9
    with LabelStore(path) as store:
        assert store.counts() == (3, 1, 1, 0, 1)
        assert [pair["chosen"] for pair in store.preferences()] == ["y"]


def test_files_that_hold_no_labels(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to be taken for one" * 20)
    with pytest.raises(ValueError, match=r"labels.sqlite is damaged, or no file of labels"):
        LabelStore(path)
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE prompts (id INTEGER)")
    other.close()
    with pytest.raises(ValueError, match=r"labels.sqlite is a database of another program"):
        LabelStore(path)
    with pytest.raises(OSError, match="cannot be opened"):
        LabelStore(path.parent / "none" / "labels.sqlite")


def test_a_file_that_is_damaged_later(path: Path) -> None:
    with LabelStore(path) as store:
        store.add_prompts(asked("long " * 100 + str(number)) for number in range(300))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"labels.sqlite is damaged"), LabelStore(path) as store:
        store.prompt(200)


# What a person types to rank


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("2 > 1 = 3", [[2], [1, 3]]),
        ("2 1 3 4", [[2], [1], [3], [4]]),
        ("2>1", [[2], [1]]),
        (" 4,3 , 2=1 ", [[4], [3], [2, 1]]),
        ("1=2=3=4", [[1, 2, 3, 4]]),
    ],
)
def test_a_ranking(text: str, groups: list[list[int]]) -> None:
    assert parse_ranking(text, 4) == groups


@given(order=st.permutations([1, 2, 3, 4]), marks=st.lists(st.sampled_from([" > ", ">", " ", ", "]), min_size=3))
def test_any_order(order: list[int], marks: list[str]) -> None:
    text = str(order[0]) + "".join(mark + str(number) for mark, number in zip(marks, order[1:], strict=False))
    assert parse_ranking(text, 4) == [[number] for number in order]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1", "no ranking: expected one such as 2 > 1 = 3"),
        ("", "no ranking"),
        ("1 > > 2", "no ranking"),
        ("1 < 2", "no ranking"),
        ("1 > ", "no ranking"),
        ("a > b", "no ranking"),
        ("1 > 5", "there is no answer 5: they are numbered from 1 to 4"),
        ("0 1", "there is no answer 0"),
        ("1 > 2 > 1", "answer 1 stands twice"),
        ("2 = 2", "answer 2 stands twice"),
    ],
)
def test_what_is_no_ranking(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_ranking(text, 4)
