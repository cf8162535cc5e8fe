"""The quality rules: each at, below and above its threshold; junk and real layouts; any text at all."""

import dataclasses
import random
import string
from collections import Counter
from typing import Any

import junk_pages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyllm.data.document import Verdict
from pyllm.data.quality import (
    C4Quality,
    FineWebQuality,
    GopherQuality,
    GopherRepetition,
    PageText,
    RefinedWebQuality,
    c4_quality,
    fineweb_quality,
    gopher_quality,
    gopher_repetition,
    refinedweb_quality,
    thresholds,
    unwrap,
)
from pyllm.data.quality.sentences import count_sentences, ends_as_a_sentence

RULES = (gopher_repetition, gopher_quality, c4_quality, fineweb_quality)


def only(kind: type, **given: Any) -> Any:
    """Thresholds of which those given apply and no others."""
    off = {field.name: False if field.type == "bool" else None for field in dataclasses.fields(kind)}
    kept = {"stop_words": thresholds.ENGLISH_STOP_WORDS, "short_line_length": 30}
    return kind(**off | {name: value for name, value in kept.items() if name in off} | given)


def published(kind: type, *names: str) -> Any:
    """The published thresholds of some rules; all others are off."""
    return only(kind, **{name: getattr(kind(), name) for name in names})


