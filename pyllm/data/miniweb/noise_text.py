"""Pages of a crawl that nobody wants to read: advertising letters, filler text, lists of keywords and of links."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from pyllm.data.miniweb.wording import first_upper, pick


@dataclass(slots=True)
class Noise:
    """A page to drop.

    Attributes:
        reason: why.
        title: its heading; may be empty.
        blocks: its text, paragraph by paragraph.
        html: the same as HTML, where it is more than paragraphs.
        domain: where it is found; "" for any site.
    """

    reason: str
    title: str
    blocks: list[str]
    html: list[str] | None = None
    domain: str = ""
    page_name: str = field(default="")


_WARES = {
    "casino": (
        "online casino bonus;free spins no deposit;best slot machines;live roulette;poker welcome bonus;casino jackpot",
        "slots777 lucky-spins casino-royal-bonus mega-jackpot-casino poker-cash vegas-online-win",
    ),
    "pills": (
        "cheap pills online;generic tablets;weight loss pills;no prescription pharmacy;blue pills;discount pharmacy",
        "pharma-discount cheap-pills24 generic-meds-shop slim-fast-pills no-rx-pharmacy",
    ),
    "loans": (
        "payday loans;fast cash loan;loan with bad credit;instant loan approval;cheap mortgage;debt relief",
        "fastcash-loans payday-now bad-credit-loans loan-approval24 easy-money-credit",
    ),
    "watches": (
        "replica watches;luxury watch replica;cheap designer bags;replica handbags;discount sunglasses;outlet sneakers",
        "replica-watch-outlet luxury-bags-cheap designer-outlet88 best-replica-store",
    ),
    "coins": (
        "crypto profit robot;bitcoin doubling;forex signals;passive income system;trading bot;get rich from home",
        "crypto-profit-bot bitcoin-double forex-millionaire easy-income-now trade-robot",
    ),
}
_SPAM_LINES = (
    "Buy {ware} here!!! {Other} at the lowest price!!!",
    "{Ware} - {other} - {third}. Click here now >>>",
    "Looking for {ware}? We have {ware}, {other} and {third}. Best {ware} guaranteed.",
    "{WARE}! {OTHER}! ONLY TODAY! ORDER {WARE} NOW!",
    "Get {ware} today and save {number}%. {Ware} for everybody, {ware} in 24 hours.",
    "{Ware} reviews | {ware} discount | {ware} best price | {other} review",
    "Our {ware} is the best {ware}. Try {ware} free. {Ware} works. {Ware} pays.",
    "100% {ware} *** 100% legal *** {other} *** fast delivery *** {third} ***",
    "$$$ {Ware} $$$ {number} new customers today $$$ {Other} $$$",
    "Do not wait, {ware} will not wait for you! Sign up for {ware}!",
    "Congratulations, visitor number {number}! You have won {ware}! Click to claim {other}!",
)


def write_spam(rng: random.Random) -> Noise:
    """Praise of doubtful wares, the same words over and over."""
    wares, domains = _WARES[pick(rng, tuple(_WARES))]
    names = wares.split(";")
    few = rng.sample(_SPAM_LINES, rng.randint(3, 6))
    lines = []
    for _ in range(rng.randint(8, 30)):
        ware, other, third = rng.sample(names, 3)
        values = {"ware": ware, "Ware": first_upper(ware), "WARE": ware.upper(), "other": other, "third": third}
        values |= {"Other": first_upper(other), "OTHER": other.upper(), "number": str(rng.randint(20, 999))}
        lines.append(pick(rng, few).format_map(values))
    promise = pick(rng, ("best price", "official site", "order now"))
    title = f"{first_upper(pick(rng, names))} - {pick(rng, names)} - {promise}"
    domain = f"{pick(rng, domains.split())}{rng.randint(1, 9999)}.{pick(rng, ('example', 'test', 'top.example'))}"
    return Noise("spam", title, lines, domain=domain)


_LATIN = str.split(
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore "
    "magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo "
    "consequat duis aute irure in reprehenderit voluptate velit esse cillum fugiat nulla pariatur excepteur sint "
    "occaecat cupidatat non proident sunt culpa qui officia deserunt mollit anim id est laborum curabitur pretium "
    "tincidunt lacus gravida orci a odio nullam varius turpis commodo pharetra eros bibendum nec viverra libero "
    "justo sollicitudin mauris ",
)


def write_lorem_ipsum(rng: random.Random) -> Noise:
    """Filler text that a designer forgot."""
    blocks = []
    for _ in range(rng.randint(2, 8)):
        sentences = []
        for _ in range(rng.randint(3, 8)):
            words = [pick(rng, _LATIN) for _ in range(rng.randint(5, 16))]
            sentences.append(first_upper(" ".join(words)) + ".")
        blocks.append(" ".join(sentences))
    if rng.random() < 0.75:
        blocks[0] = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " + blocks[0]
    title = pick(
        rng, ("Lorem ipsum", "Sample page", "Your headline here", "Dolor sit amet", "About our company", "Page title")
    )
    return Noise("lorem_ipsum", title, blocks)


_KEYWORDS = str.split(
    "cheap flights;hotel deals;car hire;used cars;garden furniture;kitchen knives;wall paint;office chairs;printer ink;"
    "running shoes;winter coats;baby clothes;wedding rings;gift ideas;phone cases;laptop bags;camera lenses;pet food;"
    "dog beds;cat toys;fishing rods;camping tents;sleeping bags;bike locks;car tyres;motor oil;led lamps;"
    "solar panels;heat pumps;roof tiles;bath tiles;shower heads;door handles;power tools;cordless drill;lawn mower;"
    "garden hose;flower pots;seeds;compost bins;bird feeders;coffee machines;tea pots;frying pans;lunch boxes",
    ";",
)
_KEYWORD_ENDINGS = str.split(
    "online;cheap;review;near me;best price;sale;2023;uk;free delivery;wholesale;outlet;for sale",
    ";",
)


def write_keyword_list(rng: random.Random) -> Noise:
    """Search terms, in lines or in heaps, and no sentence."""
    words = [
        f"{pick(rng, _KEYWORDS)} {pick(rng, _KEYWORD_ENDINGS)}" if rng.random() < 0.7 else pick(rng, _KEYWORDS)
        for _ in range(rng.randint(60, 400))
    ]
    if rng.random() < 0.4:
        blocks = words
    else:
        mark = pick(rng, (", ", " | ", " · ", ",", " / ", "  "))
        size = rng.randint(15, 60)
        blocks = [mark.join(words[at : at + size]) for at in range(0, len(words), size)]
    return Noise("keyword_list", first_upper(pick(rng, words)), blocks)


_PLACES = str.split(
    "north south east west upper lower old new great little saint lake river hill forest bay port mill stone green",
)
_NAMES = str.split("ville ton ford burg field wood bridge port dale haven gate well mouth stead wick minster")
_TRADES = str.split(
    "plumbers;dentists;hotels;florists;lawyers;bakeries;locksmiths;taxis;painters;vets;opticians;removals;roofers;"
    "electricians;hairdressers;garages;gyms;nurseries;estate agents;caterers",
    ";",
)


def write_link_list(rng: random.Random) -> Noise:
    """A table or a list of links: a directory, a link farm, or an index of files."""
    style = rng.random()
    texts: list[str] = []
    addresses: list[str] = []
    for _ in range(rng.randint(40, 250)):
        if style < 0.6:
            town = first_upper(pick(rng, _PLACES) + pick(rng, _NAMES))
            trade = pick(rng, _TRADES)
            texts.append(f"{first_upper(trade)} in {town}")
            addresses.append(f"/{trade.replace(' ', '-')}/{town.lower()}/")
        elif style < 0.8:
            name = f"{pick(rng, _PLACES)}-{pick(rng, _NAMES)}{rng.randint(1, 99)}.example"
            texts.append(name)
            addresses.append(f"http://{name}/")
        else:
            name = f"{pick(rng, _NAMES)}_{rng.randint(1, 9999):04d}.{pick(rng, ('zip', 'jpg', 'txt', 'tar.gz', 'pdf'))}"
            texts.append(f"{name} {rng.randint(1, 28):02d}-Jan-2019 {rng.randint(1, 999)}K")
            addresses.append(name)
    links = [f'<a href="{address}">{text}</a>' for address, text in zip(addresses, texts, strict=True)]
    if rng.random() < 0.5:
        columns = rng.randint(1, 4)
        rows = [
            "".join(f"<td>{link}</td>" for link in links[at : at + columns]) for at in range(0, len(links), columns)
        ]
        html = ["<table>" + "".join(f"<tr>{row}</tr>\n" for row in rows) + "</table>"]
    else:
        html = ["<ul>" + "".join(f"<li>{link}</li>\n" for link in links) + "</ul>"]
    title = pick(rng, ("Directory", "All towns", "Index of /pub", "Partner sites", "Links", "Our friends"))
    return Noise("link_list", title, texts, html)
