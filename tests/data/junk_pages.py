"""Pages that no language model should read, as they come out of an extractor: lines of text, no two pages alike."""

import random
from collections.abc import Callable


def listed(words: str, separator: str | None = None) -> list[str]:
    """The words of a list, or what else a separator parts."""
    return [word.strip() for word in words.strip().split(separator)]


ADJECTIVES = listed(
    "new used small large modern classic local wooden quiet bright heavy light green northern simple rare"
)
THINGS = listed(
    """
    bicycles kitchens gardens lamps carpets boats cameras guitars jackets tents kettles chairs clocks candles mirrors
    drills ladders paints blankets knives helmets tyres saddles drums violins stoves heaters sinks taps curtains pillows
    """
)
PLACES = listed("Leeds Porto Graz Turku Bergen Lyon Malmo Ghent Delft Cork Bristol Aarhus Split Brno Cadiz Tartu")
MENU = listed(
    """
    Home|About us|Contact|Products|Services|News|Blog|Shop|Sign in|Register|My account|Basket|Checkout|Help|FAQ|Sitemap|
    Press|Downloads|Support|Forum|Gallery|Events|Calendar|Partners|Our team|Delivery|Returns|Gift cards|Newsletter|
    Privacy|Terms of use|Cookie policy|Imprint|Accessibility|Language|English|Back to top|Search|Next page|Previous page
    """,
    "|",
)
LATIN = listed(
    """
    dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad
    minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat duis aute irure in
    voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint occaecat cupidatat non proident sunt culpa qui
    """
)


def menu(source: random.Random) -> str:
    """Navigation: an entry to a line, or many in a line with signs between; a line of copyright below."""
    entries = MENU + [
        f"{source.choice(ADJECTIVES).title()} {source.choice(THINGS)}" for _ in range(source.randint(10, 120))
    ]
    source.shuffle(entries)
    if source.random() < 0.4:
        sign = source.choice([" | ", " » ", " / ", "  ", " · "])
        width = source.randint(5, 15)
        entries = [sign.join(entries[start : start + width]) for start in range(0, len(entries), width)]
    if source.random() < 0.5:
        entries.append(f"© {source.randint(1999, 2024)} {source.choice(PLACES)} Trading. All rights reserved.")
    return "\n".join(entries)


def keywords(source: random.Random) -> str:
    """What is written for search engines alone: the same words in all combinations, parted by commas or line breaks."""
    things = source.sample(THINGS, source.randint(4, 20))
    terms = [
        source.choice(["{thing} {place}", "buy {adjective} {thing}", "{adjective} {thing} {place}", "cheap {thing}"])
        .format(thing=source.choice(things), place=source.choice(PLACES), adjective=source.choice(ADJECTIVES))
        for _ in range(source.randint(60, 400))
    ]  # fmt: skip
    text = source.choice([", ", "\n", " - ", "; "]).join(terms)
    return text + source.choice(["", "."])


def links(source: random.Random) -> str:
    """A table of links: titles with a number, a date or a place behind, now and then a question."""
    style = source.randrange(4)
    lines = []
    for number in range(source.randint(20, 120)):
        thing, other = source.sample(THINGS, 2)
        title = f"{source.choice(ADJECTIVES)} {thing} and the {other} of {source.choice(PLACES)}"
        title = source.choice([title, f"How to clean {title}", f"The history of {title}", f"Review of {title}"]).title()
        if source.random() < 0.05:
            title += "?"
        lines.append(
            [
                f"{title} ({source.randint(2, 900)} comments)",
                f"{number + 1}. {title}",
                f"{source.randint(1, 28)}/{source.randint(1, 12)}/2023 {title}",
                f"{title}\nRead more",
            ][style]
        )
    return "\n".join(lines)


def log(source: random.Random) -> str:
    """What a server writes: a time, a level, a module and what happened."""
    style = source.randrange(4)
    events = [
        lambda: f"connection from 10.0.0.{source.randrange(256)} port {source.randrange(65536)} closed",
        lambda: f"request GET /{source.choice(THINGS)}/{source.randrange(9999)} finished in {source.randrange(900)} ms",
        lambda: f"the cache of {source.choice(THINGS)} is full, {source.randrange(90)} entries removed",
        lambda: f"worker {source.randrange(64)} has started with pid {source.randrange(32768)}.",
        lambda: f"could not open the file /var/lib/{source.choice(THINGS)}/{source.randrange(99)}.dat: no such file",
        lambda: f"retry {source.randrange(9)} of job {source.getrandbits(32):08x} for {source.choice(PLACES).lower()}",
    ]
    lines = []
    for number in range(source.randint(30, 150)):
        seconds = number * 7 + source.randrange(7)
        clock = f"{seconds // 3600 + 8:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        level = source.choice(["INFO", "INFO", "INFO", "WARN", "DEBUG", "ERROR"])
        event = source.choice(events)()
        lines.append(
            [
                f"2024-03-{source.randint(1, 28):02} {clock},{source.randrange(1000):03} {level} [main] {event}",
                f"Mar 14 {clock} host{source.randrange(9)} daemon[{source.randrange(32768)}]: {event}",
                f"[{clock}] {level.lower()}: {event}",
                f"{level} {event} (module {source.choice(THINGS)}, line {source.randrange(900)})",
            ][style]
        )
    return "\n".join(lines)


def lorem(source: random.Random) -> str:
    """Dummy text in paragraphs of sentences, most of it beginning as it always does."""
    paragraphs = []
    for _ in range(source.randint(3, 9)):
        sentences = [
            " ".join(source.choices(LATIN, k=source.randint(5, 15))).capitalize() + "."
            for _ in range(source.randint(3, 8))
        ]
        paragraphs.append(" ".join(sentences))
    if source.random() < 0.7:
        paragraphs[0] = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " + paragraphs[0]
    return "\n\n".join(paragraphs)


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "menu": menu,
    "keywords": keywords,
    "links": links,
    "log": log,
    "lorem": lorem,
}


def pages(kind: str, number: int) -> list[str]:
    """So many pages of a kind, the same for each call."""
    return [MAKERS[kind](random.Random(f"{kind} {place}")) for place in range(number)]
