"""Conversations with a model: answers as they come, the context's end, what is stopped."""

import numpy
import pytest
from assistants import ANSWERS, CONTEXT, assistant
from hypothesis import given
from hypothesis import strategies as st

import pyllm
from pyllm import Sample
from pyllm.chat import parse, render, text_of
from pyllm.chat_session import ChatSession, Drawing, TooLong, prompt_that_fits

LIKELIEST = Drawing(temperature=0)


def session(drawing: Drawing = LIKELIEST, system: str | None = None) -> ChatSession:
    return ChatSession(*assistant(), drawing, system)


def all_of(stream) -> tuple[list[tuple[str, str]], Sample]:
    pieces = []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            return pieces, end.value


def joined(pieces: list[tuple[str, str]]) -> list[dict[str, str]]:
    parts: list[dict[str, str]] = []
    for kind, text in pieces:
        if parts and parts[-1]["type"] == kind:
            parts[-1]["text"] += text
        else:
            parts.append({"type": kind, "text": text})
    return parts


@pytest.mark.parametrize("question", ANSWERS)
def test_an_answer_comes_in_pieces_and_joins_the_conversation(question: str) -> None:
    talk = session()
    pieces, sample = all_of(talk.ask(question))
    answer = ANSWERS[question]
    assert sample.finish == "stop"
    assert len(pieces) > 2
    assert joined(pieces) == (answer if isinstance(answer, list) else [{"type": "text", "text": answer}])
    assert talk.messages == [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    prompt = render(talk.messages[:1], talk.tok, open_turn=True)
    assert parse([*prompt.ids, *sample.ids], talk.tok) == talk.messages


def test_what_a_model_says_that_has_learned_nothing() -> None:
    _, tok = assistant()
    cfg = pyllm.ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=tok.vocab_size + 20, context=200)
    model = pyllm.GPT(cfg, seed=3)  # draws every id alike, special ones and some that the tokenizer does not have
    ends = set()
    for seed in range(40):
        talk = ChatSession(model, tok, Drawing(temperature=2.0, seed=seed, max_new_tokens=150))
        pieces, sample = all_of(talk.ask("Hello!"))
        said = talk.messages[-1]["content"]
        assert "".join(text for kind, text in pieces if kind == "text") == text_of(said)
        if not isinstance(said, str):
            assert "".join(text for _, text in pieces) == "".join(part["text"] for part in said)
        render(talk.messages, tok)  # can be part of a conversation
        ends.add(sample.finish)
    assert len(ends) > 1


def test_each_answer_is_drawn_anew_and_the_same_seed_says_the_same() -> None:
    def three_answers(seed: int) -> list[str]:
        talk = session(Drawing(temperature=3.0, seed=seed, max_new_tokens=12))
        texts = []
        for _ in range(3):
            all_of(talk.ask("Hello!"))
            texts.append(str(talk.messages[-1]["content"]))
            talk.restart()
        return texts

    assert len(set(three_answers(0))) == 3
    assert three_answers(0) == three_answers(0) != three_answers(1)
    assert three_answers((1 << 64) - 1)[1:] == three_answers(0)[:2]


def test_the_oldest_turns_are_left_out_when_the_context_is_full() -> None:
    talk = session(system="Be kind.")
    for turn in range(12):
        _, sample = all_of(talk.ask("Hello!"))
        assert sample.finish == "stop", turn
    assert len(talk.messages) == 25  # nothing is forgotten here
    assert talk.left_out > 0 and talk.left_out % 2 == 0  # whole turns
    seen = render(talk.messages[:-1], talk.tok, open_turn=True, max_tokens=CONTEXT * 3 // 4)
    kept = parse(seen.ids, talk.tok)[:-1]
    assert kept == [talk.messages[0], *talk.messages[1 + talk.left_out : -1]]
    talk.restart()
    assert talk.messages == [{"role": "system", "content": "Be kind."}] and talk.left_out == 0


@given(before=st.integers(0, 3), words=st.integers(0, 120), context=st.integers(1, 100), most=st.integers(1, 100))
def test_a_prompt_always_leaves_room(before: int, words: int, context: int, most: int) -> None:
    _, tok = assistant()
    turn = [{"role": "user", "content": "a b"}, {"role": "assistant", "content": "c"}]
    messages = [{"role": "system", "content": "s"}, *turn * before, {"role": "user", "content": " a" * words}]
    alone = len(render([messages[0], messages[-1]], tok, open_turn=True).ids)
    if alone >= context:
        with pytest.raises(TooLong, match=f"{alone} tokens leave no room for an answer in its context of {context}"):
            prompt_that_fits(messages, tok, context, most)
        return
    prompt = prompt_that_fits(messages, tok, context, most)
    assert len(prompt.ids) < context
    assert parse(prompt.ids, tok)[-2] == messages[-1]
    if len(prompt.ids) < len(render(messages, tok, open_turn=True).ids):
        assert alone <= len(prompt.ids)
    elif context - len(prompt.ids) < min(most, context // 4):
        assert before == 0  # room for an answer is found as long as there are older turns


def test_an_answer_that_is_stopped_stays_as_far_as_it_has_come() -> None:
    talk = session()
    stream = talk.ask("Who are you?")
    said = next(stream)[1] + next(stream)[1]
    stream.close()
    assert talk.messages[-1] == {"role": "assistant", "content": said}
    assert "I am very small.".startswith(said)
    all_of(talk.ask("Hello!"))
    assert [message["role"] for message in talk.messages] == ["user", "assistant"] * 2


def test_a_message_is_taken_back() -> None:
    talk = session(system="Be kind.")
    assert talk.take_back() is None
    all_of(talk.ask("Hello!"))
    all_of(talk.ask("Who are you?"))
    before = talk.messages[:3]
    assert talk.take_back() == "Who are you?"
    assert talk.messages == before


@pytest.mark.parametrize(
    ("text", "drawing", "words"),
    [
        ("a " * 200, LIKELIEST, "this is too long for the model: [0-9]+ tokens leave no room"),
        ("a", Drawing(temperature=-1), "temperature must be 0 or a positive number, got -1"),
    ],
)
def test_a_question_that_cannot_be_asked_changes_nothing(text: str, drawing: Drawing, words: str) -> None:
    talk = session(drawing)
    with pytest.raises(ValueError, match=words):
        talk.ask(text)
    assert talk.messages == []


def test_a_conversation_fills_the_context() -> None:
    model, tok = assistant()
    short = pyllm.GPT(pyllm.ModelConfig.llama(n_layer=1, n_head=2, n_embd=32, vocab_size=tok.vocab_size, context=12))
    for name, array in model.parameters.items():
        short.parameters[name][...] = array
    short.touch()
    pieces, sample = all_of(ChatSession(short, tok, LIKELIEST).ask("Hello!"))
    assert sample.finish != "stop"
    prompt = render([{"role": "user", "content": "Hello!"}], tok, open_turn=True)
    assert len(prompt.ids) + len(sample.ids) == 12
    assert "Hello, my friend.".startswith("".join(text for _, text in pieces))
    assert numpy.isfinite(sample.logprobs).all()
