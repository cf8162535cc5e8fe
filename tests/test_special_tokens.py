"""Special tokens: allowed, disallowed and plain, as tiktoken has them."""

from collections.abc import Collection
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peers import encoding_of, undisputed_text
from samples import trained, trained_on

import pyllm
from pyllm import Tokenizer

SPECIAL = ["<|endoftext|>", "<|user|>", "<|é🙂|>"]
WORDS = [*SPECIAL, "<|end", "oftext|>", "<|", "|>", "<|unknown|>", "user", " ", "\n", "hello", "it's"]


@cache
def tokenizer() -> Tokenizer:
    return trained("cl100k", special_tokens=tuple(SPECIAL))


@cache
def peer():
    return encoding_of(tokenizer())


texts = st.lists(st.sampled_from(WORDS) | undisputed_text(), max_size=8).map("".join)
some = st.sets(st.sampled_from(SPECIAL))


@given(text=texts, allowed=some | st.just("all"), disallowed=some | st.sampled_from(["all", ()]))
def test_as_tiktoken(text: str, allowed: str | set[str], disallowed: str | Collection[str]) -> None:
    try:
        wanted = peer().encode(text, allowed_special=allowed, disallowed_special=disallowed)
    except ValueError:
        with pytest.raises(ValueError, match="the text holds the special token"):
            tokenizer().encode(text, allowed, disallowed)
        with pytest.raises(ValueError, match="the text holds the special token"):
            tokenizer().encode(text.encode(), allowed, disallowed)
    else:
        assert tokenizer().encode(text, allowed, disallowed) == wanted
        assert tokenizer().encode(text.encode(), allowed, disallowed) == wanted


@given(text=texts)
def test_ordinary_encoding_as_tiktoken(text: str) -> None:
    ids = tokenizer().encode_ordinary(text)
    assert ids == peer().encode_ordinary(text)
    assert ids == tokenizer().encode(text, disallowed_special=())
    assert tokenizer().encode_batch([text])[0].tolist() == ids
    assert max(ids, default=0) < tokenizer().vocab_size - len(SPECIAL)  # no text forges a special token
    assert tokenizer().decode(tokenizer().encode(text, allowed_special="all")) == text


@pytest.mark.parametrize("text", ["\ud83d\ude00<|user|>", "<|user|>\ud800", "\udc00", "a\ud800<|endoftext|>b\ud83d"])
def test_lone_surrogates_as_tiktoken(text: str) -> None:
    assert tokenizer().encode_ordinary(text) == peer().encode_ordinary(text)
    assert tokenizer().encode(text, allowed_special="all") == peer().encode(text, allowed_special="all")


def test_what_is_encoded() -> None:
    user = tokenizer().special_tokens["<|user|>"]
    a, b = tokenizer().encode("a"), tokenizer().encode("b")
    assert tokenizer().encode("a<|user|>b", allowed_special="all") == [*a, user, *b]
    assert tokenizer().encode("a<|user|>b", allowed_special={"<|user|>"}) == [*a, user, *b]
    assert tokenizer().encode("<|user|><|user|>", ["<|user|>"]) == [user, user]
    plain = tokenizer().encode_ordinary("a<|user|>b")
    assert tokenizer().encode("a<|user|>b", disallowed_special=()) == plain
    assert tokenizer().encode("a<|user|>b", disallowed_special={"<|endoftext|>"}) == plain


def test_the_error_says_which_token_and_how_to_allow_it() -> None:
    words = (
        r"the text holds the special token '<\|user\|>', which is not allowed\. .*special token.*"
        r"allowed_special=\{'<\|user\|>'\}.*plain text.*disallowed_special=\(\).*encode_ordinary"
    )
    with pytest.raises(ValueError, match=words):
        tokenizer().encode("hello <|user|> <|endoftext|>")
    with pytest.raises(ValueError, match=words):
        tokenizer().encode("hello <|user|>", allowed_special={"<|endoftext|>"})
    with pytest.raises(ValueError, match=words):  # said twice: no wins
        tokenizer().encode("hello <|user|>", allowed_special="all", disallowed_special={"<|user|>"})
    with pytest.raises(ValueError, match="the text holds the special token 'word'"):  # any word can be disallowed
        tokenizer().encode("a word", disallowed_special={"word"})


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"allowed_special": {"<|none|>"}}, ValueError, r"'<\|none\|>' is allowed but is not a special token"),
        ({"allowed_special": "<|user|>"}, TypeError, r"allowed_special must be 'all' or a collection of strings"),
        ({"disallowed_special": "<|user|>"}, TypeError, r"disallowed_special must be 'all' or a collection"),
        ({"allowed_special": {5}}, TypeError, "allowed_special must hold strings, got int"),
        ({"disallowed_special": [b"a"]}, TypeError, "disallowed_special must hold strings, got bytes"),
    ],
)
def test_bad_arguments(arguments: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        tokenizer().encode("hello", **arguments)
    with pytest.raises(error, match=words):
        trained("cl100k").encode("hello", **arguments)  # without special tokens


def test_where_two_could_start_the_longer_one_is_meant() -> None:
    special = ["<|a|>", "<|a|>b", "|>b", "<|a|><|a|>"]
    ours = trained_on(["a b"], 256 + len(special), "cl100k", special)
    id_of = ours.special_tokens
    assert ours.encode("<|a|>bc", "all") == [id_of["<|a|>b"], ord("c")]
    assert ours.encode("<|a|>c", "all") == [id_of["<|a|>"], ord("c")]
    assert ours.encode("<|a|><|a|>b", "all") == [id_of["<|a|><|a|>"], ord("b")]
    assert ours.encode("<|a|>b", {"<|a|>"}, ()) == [id_of["<|a|>"], ord("b")]
    assert ours.encode("<|a|>b", {"|>b"}, ()) == [*map(ord, "<|a"), id_of["|>b"]]
    with pytest.raises(ValueError, match=r"special token '<\|a\|>b'"):
        ours.encode("<|a|>b", {"<|a|>"})


def test_special_tokens_of_any_characters() -> None:
    special = [".*", "a", " ", "\n", "(", "[^", "\\", "é", "🙂", "\0"]
    ours = trained_on(["hello"], 256 + len(special), "gpt2", special)
    for text, id in ours.special_tokens.items():
        assert ours.encode(text, "all") == [id]
        assert ours.decode([id]) == text
        assert ours.encode("x" + text + "y", {text}, ()) == [ord("x"), id, ord("y")]


def test_the_tokens_of_conversations() -> None:
    assert len(pyllm.SPECIAL_TOKENS) == len(set(pyllm.SPECIAL_TOKENS)) == 18
    assert pyllm.SPECIAL_TOKENS[0] == "<|endoftext|>"
    ours = trained_on(["hello"], 256 + 18, "cl100k", pyllm.SPECIAL_TOKENS)
    assert list(ours.special_tokens.values()) == list(range(256, 274))  # the last ids, in order
    assert ours.encode("".join(pyllm.SPECIAL_TOKENS), "all") == list(range(256, 274))
