"""What the small internet's pages say: stories, threads, homework, spelling, letters and diaries."""

import math
import random
import re
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from pyllm.data.miniweb import countries, everyday_questions, forum_words, letters, speller_words, stories, story_words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.encyclopedia import Encyclopedia
from pyllm.data.miniweb.forum import ATTRIBUTES, Fact, named, write_thread
from pyllm.data.miniweb.held_out import is_held_out, operands_key
from pyllm.data.miniweb.homework import key_of, write_homework
from pyllm.data.miniweb.homework_prose import PROSE
from pyllm.data.miniweb.homework_steps import (
    number_in_words,
    steps_in_digits,
    steps_in_words,
    worked_in_digits,
    worked_in_words,
)
from pyllm.data.miniweb.letters import write_diary, write_letter
from pyllm.data.miniweb.speller import write_spelling
from pyllm.data.miniweb.stories import story_elements, tell, write_story
from pyllm.data.miniweb.wording import a, fill, listed, pick_common, sentences, wordiness

ANSWERS = {
    "France": ("Paris", "French", "euros", "Europe", "69 million", "Mont Blanc"),
    "Italy": ("Rome", "Italian", "euros", "Europe", "61 million", "Mont Blanc"),
    "Netherlands": ("Amsterdam", "Dutch", "euros", "Europe", "18 million", "Mount Scenery"),
    "Iraq": ("Baghdad", "Arabic", "Iraqi dinars", "the Middle East", "42 million", "Cheekha Dar"),
    "India": ("New Delhi", "Hindi", "Indian rupees", "South Asia", "1.4 billion", "Kanchenjunga"),
    "Peru": ("Lima", "Spanish", "nuevo sol", "South America", "34 million", "Nevado Huascaran"),
}
FACTS = [
    Fact(country, attribute, answer)
    for country, answers in ANSWERS.items()
    for attribute, answer in zip(ATTRIBUTES, answers, strict=True)
    if not is_held_out("country", country)
]
WRITERS: dict[str, Callable[[random.Random], Article]] = {
    "story": write_story,
    "forum": lambda rng: write_thread(rng, FACTS),
    "homework": write_homework,
    "speller": write_spelling,
    "letter": write_letter,
    "diary": write_diary,
}
kinds = pytest.mark.parametrize("kind", list(WRITERS))


@cache
def pages(kind: str, count: int = 150) -> list[Article]:
    return [WRITERS[kind](random.Random(seed)) for seed in range(count)]


@cache
def told(count: int = 400) -> list[Article]:
    return [write_story(random.Random(f"told {seed}")) for seed in range(count)]


def grams(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"[a-z']+", text.lower())
    return frozenset(tuple(words[place : place + 5]) for place in range(len(words) - 4))


@kinds
def test_the_same_seed_gives_the_same_page(kind: str) -> None:
    assert pages(kind) == [WRITERS[kind](random.Random(seed)) for seed in range(150)]
    assert all(page.kind == kind for page in pages(kind))
    assert len({page.text for page in pages(kind)}) == 150


@kinds
def test_writing_uses_no_chance_but_its_own(kind: str) -> None:
    before = random.getstate()
    WRITERS[kind](random.Random(1))
    assert random.getstate() == before


def test_there_is_enough_to_tell() -> None:
    assert len(set(stories.templates())) >= 300
    assert len(stories.PLOTS) >= 25
    assert len({*story_words.BOYS, *story_words.GIRLS}) >= 100
    assert len(set(story_words.CREATURES)) >= 60
    assert len({noun for nouns, _ in story_words.THINGS.values() for noun in nouns}) >= 60
    assert len(set(story_words.PLACES)) >= 40
    feelings = [*story_words.TRAITS, *story_words.GOOD_FEELINGS, *story_words.BAD_FEELINGS, *story_words.SAD_FEELINGS]
    assert len(set(feelings)) >= 40
    assert 1400 <= len(stories.story_vocabulary()) <= 2500
    assert all(len(questions) >= 15 for questions in forum_words.FACT_QUESTIONS.values())
    assert len(everyday_questions.EVERYDAY) >= 60
    assert len(set(letters.templates())) >= 80
    assert len(speller_words.groups()) >= 1000


