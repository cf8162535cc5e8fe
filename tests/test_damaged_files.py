"""Damaged and hostile tokenizer files: one sentence that names the file, and never a crash."""

import base64
import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import trained_on

from pyllm import Tokenizer

TEXT = "hello world, hello there: it's the text that the tokenizer learned"
NAMES = ("tokenizer.json", "ranks", "vocab.json", "merges.txt")


@cache
def good() -> dict[str, bytes]:
    """The content of a valid file of each format."""
    tokenizer = trained_on([TEXT], 276, "gpt2", ["<|a|>", "<|b|>"])
    with TemporaryDirectory() as folder:
        paths = {name: Path(folder, name) for name in NAMES}
        tokenizer.save(paths["tokenizer.json"])
        tokenizer.save_tiktoken(paths["ranks"])
        tokenizer.save_gpt2(paths["vocab.json"], paths["merges.txt"])
        return {name: path.read_bytes() for name, path in paths.items()}


def load(name: str, content: bytes) -> Tokenizer | str:
    """The tokenizer, or the sentence of the ValueError, less the file's path."""
    with TemporaryDirectory() as folder:
        for each in NAMES:
            Path(folder, each).write_bytes(good()[each])
        path = Path(folder, name)
        path.write_bytes(content)
        try:
            if name == "tokenizer.json":
                return Tokenizer.load(path)
            if name == "ranks":
                return Tokenizer.from_tiktoken(path, "gpt2", {"<|a|>": 5000})
            return Tokenizer.from_gpt2(Path(folder, "vocab.json"), Path(folder, "merges.txt"))
        except ValueError as error:
            # Either of GPT-2's two files may turn out to be the one that does not fit.
            named = NAMES[2:] if name in NAMES[2:] else (name,)
            sentence = str(error)
            assert type(error) is ValueError
            assert any(str(Path(folder, each)) in sentence for each in named), sentence
            assert "\n" not in sentence
            return sentence.replace(f"{folder}/", "")


def assert_loads_or_says_why(name: str, content: bytes) -> None:
    result = load(name, content)
    if isinstance(result, Tokenizer):
        assert result.decode_bytes(result.encode_ordinary(TEXT)) == TEXT.encode()


# tokenizer.json


def changed(change: Callable[[dict], object]) -> bytes:
    content = json.loads(good()["tokenizer.json"])
    change(content)
    return json.dumps(content).encode()


def setting(*path: str | int, to: object) -> bytes:
    def change(content: dict) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return changed(change)


def without(*path: str) -> bytes:
    def change(content: dict) -> None:
        for step in path[:-1]:
            content = content[step]
        del content[path[-1]]

    return changed(change)


BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
SPLIT = {"type": "Split", "pattern": {"Regex": r"\w+|\W"}, "behavior": "Isolated", "invert": False}


def pre_tokenizer(*steps: object) -> bytes:
    return setting("pre_tokenizer", to={"type": "Sequence", "pretokenizers": list(steps)})


