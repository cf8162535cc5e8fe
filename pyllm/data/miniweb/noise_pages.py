"""Pages that a server sends in place of text: menus, doors, signs, logs and dumps."""

from __future__ import annotations

import html
import json
import random

from pyllm.data.miniweb.noise_text import Noise
from pyllm.data.miniweb.site_furniture import NAVIGATION, TAGS, USERS
from pyllm.data.miniweb.wording import pick


def write_menu(rng: random.Random) -> Noise:
    """A page of navigation only."""
    names = rng.sample(NAVIGATION, rng.randint(8, 20)) + rng.sample(TAGS, rng.randint(5, 15))
    links = "".join(f'<li><a href="/{number}">{name}</a></li>' for number, name in enumerate(names))
    return Noise("menu", pick(rng, ("Welcome", "Home", "Start", "Main menu", "Overview")), names, [f"<ul>{links}</ul>"])


_DOORS = {
    "login": (
        ("Log in", "Sign in to continue", "Members only", "Your account"),
        ("User name", "Password", "Remember me", "Forgot your password?", "You must be logged in to see this page."),
    ),
    "not_found": (
        ("Page not found", "404", "Oops! Nothing here", "Sorry!"),
        (
            "The page that you are looking for does not exist.",
            "It may have been moved or deleted.",
            "Go back to the start page.",
        ),
    ),
    "parked": (
        ("This domain is for sale", "Domain parked", "Coming soon", "Under construction"),
        ("This domain has been registered.", "Buy this domain.", "Inquire about the price.", "Related searches"),
    ),
    "needs_scripts": (
        ("Please enable JavaScript", "Checking your browser", "One moment, please", "Loading..."),
        ("JavaScript is required to view this page.", "Please turn it on and reload.", "Ray ID: {number}"),
    ),
    "blocked": (
        ("Access denied", "403 Forbidden", "Are you a robot?", "Service unavailable"),
        ("You do not have permission to view this page.", "Tick the box to go on.", "Reference: {number}"),
    ),
    "cart": (
        ("Your cart is empty", "Checkout", "No results", "Search results"),
        (
            "There is nothing in your cart.",
            "0 items",
            "Subtotal: 0.00",
            "Your search gave no results.",
            "Try other words.",
        ),
    ),
}


def write_door(rng: random.Random) -> Noise:
    """A page that keeps visitors out or tells them that there is nothing."""
    reason = pick(rng, tuple(_DOORS))
    titles, lines = _DOORS[reason]
    some = [line.format(number=rng.getrandbits(48)) for line in rng.sample(lines, rng.randint(1, len(lines)))]
    return Noise(reason, pick(rng, titles), some)


_MODULES = str.split("auth cache db http mailer queue render scheduler session storage worker")
_EVENTS = (
    "connection refused by upstream", "timeout after {n} ms", "retrying request {n}", "user {n} logged out",
    "job {n} started", "job {n} finished in {n2} ms", "cache miss for key item:{n}",
    "slow query ({n} ms): SELECT * FROM items WHERE id = {n2}", "GET /items/{n} 200 {n2}", "GET /favicon.ico 404 {n}",
    "NullPointerException at Main.java:{n}", "disk usage at {n2}%",
)  # fmt: skip


def write_log(rng: random.Random) -> Noise:
    """A server's log that somebody put on the web."""
    day = f"20{rng.randint(15, 24)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    second = rng.randint(0, 80_000)
    lines = []
    for _ in range(rng.randint(30, 250)):
        second = (second + rng.randint(0, 9)) % 86_400
        time = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d},{rng.randint(0, 999):03d}"
        event = pick(rng, _EVENTS).format(n=rng.randint(100, 9999), n2=rng.randint(1, 999))
        lines.append(
            f"{day} {time} {pick(rng, ('INFO', 'INFO', 'WARN', 'ERROR', 'DEBUG'))} [{pick(rng, _MODULES)}] {event}"
        )
    return Noise(
        "log", pick(rng, ("server.log", "Error log", "Paste 48213", "Build output")), lines, _preformatted(lines)
    )


def write_dump(rng: random.Random) -> Noise:
    """Code, a table of numbers or a structure of a program."""
    style = pick(rng, ("json", "code", "csv"))
    if style == "json":
        items = [
            {
                "id": rng.randint(1, 10**6),
                "user": pick(rng, USERS),
                "tags": rng.sample(TAGS, 2),
                "ok": rng.random() < 0.5,
            }
            for _ in range(rng.randint(20, 120))
        ]
        lines = json.dumps(items, indent=pick(rng, (None, 2))).split("\n")
    elif style == "csv":
        columns = rng.sample(_MODULES, 5)
        lines = [";".join(["id", *columns])]
        lines += [";".join(f"{rng.uniform(0, 500):.2f}" for _ in range(6)) for _ in range(rng.randint(40, 300))]
    else:
        lines = []
        for _ in range(rng.randint(8, 40)):
            name, other = rng.sample(_MODULES, 2)
            lines += [
                f"function {name}_{rng.randint(1, 99)}({other}, n) {{",
                f"    if (n > {rng.randint(2, 99)}) {{ return {other}.{pick(rng, _MODULES)}(n - 1); }}",
                f"    for (var i = 0; i < n; i++) {{ {other}[i] = {name} + {rng.randint(1, 99)}; }}",
                f"    return {other};",
                "}",
            ]
    return Noise("dump", pick(rng, ("raw", "untitled", "data", "main.js", "export")), lines, _preformatted(lines))


def _preformatted(lines: list[str]) -> list[str]:
    return ["<pre>" + html.escape("\n".join(lines), quote=False) + "</pre>"]


def random_bytes(rng: random.Random, size: int) -> bytes:
    return rng.getrandbits(8 * size).to_bytes(size, "little")


def write_binary(rng: random.Random) -> bytes:
    """A file that is no text, whatever its content type says."""
    beginning = pick(
        rng,
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x00\x00\x00\x01\x80\x08\x06\x00\x00\x00",
            b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
            b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01",
            b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
            b"\x7fELF\x02\x01\x01\x00",
            b"ID3\x03\x00\x00\x00\x00",
            b"",
        ),
    )
    return beginning + random_bytes(rng, rng.randint(500, 12_000))