def test_every_plot_is_whole() -> None:
    for plot in stories.PLOTS:
        parts = (plot.titles, plot.wishes, plot.problems, plot.tries, plot.happy, plot.sad)
        assert all(len(set(part)) == len(part) >= 2 for part in parts), plot.titles
        named = [any("thing}" in text for text in part) for part in (plot.wishes, plot.problems, plot.happy)]
        assert any(named)
        assert plot.friend or not any("{friend}" in text for text in [*plot.wishes, *plot.problems, *plot.tries])


def test_no_two_stories_are_alike() -> None:
    sets = [grams(" ".join(page.blocks)) for page in told()]
    owners: dict[tuple[str, ...], list[int]] = {}
    for place, found in enumerate(sets):
        for gram in found:
            owners.setdefault(gram, []).append(place)
    total, largest = 0.0, 0.0
    for place, found in enumerate(sets):
        shared = Counter(other for gram in found for other in owners[gram] if other > place)
        for other, count in shared.items():
            similarity = count / (len(found) + len(sets[other]) - count)
            total, largest = total + similarity, max(largest, similarity)
    assert largest < 0.5
    assert total / (len(sets) * (len(sets) - 1) / 2) < 0.01
    assert len(owners) / sum(map(len, sets)) > 0.6


def test_a_story_is_about_what_it_says() -> None:
    endings = Counter(story_elements(page).ending for page in told())
    assert 0.55 < endings["happy"] / len(told()) < 0.75
    assert set(endings) == {"happy", "sad"}
    for page in told():
        elements = story_elements(page)
        told_blocks = page.blocks[2 * page.blocks[1].startswith("Here is a ") :]  # without the request and its answer
        text = " ".join(told_blocks)
        assert page.about[-1] == elements.ending
        assert elements.name in text
        assert elements.thing in text
        assert re.search(rf"\b{elements.character}\b", text), page.text
        assert 80 <= len(text.split()) <= 250, page.text
        assert 4 <= len(told_blocks) <= 9


def test_a_story_ends_as_it_says() -> None:
    for page in told():
        last = re.split(r"(?<=[.!?]) ", page.blocks[-1])
        glad = [word in " ".join(last) for word in ("heartbroken", "full of sorrow", "miserable", "unhappy")]
        assert not any(glad) or story_elements(page).ending == "sad"


def test_most_stories_are_asked_for() -> None:
    as_title, as_line = r"A (\w+ )?story about ", "(Please|Tell|Can you|Write|I would like) .*story"
    in_title = [page for page in told() if re.match(as_title, page.title)]
    in_text = [page for page in told() if re.match(as_line, page.blocks[0])]
    assert 0.32 < len(in_title) / len(told()) < 0.48
    assert 0.32 < len(in_text) / len(told()) < 0.48
    lines = [(page, page.title) for page in in_title]
    lines += [(page, line) for page in in_text for line in page.blocks[:2]]
    for page, line in lines:
        elements = story_elements(page)
        assert a(elements.thing) in line
        assert elements.character in line
        assert not re.search(r"\b(happy|sad) story", line) or f"{elements.ending} story" in line
    for page in in_text:
        request, announcement = page.blocks[:2]
        assert announcement.startswith("Here is a ")
        name = story_elements(page).name
        assert f"named {name} and" in announcement
        assert "named" not in request.split() or f"named {name} and" in request
        assert {"happy", "sad"} & set(request.split()) == {"happy", "sad"} & set(announcement.split())


def test_what_stands_early_in_a_list_is_common() -> None:
    rng, options = random.Random(0), [str(place) for place in range(50)]
    counts = Counter(pick_common(rng, options) for _ in range(50_000))
    assert set(counts) == set(options)
    expected = [math.log((place + 2) / (place + 1), 51) for place in range(50)]
    assert [counts[one] / 50_000 for one in options] == pytest.approx(expected, abs=0.01)
    assert pick_common(rng, ["only"]) == "only"


def test_a_story_within_a_limit() -> None:
    lengths = [sum(len(block.split()) for block in tell(random.Random(seed), 150).paragraphs) for seed in range(200)]
    assert sum(lengths) / len(lengths) < 160


