"""The regular expressions that cut a text into pieces before byte-pair encoding.

The named patterns are those of OpenAI's tokenizers and of Qwen2's, and run as hand-written C++ scanners; any other
pattern runs through the `regex` package, which also defines what the named ones mean.
"""

from collections.abc import Iterator

from pyllm import _bpe

Text = str | bytes | bytearray | memoryview

# OpenAI's as tiktoken 0.14 has them (tiktoken_ext/openai_public.py), Qwen2's as transformers 5.23 has it
# (models/qwen2/tokenization_qwen2.py).
PATTERNS = {
    "gpt2": r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
    "cl100k": (
        r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"""
        r"""|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
    ),
    "o200k": (
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"""
        r"""|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"""
        r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)?"""
        r"""|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
    ),
    "qwen2": (
        r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
        r"""|\s*[\r\n]+|\s+(?!\S)|\s+"""
    ),
}

# The same in the dialect of Hugging Face's tokenizers (Oniguruma), where `$` ends a line and `{1,3}+` is not
# possessive. GPT-2's is built into their ByteLevel pre-tokenizer.
ONIGURUMA_PATTERNS = {
    "cl100k": (
        r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
        r"""|\s+\z|\s*[\r\n]|\s+(?!\S)|\s"""
    ),
    "o200k": PATTERNS["o200k"],
    "qwen2": PATTERNS["qwen2"],
}


class NamedSplitter:
    """One of PATTERNS: the C++ side takes it as a constant."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.native = getattr(_bpe.Pattern, name)

    def split(self, text: Text) -> list[bytes]:
        return _bpe.split(text, self.native)


class RegexSplitter:
    """Any other pattern. What it does not match between two matches is a piece too, so that nothing is lost.

    Raises:
        ValueError: the pattern does not compile, matches the empty string, or searches backwards.
    """

    native = None

    def __init__(self, pattern: str) -> None:
        import regex

        self.name = pattern
        try:
            self._compiled = regex.compile(pattern)
        except regex.error as error:
            raise ValueError(f"the pattern {pattern!r} does not compile: {error}") from None
        except RecursionError:
            raise ValueError(f"the pattern {pattern[:40]!r}... does not compile: it is nested too deeply") from None
        if self._compiled.flags & regex.REVERSE:
            raise ValueError(f"the pattern {pattern!r} searches backwards; pieces are cut from left to right")
        if self._compiled.match("") is not None:
            raise ValueError(f"the pattern {pattern!r} matches the empty string; every match must have a length")

    def split(self, text: Text) -> list[bytes]:
        return list(self._pieces(text))

    def _pieces(self, text: Text) -> Iterator[bytes]:
        if isinstance(text, str):
            text = utf8(text)
        decoded = bytes(text).decode("utf-8", "surrogateescape")  # an invalid byte is one character of no class
        at = 0
        for match in self._compiled.finditer(decoded):
            start, end = match.span()
            if start == end:
                raise ValueError(f"the pattern {self.name!r} matches the empty string at character {start} of a text")
            if start > at:
                yield decoded[at:start].encode("utf-8", "surrogateescape")
            yield decoded[start:end].encode("utf-8", "surrogateescape")
            at = end
        if at < len(decoded):
            yield decoded[at:].encode("utf-8", "surrogateescape")


Splitter = NamedSplitter | RegexSplitter


def splitter(pattern: str) -> Splitter:
    """The splitter of a pattern's name ("gpt2", "cl100k", "o200k", "qwen2") or of a regular expression.

    Raises:
        TypeError: the pattern is not a string.
        ValueError: no such name; for a regular expression see RegexSplitter.
    """
    if not isinstance(pattern, str):
        raise TypeError(f"a pattern must be a string, got {type(pattern).__name__}")
    for name, definition in PATTERNS.items():
        if pattern in (name, definition):
            return NamedSplitter(name)
    if pattern.isidentifier():  # as a regular expression it would match itself: surely a name, misspelt
        raise ValueError(f"there is no pattern named {pattern!r}; the named ones are {', '.join(PATTERNS)}")
    return RegexSplitter(pattern)


def utf8(text: str) -> bytes:
    """UTF-8 of a text; surrogates are joined in pairs and lone ones become U+FFFD, as tiktoken does."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def checked_text(text: Text) -> Text:
    """The text itself.

    Raises:
        TypeError: it is neither str nor bytes.
    """
    if not isinstance(text, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"a text must be str or bytes, got {type(text).__name__}")
    return text
