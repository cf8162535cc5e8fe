"""Files of users: every format, what is wrong in them, and real ones where they are at hand."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyllm.chat import check_messages
from pyllm.tasks import records
from pyllm.tasks.files import Preference, load_conversations, load_preferences, load_problems

REAL = Path(__file__).parents[3] / "shared" / "data"
LOADERS = (load_conversations, load_problems, load_preferences)
USER = {"role": "user", "content": "Hi"}
ASSISTANT = {"role": "assistant", "content": "Hello."}


def lines(path: Path, *values: object) -> Path:
    path.write_text("".join((value if isinstance(value, str) else json.dumps(value)) + "\n" for value in values))
    return path


@pytest.fixture
def told() -> list[str]:
    return []


def test_conversations_of_every_format(tmp_path, told):
    path = lines(
        tmp_path / "a.jsonl",
        {"messages": [{**USER, "extra": 1}, ASSISTANT], "id": 7},
        {"instruction": "Double it.", "input": "4", "output": "8"},
        {"instruction": "Say hi.", "input": "", "output": "Hi"},
        {"question": "How many?", "answer": "2 + 2 = <<2+2=4>>4\n#### 4"},
        {"prompt": "Hi", "completion": "Hello."},
        {"prompt": [USER], "completion": [ASSISTANT]},
        {"prompt": "Hi", "chosen": "Hello.", "rejected": "Go away."},
    )
    asked = [("Hi", "Hello."), ("Double it.\n\n4", "8"), ("Say hi.", "Hi"), ("How many?", "2 + 2 = 4\n#### 4")]
    asked += [("Hi", "Hello.")] * 3
    expected = [[{"role": "user", "content": a}, {"role": "assistant", "content": b}] for a, b in asked]
    assert load_conversations(path, told.append) == expected
    assert told == []


def test_problems_of_every_format(tmp_path, told):
    path = lines(
        tmp_path / "a.jsonl",
        {"prompt": "Hi", "level": 3},
        {"prompt": [USER, ASSISTANT, USER], "solution": "Yes.", "answer": "yes"},
        {"messages": [USER, ASSISTANT]},
        {"question": "How many?", "answer": "2 + 2 = <<2+2=4>>4\n#### 4"},
        {"instruction": "Say hi.", "input": "", "output": "Hi"},
    )
    problems = load_problems(path, told.append)
    assert [problem.question for problem in problems] == ["Hi", "Hi", "Hi", "How many?", "Say hi."]
    assert [problem.solution for problem in problems] == ["", "Yes.", "Hello.", "2 + 2 = 4\n#### 4", "Hi"]
    columns = [{"level": 3}, {"solution": "Yes.", "answer": "yes"}, {}, {"answer": "4"}, {"output": "Hi"}]
    assert [problem.columns for problem in problems] == columns
    assert len(problems[1].messages) == 3


def test_preferences_of_every_format(tmp_path, told):
    start = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Hi\n\nAssistant:"
    path = lines(
        tmp_path / "a.jsonl",
        {"prompt": "Hi", "chosen": "Hello.", "rejected": "Go away."},
        {"prompt": [USER], "chosen": [ASSISTANT], "rejected": [{**ASSISTANT, "content": "Go away."}]},
        {"prompt": "Hi", "chosen": [USER, ASSISTANT], "rejected": [USER, {**ASSISTANT, "content": "Go away."}]},
        {"instruction": "Hi", "input": "", "output": "Hello.", "chosen": "Hello.", "rejected": "Go away."},
        {"chosen": f"{start} Hello.", "rejected": f"{start} Go away."},
        {"prompt": start, "chosen": " Hello.", "rejected": " Go away."},
    )
    short = Preference([USER], "Hello.", "Go away.")
    long = Preference([USER, ASSISTANT, USER], "Hello.", "Go away.")
    assert load_preferences(path, told.append)[:5] == [short, short, short, short, long]
    assert load_preferences(path, told.append)[5] == Preference([USER, ASSISTANT, USER], " Hello.", " Go away.")
    assert told == []


@pytest.mark.parametrize("write", [Path.write_bytes, lambda path, data: path.write_bytes(gzip.compress(data))])
def test_a_list_is_read_as_lines_are_compressed_or_not(tmp_path, told, write):
    values = [{"messages": [USER, ASSISTANT]}, {"instruction": "Hi", "output": "Hello."}]
    contents = [
        json.dumps(values),
        json.dumps(values, indent=4),
        "\ufeff" + json.dumps(values),
        "\n\n".join(map(json.dumps, values)),
        "\r\n".join(map(json.dumps, values)) + "\r\n",
    ]
    for content in contents:
        write(tmp_path / "a", content.encode())
        assert load_conversations(tmp_path / "a", told.append) == [[USER, ASSISTANT]] * 2
    assert told == []


def test_bad_lines_are_counted_and_the_first_is_named(tmp_path, told):
    good = {"messages": [USER, ASSISTANT]}
    bad = [
        ({"messages": [USER, ASSISTANT, ASSISTANT]}, "message 3 is the assistant's, and so is the one before it"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "message 1 has the role 'robot'"),
        ({"messages": []}, "a conversation must have a message"),
        ({"messages": "Hi"}, "a conversation must be a list of messages, got str"),
        ({"messages": [USER]}, "the assistant says nothing in it"),
        ({"messages": [None]}, "message 1 must be an object"),
        ({"text": "Hi", "id": 3}, "it has none of messages, prompt, instruction and question; its columns are 'text'"),
        ({"prompt": "Hi"}, "it has no answer to its prompt; its columns are 'prompt'"),
        ({"prompt": "  ", "completion": "x"}, "its prompt is empty"),
        ({"prompt": 3, "completion": "x"}, "its prompt is a JSON int, not a text"),
        ({"prompt": [USER, ASSISTANT], "completion": "x"}, "there is no message to answer before the assistant's last"),
        ({"instruction": "x", "output": None}, "its output is a JSON NoneType, not a text"),
        ("[1, 2]", "it is a JSON list, not an object"),
        ("null", "it is a JSON NoneType, not an object"),
        ("{", "it is not JSON: "),
        ("[" * 100_000, "it is not JSON: "),
        ('{"a": ' + "9" * 5000 + "}", "it is not JSON: "),
    ]
    for value, reason in bad:
        assert load_conversations(lines(tmp_path / "a.jsonl", good, value, good, value), told.append) == [
            [USER, ASSISTANT],
            [USER, ASSISTANT],
        ]
        assert told.pop().startswith(f"{tmp_path}/a.jsonl: 2 of 4 records were skipped; line 2: {reason}")
        with pytest.raises(ValueError, match=r"a.jsonl has no record that can be used, expected conversations"):
            load_conversations(lines(tmp_path / "a.jsonl", value), told.append)
        assert told == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"prompt": "Hi", "chosen": "a"}, "it has no 'rejected'; its columns are 'prompt', 'chosen'"),
        ({"prompt": "Hi", "chosen": "a", "rejected": "a"}, "what is chosen and what is rejected are the same"),
        ({"prompt": "Hi", "chosen": "a", "rejected": " "}, "its rejected answer is empty"),
        ({"prompt": "Hi", "chosen": [USER], "rejected": "b"}, "its chosen conversation does not end with the assi"),
        ({"chosen": "a", "rejected": "b"}, "it has none of messages, prompt"),
        (
            {"chosen": "\n\nHuman: x\n\nAssistant: a", "rejected": "\n\nHuman: y\n\nAssistant: b"},
            "what is chosen and what is rejected differ before their last answer",
        ),
        (
            {"chosen": "\n\nHuman: x\n\nAssistant: a\n\nAssistant: b", "rejected": "\n\nHuman: y\n\nAssistant: b"},
            "message 3 is the assistant's",
        ),
        ({"chosen": "\n\nAssistant: a", "rejected": "\n\nAssistant: b"}, "it has none of messages, prompt"),
    ],
)
def test_bad_preferences(tmp_path, told, value, reason):
    good = {"prompt": "Hi", "chosen": "Hello.", "rejected": "Go away."}
    assert len(load_preferences(lines(tmp_path / "a.jsonl", good, value), told.append)) == 1
    assert told[0].startswith(f"{tmp_path}/a.jsonl: 1 of 2 records was skipped; line 2: {reason}")


def test_columns_that_reward_functions_cannot_take(tmp_path, told):
    path = lines(tmp_path / "a.jsonl", {"prompt": "Hi"}, {"prompt": "Hi", "completions": 3})
    assert len(load_problems(path, told.append)) == 1
    assert "its column 'completions' has a name that reward functions need" in told[0]


def test_text_that_cannot_be_encoded_is_mended(tmp_path, told):
    path = lines(tmp_path / "a.jsonl", '{"prompt": "\\ud800", "completion": "a\\udfff"}')
    assert [message["content"] for message in load_conversations(path, told.append)[0]] == ["\ufffd", "a\ufffd"]


def test_bytes_that_are_not_utf_8_and_lines_that_are_too_long(tmp_path, told, monkeypatch):
    good = json.dumps({"prompt": "Hi", "completion": "Hello."}).encode()
    (tmp_path / "a").write_bytes(good + b'\n{"prompt": "\xff"}\n' + good)
    assert len(load_conversations(tmp_path / "a", told.append)) == 2
    assert told.pop().endswith("line 2: it is not UTF-8 at byte 12")
    monkeypatch.setattr(records, "MOST_LINE_BYTES", 100)
    (tmp_path / "a").write_bytes(good + b"\n" + b" " * 1_000_000 + good + b"\n" + good)
    assert len(load_conversations(tmp_path / "a", told.append)) == 2
    assert told.pop().endswith("line 2: it is longer than 100 bytes")


def test_damaged_files_give_what_can_be_read(tmp_path, told):
    values = [{"prompt": f"{number} " + "x" * number, "completion": "y"} for number in range(300)]
    text = "".join(json.dumps(value) + "\n" for value in values).encode()
    packed = gzip.compress(text)
    (tmp_path / "a.gz").write_bytes(packed[: len(packed) // 2])
    assert 10 < len(load_conversations(tmp_path / "a.gz", told.append)) < 300
    assert "the file ends inside the gzip member" in told.pop()
    whole = json.dumps(values).encode()
    for content, reason in (
        (whole[: len(whole) // 2], "it is not JSON"),
        (whole[:-1], "the list breaks off"),
        (whole.replace(b"}, {", b"} {", 1), "the list breaks off, or has no comma"),
    ):
        (tmp_path / "a").write_bytes(content)
        assert 0 < len(load_conversations(tmp_path / "a", told.append)) <= 300
        assert reason in told.pop()
    # The first line of lines may look like a list.
    (tmp_path / "a").write_bytes(b"[1]\n" + text)
    assert len(load_conversations(tmp_path / "a", told.append)) == 300
    assert "line 1: it is a JSON list, not an object" in told.pop()


@pytest.mark.parametrize("load", LOADERS)
def test_files_without_anything(tmp_path, load):
    for content in (b"", b"\n \n", b"\xef\xbb\xbf", b"[]"):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(ValueError, match=r"a is empty: expected \w+ such as"):
            load(tmp_path / "a")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load(tmp_path / "b")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


def test_without_a_listener_skips_are_told_on_stderr(tmp_path, capsys):
    load_problems(lines(tmp_path / "a", {"prompt": "Hi"}, "?"))
    assert capsys.readouterr().err.startswith(f"{tmp_path}/a: 1 of 2 records was skipped; line 2: it is not JSON")


@given(st.binary(max_size=300) | st.text('[]{}",:\n 1naull\\', max_size=200).map(str.encode))
def test_any_bytes_give_records_or_a_value_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    for load in LOADERS:
        with pytest.raises(ValueError, match="any "):
            load(path, lambda _: None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("\n\nHuman: a\n\nAssistant: b"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "text"]), inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": inner}))
    ),
    max_leaves=8,
)
columns = [
    "messages",
    "prompt",
    "chosen",
    "rejected",
    "instruction",
    "input",
    "output",
    "question",
    "answer",
    "solution",
]


@given(st.dictionaries(st.sampled_from(columns), json_values))
def test_any_record_gives_conversations_or_a_reason(tmp_path_factory, record):
    path = tmp_path_factory.getbasetemp() / "record"
    path.write_text(json.dumps(record))
    for load in LOADERS:
        try:
            made = load(path, lambda _: None)
        except ValueError:
            continue
        for one in made:
            messages = one if isinstance(one, list) else one.messages
            check_messages(list(messages))
            assert isinstance(one, list) or messages[-1]["role"] != "assistant"


@pytest.mark.parametrize(
    ("load", "name", "count"),
    [
        (load_problems, "gsm8k_test.jsonl", 1319),
        (load_conversations, "gsm8k_test.jsonl", 1319),
        (load_preferences, "hh_rlhf_harmless_test.jsonl.gz", 2299),
        (load_preferences, "preferences_1100.json", 1094),
        (load_conversations, "preferences_1100.json", 1100),
        (load_conversations, "sft_1100.json", 1100),
    ],
)
def test_real_files(load, name, count, told):
    if not (REAL / name).is_file():
        pytest.skip(f"{name} is not at hand")
    assert len(load(REAL / name, told.append)) == count
    assert len(told) == (count in (2299, 1094))