def test_only_stories_have_a_story_in_them() -> None:
    with pytest.raises(ValueError, match="not a story"):
        story_elements(pages("letter")[0])


EQUATION = re.compile(r"(?<![\d+x:-] )(?<!\d)(\d+(?: [+x-] \d+)+) = (\d+)")


NUMBERS = {number_in_words(number): number for number in range(1000)}
# A number in words. "and" joins it only after "hundred".
NUMBER = r"(?:[a-z]+ hundred(?: and [a-z-]+)?|[a-z]+(?:-[a-z]+)?)"
SAID = re.compile(rf"({NUMBER}(?: (?:plus|minus|times) {NUMBER})+) is (?!too small)({NUMBER})")
SIGNS = {"plus": "+", "minus": "-", "times": "*"}


def said(text: str) -> list[tuple[str, int]]:
    """All equations that a text says in words: terms that can be evaluated, and the result."""
    found = []
    for terms, result in SAID.findall(text.lower()):
        parts = re.split(r" (plus|minus|times) ", terms)
        found.append((" ".join(SIGNS.get(part) or str(NUMBERS[part]) for part in parts), NUMBERS[result]))
    return found


def test_numbers_in_words() -> None:
    told = [number_in_words(number) for number in (0, 7, 13, 20, 42, 99, 100, 105, 110, 144, 999)]
    assert told == [
        *("zero", "seven", "thirteen", "twenty", "forty-two", "ninety-nine", "one hundred"),
        *("one hundred and five", "one hundred and ten", "one hundred and forty-four"),
        "nine hundred and ninety-nine",
    ]
    assert len(NUMBERS) == 1000
    for wrong in (-1, 1000):
        with pytest.raises(ValueError, match="from 0 to 999"):
            number_in_words(wrong)


@pytest.mark.parametrize("kind", ["homework", "forum"])
def test_all_sums_are_right(kind: str) -> None:
    count: Counter[str] = Counter()
    for page in pages(kind):
        for block in page.blocks:
            for terms, result in EQUATION.findall(block):
                assert eval(terms.replace("x", "*")) == int(result), block
                count["digits"] += 1
            for terms, told in said(block):
                assert eval(terms) == told, block
                count["words"] += 1
            for left, sign, right, result in re.findall(
                r"(\d+) (plus|minus|times) (\d+)(?: is |\? The answer comes at once: )(\d+)", block
            ):
                assert eval(f"{left} {SIGNS[sign]} {right}") == int(result), block
                count["signs in words"] += 1
            forms = (steps_in_digits, r"[:?] (\d"), (steps_in_words, r"[.?] (The ones:")
            for steps_of, beginning in forms:
                for left, operator, right, steps in re.findall(
                    rf"(\d+) ([+-]) (\d+){beginning}.*?The answer is \d+\.)", block
                ):
                    assert steps == steps_of(int(left), operator, int(right))
                    count[steps_of.__name__] += 1
            count["answers"] += len(re.findall(r"The answer is \d+\.", block))
    assert count["answers"] == count["steps_in_digits"] + count["steps_in_words"] > 90
    assert min(count["digits"], count["words"]) > 30
    assert 0.2 < count["steps_in_digits"] / count["answers"] < 0.36


@pytest.mark.parametrize("operator", "+-")
def test_worked_steps_lead_to_the_answer(operator: str) -> None:
    rng = random.Random(operator)
    for _ in range(2000):
        left, right = rng.randrange(1000), rng.randrange(10 ** rng.randrange(1, 4))
        if operator == "-" and left < right:
            left, right = right, left
        answer = left + right if operator == "+" else left - right
        digits, told = worked_in_digits(left, operator, right), worked_in_words(left, operator, right)
        assert digits.endswith(f"The answer is {answer}.") and told.endswith(f"The answer is {answer}.")
        written = [int(digit) for digit in re.findall(r"write (\d)", digits)]
        assert written == [NUMBERS[digit] for digit in re.findall(r"write ([a-z]+)", told)]
        last = int(re.findall(r"= (\d+)", digits)[-1])
        assert int("".join(map(str, [last, *reversed(written)]))) == answer
        assert all(eval(terms) == int(result) for terms, result in EQUATION.findall(digits))
        equations = said(told)
        assert all(eval(terms) == result for terms, result in equations)
        steps = digits.partition(": ")[2]
        assert equations == [(one, int(result)) for one, result in re.findall(r"(\d+(?: [+-] \d+)+) = (\d+)", steps)]


