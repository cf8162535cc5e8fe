"""Downloads over HTTP that go on where they were broken off.

What is there of a file stands beside its place as NAME.part, and NAME.part.json says of which version of it (RFC 9110,
8.8 validators, 13.1.5 If-Range, 14 range requests). The file gets its name when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyllm.data.extras import data_extra
from pyllm.files import make_folder, write_whole
from pyllm.progress import Progress

with data_extra():
    import requests
    import urllib3

BLOCK = 1 << 18  # bytes read at a time
LONGEST_PAUSE = 60.0  # seconds between two tries
WORTH_NEW_TRIES = 1 << 20  # bytes: a connection that brought so many was no failure
LATER = (408, 425, 429)  # with 5xx: what may be gone at the next try
CONTENT_RANGE = re.compile(r"bytes\s+(?:(\d+)-(\d+)|\*)/(\d+|\*)\s*$", re.IGNORECASE)
NO_SUCH_HOST = "there is no server of this name, or no connection to the internet"
SUFFIXES = re.compile(r"(?:\.[A-Za-z0-9]{1,8}){1,2}$")
NO_ADDRESS = (requests.TooManyRedirects, requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)


@dataclass(slots=True)
class _Version:
    """Which version of a file a part is of."""

    url: str
    etag: str = ""
    last_modified: str = ""
    total: int | None = None

    @property
    def validator(self) -> str:
        """What If-Range may be given: a strong one, or nothing."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


class _TryAgain(Exception):
    """One try failed, another may not. The message says what was wrong; `pause` is the server's wish in seconds."""

    def __init__(self, message: str, pause: float = 0.0) -> None:
        super().__init__(message)
        self.pause = pause


def download(
    url: str,
    folder: Path,
    *,
    most_bytes: int,
    sha256: str | None = None,
    retries: int = 5,
    progress: bool | None = None,
    timeout: float = 30.0,
    first_pause: float = 1.0,
) -> Path:
    """Fetches a file into a folder, unless it is there; goes on with what is there of it.

    Args:
        url: http or https.
        folder: is made when it is missing.
        most_bytes: a larger file is refused, whatever the server says of its size.
        sha256: of the file, in hexadecimal; None: not compared.
        retries: tries one after the other that may fail; one that brought 1 MB begins the count anew.
        progress: as everywhere: None shows it on a terminal.
        timeout: seconds without a byte after which a connection counts as dropped.
        first_pause: seconds before the second try; each further one doubles.

    Returns:
        Where it is: see `name_of`.

    Raises:
        ValueError: the address is not one of HTTP, the file is larger than most_bytes, or is another than sha256 says.
        FileNotFoundError, PermissionError: the server has no such file, or does not give it to everyone.
        ConnectionError: the server cannot be reached, or all tries failed. What came stays for the next call.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url}: only addresses that begin with http:// or https:// can be fetched")
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"a SHA-256 has 64 hexadecimal digits, got {sha256!r}")
    make_folder(folder)
    path = folder / name_of(url)
    if path.exists():
        if sha256 is not None and _sha256(path) != sha256.lower():
            raise ValueError(f"{path} is there, but its SHA-256 is not the one given; delete it to fetch it anew")
        return path
    part = _Part(url, path, most_bytes)
    with requests.Session() as session, Progress(f"Downloading {path.name}", "bytes", show=progress) as bar:
        resumed = part.size > 0
        _fetch(session, part, retries, timeout, first_pause, bar)
        if sha256 is not None and resumed and _sha256(part.path) != sha256.lower():
            part.begin_anew()  # its two halves may not be of one version
            _fetch(session, part, retries, timeout, first_pause, bar)
    if sha256 is not None and (found := _sha256(part.path)) != sha256.lower():
        part.remove()
        raise ValueError(f"{url}: the file's SHA-256 is {found}, not the one given; it was deleted")
    part.finish()
    return path


def name_of(url: str) -> str:
    """The name that a download gets: the address's last part, with a mark that no other address has."""
    name = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    name = re.sub(r"[^\w.,+=@-]", "_", name)[-150:].lstrip(".") or "index.html"
    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    match = SUFFIXES.search(name)
    at = match.start() if match is not None and match.start() else len(name)
    return f"{name[:at]}-{mark}{name[at:]}"


