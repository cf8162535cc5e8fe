"""The examination, with models whose answers are known."""

import json

import pytest

from pyllm import GPT, SPECIAL_TOKENS, ModelConfig, Sample, Tokenizer
from pyllm.chat import END_OF_TURN, parse
from pyllm.tasks import TASKS, examination
from pyllm.tasks.examination import examine, shown_problems


@pytest.fixture(scope="module")
def tok() -> Tokenizer:
    return Tokenizer.train(iter([b"x"]), 256 + len(SPECIAL_TOKENS), special_tokens=SPECIAL_TOKENS)


@pytest.fixture(scope="module")
def model(tok) -> GPT:
    return GPT(
        ModelConfig.llama(n_layer=1, n_head=2, n_embd=32, vocab_size=tok.vocab_size, context=320), trainable=False
    )


class Expert:
    """In the engine's place: answers as an expert does, but for what `spoil` makes of it."""

    def __init__(self, tok, spoil=lambda answer: (answer, "stop"), as_document=False):
        problems = [problem for task in TASKS.values() for problem in task.problems(80, 0, held_out=True)]
        problems += [problem for _, problem in shown_problems()]
        self.known = {problem.question: problem.solution for problem in problems}
        self.tok, self.spoil, self.as_document, self.asked = tok, spoil, as_document, []

    def __call__(self, model, tok):
        return self

    def generate(self, prompts, n, max_new_tokens, **settings):
        self.asked.append((len(prompts), settings))
        return [self.answer(ids) for ids in prompts]

    def answer(self, ids):
        if self.as_document:
            text = self.tok.decode(ids)
            assert text.startswith("<|endoftext|>Question: ") and text.endswith("\nAnswer:")
            answer, finish = self.spoil(self.known[text.removeprefix("<|endoftext|>Question: ")[: -len("\nAnswer:")]])
            return Sample(self.tok.encode_ordinary(f" {answer}\nQuestion:"), [], finish)
        messages = parse(ids, self.tok)
        assert messages.pop() == {"role": "assistant", "content": ""}
        answer, finish = self.spoil(self.known[messages[-1]["content"]])
        end = [self.tok.special_tokens[END_OF_TURN]] if finish == "stop" else []
        return Sample(self.tok.encode_ordinary(answer) + end, [], finish)


def test_an_expert_is_right(model, tok, monkeypatch):
    expert = Expert(tok)
    monkeypatch.setattr(examination, "Engine", expert)
    shown = []
    result = examine(model, tok, list(TASKS), 83, stage="grpo", show=shown.append)
    assert json.loads(json.dumps(result)) == result
    assert result["stage"] == "grpo" and list(result["tasks"]) == list(TASKS)
    assert [one["count"] for one in result["tasks"].values()] == [11, 11, 11, 10, 10, 10, 10, 10]
    for name, one in result["tasks"].items():
        assert one["correct"] == one["ended"] == one["well_formed"] == one["reward"] == 1
        problems = TASKS[name].problems(one["count"], 0, held_out=True)
        assert one["tokens"] == sum(len(problem.solution.encode()) for problem in problems) / len(problems)
        assert (one["commonest"] is not None) == (name in ("letter_counting", "facts"))
    assert result["tasks"]["addition_steps"]["by_steps"] == 1
    assert 0 < result["tasks"]["addition"]["by_steps"] < 1
    assert 0 < result["tasks"]["letter_counting"]["commonest"] < 1
    assert shown == sorted(shown) and shown[-1] == 1
    expected = [{"prompt": p.question, "answer": p.solution, "finish": "stop"} for _, p in shown_problems()]
    assert result["answers"] == expected
    for _, settings in expert.asked:
        assert settings["temperature"] == 0 and settings["stop"] == [END_OF_TURN]


@pytest.mark.parametrize(
    ("spoil", "correct", "ended", "well_formed"),
    [
        (lambda answer: (answer, "length"), 1, 0, 1),
        (lambda answer: (f"{answer} Thanks!", "stop"), 1, 1, 0),
        (lambda answer: ("12 + 12 = 7.", "stop"), 0, 1, 1),
        (lambda answer: ("", "stop"), 0, 1, 0),
    ],
)
def test_what_is_wrong_is_counted(model, tok, monkeypatch, spoil, correct, ended, well_formed):
    monkeypatch.setattr(examination, "Engine", Expert(tok, spoil))
    one = examine(model, tok, ["addition"], 20)["tasks"]["addition"]
    assert (one["correct"], one["ended"], one["well_formed"]) == (correct, ended, well_formed)


def test_a_base_model_is_asked_in_a_document(model, tok, monkeypatch):
    expert = Expert(tok, as_document=True)
    monkeypatch.setattr(examination, "Engine", expert)
    result = examine(model, tok, TASKS, dict.fromkeys(TASKS, 5), as_document=True)
    assert all(one["correct"] == one["well_formed"] == 1 for one in result["tasks"].values())
    assert [settings["stop"][-1] for _, settings in expert.asked[:8]] == ["\n"] * 7 + ["\nQuestion:"]


def test_a_question_behind_another_one(model, tok, monkeypatch):
    expert = Expert(tok)
    expert.first = []
    answer = expert.answer

    def listening(ids):
        first, said, *_ = messages = parse(ids, tok)
        expert.first.append((len(messages), first["content"], said["content"]))
        return answer(ids)

    expert.answer = listening
    monkeypatch.setattr(examination, "Engine", expert)
    names = ["facts", "stories", "addition_at_once"]
    result = examine(model, tok, names, 30, follow_up=True)
    assert all(one["correct"] == 1 for one in result["tasks"].values())
    asked = expert.first[:-10]
    assert all(count == 4 and said and said != question for count, question, said in asked)  # and the turn it opens
    numbers = [any(c.isdigit() for c in question) for _, question, _ in asked]
    assert numbers[:10] == [True] * 10 and numbers[10:20] == [False, True] * 5 and numbers[20:] == [False] * 10
    assert examine(model, tok, ["facts"], 4, follow_up=True)["tasks"]["facts"]["correct"] == 1


def test_any_model_can_be_examined(model, tok):
    for as_document in (False, True):
        tasks = {name: TASKS[name] for name in ("addition_at_once", "facts")}
        first, again = (examine(model, tok, tasks, 6, as_document=as_document) for _ in range(2))
        assert {**first, "seconds": 0} == {**again, "seconds": 0}
        assert first["tasks"]["facts"]["count"] == 3 and len(first["answers"]) == 10


def test_the_ten_prompts_are_always_the_same_and_held_out(model, tok):
    prompts = [problem.question for _, problem in shown_problems()]
    assert len(set(prompts)) == 10 and prompts == [problem.question for _, problem in shown_problems()]
    assert examine(model, tok, ["addition_at_once"], 1, seed=9)["answers"][0]["prompt"] == prompts[0]


def test_what_cannot_be_examined(model, tok):
    with pytest.raises(ValueError, match=r"^a document asks one question"):
        examine(model, tok, ["facts"], 1, as_document=True, follow_up=True)
    with pytest.raises(ValueError, match="there is no task 'poems'"):
        examine(model, tok, ["poems"])
    with pytest.raises(ValueError, match="name at least one task"):
        examine(model, tok, [])
    with pytest.raises(ValueError, match="count must be at least 2, the number of tasks, got 1"):
        examine(model, tok, ["facts", "addition"], 1)
    with pytest.raises(ValueError, match="gives addition none"):
        examine(model, tok, ["facts", "addition"], {"facts": 3})