def test_worked_steps_as_they_are_written() -> None:
    assert worked_in_digits(47, "+", 38) == "47 + 38: 7 + 8 = 15, write 5, carry 1. 4 + 3 + 1 = 8. The answer is 85."
    assert worked_in_digits(85, "-", 38) == (
        "85 - 38: 5 - 8 is too small, borrow 1: 15 - 8 = 7, write 7. 8 - 1 - 3 = 4. The answer is 47."
    )
    assert worked_in_words(47, "+", 38) == (
        "47 + 38. The ones: seven plus eight is fifteen, write five and carry one."
        " The tens: four plus three plus one is eight. The answer is 85."
    )
    assert worked_in_words(85, "-", 38) == (
        "85 - 38. The ones: five minus eight is too small, borrow one: fifteen minus eight is seven, write seven."
        " The tens: eight minus one minus three is four. The answer is 47."
    )
    assert worked_in_words(340, "+", 5) == (
        "340 + 5. The ones: zero plus five is five, write five. The tens: four plus zero is four, write four."
        " The hundreds: three plus zero is three. The answer is 345."
    )
    for wrong in ((3, "-", 4), (3, "*", 4), (-1, "+", 2)):
        for form in (worked_in_digits, worked_in_words):
            with pytest.raises(ValueError, match="no worked steps"):
                form(*wrong)
    with pytest.raises(ValueError, match="more than 3 columns"):
        worked_in_words(1000, "+", 1)


def plain_words(text: str) -> list[str]:
    """The words and numbers of a text, without the punctuation around them."""
    stripped = (token.strip("".join({one for one in token if not one.isalnum()})) for token in text.split())
    return [token for token in stripped if token]


@pytest.mark.parametrize("kind", ["homework", "forum"])
def test_pages_are_words_and_no_sheets_of_numbers(kind: str) -> None:
    for page in pages(kind, 500):
        for text in (page.text, "\n".join(page.blocks)):
            words = plain_words(text)
            assert sum(any(map(str.isalpha, word)) for word in words) / len(words) >= 0.84, text
            assert sum(map(len, words)) / len(words) >= 3.3, text


def test_a_page_of_homework_says_nothing_twice() -> None:
    assert len(set(PROSE)) == len(PROSE) >= 60
    for page in pages("homework", 500):
        sentences = re.split(r"(?<=[.?!])(?<!Mr\.)(?<!Mrs\.)(?<!Ms\.) |\n", page.text)
        assert len(set(sentences)) == len(sentences), page.text


@pytest.mark.parametrize("kind", ["homework", "forum"])
def test_no_problem_is_held_out(kind: str) -> None:
    count = 0
    for page in pages(kind):
        for block in page.blocks:
            # A problem stands before its steps; what follows ": " or ". " within them are the steps' own sums.
            steps = re.sub(r"(\d+ [+-] \d+(?:: |\? |\. ))(?:\d|The ones:).*?The answer is", r"\1 The answer is", block)
            problems = re.findall(r"(?<![\d+x-] )\b(\d+) ([+x-]|plus|minus|times) (\d+)\b(?! [+-])", steps)
            problems = [(int(left), SIGNS.get(sign, sign), int(right)) for left, sign, right in problems]
            for terms, _ in said(steps):  # the tables in words
                left, sign, right = terms.split()
                problems.append((int(left), sign, int(right)))
            for left, sign, right in problems:
                assert not is_held_out("operands", operands_key(left, sign.replace("x", "*"), right)), block
                count += 1
            for left, right in re.findall(
                r"(?:[Cc]ompare|smaller,|larger,|bigger,|greater,) (\d+) (?:and|or) (\d+)", block
            ):
                assert not is_held_out("operands", key_of(int(left), "<", int(right)))
    assert count > 100


