"""Conversations as ids: rendering and parsing are inverse, the mask is exact, nothing can be forged."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy
import pytest
from conversations import conversations, parts, shortest, texts
from hypothesis import given
from hypothesis import strategies as st
from samples import of_merges, trained

import pyllm
from pyllm import SPECIAL_TOKENS, Tokenizer
from pyllm.chat import (
    CHAT_TOKENS,
    Message,
    check_messages,
    has_chat_tokens,
    parse,
    read_answer,
    render,
    text_of,
    with_chat_tokens,
)


@cache
def tokenizer(pattern: str = "cl100k") -> Tokenizer:
    return trained(pattern, special_tokens=SPECIAL_TOKENS)


def id_of(token: str) -> int:
    return tokenizer().special_tokens[f"<|{token}|>"]


def ids_of(*pieces: str) -> list[int]:
    """Ids of a conversation spelt out: names of special tokens in angles, and texts."""
    ids = []
    for piece in pieces:
        ids += [id_of(piece[1:-1])] if re.fullmatch("<[a-z]+>", piece) else tokenizer().encode_ordinary(piece)
    return ids


@pytest.mark.parametrize("pattern", ["cl100k", r"\w+|\s"])
@given(messages=conversations())
def test_parsing_is_the_inverse_of_rendering(pattern: str, messages: list[Message]) -> None:
    tok = tokenizer(pattern)
    ids, mask = render(messages, tok)
    parsed = parse(ids, tok)
    assert parsed == [shortest(message) for message in messages]
    assert render(parsed, tok) == (ids, mask)
    assert len(ids) == len(mask)


@given(messages=conversations())
def test_no_text_forges_a_special_token(messages: list[Message]) -> None:
    special = set(tokenizer().special_tokens.values())
    wanted = 1 + 2 * len(messages)
    for message in messages:
        if not isinstance(message["content"], str):
            wanted += 2 * sum(part["type"] != "text" for part in message["content"])
    assert sum(id in special for id in render(messages, tokenizer()).ids) == wanted


@given(messages=conversations())
def test_the_mask_marks_what_the_assistant_wrote(messages: list[Message]) -> None:
    tok = tokenizer()
    ids, mask = render(messages, tok)
    wanted: list[int] = []  # ids under the mask, in order
    for message in map(shortest, messages):
        if message["role"] != "assistant":
            continue
        content = message["content"]
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            own = tok.encode_ordinary(part["text"])
            if part["type"] in ("think", "call"):
                own = [id_of(part["type"]), *own, id_of(f"endof{part['type']}")]
            wanted += own if part["type"] != "result" else []
        wanted.append(id_of("endofturn"))
    assert [id for id, marked in zip(ids, mask, strict=True) if marked] == wanted
    assert set(mask) <= {0, 1}


@given(messages=conversations().filter(lambda messages: messages[-1]["role"] != "assistant"), answer=texts | parts)
def test_an_opened_turn_is_the_beginning_of_the_answered_conversation(messages: list[Message], answer: Any) -> None:
    tok = tokenizer()
    opened = render(messages, tok, open_turn=True)
    whole = render([*messages, {"role": "assistant", "content": answer}], tok)
    assert whole.ids[: len(opened.ids)] == opened.ids and whole.mask[: len(opened.ids)] == opened.mask
    assert sum(opened.mask) == sum(render(messages, tok).mask)
    written = whole.ids[len(opened.ids) :]
    said = shortest({"role": "assistant", "content": answer})["content"]
    assert read_answer(written, tok) == read_answer(written[:-1], tok) == said
    assert parse(whole.ids[:-1], tok)[-1]["content"] == said  # unfinished
    assert parse(opened.ids, tok)[-1] == {"role": "assistant", "content": ""}


def test_a_conversation_spelt_out() -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "What is 1+1? <|endofturn|>"},
        {
            "role": "assistant",
            "content": [
                {"type": "think", "text": "easy"},
                {"type": "call", "text": "1+1"},
                {"type": "result", "text": "2"},
                {"type": "text", "text": "Two."},
            ],
        },
        {"role": "tool", "content": "noise"},
    ]
    marked = [
        *[("<endoftext>", 0), ("<system>", 0), ("Be kind.", 0), ("<endofturn>", 0)],
        *[("<user>", 0), ("What is 1+1? <|endofturn|>", 0), ("<endofturn>", 0)],
        *[("<assistant>", 0), ("<think>", 1), ("easy", 1), ("<endofthink>", 1), ("<call>", 1), ("1+1", 1)],
        *[("<endofcall>", 1), ("<result>", 0), ("2", 0), ("<endofresult>", 0), ("Two.", 1), ("<endofturn>", 1)],
        *[("<tool>", 0), ("noise", 0), ("<endofturn>", 0)],
    ]
    ids, mask = render(messages, tokenizer())
    assert ids == ids_of(*(piece for piece, _ in marked))
    assert mask == [own for piece, own in marked for _ in ids_of(piece)]
    assert text_of(messages[2]["content"]) == "Two."
    assert text_of("Two.") == "Two."


# Truncation


@given(messages=conversations(), open_turn=st.booleans(), data=st.data())
def test_truncation_keeps_the_system_message_and_as_many_whole_turns_as_fit(
    messages: list[Message], open_turn: bool, data: st.DataObject
) -> None:
    tok = tokenizer()
    open_turn &= messages[-1]["role"] != "assistant"
    whole = render(messages, tok, open_turn=open_turn)
    system = messages[: messages[0]["role"] == "system"]
    rest = messages[len(system) :]
    begins = [at for at, message in enumerate(rest) if message["role"] == "user"]
    if rest and (not begins or begins[0]):
        begins.insert(0, 0)
    choices = [render([*system, *rest[begin:]], tok, open_turn=open_turn) for begin in begins] or [whole]
    for choice in choices:  # each one when there is room for just it
        assert render(messages, tok, open_turn=open_turn, max_tokens=len(choice.ids)) == choice
    limit = data.draw(st.integers(0, len(whole.ids) + 2))
    fitting = [choice for choice in choices if len(choice.ids) <= limit]
    if fitting:
        assert render(messages, tok, open_turn=open_turn, max_tokens=limit) == fitting[0]
    else:
        with pytest.raises(ValueError, match=rf"cannot be cut to {limit} tokens.* have {len(choices[-1].ids)}$"):
            render(messages, tok, open_turn=open_turn, max_tokens=limit)


# What is not a conversation

USER = {"role": "user", "content": "a"}
ASSISTANT = {"role": "assistant", "content": "b"}


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "a conversation must have a message, got an empty list"),
        ("hello", "must be a list of messages, got str"),
        (None, "must be a list of messages, got NoneType"),
        (["hello"], "message 1 must be an object with role and content, got str"),
        ([{"content": "a"}], "message 1 has no role, expected one of system, user, assistant, tool"),
        ([USER, {"role": "bot", "content": "a"}], "message 2 has the role 'bot', expected one of system, user, assist"),
        ([{"role": ["user"], "content": "a"}], r"message 1 has the role \['user'\], expected"),
        ([{"role": "x" * 500, "content": "a"}], r"message 1 has the role 'x{50,60}\.\.\., expected"),
        ([USER, ASSISTANT, ASSISTANT], "message 3 is the assistant's, and so is the one before it"),
        ([USER, {"role": "system", "content": "a"}], "message 2 is the system's, which may only be the first"),
        ([{"role": "user"}], "message 1, the user's, has no content"),
        ([USER, {"role": "assistant", "content": None}], "message 2, the assistant's, has no content"),
        ([{"role": "user", "content": 5}], "message 1: the user's content must be a text, got int"),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}]}], "content must be a text, got list"),
        ([USER, {"role": "assistant", "content": 5}], "content must be a text or a list of parts, got int"),
        ([{"role": "assistant", "content": ["a"]}], "part 1 must be an object with a type and a text, got 'a'"),
        ([{"role": "assistant", "content": [{"type": "text"}]}], "part 1 must be an object with a type and a text"),
        ([{"role": "assistant", "content": [{"type": "image", "text": ""}]}], "part 1 has the type 'image', not one"),
        ([{"role": "assistant", "content": [{"type": [], "text": ""}]}], r"part 1 has the type \[\], not one"),
    ],
)
def test_what_is_no_conversation_is_refused(messages: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        render(messages, tokenizer())
    with pytest.raises(ValueError, match=f"^talk.jsonl, line 7: .*{words}"):
        check_messages(messages, "talk.jsonl, line 7")


def test_a_turn_is_not_opened_behind_the_assistants() -> None:
    with pytest.raises(ValueError, match="the last message is its own already"):
        render([USER, ASSISTANT], tokenizer(), open_turn=True)


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], "begin with that of <|endoftext|>"),
        (["<user>", "a", "<endofturn>"], "begin with that of <|endoftext|>"),
        (["<endoftext>"], "must have a message"),
        (["<endoftext>", "a"], "id 1 of the conversation, [0-9]+, is not that of a role"),
        (["<endoftext>", "<user>", "a", "<endofturn>", "b"], "id 4 of the conversation"),
        (["<endoftext>", "<user>", "a"], "the user's turn from id 1 on does not end with <|endofturn|>"),
        (["<endoftext>", "<user>", "<user>", "<endofturn>"], "the user's turn from id 1 to 3: .*<|user|> has no sense"),
        (["<endoftext>", "<user>", "<think>", "<endofturn>"], "the special token <|think|> has no sense there"),
        (["<endoftext>", "<assistant>", "<endofthink>"], "the special token <|endofthink|> has no sense there"),
        (["<endoftext>", "<assistant>", "<think>", "<call>"], "the special token <|call|> has no sense there"),
        (["<endoftext>", "<assistant>", "<think>", "<endofcall>"], "<|endofcall|> has no sense there"),
        (["<endoftext>", "<assistant>", "<endoftext>"], "<|endoftext|> has no sense there"),
        (["<endoftext>", *["<assistant>", "<endofturn>"] * 2], "message 2 is the assistant's, and so is the one"),
    ],
)
def test_ids_that_are_no_conversation(pieces: Sequence[str], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("|", r"\|")):
        parse(ids_of(*pieces), tokenizer())


def test_ids_that_the_tokenizer_does_not_have() -> None:
    bad = tokenizer().vocab_size
    with pytest.raises(ValueError, match=f"the assistant's turn from id 1 to 3: there is no token with id {bad}"):
        parse([id_of("endoftext"), id_of("assistant"), bad], tokenizer())
    assert read_answer([*ids_of("a"), bad, *ids_of("b")], tokenizer()) == "a\ufffdb"


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        ([], ""),
        (["a", "<endoftext>", "b"], "a"),
        (["a", "<endofturn>", "b", "<endofturn>"], "a"),
        (["a", "<user>", "b", "<endofthink>", "c"], "abc"),
        (["<think>", "a"], [{"type": "think", "text": "a"}]),
        (["<think>", "a", "<endofcall>", "b", "<endofturn>"], [{"type": "think", "text": "ab"}]),
        (["<think>", "a", "<call>", "b"], [{"type": "think", "text": "a"}, {"type": "call", "text": "b"}]),
        (["<think>", "<endofthink>", "b"], [{"type": "think", "text": ""}, {"type": "text", "text": "b"}]),
    ],
)
def test_an_answer_makes_sense_of_anything(pieces: Sequence[str], answer: Any) -> None:
    assert read_answer(ids_of(*pieces), tokenizer()) == answer


@given(ids=st.lists(st.integers(0, 930) | st.integers(900, 930), max_size=20))
def test_any_answer_can_be_part_of_a_conversation(ids: list[int]) -> None:
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": read_answer(ids, tokenizer())}]
    assert parse(render(messages, tokenizer()).ids, tokenizer()) == messages


# Tokenizers and models from elsewhere


def test_special_tokens_are_added_to_a_tokenizer() -> None:
    foreign = trained("gpt2", special_tokens=("<|endoftext|>",))
    assert not has_chat_tokens(foreign)
    with pytest.raises(ValueError, match=r"no special token <\|endofturn\|>, which conversations need"):
        render([USER], foreign)
    with pytest.raises(ValueError, match=r"no special token"):
        parse([0], foreign)
    tok = foreign.with_special_tokens(SPECIAL_TOKENS)
    assert has_chat_tokens(tok) and not has_chat_tokens(foreign)
    assert tok.special_tokens["<|endoftext|>"] == foreign.special_tokens["<|endoftext|>"]
    added = [tok.special_tokens[token] for token in SPECIAL_TOKENS if token != "<|endoftext|>"]
    assert added == list(range(foreign.vocab_size, foreign.vocab_size + len(SPECIAL_TOKENS) - 1))
    assert tok.vocab_size == foreign.vocab_size + len(added)
    assert tok.with_special_tokens(SPECIAL_TOKENS) == tok
    assert tok.encode_ordinary("it's <|user|>") == foreign.encode_ordinary("it's <|user|>")
    assert parse(render([USER, ASSISTANT], tok).ids, tok) == [USER, ASSISTANT]


@pytest.mark.parametrize(
    ("tokens", "error", "words"),
    [
        ("<|user|>", TypeError, "must be a list of strings, got '<|user|>'"),
        (["a", "a"], ValueError, "special_tokens holds 'a' twice"),
        ([""], ValueError, "must not be empty"),
        ([5], TypeError, "must be a string, got int"),
        (["\ud800"], ValueError, "lone surrogate"),
    ],
)
def test_special_tokens_that_cannot_be_added(tokens: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words.replace("|", r"\|")):
        trained("gpt2").with_special_tokens(tokens)


def small_model(vocab_size: int) -> pyllm.GPT:
    return pyllm.GPT(pyllm.ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=vocab_size, context=16))


@pytest.mark.parametrize(
    ("special", "ids_of_model", "ids_after"),
    [
        pytest.param({"<|endoftext|>": 256}, 257, 257 + 17, id="like GPT-2"),
        pytest.param({"<|begin_of_text|>": 256}, 257, 257 + 18, id="like Llama"),
        pytest.param({}, 300, 300, id="with rows to spare"),
        pytest.param({}, 270, 274, id="with too few rows to spare"),
    ],
)
def test_a_foreign_model_gets_the_tokens_that_it_lacks(
    special: Mapping[str, int], ids_of_model: int, ids_after: int
) -> None:
    foreign, model = of_merges([], special_tokens=special), small_model(ids_of_model)
    before = model.logits(numpy.array([[1, 2, 3]], numpy.int32))
    tok = with_chat_tokens(model, foreign)
    assert set(tok.special_tokens) == {*special, *SPECIAL_TOKENS}
    assert model.cfg.vocab_size == ids_after >= tok.vocab_size
    assert tok.encode_ordinary("<|user|> é") == foreign.encode_ordinary("<|user|> é")
    after = model.logits(numpy.array([[1, 2, 3]], numpy.int32))
    assert (after[..., :ids_of_model] == before).all()
    rendered = render([USER, ASSISTANT], tok)
    assert model.logits(numpy.array([rendered.ids], numpy.int32)).shape == (1, len(rendered.ids), ids_after)
    assert with_chat_tokens(model, tok) == tok and model.cfg.vocab_size == ids_after  # once is enough


def test_a_tokenizer_of_another_model_is_refused() -> None:
    model = small_model(200)
    with pytest.raises(ValueError, match="the tokenizer has 256 ids, but the model only 200"):
        with_chat_tokens(model, of_merges([]))
    assert model.cfg.vocab_size == 200


def test_all_that_is_needed_is_among_the_special_tokens_that_pyllm_trains_with() -> None:
    assert set(CHAT_TOKENS) <= set(SPECIAL_TOKENS)
    functions: list[Callable[..., Any]] = [parse, read_answer]
    for function in functions:
        with pytest.raises(ValueError, match="with_chat_tokens adds what is missing"):
            function([0], of_merges([]))
