"""Sites that blocklists name, and sites whose address alone gives them away."""

from __future__ import annotations

import random
from pathlib import Path

from pyllm.data.miniweb.wording import pick
from pyllm.files import make_folder, write_whole

_NEUTRAL = str.split(
    "velvet amber silk crimson scarlet midnight ivory orchid ruby satin pearl copper violet shadow ember coral jade"
)
_THINGS = str.split("room lounge gate door nest island harbour studio garden palace alley corner tower station bridge")
_TELLING = (
    "free-porn-videos", "xxx-cams", "hot-sex-chat", "porntube", "nude-girls-cam", "hardcore-xxx", "sexdating",
)  # fmt: skip
_ENDINGS = ("example", "test", "top.example", "info.test")
_HOSTS = ("pages.freehost.example", "members.quickpages.test", "home.netplace.example")
KINDS = ("adult", "malware")


class DubiousSites:
    """The addresses of a crawl's adult and malware sites.

    Most domains stand in a list; some pages of shared hosts do, with their path; and some adult sites stand in none,
    but words in their addresses tell.

    Args:
        rng: makes all choices.
        megabytes: of clean text in the crawl, which has more such sites the larger it is.
    """

    def __init__(self, rng: random.Random, megabytes: float) -> None:
        count = min(500, 12 + int(4 * megabytes))
        self._domains: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        for kind in KINDS:
            self._domains[kind] = sorted({_domain(rng) for _ in range(count)})
            self._folders[kind] = sorted({f"{pick(rng, _HOSTS)}/~{_name(rng)}" for _ in range(1 + count // 6)})
        taken = set(self._domains["adult"])
        self._domains["malware"] = [domain for domain in self._domains["malware"] if domain not in taken]
        self._unlisted = sorted(
            {f"{pick(rng, _TELLING)}{rng.randint(1, 999)}.{pick(rng, _ENDINGS)}" for _ in range(count)}
        )
        self._never_met = {kind: sorted({_domain(rng) for _ in range(count)}) for kind in KINDS}

    def choose(self, rng: random.Random, kind: str) -> tuple[str, str]:
        """A domain, and what the paths of the site's pages begin with.

        Args:
            rng: chooses.
            kind: one of KINDS.
        """
        chance = rng.random()
        if chance < 0.15:
            domain, _, folder = pick(rng, self._folders[kind]).partition("/")
            return domain, "/" + folder
        if kind == "adult" and chance < 0.4:
            return pick(rng, ("", "www.")) + pick(rng, self._unlisted), ""
        return pick(rng, ("", "", "www.", "m.", "cdn3.")) + pick(rng, self._domains[kind]), ""

    def write_lists(self, folder: Path) -> None:
        """Writes folder/KIND/domains and folder/KIND/urls: the format of the lists of Toulouse's university, UT1."""
        for kind in KINDS:
            make_folder(folder / kind)
            domains = sorted({*self._domains[kind], *self._never_met[kind]})
            write_whole(folder / kind / "domains", "".join(one + "\n" for one in domains).encode())
            write_whole(folder / kind / "urls", "".join(one + "\n" for one in self._folders[kind]).encode())


def shared_host(rng: random.Random) -> tuple[str, str]:
    """An honest site's place on a host that it shares with others: domain and path."""
    return pick(rng, _HOSTS), f"/~{pick(rng, ('family', 'club', 'school', 'readers'))}{rng.randint(1, 9999)}"


def _name(rng: random.Random) -> str:
    return f"{pick(rng, _NEUTRAL)}{pick(rng, ('', '-', ''))}{pick(rng, _THINGS)}"


def _domain(rng: random.Random) -> str:
    return f"{_name(rng)}{rng.randint(1, 999)}.{pick(rng, _ENDINGS)}"