def test_no_held_out_word_is_spelled() -> None:
    free = set(speller_words.free_words())
    assert not any(is_held_out("word", word) for word in free)
    spelled = [word for page in pages("speller") for word in page.about]
    assert set(spelled) <= free
    for kind in ("speller", "forum", "homework"):
        for page in pages(kind):
            for block in page.blocks:
                for letters_of in re.findall(r"\b(?:[a-z]-){2,}[a-z]\b", block):
                    word = letters_of.replace("-", "")
                    assert word in free or word[::-1] in free, block
                for letters_of in re.findall(r"\b(?:[a-z], ){2,}[a-z]\b", block):
                    assert letters_of.replace(", ", "") in free, block


def test_what_is_said_of_letters_is_true() -> None:
    count = 0
    for page in [*pages("speller"), *pages("forum"), *pages("homework")]:
        for block in page.blocks:
            for word, spelled in re.findall(r"\b(?!this: )([a-z]+): ((?:[a-z]-)+[a-z])\b", block):
                assert spelled.replace("-", "") in (word, word[::-1]), block
                count += 1
            for word, number, row in re.findall(r"word ([a-z]+) has (\d+) letters: ((?:[a-z], )+[a-z])", block):
                assert (row.replace(", ", ""), len(word)) == (word, int(number)), block
                count += 1
            for letter, times, word in re.findall(r"letter ([a-z]) comes (\d+) times? in ([a-z]+)", block):
                assert word.count(letter) == int(times), block
                count += 1
            for word, turned in re.findall(r"([a-z]+) (?:is|backwards is) ([a-z]+): (?:[a-z]-)+", block):
                assert word == turned[::-1] or word == "it", block
    assert count > 90


def test_a_thread_refuses_what_is_held_out() -> None:
    held_out = next(
        name for name in ("Spain", "Norway", "Japan", "Chad", "Mali", "Cuba") if is_held_out("country", name)
    )
    for country in (held_out, f"the {held_out}"):
        with pytest.raises(ValueError, match="held out"):
            write_thread(random.Random(0), [*FACTS, Fact(country, "capital", "X")])
    with pytest.raises(ValueError, match="nobody can ask"):
        write_thread(random.Random(0), [Fact(FACTS[0].country, "colour", "red")])


def test_a_thread_answers_its_questions() -> None:
    asked: Counter[str] = Counter()
    for page in pages("forum"):
        assert len(page.about) >= 2
        for fact in FACTS:
            if fact.country not in page.about:
                assert not re.search(rf"\b{fact.country}\b", page.text)
        for name in page.about:
            asked[name] += 1
            if name in ANSWERS:
                assert any(
                    fact.answer in page.text or fact.answer.title() in page.text
                    for fact in FACTS
                    if fact.country == name
                )
    assert {"arithmetic", "everyday", "story"} <= set(asked)
    assert sum(asked[country] for country in ANSWERS) > 50


def test_a_thread_needs_no_facts() -> None:
    assert len(write_thread(random.Random(3), []).blocks) > 3


def test_names_of_countries_take_their_article() -> None:
    for known in countries.BY_NAME.values():
        assert named(known.name) == known.in_text
    names = ("Netherlands", "Philippines", "Maldives", "United Kingdom", "Faroe Islands")
    country = next(name for name in names if not is_held_out("country", name))
    for seed in range(40):
        text = write_thread(random.Random(seed), [Fact(country, "language", "X")]).text
        assert not re.search(rf"(?<!the )(?<!The ){country}", text)


VOWEL_SOUNDS = {"hour", "honest", "hours"}
CONSONANT_SOUNDS = {"uniform", "universe", "useful", "useless", "used", "usual", "one", "unicorn", "university"}


