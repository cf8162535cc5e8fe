"""`pyllm evaluate`, on a small model that knows nothing."""

import json

import pytest

from pyllm import GPT, SPECIAL_TOKENS, ModelConfig, Tokenizer
from pyllm.evaluation_commands import evaluate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tok = Tokenizer.train(iter([b"x"]), 256 + len(SPECIAL_TOKENS), special_tokens=SPECIAL_TOKENS)
    GPT(ModelConfig.llama(n_layer=1, n_head=2, n_embd=32, vocab_size=tok.vocab_size, context=320)).save(folder)
    tok.save(folder / "tokenizer.json")
    return folder


def test_a_file_of_multiple_choice(folder, tmp_path, capsys):
    values = [{"question": "What is 1 + 1?", "choices": ["1", "2"], "answer": 1}] * 3
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, values)))
    evaluate(model=folder, data=tmp_path / "a.jsonl", most=2)
    model, header, _, row = capsys.readouterr().out.splitlines()
    assert model == f"Model: {folder}" and header == "| questions | right | right per byte | by chance |"
    assert row.startswith("| 2 | ") and row.endswith(" | 50.0 % |")
    with pytest.raises(ValueError, match="--most must be at least 0, got -1"):
        evaluate(model=folder, data=tmp_path / "a.jsonl", most=-1)


@pytest.mark.parametrize("document", [False, True])
def test_our_tasks(folder, capsys, document):
    evaluate(model=folder, tasks=("addition_at_once", "facts"), count=3, document=document)
    rows = capsys.readouterr().out.splitlines()[3:]
    assert [row.split(" | ")[:3] for row in rows] == [["| addition_at_once", "2", "0.0 %"], ["| facts", "1", "0.0 %"]]
    with pytest.raises(ValueError, match="there is no task 'poems'"):
        evaluate(model=folder, tasks=("poems",))


def test_our_tasks_as_second_questions(folder, capsys):
    evaluate(model=folder, tasks=("addition_at_once", "facts"), count=3, follow_up=True)
    rows = capsys.readouterr().out.splitlines()[3:]
    assert [row.split(" | ")[:2] for row in rows] == [["| addition_at_once", "2"], ["| facts", "1"]]
    for wrong in ({"document": True}, {"data": folder / "a.jsonl"}):
        with pytest.raises(ValueError, match=r"^--follow-up is for conversations about our tasks: leave out"):
            evaluate(model=folder, follow_up=True, **wrong)


def test_tasks_with_a_number_of_problems_each(folder, capsys):
    evaluate(model=folder, tasks=("addition_at_once=4", "facts", "spelling=1", "reversing"), count=5)
    rows = [row.split(" | ")[:2] for row in capsys.readouterr().out.splitlines()[3:]]
    assert rows == [["| addition_at_once", "4"], ["| facts", "3"], ["| spelling", "1"], ["| reversing", "2"]]
    for wrong, message in (
        (("facts=many",), "--tasks facts=many: expected a number of problems behind =, such as facts=100"),
        (("facts=0",), "expected a number of problems"),
        (("facts", "facts=3"), "the task facts is given twice"),
    ):
        with pytest.raises(ValueError, match=message):
            evaluate(model=folder, tasks=wrong)


def test_problems_of_a_file_with_a_reward(folder, tmp_path, capsys):
    values = [{"prompt": f"Say {number}.", "wanted": number} for number in range(5)]
    values.append({"prompt": "long " * 100, "wanted": 5})
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, values)))
    (tmp_path / "mine.py").write_text(
        "def reward(prompts, completions, wanted):\n    return [float(one % 2 == 0) for one in wanted]\n"
    )
    evaluate(model=folder, data=tmp_path / "a.jsonl", reward=f"{tmp_path}/mine.py:reward", max_new_tokens=4)
    assert capsys.readouterr().out.splitlines()[3].startswith("| a.jsonl | 6 | 50.0 % |  | 0.0 % | ")
    with pytest.raises(ValueError, match="pass --data, too"):
        evaluate(model=folder, reward="answer")
