"""The files that make conversations work elsewhere, read by the libraries that read them elsewhere."""

import json
from functools import cache
from pathlib import Path

import jinja2.sandbox
import pytest
import tokenizers
from conversations import conversations, shortest
from hypothesis import given
from hypothesis import strategies as st
from samples import trained

import pyllm
from pyllm import SPECIAL_TOKENS, Tokenizer, checkpoint
from pyllm.chat import Message, render
from pyllm.chat_files import CHAT_TEMPLATE, write_chat_files

NAMES = ["generation_config.json", "special_tokens_map.json", "tokenizer_config.json"]


@cache
def tokenizer() -> Tokenizer:
    return trained("cl100k", special_tokens=SPECIAL_TOKENS)


def read(folder: Path) -> dict[str, dict]:
    return {name: json.loads((folder / name).read_text()) for name in NAMES}


def compiled(template: str, **options: bool) -> jinja2.Template:
    """As transformers compiles it, or with plain Jinja's options."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(**options)

    def raise_exception(words: str) -> None:
        raise jinja2.TemplateError(words)

    environment.globals["raise_exception"] = raise_exception
    return environment.from_string(template)


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> tokenizers.Tokenizer:
    path = tmp_path_factory.mktemp("peer") / "tokenizer.json"
    tokenizer().save(path)
    return tokenizers.Tokenizer.from_file(str(path))


def harmless(message: Message) -> Message:
    """A message whose texts spell no special token: the template cannot tell those from real ones."""
    content = shortest(message)["content"]
    if isinstance(content, str):
        return {"role": message["role"], "content": content.replace("|", "/")}
    return {"role": message["role"], "content": [{**part, "text": part["text"].replace("|", "/")} for part in content]}


@pytest.mark.parametrize("options", [{"trim_blocks": True, "lstrip_blocks": True}, {}])
@given(messages=conversations(), opened=st.booleans())
def test_the_template_renders_to_the_same_ids(
    peer: tokenizers.Tokenizer, options: dict[str, bool], messages: list[Message], opened: bool
) -> None:
    messages = [harmless(message) for message in messages]
    opened &= messages[-1]["role"] != "assistant"
    text = compiled(CHAT_TEMPLATE, **options).render(messages=messages, add_generation_prompt=opened)
    ids = peer.encode(text, add_special_tokens=False).ids
    assert ids == render(messages, tokenizer(), open_turn=opened).ids


def test_a_foreign_tokenizer_does_so_too(tmp_path: Path) -> None:
    tok = trained("gpt2", special_tokens=("<|endoftext|>", "<|other|>")).with_special_tokens(SPECIAL_TOKENS)
    tok.save(tmp_path / "tokenizer.json")
    messages = [{"role": "user", "content": "it's\n"}, {"role": "assistant", "content": " 12 "}]
    text = compiled(CHAT_TEMPLATE).render(messages=messages)
    ids = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode(text, add_special_tokens=False).ids
    assert ids == render(messages, tok).ids
    assert Tokenizer.load(tmp_path / "tokenizer.json") == tok


def test_the_template_refuses_an_unknown_role() -> None:
    with pytest.raises(jinja2.TemplateError, match="there is no role bot"):
        compiled(CHAT_TEMPLATE).render(messages=[{"role": "bot", "content": "a"}])


def test_what_the_files_say(tmp_path: Path) -> None:
    tok = tokenizer()
    write_chat_files(tmp_path, tok, 128)
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    files = read(tmp_path)
    assert files["tokenizer_config.json"]["chat_template"] == CHAT_TEMPLATE
    assert files["tokenizer_config.json"]["model_max_length"] == files["generation_config.json"]["max_length"] == 128
    ends = [tok.special_tokens["<|endofturn|>"], tok.special_tokens["<|endoftext|>"]]
    assert files["generation_config.json"]["eos_token_id"] == ends
    for file in ("tokenizer_config.json", "special_tokens_map.json"):
        named = files[file]
        assert {named[name] for name in ("bos_token", "eos_token", "pad_token")} == {"<|endoftext|>", "<|endofturn|>"}
        assert set(named["additional_special_tokens"]) < set(SPECIAL_TOKENS)


def test_a_checkpoint_has_them_where_its_tokenizer_can_hold_a_conversation(tmp_path: Path) -> None:
    def saved(name: str, tok: Tokenizer | None) -> set[str]:
        size = 256 if tok is None else tok.vocab_size
        model = pyllm.GPT(pyllm.ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=size, context=16))
        checkpoint.save(tmp_path / name, model, pyllm.AdamW(model), {}, tok)
        checkpoint.verify(tmp_path / name)
        return {path.name for path in (tmp_path / name).iterdir()}

    assert {*NAMES, "tokenizer.json"} <= saved("chat", tokenizer())
    assert read(tmp_path / "chat")["generation_config.json"]["max_length"] == 16
    assert not saved("without", trained("gpt2", special_tokens=("<|endoftext|>",))) & set(NAMES)
    assert not saved("none", None) & set(NAMES)
    (tmp_path / "chat" / "tokenizer_config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"tokenizer_config.json has 2 bytes"):
        checkpoint.verify(tmp_path / "chat")
