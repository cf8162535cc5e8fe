"""E-mail and IP addresses in otherwise clean pages: what must be masked, and what need not be."""

from __future__ import annotations

import random

from pyllm.data.miniweb.story_words import BOYS, GIRLS
from pyllm.data.miniweb.wording import fill, pick

_MAIL = (
    "Write to {mail} if you find a mistake on this page.",
    "Questions? Send them to {mail} and we will answer within a week.",
    "You can reach me at {mail}, but please be patient.",
    "For a copy of this text, write a short message to {mail}.",
    "The author's address is {mail}, and letters are always welcome.",
    "Please tell {mail} when a link no longer works.",
    "If you want to help, {mail} is the right address, or {mail2} on weekends.",
)
_PUBLIC = (
    "Our old server at {ip} will be switched off next month.",
    "This page was last saved from the address {ip}.",
    "If the name does not work, try http://{ip}/ in your browser.",
    "The visitor from {ip} left a kind note, for which we are thankful.",
)
_PRIVATE = (
    "At home, I read this page on a small computer at {private}.",
    "The printer in our class has the address {private}, in case you want it on paper.",
    "Set your router to {private} and the page will load faster, says my brother.",
)
_BOTH = (
    "Inside the house the server is {private}, from outside it is {ip}.",
    "Complaints about {ip} go to {mail}, as always.",
)
_WORDS = str.split("info mail post hello books garden office team letters editor webmaster contact sunny")
_HOSTS = str.split("mailbox postbox lettergarden smallhost quickpost townmail openpost bluehill riverside stonebridge")
_PUBLIC_RANGES = tuple(number for number in range(1, 224) if number not in (10, 100, 127, 169, 172, 192, 198, 203))
_ENDINGS = ("example", "test", "com.example", "co.example", "net.test", "org", "com", "net")


def add_addresses(rng: random.Random, blocks: list[str]) -> tuple[list[str], list[str]]:
    """Blocks with a sentence that has addresses in it, and those of them that must be masked.

    Args:
        rng: makes all choices.
        blocks: a page's paragraphs.
    """
    template = pick(rng, pick(rng, (_MAIL, _MAIL, _PUBLIC, _PRIVATE, _BOTH)))
    values = {"mail": _mail(rng), "mail2": _mail(rng), "ip": _public(rng), "private": _private(rng)}
    sentence = fill(rng, template, values)
    masked = [values[slot] for slot in ("mail", "mail2", "ip") if values[slot] in sentence]
    place = rng.random()
    if place < 0.5:
        return [*blocks, sentence], masked
    if place < 0.75:
        return [sentence, *blocks], masked
    return [*blocks[:-1], f"{blocks[-1]} {sentence}"], masked


def _mail(rng: random.Random) -> str:
    name = pick(rng, (pick(rng, BOYS), pick(rng, GIRLS), pick(rng, _WORDS)))
    if rng.random() < 0.7:
        name = name.lower()
    style = rng.random()
    if style < 0.25:
        name = f"{name}.{pick(rng, _HOSTS)}"
    elif style < 0.45:
        name = f"{name}{pick(rng, ('', '_', '-'))}{rng.randint(1, 2010)}"
    elif style < 0.55:
        name = f"{name}+{pick(rng, _WORDS)}"
    host = pick(rng, _HOSTS) + pick(rng, ("", "", "-online", str(rng.randint(1, 99))))
    return f"{name}@{pick(rng, ('', '', '', 'mail.', 'de.'))}{host}.{pick(rng, _ENDINGS)}"


def _public(rng: random.Random) -> str:
    """An address that anyone on the net may have: of a range in which none is private or kept for other uses."""
    return ".".join(str(part) for part in (pick(rng, _PUBLIC_RANGES), *(rng.randint(1, 254) for _ in range(3))))


def _private(rng: random.Random) -> str:
    return pick(
        rng,
        (
            f"192.168.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
            f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
            f"172.{rng.randint(16, 31)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
            "127.0.0.1",
        ),
    )
