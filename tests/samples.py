"""Tokenizers to test, trained here: no test needs a download."""

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from texts import random_texts

from pyllm import Tokenizer
from pyllm.tokenizer_files import Vocabulary

PROSE = """\
The tokenizer's first job is to cut a text into pieces; its second is to join the bytes of each piece into tokens.
It isn't hard, they'll say, and they've done it twice: in 1994, when it compressed files, and in 2016, for translation.
"WHO'S THERE?" SHE'D ASKED. "It's I," he'd answered -- and we're sure that they'd've met before, I'M certain of it!

Über die Brücke führen 12345 Schritte; größer als 3,14159 ist sie nicht. L'été dernier, où étaient-ils? À Málaga, señor.
Вчера вечером мы читали книгу о словах и буквах. Στην αρχή ήταν ο λόγος. Şehir ışıkları güzeldi, İstanbul'da.
昨日の夜、私たちは言葉についての本を読みました。今天的天气很好,我们去公园散步吧。오늘은 날씨가 아주 좋습니다.
कल रात हमने एक किताब पढ़ी। ในวันนี้อากาศดีมาก قرأنا كتابا عن الكلمات والحروف אתמול קראנו ספר 🙂👍🏽 👨‍👩‍👧 🇩🇪!
"""
CODE = """\
def tokenize(text: str, *, maxLength=1024) -> list[int]:
\t# TODO: HTTPServer isn't XMLHttpRequest;  see http://example.org/a/b?c=1&d=%20
    for index, (key, value) in enumerate(sorted(table.items(), key=lambda item: -item[1])):
        if value >= 0x7fff and not key.startswith("__"):
            result[index] += f"{key!r}: {value:>10.3f}\\n"   \n
    return {"ids": [1, 22, 333, 4444, 55555], "ok": True}\r\n
"""
TEXT = PROSE + CODE + PROSE.upper() + "    \n\n\n   "
WHOLE = r"(?s:.)+"  # a pattern that makes one piece of any text


@cache
def trained(pattern: str = "cl100k", vocab_size: int = 900, special_tokens: Sequence[str] = ()) -> Tokenizer:
    """A tokenizer of the texts above and of random ones."""
    texts = [PROSE, PROSE.lower(), CODE, *random_texts(7, 60, 60)]
    return trained_on(texts, vocab_size, pattern, special_tokens)


def trained_on(
    texts: Sequence[str | bytes], vocab_size: int, pattern: str = WHOLE, special_tokens: Sequence[str] = ()
) -> Tokenizer:
    """A tokenizer that may stay below vocab_size without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Tokenizer.train(iter(texts), vocab_size, pattern, special_tokens)


def of_merges(
    merges: Sequence[tuple[bytes, bytes]],
    pattern: str = WHOLE,
    tokens: Sequence[bytes] = (),
    special_tokens: Mapping[str, int] | None = None,
) -> Tokenizer:
    """A tokenizer with these merges in this order, whatever it is. tokens: those of the ids from 256 on."""
    tokens = tokens or list(dict.fromkeys(left + right for left, right in merges))
    listed = [*(bytes([byte]) for byte in range(256)), *tokens]
    id_of = {token: id for id, token in enumerate(listed)}
    triples = [(id_of[left], id_of[right], id_of[left + right]) for left, right in merges]
    return Tokenizer(Vocabulary(listed, triples, pattern, dict(special_tokens or {})))


def shuffled(tokenizer: Tokenizer, seed: int) -> Tokenizer:
    """The same tokens and merges with the merges in a random order, as only a tokenizer.json can have them."""
    merges = tokenizer.merges
    tokens = [left + right for left, right in merges]
    random.Random(seed).shuffle(merges)
    return of_merges(merges, tokenizer.pattern, tokens, tokenizer.special_tokens)


def through_file(write: Callable[[Path], object], read: Callable[[Path], Tokenizer]) -> Tokenizer:
    """What comes back from a file of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "file")
        write(path)
        return read(path)


@cache
def tokenizers() -> dict[str, Tokenizer]:
    """One of each sort."""
    base = trained("o200k")
    return {
        "gpt2": trained("gpt2"),
        "cl100k": trained("cl100k"),
        "o200k": base,
        "qwen2": trained("qwen2"),
        "custom pattern": trained(r"\w+|\s"),
        "bytes only": trained_on(["a b"], 256, "cl100k"),
        "special tokens": trained("cl100k", special_tokens=("<|a|>", "<|endoftext|>")),
        "from a rank file": through_file(base.save_tiktoken, lambda path: Tokenizer.from_tiktoken(path, "o200k")),
        "from tokenizer.json": through_file(base.save, Tokenizer.load),
        "merges out of order": shuffled(trained("cl100k"), 1),
    }