def words(number: int, start: int = 0, length: int = 4) -> list[str]:
    """So many different words of one length."""
    letters = string.ascii_lowercase
    return [
        "".join(letters[place // 26**digit % 26] for digit in range(length)) for place in range(start, start + number)
    ]


def judged(text: str) -> Verdict:
    """What the four rules say of a page, one after the other."""
    for rule in RULES:
        verdict = rule(text)
        if not verdict:
            return verdict
        text = text if verdict.text is None else verdict.text
    return verdict


def dropped_for(verdict: Verdict, reason: str) -> bool:
    """Whether it is that, and its detail says figures."""
    return not verdict and verdict.reason == reason and any(map(str.isdigit, verdict.detail))


def test_the_published_thresholds() -> None:
    assert dataclasses.astuple(GopherRepetition()) == (
        *(0.30, 0.30, 0.20, 0.20, 0.20, 0.18, 0.16),
        *(0.15, 0.14, 0.13, 0.12, 0.11, 0.10),
    )
    stop_words = ("the", "be", "to", "of", "and", "that", "have", "with")
    assert dataclasses.astuple(GopherQuality()) == (50, 100_000, 3, 10, 0.1, 0.1, 0.9, 0.3, 0.8, 2, stop_words)
    assert dataclasses.astuple(C4Quality()) == (5, 3, 1000, False, True, True, True, True, True)
    assert dataclasses.astuple(FineWebQuality()) == (0.12, 0.1, 0.67, 30, None)


@pytest.mark.parametrize("name, separator", [("lines", "\n"), ("paragraphs", "\n\n")])
def test_copies_of_lines_and_paragraphs(name: str, separator: str) -> None:
    rule = published(GopherRepetition, f"duplicate_{name}")
    parts = words(70)
    at = [*parts, *parts[:30]]
    above = [*parts[1:], *parts[1:32]]
    assert len(at) == len(above) == 100
    for source in map(random.Random, range(3)):
        source.shuffle(at), source.shuffle(above)
        assert gopher_repetition(separator.join(at), rule)
        assert dropped_for(gopher_repetition(separator.join(above), rule), f"duplicate_{name}")


@pytest.mark.parametrize("name, separator", [("line", "\n"), ("paragraph", "\n\n")])
def test_characters_in_copies(name: str, separator: str) -> None:
    rule = published(GopherRepetition, f"duplicate_{name}_characters")
    copied, rest = "c" * 100, "r" * (300 - 2 * len(separator))
    at = separator.join([copied, copied, rest])  # 100 of 500 characters
    assert len(at) == 500
    assert gopher_repetition(at, rule)
    verdict = gopher_repetition(at[:-1], rule)
    assert dropped_for(verdict, f"duplicate_{name}_characters") and "20.0%" in verdict.detail


@pytest.mark.parametrize("n, limit", [(2, 0.20), (3, 0.18), (4, 0.16)])
def test_the_top_n_gram(n: int, limit: float) -> None:
    rule = published(GopherRepetition, f"top_{n}_gram")
    gram = " ".join(words(n))
    parts = [f"{gram} {word}" for word in words(9, 100)]
    text = " ".join(parts)
    total = 9 * len(gram)
    size = round(total / limit)
    at = text + " " * (size - len(text))
    assert total <= limit * len(at) and total > limit * (len(at) - 1)
    assert gopher_repetition(at, rule)
    assert dropped_for(gopher_repetition(at[:-1], rule), f"top_{n}_gram")


def test_the_most_frequent_n_gram_counts_not_the_longest() -> None:
    frequent, long = "a b", "exceedingly comprehensible"
    text = " ".join([f"{frequent} {word}" for word in words(9)] + [f"{long} {word}" for word in words(8, 50)])
    assert 8 * len(long) > 0.2 * len(text) > 9 * len(frequent)
    assert gopher_repetition(text, published(GopherRepetition, "top_2_gram"))


@pytest.mark.parametrize("n", range(5, 11))
def test_duplicate_n_grams(n: int) -> None:
    name = f"duplicate_{n}_grams"
    rule = published(GopherRepetition, name)
    gram = words(n)
    text = " ".join([*gram, *words(10, 100), *gram])
    limit = round(100 * getattr(GopherRepetition(), name))
    size = -(-100 * 4 * n // limit)  # the smallest in which so many characters are no more than that
    assert gopher_repetition(text.ljust(size), rule)
    assert dropped_for(gopher_repetition(text.ljust(size - 1), rule), name)
    one_less = " ".join([*gram, *words(20, 100), *gram[:-1], "other"])
    assert gopher_repetition(one_less, rule), f"{n - 1} words in a row are no copy of {n}"


def characters_by_definition(page: list[str], n: int) -> int:
    """Characters of sequences of n words that stood before, looked for from left to right."""
    characters, start, before = 0, 0, []
    while start + n <= len(page):
        gram = page[start : start + n]
        if gram in before:
            characters += len("".join(gram))
            start += n
        else:
            before.append(gram)
            start += 1
    return characters


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "bb", "ccc", "dddd", "e"]), min_size=1, max_size=60), st.integers(5, 10))
def test_duplicate_n_grams_are_those_of_the_definition(page: list[str], n: int) -> None:
    text = " ".join(page)
    characters = characters_by_definition(page, n)
    name = f"duplicate_{n}_grams"
    assert gopher_repetition(text, only(GopherRepetition, **{name: characters / len(text)}))
    if characters:
        assert dropped_for(
            gopher_repetition(text, only(GopherRepetition, **{name: (characters - 1) / len(text)})), name
        )


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "bb", "cccccc", "d"]), min_size=1, max_size=40), st.integers(2, 4))
def test_top_n_grams_are_those_of_the_definition(page: list[str], n: int) -> None:
    text, name = " ".join(page), f"top_{n}_gram"
    counts = Counter(" ".join(page[start : start + n]) for start in range(len(page) - n + 1))
    most = max(counts.values(), default=0)
    characters = most * max((len(gram) for gram, count in counts.items() if count == most), default=0)
    if most < 2:
        assert gopher_repetition(text, only(GopherRepetition, **{name: 0.0}))
        return
    assert gopher_repetition(text, only(GopherRepetition, **{name: characters / len(text)}))
    assert dropped_for(gopher_repetition(text, only(GopherRepetition, **{name: (characters - 1) / len(text)})), name)


def lines_with(marked: int, number: int, mark: str, *, at_the_end: bool = False) -> str:
    lines = [f"{word} {mark}" if at_the_end else f"{mark} {word}" for word in words(marked)]
    return "\n".join(lines + words(number - marked, 500))