CANNOT = r"^tokenizer\.json is not a byte-level BPE that pyllm can run: it has "
NOT_ONE = r"^tokenizer\.json is not a tokenizer\.json of a byte-level BPE: "
UNUSABLE = r"^tokenizer\.json does not hold a usable vocabulary: "


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"", r"^tokenizer\.json is not JSON"),
        (lambda: b"\xff\xfe{}", r"^tokenizer\.json is not UTF-8 at byte 0"),
        (lambda: b"[]", r"^tokenizer\.json must hold a JSON object, got list"),
        (lambda: b"[" * 100_000, r"^tokenizer\.json is not a tokenizer: its JSON is nested too deeply"),
        (lambda: b'{"model": ' * 100_000, r"^tokenizer\.json is not a tokenizer: its JSON is nested too deeply"),
        (lambda: b'{"model": 1' + b"0" * 5_000 + b"}", r"^tokenizer\.json is not JSON"),
        (lambda: b"{}", NOT_ONE + "'model' is missing"),
        (lambda: setting("model", to=None), NOT_ONE),
        (lambda: setting("model", to=[]), NOT_ONE),
        (lambda: setting("model", "type", to="WordPiece"), CANNOT + "a WordPiece model"),
        (lambda: setting("model", "type", to="Unigram"), CANNOT + "a Unigram model"),
        (lambda: setting("model", "byte_fallback", to=True), CANNOT + "byte_fallback"),
        (lambda: setting("model", "dropout", to=0.1), CANNOT + "dropout"),
        (lambda: setting("model", "continuing_subword_prefix", to="##"), CANNOT + "continuing_subword_prefix"),
        (lambda: setting("model", "end_of_word_suffix", to="</w>"), CANNOT + "end_of_word_suffix"),
        (lambda: setting("normalizer", to={"type": "NFC"}), CANNOT + "the normalizer NFC"),
        (lambda: setting("normalizer", to="NFC"), NOT_ONE),
        (lambda: setting("pre_tokenizer", to=None), CANNOT + "a pre-tokenizer that does not end with ByteLevel"),
        (lambda: setting("pre_tokenizer", to={"type": "Whitespace"}), CANNOT + "a pre-tokenizer that does not end"),
        (lambda: setting("pre_tokenizer", "add_prefix_space", to=True), CANNOT + "add_prefix_space"),
        (lambda: setting("pre_tokenizer", "use_regex", to=False), CANNOT),
        (lambda: setting("pre_tokenizer", to="ByteLevel"), NOT_ONE),
        (lambda: pre_tokenizer(), NOT_ONE),
        (lambda: pre_tokenizer("ByteLevel"), NOT_ONE),
        (lambda: pre_tokenizer(BYTE_LEVEL, SPLIT), CANNOT + "a pre-tokenizer that does not end with ByteLevel"),
        (lambda: pre_tokenizer(SPLIT, SPLIT, BYTE_LEVEL), CANNOT + "several pre-tokenizers in a row"),
        (lambda: pre_tokenizer({"type": "Digits"}, BYTE_LEVEL), CANNOT + "several pre-tokenizers in a row"),
        (lambda: pre_tokenizer(SPLIT | {"invert": True}, BYTE_LEVEL), CANNOT + "a Split that is not"),
        (lambda: pre_tokenizer(SPLIT | {"behavior": "Removed"}, BYTE_LEVEL), CANNOT + "a Split that is not"),
        (lambda: pre_tokenizer(SPLIT | {"pattern": {"String": " "}}, BYTE_LEVEL), CANNOT + "a Split that is not"),
        (lambda: pre_tokenizer(SPLIT | {"pattern": {"Regex": "("}}, BYTE_LEVEL), NOT_ONE + r".*'\(' does not compile"),
        (lambda: pre_tokenizer(SPLIT | {"pattern": {"Regex": "a*"}}, BYTE_LEVEL), NOT_ONE + ".*the empty string"),
        (lambda: pre_tokenizer(SPLIT | {"pattern": {"Regex": "(" * 9999}}, BYTE_LEVEL), NOT_ONE + ".*too deeply"),
        (lambda: pre_tokenizer(SPLIT | {"pattern": {"Regex": 5}}, BYTE_LEVEL), NOT_ONE),
        (lambda: without("model", "vocab"), NOT_ONE + "'vocab' is missing"),
        (lambda: without("model", "merges"), NOT_ONE + "'merges' is missing"),
        (lambda: setting("model", "vocab", to={}), "holds no vocabulary"),
        (lambda: setting("model", "vocab", to=[["a", 0.5]]), "holds no vocabulary"),
        (lambda: without("model", "vocab", "a"), r"^tokenizer\.json: the single byte 'a' is not in the vocabulary"),
        (lambda: setting("model", "vocab", "a", to=98), "the tokens 'a' and 'b' have the same id 98"),
        (lambda: setting("model", "vocab", "a", to="97"), "the token 'a' has the id '97', not an integer from 0"),
        (lambda: setting("model", "vocab", "a", to=-1), "the token 'a' has the id -1, not an integer"),
        (lambda: setting("model", "vocab", "a", to=1 << 40), "the token 'a' has the id 1099511627776"),
        (lambda: setting("model", "vocab", "a", to=True), "the token 'a' has the id True"),
        (lambda: setting("model", "vocab", "日本", to=500), "the token '日本' is not in byte characters"),
        (lambda: setting("model", "merges", to=None), NOT_ONE),
        (lambda: setting("model", "merges", to=["a b c"]), NOT_ONE + "a merge is not a pair of tokens"),
        (lambda: setting("model", "merges", to=[["a"]]), NOT_ONE + "a merge is not a pair of tokens"),
        (lambda: setting("model", "merges", to=[[1, 2]]), NOT_ONE + "a merge is not a pair of tokens"),
        (lambda: setting("model", "merges", to=[5]), NOT_ONE),
        (lambda: setting("model", "merges", to=["q q"]), "merge number 1: the token 'qq' is not in the vocabulary"),
        (lambda: setting("model", "merges", 2, to=["qq", "a"]), "merge number 3: the token 'qq' is not in the"),
        (lambda: setting("model", "merges", to=["日 本"]), "merge number 1: the token '日' is not in the vocabulary"),
        (lambda: setting("model", "merges", 0, to=["", "a"]), "merge number 1: the token '' is not in the vocabulary"),
        (lambda: setting("added_tokens", to=5), NOT_ONE),
        (lambda: setting("added_tokens", to=["<|a|>"]), NOT_ONE),
        (lambda: setting("added_tokens", to=[{"content": "x"}]), NOT_ONE + "'id' is missing"),
        (lambda: setting("added_tokens", 0, "content", to=5), UNUSABLE + "a special token must be a string"),
        (lambda: setting("added_tokens", 0, "content", to=""), UNUSABLE + "a special token must not be empty"),
        (lambda: setting("added_tokens", 0, "content", to="\ud800"), UNUSABLE + ".*lone surrogate"),
        (lambda: setting("added_tokens", 0, "content", to=[]), NOT_ONE),
        (lambda: setting("added_tokens", 0, "id", to="5"), UNUSABLE + ".*has the id '5', not an integer"),
        (lambda: setting("added_tokens", 0, "id", to=1 << 40), UNUSABLE + ".*has the id 1099511627776"),
        (lambda: setting("added_tokens", 0, "id", to=-1), UNUSABLE + ".*has the id -1"),
        (
            lambda: setting("added_tokens", 0, "id", to=97),
            UNUSABLE + ".*has the id 97, which is that of the token b'a'",
        ),
        (lambda: setting("added_tokens", 0, "id", to=275), UNUSABLE + r".*has the id 275, which is that of '<\|a\|>'"),
    ],
)
def test_a_damaged_tokenizer_json(content: Callable[[], bytes], words: str) -> None:
    sentence = load("tokenizer.json", content())
    assert isinstance(sentence, str) and re.search(words, sentence), sentence


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 400)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["a", "a b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=400)
@given(st.data())
def test_any_value_anywhere_in_a_tokenizer_json(data: st.DataObject) -> None:
    content = copy.deepcopy(json.loads(good()["tokenizer.json"]))
    node = content
    while True:  # down to some list or dictionary, of which one entry is changed
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if len(keys) > 100:  # the vocabulary: more often what is not a single byte
            keys = keys[::40] + keys[256:]
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], (dict, list)) or not node[key] or data.draw(st.integers(0, 3)) == 0:
            break
        node = node[key]
    action = data.draw(st.sampled_from(["replace", "replace", "remove", "add"]))
    if action == "remove":
        del node[key]
    elif action == "replace":
        node[key] = data.draw(json_values)
    elif isinstance(node, dict):
        node[data.draw(st.text(max_size=3))] = data.draw(json_values)
    else:
        node.insert(key, data.draw(json_values))
    assert_loads_or_says_why("tokenizer.json", json.dumps(content).encode())


