"""Multiple choice: the files, and a model's choices against those computed one by one."""

import gzip
import json

import numpy
import pytest

from pyllm import GPT, SPECIAL_TOKENS, ModelConfig, Tokenizer
from pyllm.tasks import multiple_choice
from pyllm.tasks.multiple_choice import Question, evaluate_choices, load_questions

HELLASWAG = {
    "ind": 4,
    "ctx_a": "A man",
    "ctx_b": "sits.",
    "ctx": "A man sits.",
    "endings": ["He eats.", "It"],
    "label": 1,
}
MMLU = {"question": "What is 1 + 1? ", "choices": ["1", "2", "3"], "answer": 1, "subject": "sums"}
SUMS = Question("What is 1 + 1?", ("1", "2", "3"), 1, False)


@pytest.fixture(scope="module")
def tok() -> Tokenizer:
    return Tokenizer.train(iter([b"a man sits. he eats it. the question is what"]), 300, special_tokens=SPECIAL_TOKENS)


@pytest.fixture(scope="module")
def model(tok) -> GPT:
    model = GPT(ModelConfig.llama(n_layer=2, n_head=2, n_embd=32, vocab_size=tok.vocab_size, context=64), seed=3)
    source = numpy.random.default_rng(0)
    for array in model.parameters.values():
        array += 0.3 * source.standard_normal(array.shape).astype(numpy.float32)
    model.touch()
    return model


def test_files_of_every_format(tmp_path):
    path = tmp_path / "a.jsonl"
    without_ctx = {name: value for name, value in HELLASWAG.items() if name != "ctx"}
    values = [HELLASWAG, {**without_ctx, "label": "0"}, MMLU, {**MMLU, "answer": "B"}, {**MMLU, "answer": "b "}]
    values.append({"question": "What is 1 + 1?", "A": "1", "B": "2", "C": "3", "answer": "B"})
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, values)).encode()))
    ending = Question("A man sits.", ("He eats.", "It"), 1, True)
    assert load_questions(path) == [ending, Question("A man sits.", ("He eats.", "It"), 0, True), *[SUMS] * 4]
    for content in ("What is 1 + 1?,1,2,3,B\n", "question,A,B,C,answer\n\nWhat is 1 + 1?,1,2,3,B\n"):
        (tmp_path / "a.csv").write_text(content)
        assert load_questions(tmp_path / "a.csv") == [SUMS]
    (tmp_path / "a.csv").write_text('"What is\n1, and 1?",1,2,C,D,A\n')
    assert load_questions(tmp_path / "a.csv") == [Question("What is\n1, and 1?", ("1", "2", "C", "D"), 0, False)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({**HELLASWAG, "label": ""}, "its label must be the right choice's number, 0 to 1, or letter, got ''"),
        ({**HELLASWAG, "label": 2}, "its label must be"),
        ({**HELLASWAG, "label": True}, "its label must be"),
        ({**HELLASWAG, "endings": ["one"]}, "its endings must be a list of 2 to 26 texts, got 1"),
        ({**HELLASWAG, "endings": "ab"}, "its endings must be a list of 2 to 26 texts, got a JSON str"),
        ({**HELLASWAG, "endings": ["a", None]}, "its endings must be text, got a JSON NoneType"),
        ({**MMLU, "answer": "D"}, "its answer must be the right choice's number, 0 to 2, or letter, got 'D'"),
        ({**MMLU, "question": 3}, "its question must be text, got a JSON int"),
        ({"text": ""}, "it has neither endings nor a question; its columns are 'text'"),
    ],
)
def test_bad_questions_are_counted(tmp_path, value, reason):
    told = []
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(MMLU)}\n{json.dumps(value)}\n")
    assert load_questions(tmp_path / "a.jsonl", told.append) == [SUMS]
    assert told[0].startswith(f"{tmp_path}/a.jsonl: 1 of 2 records was skipped; line 2: {reason}")


