"""Pages dropped for their address alone: blocklists of domains and URLs, and words in the URL.

The lists are in the format of the UT1 blacklists of the Université Toulouse Capitole: a folder with a file `domains`,
one domain to a line, and a file `urls`, one URL without its scheme to a line. Lines that start with # are comments.
The words work as FineWeb's do (Penedo et al. 2024, section 3.3): one strict word drops a page, a soft one only together
with another. Both stand as whole words in the URL, parted by anything but letters, or but letters and digits: "essex"
has no "sex".
Third come sub-words, which drop a page wherever they stand in the URL, for names that are written in one.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from pyllm.data.document import KEEP, Verdict


def listed(words: str) -> tuple[str, ...]:
    """The words of a list, which spaces and line breaks part."""
    return tuple(words.split())


# A small list of our own, so that the default path has one: names that stand for their kind. Who crawls passes UT1's.
BUILT_IN_DOMAINS = listed(
    """
    1xbet.com 888casino.com adultfriendfinder.com bet365.com chaturbate.com malware.testing.google.test onlyfans.com
    pokerstars.com pornhub.com redtube.com stripchat.com wicar.org xhamster.com xnxx.com xvideos.com youporn.com
    """
)
STRICT_WORDS = listed(
    """
    bdsm blowjob camgirl camgirls camsex creampie cumshot gangbang hentai milf milfs phonesex porn porno pornos
    pornstar pornstars sexcam sexcams upskirt warez xxx
    """
)
SOFT_WORDS = listed(
    """
    adult amateur babes betting cam cams casino casinos chat cheap cialis crack dating discount erotic escort escorts
    fetish gambling girls hardcore hookup jackpot keygen lingerie meds naked nsfw nude nudes outlet pharmacy pills poker
    replica replicas roulette sex sexy slots swingers tablets torrent viagra webcam
    """
)
SUBWORDS = listed(
    """
    camgirl casinobonus escortgirl freeporn freesex livesex onlinecasino porntube pornvideo sexchat sexdating
    """
)

LONGEST_HOST = 253
AUTHORITY = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}([^/\\?#]*)|([^/\\?#]*)")
WWW = re.compile(r"www[0-9]*\.")
# What parts words in the bytes of a URL: all of ASCII but letters and digits. Of bytes, for that is twice as fast.
BETWEEN_WORDS = bytes(sign for sign in range(128) if not chr(sign).isalnum())
WORDS_ONLY = bytes.maketrans(BETWEEN_WORDS, b" " * len(BETWEEN_WORDS))
LETTERS_ONLY = bytes.maketrans(BETWEEN_WORDS + b"0123456789", b" " * (len(BETWEEN_WORDS) + 10))  # "xxx24" is "xxx"
DOMAIN_LINE = re.compile(r"[^\s/?#@]{1,253}")
SPACE = re.compile(r"\s")
# Lines as nearly all of a list of domains are: taken over by the thousand, for such a list may have millions.
PLAIN_DOMAINS = re.compile(rb"(?:[a-z0-9_-][a-z0-9._-]{0,250}[a-z0-9_-]\n)*")
BLOCK_BYTES = 1 << 18


class UrlFilter:
    """Says of a URL whether its page may be kept; "" stands for an unknown one, which may.

    Args:
        blocklists: folders with a file `domains`, `urls` or both; or such files themselves, whose names begin so.
            Each may be gzipped, with the name ending in .gz.
        banned_words: one of these as a whole word in the URL drops the page.
        soft_banned_words: several of these do.
        soft_threshold: how many different ones.
        banned_subwords: one of these anywhere in the URL drops the page.
        built_in: whether the built-in domains are blocked as well.

    Attributes:
        problems: lines of the blocklists that could not be used: "file:line: why".

    Raises:
        FileNotFoundError: a blocklist is not there.
        ValueError: a file has a name of neither kind.
    """

    def __init__(
        self,
        blocklists: Sequence[Path] = (),
        *,
        banned_words: Iterable[str] = STRICT_WORDS,
        soft_banned_words: Iterable[str] = SOFT_WORDS,
        soft_threshold: int = 2,
        banned_subwords: Iterable[str] = SUBWORDS,
        built_in: bool = True,
    ) -> None:
        self.problems: list[str] = []
        self._domains: set[str] = set(BUILT_IN_DOMAINS) if built_in else set()
        self._paths: dict[str, set[str]] = {}
        self._banned = frozenset(word.lower().encode() for word in banned_words)
        self._soft = frozenset(word.lower().encode() for word in soft_banned_words)
        self._words = self._banned | self._soft
        self._soft_threshold = soft_threshold
        subwords = [word.lower() for word in banned_subwords if word]
        self._subword = re.compile(any_of(subwords) if subwords else "(?!)")
        for path in blocklists:
            for file in list_files(path):
                self._read(file)

    def __call__(self, url: str) -> Verdict:
        """KEEP, or why the page at this URL is dropped; whatever the URL, it raises nothing."""
        url = url.strip().lower()
        if not url:
            return KEEP
        if "%" in url:
            url = unquote(url).lower()
        host, rest = split_url(url)
        domain = host
        while domain:
            if domain in self._domains:
                return Verdict(False, "blocked_domain", domain)
            domain = domain.partition(".")[2]
        if self._paths:
            blocked = self._blocked_url(host, rest)
            if blocked:
                return Verdict(False, "blocked_url", blocked)
        subword = self._subword.search(url)
        if subword:
            return Verdict(False, "banned_subword", subword[0])
        content = url.encode("utf-8", "surrogatepass")
        words = content.translate(WORDS_ONLY).split() + content.translate(LETTERS_ONLY).split()
        if self._words.isdisjoint(words):
            return KEEP
        banned = self._banned.intersection(words)
        if banned:
            return Verdict(False, "banned_word", min(banned).decode())
        soft = self._soft.intersection(words)
        if len(soft) >= self._soft_threshold:
            return Verdict(False, "soft_banned_words", b" ".join(sorted(soft)).decode())
        return KEEP

    def _blocked_url(self, host: str, rest: str) -> str:
        """The listed URL that this one is, or is below of; "" where there is none."""
        host = WWW.sub("", host, count=1) if host.startswith("www") else host
        paths = self._paths.get(host)
        if not paths:
            return ""
        for part in prefixes(rest, max(map(len, paths))):
            if part in paths:
                return host + part
        return ""

    def _read(self, file: Path) -> None:
        """Adds the lines of a list to what is blocked."""
        domains = file.name.startswith("domains")
        number = 0  # of the line before the block
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
            while block := stream.readlines(BLOCK_BYTES):
                if domains and PLAIN_DOMAINS.fullmatch(joined := b"".join(block)):
                    self._domains.update(joined.decode("ascii").split())
                else:
                    for place, content in enumerate(block, start=number + 1):
                        problem = self._add_line(content.decode("utf-8", "backslashreplace").strip(), domains)
                        if problem:
                            self.problems.append(f"{file}:{place}: {problem}")
                number += len(block)

    def _add_line(self, line: str, domains: bool) -> str:
        """Blocks what a line of a list says; says what is wrong with it otherwise."""
        if not line or line.startswith("#"):
            return ""
        return self._add_domain(line) if domains else self._add_url(line)

    def _add_domain(self, line: str) -> str:
        """Blocks a domain; says what is wrong with the line otherwise."""
        if not DOMAIN_LINE.fullmatch(line):
            return f"{line[:80]!r} is not a domain"
        host = split_url(line.lower())[0]
        if not host:
            return f"{line[:80]!r} is not a domain"
        self._domains.add(host)
        return ""

    def _add_url(self, line: str) -> str:
        """Blocks a URL; says what is wrong with the line otherwise."""
        url = unquote(line).lower()
        host, rest = split_url(url)
        if not host or SPACE.search(line) or rest in ("", "/", "?"):
            return f"{line[:80]!r} is not a URL with a path"
        host = WWW.sub("", host, count=1) if host.startswith("www") else host
        self._paths.setdefault(host, set()).add(rest.rstrip("/"))
        return ""


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, written so that those which begin alike part where they differ.

    At most places of a URL one look at the next sign then tells that no word begins there: plain alternatives, and
    asking for word after word, take several times as long for a list of a hundred.
    """
    following: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        following.setdefault(word[:1], []).append(word[1:])
    if "" in following:
        return ""  # the shortest word that begins so has ended
    return f"(?:{'|'.join(re.escape(letter) + any_of(rests) for letter, rests in following.items())})"