@pytest.mark.parametrize(
    "threshold, inside, outside, reason",
    [
        ("min_words", " ".join(words(50)), " ".join([*words(49), "--", "..."]), "too_few_words"),
        ("max_words", "w " * 100_000, "w " * 100_001, "too_many_words"),
        ("min_mean_word_length", "aa bbb, cccc", "aa bbb, ccc", "short_words"),
        ("max_mean_word_length", f"{'a' * 9} {'b' * 11}.", f"{'a' * 9} {'b' * 12}.", "long_words"),
        ("max_hashes_per_word", " ".join(words(10)) + "#", " ".join(words(9)) + "#", "too_many_hashes"),
        ("max_ellipses_per_word", " ".join(words(10)) + "...", " ".join(words(9)) + "…", "too_many_ellipses"),
        ("max_bullet_lines", lines_with(90, 100, "•"), lines_with(91, 100, "-"), "too_many_bullets"),
        (
            "max_ellipsis_lines",
            lines_with(30, 100, "...", at_the_end=True),
            lines_with(31, 100, "…", at_the_end=True),
            "too_many_ellipsis_lines",
        ),
        ("min_alphabetic_words", "1 2 a b c d e f g 8h", "1 2 -- a b c d e f g", "too_few_alphabetic_words"),
        ("min_stop_words", "The cat THAT sat", "The cat, the hat", "too_few_stop_words"),
    ],
)
def test_gopher_quality(threshold: str, inside: str, outside: str, reason: str) -> None:
    rule = published(GopherQuality, threshold)
    assert gopher_quality(inside, rule)
    assert dropped_for(gopher_quality(outside, rule), reason)


def test_stop_words_of_another_language() -> None:
    german = only(GopherQuality, min_stop_words=2, stop_words=("der", "und", "ist"))
    assert gopher_quality("Der Hund und die Katze", german)
    assert dropped_for(gopher_quality("Der Hund of the Katze", german), "too_few_stop_words")


def test_c4_counts_sentences() -> None:
    rule = published(C4Quality, "min_sentences")
    assert c4_quality("One. Two! Three? Four.) Five", rule)
    assert c4_quality("一。二。三！四？五。", rule)
    assert c4_quality("one\ntwo\nthree\n\nfour\nfive", rule)
    assert dropped_for(c4_quality("One. Two! Three? Four, e.g. four.", rule), "too_few_sentences")
    assert [count_sentences(line, 9) for line in ("Mr. Hall came. Dr. May", "Version 1.2. beta", "a.b.C")] == [2, 1, 1]
    assert count_sentences("A. " * 50, 7) == 7


def test_c4_removes_lines() -> None:
    text = "\n".join(
        [
            "The first line stays [1] as it is.[citation needed]",
            "Two words",
            "We USE cookies on this page.",
            "",
            "Read the privacy policy of ours",
            "Please enable JavaScript to read on.",
            "x" * 1001 + " and some words",
            "x" * 1000 + " and some words",
            "",
            "[edit]",
            "",
            "The last line stays.",
        ]
    )
    mended = "\n".join(
        ["The first line stays  as it is.", "", f"{'x' * 1000} and some words", "", "The last line stays."]
    )
    verdict = c4_quality(text, dataclasses.replace(C4Quality(), min_sentences=3))
    assert verdict.keep and verdict.text == mended
    assert dropped_for(c4_quality(text, dataclasses.replace(C4Quality(), min_sentences=4)), "too_few_sentences")
    assert c4_quality(text, only(C4Quality)) == Verdict(True), "without a rule nothing changes"
    assert c4_quality("No line of these\n\n\nis  removed [sic].", only(C4Quality, citations=True)).text is None


@pytest.mark.parametrize("rule, removed", [("javascript", "a Javascript b"), ("policies", "the cookie policy of x")])
def test_c4_options(rule: str, removed: str) -> None:
    assert c4_quality(f"{removed}\nkept", only(C4Quality, **{rule: True})).text == "kept"
    assert (
        c4_quality(f"{removed}\nkept", dataclasses.replace(C4Quality(), min_sentences=None, **{rule: False})).text
        == removed
    )


def test_c4_terminal_punctuation() -> None:
    rule = only(C4Quality, terminal_punctuation=True)
    kept = ["An end.", "An end!", "An end?", 'An "end"']
    assert c4_quality("\n".join([*kept, "No end", "No end...", "No end:"]), rule).text == "\n".join(kept)


def test_c4_drops_code_and_dummy_text() -> None:
    prose = "This is a line of the page.\n" * 6
    assert c4_quality(prose)
    assert c4_quality(prose + "if (a > b) { return a; }").reason == "curly_bracket"
    assert c4_quality(prose + "{ x").text == prose.strip(), "a line that is removed for its few words does not count"
    assert c4_quality(prose + "Here comes Lorem Ipsum again.").reason == "lorem_ipsum"