class _Part:
    """What is there of a file, and of which version it is."""

    def __init__(self, url: str, target: Path, most_bytes: int) -> None:
        self.target, self.most_bytes = target, most_bytes
        self.path = target.with_name(target.name + ".part")
        self._about = target.with_name(target.name + ".part.json")
        self.version = _Version(url)
        try:
            there = _Version(**json.loads(self._about.read_bytes()))
            texts = (there.url, there.etag, there.last_modified)
            if there.url == url and all(isinstance(text, str) for text in texts):
                self.version = there
        except (OSError, ValueError, TypeError):
            pass

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def begin_anew(self, version: _Version | None = None) -> None:
        """Throws away what is there; what follows is of this version."""
        self.path.unlink(missing_ok=True)
        self.version = version or _Version(self.version.url)
        if version is not None:
            write_whole(self._about, json.dumps(asdict(version)).encode())

    def check_size(self, size: int) -> None:
        if size > self.most_bytes:
            self.remove()
            raise ValueError(
                f"{self.version.url}: the file has at least {size:,} bytes, and {self.most_bytes:,} are allowed"
            )

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def finish(self) -> None:
        """Gives the whole file its name."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        self.path.replace(self.target)
        self._about.unlink(missing_ok=True)


def _fetch(
    session: requests.Session, part: _Part, retries: int, timeout: float, first_pause: float, bar: Progress
) -> None:
    """Tries until the part is whole."""
    failures = 0
    furthest = part.size
    while True:
        try:
            return _try(session, part, timeout, bar)
        except _TryAgain as error:
            message, pause = str(error), error.pause
        except NO_ADDRESS as error:
            raise ValueError(f"{part.version.url}: this is no address that leads to a file: {error}") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            message, pause = _words(error, timeout), 0.0
            if message == NO_SUCH_HOST and not part.size:
                failures = retries
        failures += 1
        if part.size >= furthest + WORTH_NEW_TRIES:
            furthest, failures = part.size, 1
        if failures > retries:
            kept = f" {part.path} keeps what came, for the next time." if part.size else ""
            raise ConnectionError(f"{part.version.url}: {message}.{kept}")
        time.sleep(min(LONGEST_PAUSE, max(pause, first_pause * 2 ** (failures - 1))))


def _try(session: requests.Session, part: _Part, timeout: float, bar: Progress) -> None:
    """Asks once for what is missing."""
    if not part.version.validator:
        part.begin_anew()
    size, url = part.size, part.version.url
    if size and size == part.version.total:
        return
    headers = {"Accept-Encoding": "identity", "User-Agent": "pyllm"}
    if size:
        headers |= {"Range": f"bytes={size}-", "If-Range": part.version.validator}
    with session.get(url, headers=headers, stream=True, timeout=timeout) as response:
        status = response.status_code
        if status == 416 and size:  # there is nothing behind the part: it is whole, or of another version
            if _range(response) == (None, size) and part.version.total in (None, size):
                return
            part.begin_anew()
            raise _TryAgain(f"the server has no bytes from {size:,} on")
        if status == 200:
            size = 0
            part.begin_anew(_version(response, url))
        elif status != 206:
            _refuse(response, url)
        elif not _goes_on(response, part.version, size):
            part.begin_anew()
            raise _TryAgain("the server sent another part than the one asked for")
        total = part.version.total
        part.check_size(total or 0)
        if total is not None:
            bar.set_total(total)
        with part.path.open("ab") as file:
            while block := response.raw.read1(BLOCK, decode_content=False):
                size += len(block)
                part.check_size(size)
                file.write(block)
                bar.update(size)
    if total is not None and size != total:
        raise _TryAgain(f"the connection ended after {size:,} of {total:,} bytes")


def _version(response: requests.Response, url: str) -> _Version:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isascii() and length.isdigit() else None
    return _Version(url, response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""), total)


def _range(response: requests.Response) -> tuple[int | None, int | None]:
    """First byte and size of the whole, as Content-Range states them."""
    match = CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if match is None:
        return None, None
    return (int(match[1]) if match[1] else None, int(match[3]) if match[3] != "*" else None)


def _goes_on(response: requests.Response, version: _Version, size: int) -> bool:
    """Whether a 206 is what follows a part of `size` bytes: some servers know ranges, but not If-Range."""
    first, total = _range(response)
    now = _version(response, version.url)
    return (
        first == size
        and (total is None or version.total is None or total == version.total)
        and (not now.etag or not version.etag or now.etag == version.etag)
        and (not now.last_modified or not version.last_modified or now.last_modified == version.last_modified)
    )


def _refuse(response: requests.Response, url: str) -> None:
    """Raises what a status means that brings no file."""
    status = response.status_code
    if status in LATER or status >= 500:
        wait = response.headers.get("Retry-After", "")
        pause = float(wait) if wait.isascii() and wait.isdigit() else 0.0
        raise _TryAgain(f"the server answered {status} {response.reason}", pause)
    if status in (404, 410):
        raise FileNotFoundError(f"{url}: there is no such file on the server ({status})")
    if status in (401, 403, 407):
        raise PermissionError(f"{url}: the server does not give it to everyone ({status} {response.reason})")
    raise ConnectionError(f"{url}: the server answered {status} {response.reason}")


def _words(error: Exception, timeout: float) -> str:
    """What was wrong with a connection, for a person."""
    inner = repr(error)  # requests wraps what urllib3 wraps
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)) or "timed out" in inner:
        return f"nothing came for {timeout:g} seconds"
    if "NameResolutionError" in inner or "getaddrinfo" in inner:
        return NO_SUCH_HOST
    if "Connection refused" in inner:
        return "the server refuses connections"
    if isinstance(error, (requests.exceptions.SSLError, urllib3.exceptions.SSLError)) or "SSLError" in inner:
        return f"no secure connection: {error}"
    return "the connection was dropped"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