def split_url(url: str) -> tuple[str, str]:
    """A URL in lower case, taken apart: its host as blocklists write it, and what comes behind: "" or from / or ?."""
    match = AUTHORITY.match(url)
    assert match, "each part of the pattern may be empty"
    authority = match[1] if match[1] is not None else match[2]
    rest = url[match.end() :].partition("#")[0].replace("\\", "/")
    if "@" in authority:
        authority = authority.rpartition("@")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0][:LONGEST_HOST], rest
    return plain_host(authority.partition(":")[0]), rest


def plain_host(host: str) -> str:
    """A host in lower case as lists write it: no dots at its ends, other scripts' letters as xn-- names."""
    host = host.strip(".")
    if len(host) > LONGEST_HOST:
        host = host[-LONGEST_HOST:].partition(".")[2]  # longer names do not exist; their end is what lists would hold
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return host
    return host


def prefixes(rest: str, longest: int) -> Iterator[str]:
    """What comes behind a host, and its beginnings up to each / and ?, as far as any list reaches."""
    if len(rest) <= longest + 1:
        yield rest.rstrip("/")
    for place, sign in enumerate(rest[: longest + 1]):
        if place and sign in "/?&":
            yield rest[:place]


def list_files(path: Path) -> list[Path]:
    """The lists that a path names: itself, or those in it where it is a folder.

    Raises:
        FileNotFoundError: it is not there, or a folder without lists.
        ValueError: it is a file with another name.
    """
    path = Path(path)
    if path.is_dir():
        found = [path / name for name in ("domains", "domains.gz", "urls", "urls.gz") if (path / name).is_file()]
        if not found:
            raise FileNotFoundError(f"the folder {path} has neither a file named domains nor one named urls")
        return found
    if not path.is_file():
        raise FileNotFoundError(f"there is no blocklist {path}")
    if not path.name.startswith(("domains", "urls")):
        raise ValueError(f"the name of the blocklist {path} begins neither with domains nor with urls")
    return [path]