def test_citations_inside_one_another() -> None:
    rule = only(C4Quality, citations=True)
    assert c4_quality("a[[2]1] b[[edit]] c[x[3]] d] [e", rule).text == "a b c[x] d] [e"
    assert c4_quality("[" * 1000 + "]" * 1000 + "x", rule).text == "x"


def test_fineweb_lines_that_end_as_sentences() -> None:
    rule = published(FineWebQuality, "min_punctuated_lines")
    lines = [f"the line number {number}" for number in range(100)]
    ended = [f"{line}." for line in lines]
    assert fineweb_quality("\n".join(ended[:13] + lines[13:]), rule)
    assert dropped_for(fineweb_quality("\n".join(ended[:12] + lines[12:]), rule), "few_punctuated_lines")
    cut_off = [*ended[:12], *lines[12:99], "A sentence. And one that was"]
    assert fineweb_quality("\n".join(cut_off), rule)
    ends = ["a.", "a?”", "a!)", 'a."', "吗？", "है।", "a‽"]
    others = ["a", "a:", "a,", '"', "a)", "—"]
    assert all(map(ends_as_a_sentence, ends)) and not any(map(ends_as_a_sentence, others))


def test_fineweb_characters_in_copies() -> None:
    rule = published(FineWebQuality, "max_duplicate_line_characters")
    below = "\n".join(["c" * 100, "c" * 100, "r" * 801])
    assert fineweb_quality(below, rule)
    assert dropped_for(fineweb_quality(below[:-1], rule), "duplicate_line_share")


def test_fineweb_short_lines() -> None:
    rule = published(FineWebQuality, "max_short_lines")
    short, long = ["s" * 29], ["l" * 30]
    assert fineweb_quality("\n".join(66 * short + 34 * long), rule)
    assert dropped_for(fineweb_quality("\n".join(67 * short + 33 * long), rule), "many_short_lines")


def test_line_breaks_to_a_word() -> None:
    rule = only(FineWebQuality, max_line_breaks_per_word=0.3)
    assert fineweb_quality("a b c d e f g h\nj\nk\nl", only(FineWebQuality))
    assert fineweb_quality("a b c d e f g\nh\nj\nk", rule)
    assert dropped_for(fineweb_quality("a b c d e f\ng\nh\nj", rule), "many_line_breaks")


def test_c4_leaves_nothing_of_a_page() -> None:
    assert c4_quality("two words\n[1]", dataclasses.replace(C4Quality(), min_sentences=None)).reason == "empty"


@pytest.mark.parametrize("rule", RULES)
def test_pages_without_text(rule: Any) -> None:
    assert {rule(text).reason for text in ("", " ", "\n\n\t\n", "\u2028\u3000")} == {"empty"}


@pytest.mark.parametrize("kind", junk_pages.MAKERS)
def test_junk_is_dropped(kind: str) -> None:
    verdicts = list(map(judged, junk_pages.pages(kind, 40)))
    assert sum(not verdict for verdict in verdicts) >= 38, [verdict.reason for verdict in verdicts]


def prose(seed: int, sentences: int = 60) -> list[str]:
    """Paragraphs of made-up prose with the word lengths and the small words of English."""
    source = random.Random(seed)
    small = ["the", "of", "and", "to", "a", "in", "that", "was", "he", "with", "for", "it", "had"]
    paragraphs, paragraph = [], []
    for _ in range(sentences):
        number = source.randint(8, 30)
        chosen = [
            source.choice(small)
            if source.random() < 0.45
            else "".join(source.choices(string.ascii_lowercase, k=source.randint(3, 9)))
            for _ in range(number)
        ]
        paragraph.append(" ".join(chosen).capitalize() + ".")
        if source.random() < 0.25:
            paragraphs.append(" ".join(paragraph))
            paragraph = []
    return [*paragraphs, " ".join(paragraph)] if paragraph else paragraphs


def filled(paragraph: str, width: int) -> str:
    lines, line = [], ""
    for word in paragraph.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