# Any of the formats


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=200)
@given(data=st.data())
def test_any_bytes_anywhere(name: str, data: st.DataObject) -> None:
    content = bytearray(good()[name])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 20))
        content[at : at + length] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"\n", b" ", b"0", b'"', b"}", b"="])
        )
    assert_loads_or_says_why(name, bytes(content))


@pytest.mark.parametrize("name", NAMES)
def test_truncated_files(name: str) -> None:
    content = good()[name]
    for size in [*range(0, 40), *range(40, len(content), 1 + len(content) // 100), len(content) - 1]:
        assert_loads_or_says_why(name, content[:size])


@pytest.mark.parametrize("name", NAMES)
@given(content=st.binary(max_size=200))
def test_random_bytes(name: str, content: bytes) -> None:
    result = load(name, content)
    nothing = name == "merges.txt" and not content.decode("utf-8", "replace").strip()  # no merges at all are fine
    assert isinstance(result, str) or nothing


def line(token: bytes, rank: object) -> bytes:
    return base64.b64encode(token) + f" {rank}\n".encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "^ranks holds no token"),
        (b"\n \n", "^ranks holds no token"),
        (b"YQ==\n", "^ranks, line 1: expected a token in base64 and its rank, got 'YQ=='"),
        (b"YQ== 0 1\n", "^ranks, line 1: expected a token in base64"),
        (b"\nYQ 0\n", "^ranks, line 2: expected a token in base64"),
        (b"Y!Q== 0\n", "^ranks, line 1: expected a token in base64"),
        (b"\xff\xfe 0\n", "^ranks, line 1: expected a token in base64"),
        (b"YQ== x\n", "^ranks, line 1: expected a token in base64"),
        (b"YQ== 1.0\n", "^ranks, line 1: expected a token in base64"),
        (b"YQ== " + b"9" * 5_000 + b"\n", "^ranks, line 1: expected a token in base64"),
        (b"YQ== -1\n", "^ranks, line 1: the token is empty or its rank -1 is out of range"),
        (b"YQ== 2097150\n", "^ranks, line 1: .* its rank 2097150 is out of range"),
        (line(b"a", 97), "^ranks holds no token for the single byte 0; byte-level BPE needs all 256"),
        (b"".join(line(bytes([byte]), byte) for byte in range(255)), "no token for the single byte 255"),
        (lambda: good()["ranks"] + line(b"new", 5), r"^ranks, line 275: the token b'new' or its rank 5 stands there"),
        (lambda: good()["ranks"] + line(b"a", 999), r"^ranks, line 275: the token b'a' or its rank 999 stands there"),
        (lambda: good()["ranks"] + line(b"x" * 9000, 999), "^ranks: a rank file may hold tokens of 8192 bytes, not of"),
    ],
)
def test_a_damaged_rank_file(content: bytes | Callable[[], bytes], words: str) -> None:
    sentence = load("ranks", content if isinstance(content, bytes) else content())
    assert isinstance(sentence, str) and re.search(words, sentence), sentence


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("vocab.json", b"[]", r"^vocab\.json must hold a JSON object, got list"),
        ("vocab.json", b"{}", r"^vocab\.json holds no vocabulary"),
        ("vocab.json", b'{"a": 1.5}', r"^vocab\.json: the token 'a' has the id 1\.5, not an integer"),
        ("vocab.json", b'{"a": 1, "b": 1}', r"^vocab\.json: the tokens 'a' and 'b' have the same id 1"),
        ("vocab.json", b'{"a": 1}', "the single byte '.*' is not in the vocabulary"),
        ("merges.txt", b"#version: 0.2\na\n", r"^merges\.txt, line 2: expected two tokens, got 'a'"),
        ("merges.txt", b"a b c\n", r"^merges\.txt, line 1: expected two tokens, got 'a b c'"),
        ("merges.txt", b"q q\n", r"^merges\.txt: merge number 1: the token 'qq' is not in the vocabulary"),
        ("merges.txt", b"\xff\n", r"^merges\.txt is not UTF-8 at byte 0"),
    ],
)
def test_a_damaged_gpt2_pair(name: str, content: bytes, words: str) -> None:
    sentence = load(name, content)
    assert isinstance(sentence, str) and re.search(words, sentence), sentence


def test_special_tokens_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "ranks"
    path.write_bytes(good()["ranks"])
    for special, error, words in (
        ({"x": 97}, ValueError, "the special token 'x' has the id 97, which is that of the token b'a'"),
        ({"x": 300, "y": 300}, ValueError, "the special token 'y' has the id 300, which is that of 'x'"),
        ({"": 300}, ValueError, "must not be empty"),
        ({"x": -1}, ValueError, "has the id -1, not an integer from 0 to"),
        ({"x": 1 << 21}, ValueError, "has the id 2097152, not an integer from 0 to"),
        ({b"x": 300}, TypeError, "a special token must be a string, got bytes"),
    ):
        with pytest.raises(error, match=words):
            Tokenizer.from_tiktoken(path, "gpt2", special)
    with pytest.raises(ValueError, match="no pattern named 'gpt5'"):
        Tokenizer.from_tiktoken(path, "gpt5")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for read in (Tokenizer.load, Tokenizer.from_tiktoken, lambda path: Tokenizer.from_gpt2(path, path)):
        with pytest.raises(FileNotFoundError, match="missing"):
            read(tmp_path / "missing")
        with pytest.raises(IsADirectoryError):
            read(tmp_path)
