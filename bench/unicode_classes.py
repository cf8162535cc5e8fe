r"""Lists the code points whose character class differs between pyllm's tables and tiktoken's.

Both cut text by classes such as \p{L}; pyllm's come from the `regex` package, tiktoken's from the Rust crate that it
was built with. Where one knows a newer Unicode, a text with the new characters can be cut differently, and so get
other ids. Prints Markdown: python bench/unicode_classes.py [--out bench/results/unicode_classes.md]. Needs tiktoken.
"""

import argparse
import itertools
import unicodedata
from importlib.metadata import version
from pathlib import Path

import regex
import tiktoken

from pyllm import _bpe

CLASSES = [r"\p{L}", r"\p{N}", r"\s", r"\p{M}", r"\p{Lu}", r"\p{Lt}", r"\p{Ll}", r"\p{Lm}", r"\p{Lo}"]
ALL_TEXT = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)


def tiktokens_class(pattern: str) -> set[str]:
    """The characters that tiktoken takes for members: it drops what its pattern does not match."""
    encoding = tiktoken.Encoding(
        "bytes",
        pat_str=f"{pattern}+",
        mergeable_ranks={bytes([byte]): byte for byte in range(256)},
        special_tokens={},
    )
    return set(encoding.decode_bytes(encoding.encode_ordinary(ALL_TEXT)).decode())


def ranges(characters: set[str]) -> list[str]:
    """Code points as ranges: U+0558, U+058B..U+058C."""
    codes = sorted(map(ord, characters))
    result = []
    for _, group in itertools.groupby(enumerate(codes), key=lambda pair: pair[1] - pair[0]):
        run = [code for _, code in group]
        result.append(f"U+{run[0]:04X}" if len(run) == 1 else f"U+{run[0]:04X}..U+{run[-1]:04X}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines = [
        "# Character classes: pyllm's tables and tiktoken's",
        "",
        f"pyllm: Unicode {_bpe.unicode_version}, generated from regex {_bpe.regex_version}; tiktoken "
        f"{version('tiktoken')}; Python's unicodedata {unicodedata.unidata_version}.",
        "",
        "| class | only in pyllm | only in tiktoken | code points |",
        "|---|---|---|---|",
    ]
    for pattern in CLASSES:
        ours = set("".join(regex.findall(f"{pattern}+", ALL_TEXT)))
        theirs = tiktokens_class(pattern)
        listed = ", ".join(ranges(ours ^ theirs)) or "none"
        lines.append(f"| `{pattern}` | {len(ours - theirs)} | {len(theirs - ours)} | {listed} |")
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