@pytest.mark.parametrize("width", [45, 60, 72, 80, 100])
def test_text_filled_to_a_width(width: int) -> None:
    for seed in range(20):
        paragraphs = prose(seed)
        assert judged("\n\n".join(paragraphs))
        text = "\n\n".join(filled(paragraph, width) for paragraph in paragraphs)
        assert judged(text), judged(text)
        assert unwrap(text) == "\n\n".join(paragraphs)


@pytest.mark.parametrize("kind", ["menu", "links", "log"])
def test_lists_are_not_taken_for_text_filled_to_a_width(kind: str) -> None:
    pages = junk_pages.pages(kind, 40)
    assert [unwrap(page) for page in pages] == pages


PIECES = [
    "the ",
    "a",
    "B. ",
    "[",
    "]",
    "1",
    "edit",
    "{",
    "…",
    "...",
    "# ",
    "- ",
    "•",
    "。",
    "word ",
    "other words here\n",
]
PIECES += ["lorem ipsum", "javascript ", "cookie policy "]
PIECES += ["\n", "\n\n", "x" * 1001, "\u2028", "\r\n", "\ud800", "\x00"]
ANY_TEXT = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=80).map("".join))


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_any_text_gets_a_verdict(text: str) -> None:
    page = PageText(text)
    verdicts = [rule(page) for rule in RULES]
    assert [rule(page) for rule in reversed(RULES)] == verdicts[::-1], "no rule leaves anything behind on the page"
    assert [rule(text) for rule in RULES] == verdicts
    for verdict in verdicts:
        assert verdict.keep == (verdict.reason == "")
        assert verdict.keep or verdict.text is None


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT, st.integers(0, 4), st.booleans())
def test_mending_once_is_enough(text: str, fewest: int, terminal: bool) -> None:
    rule = C4Quality(min_sentences=1, min_words_per_line=fewest, terminal_punctuation=terminal, curly_brackets=False)
    verdict = c4_quality(text, rule)
    if verdict.text is not None:
        assert verdict.text != text
        assert c4_quality(verdict.text, rule) == Verdict(True)


@given(
    st.lists(st.sampled_from(["one line.", "another line", "three", "", "- item", "the end..."]), max_size=30),
    st.randoms(),
)
def test_the_order_of_lines_is_of_no_matter_to_rules_about_lines(lines: list[str], source: random.Random) -> None:
    shuffled = lines[:]
    source.shuffle(shuffled)
    repetition = published(GopherRepetition, "duplicate_lines", "duplicate_line_characters")
    assert (
        gopher_repetition("\n".join(lines), repetition).reason
        == gopher_repetition("\n".join(shuffled), repetition).reason
    )
    assert gopher_quality("\n".join(lines)) == gopher_quality("\n".join(shuffled))
    assert fineweb_quality("\n".join(lines)) == fineweb_quality("\n".join(shuffled))


@pytest.mark.parametrize(
    "unit",
    ["a", "a ", "[", "[1", "]", ".", ". ", ".'", "x [1[2]] ", "a b c d e f g h i j ", "\n", "a\n", "Mr. ", "#", "。"],
)
def test_long_pages_take_time_in_proportion(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    page = PageText(text)
    for rule in RULES:
        rule(page)  # each takes a fraction of a second; quadratic time would be hours
    c4_quality(text, only(C4Quality, citations=True, min_sentences=10**6))


def test_upper_case() -> None:
    """20 words to a line of capitals, in a page of 400: at the threshold; one word more is above it."""
    shout, prose = " ".join(["BUY"] * 20), "\n".join([" ".join(["word"] * 20)] * 19)
    assert refinedweb_quality(f"{prose}\n{shout}")
    verdict = refinedweb_quality(f"{prose}\n{shout} NOW")
    assert (verdict.reason, verdict.detail) == (
        "upper_case",
        "5.2% of the words stand in lines of capitals, above 5.0%",
    )
    assert refinedweb_quality(f"{prose}\n{shout} NOW", RefinedWebQuality(max_upper_case=None))
    assert refinedweb_quality("") and refinedweb_quality("123 456")
    half = "ABC abc"
    assert refinedweb_quality(half) and not refinedweb_quality(half + "D")
    assert not refinedweb_quality("你好 世界 АБв") and refinedweb_quality("你好 世界 Абв")