def test_bad_rows_of_csv(tmp_path):
    told = []
    path = tmp_path / "a.csv"
    path.write_bytes(b"What is 1 + 1?,1,2,3,B\nonly,three,B\n" + b"x" * 200_000 + b",1,2,A\nWhat\xff?,1,2,A\n")
    assert [question.context for question in load_questions(path, told.append)] == ["What is 1 + 1?", "What\ufffd?"]
    assert told == [f"{path}: 2 of 4 records were skipped; row 2: it has 3 columns, expected question, choices, answer"]
    path.write_text("")
    with pytest.raises(ValueError, match="is empty: expected questions"):
        load_questions(path)


def test_what_the_model_reads():
    assert SUMS.prompt("letters") == "What is 1 + 1?\nA. 1\nB. 2\nC. 3\nAnswer:"
    assert SUMS.endings("letters") == [" A", " B", " C"]
    assert SUMS.prompt("endings") == "Question: What is 1 + 1?\nAnswer:"
    assert SUMS.endings("endings") == [" 1", " 2", " 3"]
    ending = Question("A man", ("eats.", "sits."), 0, True)
    assert (ending.prompt("letters"), ending.endings("letters")) == ("A man", [" eats.", " sits."])


def slow_choice(model, tok, question, ask, per_byte):
    """The index of the likeliest choice, from whole logits in float64, a choice at a time."""
    scores = []
    for ending in question.endings(ask):
        context = [tok.special_tokens["<|endoftext|>"], *tok.encode_ordinary(question.prompt(ask))]
        more = tok.encode_ordinary(ending)
        ids = [*context, *more]
        dropped = max(0, len(ids) - model.cfg.context - 1)
        ids = ids[dropped:]
        logits = model.logits(numpy.array([ids[:-1]], numpy.int32))[0].astype(numpy.float64)
        logprobs = logits - numpy.log(numpy.exp(logits).sum(axis=1, keepdims=True))
        begin = max(1, len(context) - dropped)
        total = sum(logprobs[place - 1, ids[place]] for place in range(begin, len(ids)))
        scores.append(total / len(ending.strip().encode()) if per_byte else total)
    return int(numpy.argmax(scores))


@pytest.mark.parametrize("ask", ["letters", "endings"])
def test_choices_are_those_of_a_slow_evaluation(model, tok, ask, monkeypatch):
    source = numpy.random.default_rng(1)
    words = "a man sits he eats it the question is what ü".split()

    def text(most):
        return " ".join(source.choice(words, source.integers(1, most)))

    questions = [
        Question(
            text(40 if place % 7 == 0 else 8), tuple(text(9) for _ in range(2 + place % 4)), place % 2, place % 3 == 0
        )
        for place in range(40)
    ]
    questions.append(Question("what", (" ".join(words * 20), "it"), 1, True))  # longer than the context alone
    monkeypatch.setattr(multiple_choice, "BATCH_TOKENS", 300)
    shown = []
    result = evaluate_choices(model, tok, questions, ask, shown.append)
    for name, per_byte in (("accuracy", False), ("accuracy_per_byte", True)):
        right = sum(slow_choice(model, tok, one, ask, per_byte) == one.right for one in questions)
        assert result[name] == right / len(questions)
    assert result["questions"] == 41 and shown == sorted(shown) and shown[-1] == 1
    assert result["chance"] == pytest.approx(sum(1 / len(one.choices) for one in questions) / 41)
    p = result["accuracy"]
    assert result["standard_error"] == pytest.approx((p * (1 - p) / 41) ** 0.5)
    # The two ways do differ, where choices have different lengths.
    pairs = [[slow_choice(model, tok, one, "endings", per_byte) for per_byte in (False, True)] for one in questions]
    assert sum(summed != per_byte for summed, per_byte in pairs) > 3


def test_a_model_that_knows_the_answer_is_right(model, tok):
    right = slow_choice(model, tok, SUMS, "letters", False)
    known = Question(SUMS.context, SUMS.choices, right, False)
    unknown = Question(SUMS.context, SUMS.choices, (right + 1) % 3, False)
    assert evaluate_choices(model, tok, [known, known, known, unknown])["accuracy"] == 0.75


def test_without_questions_there_is_nothing_to_evaluate(model, tok):
    with pytest.raises(ValueError, match="there is no question"):
        evaluate_choices(model, tok, [])
