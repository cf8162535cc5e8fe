"""Children's stories in simple English: each with a beginning, a problem, what is tried, and a happy or sad ending."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

from pyllm.data.miniweb import (
    story_frame,
    story_plots_friends,
    story_plots_home,
    story_plots_lost,
    story_plots_outdoors,
    story_plots_wonders,
    story_words,
)
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.story_plot import Plot
from pyllm.data.miniweb.wording import a, first_upper, pick, pick_common, pick_some, word, words_of

PLOTS: tuple[Plot, ...] = (
    *story_plots_lost.PLOTS,
    *story_plots_outdoors.PLOTS,
    *story_plots_friends.PLOTS,
    *story_plots_home.PLOTS,
    *story_plots_wonders.PLOTS,
)
HAPPY_SHARE = 0.65
REQUEST_SHARE = 0.8  # how many stories carry the words in which somebody asked for them
MAX_WORDS = 250

PRONOUNS = {"he": ("he", "him", "his", "himself"), "she": ("she", "her", "her", "herself")}

REQUESTS = [
    "(Please tell|Tell|Can you tell) me a {mood}story about {a_kind} and {a_thing}{mark}",
    "(Please write|Write|Can you write) a {mood}(short |)story about {a_kind} and {a_thing}{mark}",
    "(Please write|Write|Can you write) a {mood}story about {a_kind} named {name} and {a_thing}{mark}",
    "(Please tell|Tell|Can you tell) me a {mood}story about {a_kind} named {name} and {a_thing}{mark}",
    "I would like to hear a {mood}story about {a_kind} and {a_thing}.",
    "(Please tell|Tell) us a {mood}story with {a_kind} and {a_thing} in it.",
]
# Who tells a story first says again what it is about, and what the hero is called.
ANNOUNCEMENT = "Here is a {mood}story about {a_kind} named {name} and {a_thing}."
REQUEST_TITLES = [
    "A story about {a_kind} and {a_thing}",
    "A {mood}story about {a_kind} and {a_thing}",
    "A story about {asked} and {a_thing}",
    "A (short|bedtime) story about {a_kind} and {a_thing}",
]
TITLES = [
    "{name} and the {Thing}",
    "{Hero} and the {Noun}",
    "The {Trait} {Kind}",
    "{name}'s {Noun}",
    "The {Kind} and the {Thing}",
    "The Story of {name}",
]


@dataclass(frozen=True)
class StoryElements:
    """What a story is about, as a judge of stories asks for it.

    Attributes:
        character: what the hero is: "rabbit", "girl".
        thing: the object or animal that the story turns on: "red kite".
        name: the hero's name.
        ending: "happy" or "sad".
    """

    character: str
    thing: str
    name: str
    ending: str


@dataclass(frozen=True)
class Story:
    """A story, before it becomes a page.

    Attributes:
        title: without a full stop.
        request: the words in which somebody might ask for it.
        announcement: the words in which who was asked so says what is told now.
        paragraphs: 4 to 9.
        elements: what it is about.
    """

    title: str
    request: str
    announcement: str
    paragraphs: list[str]
    elements: StoryElements


def story_elements(article: Article) -> StoryElements:
    """What a story's page is about, from its `about`.

    Raises:
        ValueError: this is not a story.
    """
    if article.kind != "story":
        raise ValueError(f"a page of kind {article.kind!r} is not a story")
    return StoryElements(*article.about)


def write_story(rng: random.Random) -> Article:
    """A page with a story. About a third of them begin with a request, which the story fulfils.

    Its `about` is the hero's kind, the thing, the hero's name, and the ending: "happy" or "sad", always last.
    """
    story = tell(rng)
    title, blocks = story.title, story.paragraphs
    if rng.random() < REQUEST_SHARE:
        if rng.random() < 0.5:
            title = _sentence(rng, pick(rng, REQUEST_TITLES), _request_values(rng, story.elements))
        else:
            blocks = [story.request, story.announcement, *blocks]
    elements = story.elements
    return Article("story", title, blocks, about=[elements.character, elements.thing, elements.name, elements.ending])


def tell(rng: random.Random, most_words: int = MAX_WORDS) -> Story:
    """A story.

    Args:
        rng: where its chances come from.
        most_words: how long it may be; paragraphs that it can do without are left out beyond.
    """
    plot = pick(rng, PLOTS)
    values = _cast(rng, plot)
    ending = "happy" if rng.random() < HAPPY_SHARE else "sad"
    frame = story_frame
    opening = [pick(rng, frame.OPENINGS)]
    if rng.random() < 0.6:
        opening.append(pick(rng, frame.DETAILS))
    if plot.friend:
        opening.append(pick(rng, frame.FRIENDS))
    tries = pick_some(rng, plot.tries, 2)
    trouble, advice = pick(rng, plot.troubles or frame.TROUBLES), pick(rng, frame.ADVICE)
    turn = pick(rng, plot.happy if ending == "happy" else plot.sad)
    own, shared = (plot.happy_ends, frame.HAPPY_ENDS) if ending == "happy" else (plot.sad_ends, frame.SAD_ENDS)
    end = pick(rng, own) if own and rng.random() < 0.4 else pick(rng, shared)
    paragraphs = [
        opening,
        [pick(rng, plot.wishes)],
        [pick(rng, plot.problems), trouble],
        [tries[0]],
        *([[advice]] if rng.random() < 0.5 else []),
        *([another] for another in tries[1:]),
        [turn],
        [end],
    ]
    text = "\n".join(" ".join(word(rng, one) for one in paragraph) for paragraph in paragraphs).format_map(values)
    excess = text.count(" ") + len(paragraphs) - most_words
    written = text.split("\n")
    if excess > 0 and len(written) > 6:
        del written[-3]  # the second try
    elements = StoryElements(str(values["kind"]), str(values["thing"]), str(values["name"]), ending)
    wanted = _request_values(rng, elements)
    title = pick(rng, plot.titles) if rng.random() < 0.5 else pick(rng, TITLES)
    request = _sentence(rng, pick(rng, REQUESTS), wanted)
    return Story(word(rng, title).format_map(values), request, ANNOUNCEMENT.format_map(wanted), written, elements)


def templates() -> list[str]:
    """All templates of stories: whole paragraphs, or sentences that stand in one."""
    frame = story_frame
    shared = [frame.OPENINGS, frame.DETAILS, frame.FRIENDS, frame.TROUBLES, frame.ADVICE]
    shared += [frame.HAPPY_ENDS, frame.SAD_ENDS, REQUESTS, [ANNOUNCEMENT], REQUEST_TITLES, TITLES]
    return [template for part in [*shared, *(plot.templates for plot in PLOTS)] for template in part]


@functools.cache
def story_vocabulary() -> tuple[str, ...]:
    """All words in lower case that stories are written in, names aside, in alphabetical order."""
    phrases = [*templates(), *story_words.CREATURES, *story_words.HELPERS, *story_words.PLACES, *story_words.HOMES]
    phrases += [*story_words.TRAITS, *story_words.GOOD_FEELINGS, *story_words.BAD_FEELINGS, *story_words.SAD_FEELINGS]
    for nouns, adjectives in story_words.THINGS.values():
        phrases += [*nouns, *adjectives]
    return tuple(sorted({found.lower() for phrase in phrases for found in words_of(phrase)}))


def hero_called(name: str, kind: str) -> str:
    """What a story calls its hero: "Tom the rabbit"; a child by its name alone."""
    return name if kind in ("boy", "girl") else f"{name} the {kind}"


def introduced(name: str, kind: str) -> str:
    """What a story calls its hero at first: "Tom the rabbit", "a boy named Tom"."""
    return f"{a(kind)} named {name}" if kind in ("boy", "girl") else f"{name} the {kind}"


def _sentence(rng: random.Random, template: str, values: dict[str, str]) -> str:
    template = word(rng, template)
    mark = "?" if template.startswith("Can ") else "."
    return template.format_map({**values, "mark": mark})


def _request_values(rng: random.Random, elements: StoryElements) -> dict[str, str]:
    mood = f"{elements.ending} " if rng.random() < 0.4 else ""
    return {
        "kind": elements.character,
        "a_kind": a(elements.character),
        "a_thing": a(elements.thing),
        "name": elements.name,
        "asked": introduced(elements.name, elements.character),
        "mood": mood,
    }


def _cast(rng: random.Random, plot: Plot) -> dict[str, str]:
    """The values of all slots: who, what, where and how they feel."""
    words = story_words
    he = pick(rng, ("he", "she"))
    friend_he = ("she" if he == "he" else "he") if rng.random() < 0.85 else he
    name, kind = _someone(rng, he, rng.random() < 0.4)
    friend, friend_kind = name, kind
    animal = kind not in ("boy", "girl")
    while friend == name or (friend_kind == kind and animal):
        friend, friend_kind = _someone(rng, friend_he, not animal and rng.random() < 0.7)
    nouns, adjectives = words.THINGS[plot.things]
    noun = kind
    while noun in (kind, friend_kind) or noun.endswith(f" {kind}"):
        noun = pick_common(rng, nouns)
    adjective = pick(rng, adjectives)
    while adjective in noun.split():
        adjective = pick(rng, adjectives)
    thing = f"{adjective} {noun}"
    noun = noun.split(" of ")[0]
    helper = kind
    while helper in (kind, friend_kind, noun):
        helper = pick(rng, words.HELPERS)
    in_place = pick(rng, words.PLACES)
    trait, trait_two, friend_trait = rng.sample(words.TRAITS, 3)
    elder = pick(rng, tuple(words.ELDERS))
    values = {
        "name": name,
        "kind": kind,
        "a_kind": a(kind),
        "friend": friend,
        "a_fkind": a(f"{friend_trait} {friend_kind}"),
        "intro": introduced(name, kind),
        "trait_two": trait_two,
        "trait": trait,
        "a_trait": a(trait),
        "noun": noun,
        "thing": thing,
        "a_noun": a(noun),
        "a_thing": a(thing),
        "elder_word": elder,
        "elder": f"{PRONOUNS[he][2]} {elder}",
        "helper": helper,
        "a_helper": f"an old {helper}",
        "in_place": in_place,
        "place": in_place[in_place.index("the ") :],
        "weekday": pick(rng, words.WEEKDAYS),
        "home": pick(rng, words.HOMES),
        "good": pick(rng, words.GOOD_FEELINGS),
    }
    for prefix, pronoun in (("", he), ("f_", friend_he), ("e_", words.ELDERS[elder])):
        values |= {prefix + slot: form for slot, form in zip(PRONOUNS["he"], PRONOUNS[pronoun], strict=True)}
    values["bad"] = pick(rng, words.BAD_FEELINGS).format_map(values)
    values["low"] = pick(rng, words.SAD_FEELINGS)
    values |= {first_upper(slot): first_upper(value) for slot, value in values.items()}
    values |= {slot.title(): values[slot].title() for slot in ("noun", "thing", "kind", "trait")}
    values["Thing"] = values["Thing"].replace(" Of ", " of ")
    values["Hero"] = hero_called(name, kind).replace(kind, kind.title())
    return values


def _someone(rng: random.Random, he: str, child: bool) -> tuple[str, str]:
    name = pick_common(rng, story_words.BOYS if he == "he" else story_words.GIRLS)
    if child:
        return name, "boy" if he == "he" else "girl"
    return name, pick_common(rng, story_words.CREATURES)