@kinds
def test_the_grammar_of_its_pages(kind: str) -> None:
    for page in pages(kind):
        for line in [page.title, *page.blocks]:
            assert line == line.strip()
            assert line
            assert not re.search(r"  |[{}|]|\bNone\b(?! of)|[(]|[)]|\.\.| [.,!?]|\n", line), line
            for article, word in re.findall(r"\b([Aa]n?) ([a-z]\w+)", re.sub(r"\b(is|with|spell) an? and\b", "", line)):
                vowel = (word[0] in "aeiou" and word not in CONSONANT_SOUNDS) or word in VOWEL_SOUNDS
                assert article.lower() == ("an" if vowel else "a"), line
            assert line.count('"') % 2 == 0, line
            assert not re.search(r"\b(\w{3,}) \1\b", line.lower()) or kind == "speller", line
        for block in page.blocks[1 if kind == "letter" else 0 : -2 if kind == "letter" else None]:
            if not (kind == "letter" and (block.endswith(",") or block[-1] not in '.!?"')):
                assert block[-1] in '.!?"', block
            if kind in ("story", "letter", "diary"):
                assert re.match('"?[A-Z]', block), block
                assert not re.search(r"[.!?] [a-z]", block), block


def test_every_template_can_be_filled() -> None:
    rng = random.Random(0)
    values = {slot: options[0] for slot, options in everyday_questions.FILLERS.items()}
    for texts in everyday_questions.EVERYDAY:
        assert len(texts) >= 2
        assert all("{" not in fill(rng, text, values) for text in texts)


def test_every_plot_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for plot in stories.PLOTS:
        monkeypatch.setattr(stories, "PLOTS", (plot,))
        for seed in range(40):
            story = tell(random.Random(seed))
            assert not re.search("[{}|()]", "".join([story.title, story.request, *story.paragraphs]))


def test_alternatives_and_slots() -> None:
    found = {fill(random.Random(seed), "a (big (red|blue)|small) {thing}(|!)", {"thing": "hat"}) for seed in range(99)}
    assert found == {f"a {size} hat{end}" for size in ("big red", "big blue", "small") for end in ("", "!")}
    for wrong in ("(a|b", "a)b", "a|b"):
        with pytest.raises(ValueError, match="not a template"):
            fill(random.Random(0), wrong, {})
    with pytest.raises(KeyError, match="slot"):
        fill(random.Random(0), "{slot}", {})
    assert (a("apple"), a("uniform"), a("hour"), a("hat")) == ("an apple", "a uniform", "an hour", "a hat")
    assert (listed(["x"]), listed(["x", "y", "z"])) == ("x", "x, y and z")


@cache
def encyclopedia(count: int = 3000) -> list[Article]:
    writer = Encyclopedia(random.Random(0))
    return [writer.write(number / count) for number in range(count)]


def share_of_the_most_frequent(text: str, count: int) -> float:
    """The share of a text's characters that the sequence of words takes which takes most."""
    words = plain_words(text)
    found = Counter(tuple(words[place : place + count]) for place in range(len(words) - count + 1))
    return max(len("".join(sequence)) * times for sequence, times in found.items()) / len(text)


def test_no_name_fills_a_page_of_the_encyclopedia() -> None:
    for page in encyclopedia():
        for text in (page.text, "\n".join(page.blocks)):
            assert share_of_the_most_frequent(text, 3) <= 0.14, text
            assert share_of_the_most_frequent(text, 2) <= 0.16, text


def test_a_page_on_a_country_names_it_in_every_second_sentence_at_most() -> None:
    shares: dict[str, list[float]] = {}
    for page in encyclopedia():
        if len(page.about) == 1 and page.about[0] in countries.BY_NAME:
            told = sentences("\n".join(page.blocks))
            naming = [sentence for sentence in told if re.search(rf"\b{re.escape(page.about[0])}\b", sentence)]
            shares.setdefault(page.about[0], []).append(len(naming) / len(told))
    for name, found in shares.items():
        assert max(found) <= 0.6, name
        assert sum(found) / len(found) <= 0.5, name
    assert {country.name for country in countries.FAMILIAR} <= shares.keys()
    assert sum(map(sum, shares.values())) / sum(map(len, shares.values())) < 0.45


def test_sentences_and_how_much_of_a_text_is_words() -> None:
    assert sentences("One. Two! Mrs. Hill and Mr. Cook? Yes\nNo") == [
        "One.",
        "Two!",
        "Mrs. Hill and Mr. Cook?",
        "Yes",
        "No",
    ]
    assert sentences("") == []
    assert wordiness('"It is 12 + 5."') == (2 / 4, 7 / 4)
    assert wordiness("") == wordiness("+ -") == (0, 0)
