"""Downloads from a server that does what servers on the internet do: drop, lie, change their mind, answer 503."""

import hashlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pyllm.data.download import download, name_of

CONTENT = random.Random(0).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Behaviour:
    """What the server does; `drop_after` holds for the connections in turn, the last for all further ones."""

    content: bytes = CONTENT
    etag: str = '"a"'
    last_modified: str = ""
    ranges: bool = True
    if_range: bool = True
    drop_after: list[int | None] = field(default_factory=lambda: [None])
    statuses: list[int] = field(default_factory=list)
    length: int | None = None
    states_length: bool = True
    chunked: bool = False
    stall: float = 0.0
    redirect: str = ""
    content_after: bytes | None = None  # from the second connection on
    wrong_range: bool = False
    requests: list[dict[str, str]] = field(default_factory=list)


class Server:
    """A server in threads of its own."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                answer(self, outer.behaviour)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/crawl/page.warc.gz"

    def does(self, **what: object) -> Behaviour:
        self.behaviour = Behaviour(**what)
        return self.behaviour


def answer(handler: BaseHTTPRequestHandler, does: Behaviour) -> None:
    asked = dict(handler.headers.items())
    does.requests.append(asked)
    number = len(does.requests)
    if does.statuses:
        status = does.statuses.pop(0)
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.send_header("Retry-After", "0")
        handler.end_headers()
        return
    if does.redirect:
        handler.send_response(302)
        handler.send_header("Location", does.redirect)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    content, etag = does.content, does.etag
    if does.content_after is not None and number > 1:
        content, etag = does.content_after, '"b"'
    begin = 0
    if does.ranges and "Range" in asked and (not does.if_range or asked.get("If-Range") in (etag, does.last_modified)):
        begin = int(asked["Range"].removeprefix("bytes=").removesuffix("-"))
        if begin >= len(content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206)
        shown = begin - 7 if does.wrong_range else begin
        handler.send_header("Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}")
    else:
        handler.send_response(200)
    if etag:
        handler.send_header("ETag", etag)
    if does.last_modified:
        handler.send_header("Last-Modified", does.last_modified)
    body = content[begin:]
    if does.chunked:
        handler.send_header("Transfer-Encoding", "chunked")
    elif does.states_length:
        handler.send_header("Content-Length", str(does.length if does.length is not None else len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    drop = does.drop_after[min(number, len(does.drop_after)) - 1]
    sent = body if drop is None else body[:drop]
    try:
        if does.chunked:
            for at in range(0, len(sent), 100_000):
                piece = sent[at : at + 100_000]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if drop is None:
                handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.wfile.write(sent)
        handler.wfile.flush()
        time.sleep(does.stall)
    except OSError:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.server.shutdown()
    one.server.server_close()


def fetch(server: Server, folder: Path, **options: object) -> Path:
    given = {"most_bytes": 10_000_000, "first_pause": 0.001, "timeout": 5.0, "progress": False}
    return download(server.url, folder, **(given | options))


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".part" in path.name)


def test_a_file_comes_whole(server: Server, tmp_path: Path) -> None:
    does = server.does()
    path = fetch(server, tmp_path / "new" / "folder", sha256=SHA256.upper())
    assert path.read_bytes() == CONTENT
    assert path.name == name_of(server.url)
    assert path.suffixes == [".warc", ".gz"]
    assert leftovers(path.parent) == []
    assert does.requests[0]["Accept-Encoding"] == "identity"


def test_a_file_that_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    does = server.does()
    path = fetch(server, tmp_path)
    assert fetch(server, tmp_path, sha256=SHA256) == path
    assert len(does.requests) == 1
    with pytest.raises(ValueError, match="is there, but its SHA-256 is not the one given"):
        fetch(server, tmp_path, sha256="0" * 64)
    assert path.exists()


@pytest.mark.parametrize("chunked", [False, True])
def test_dropped_connections_are_gone_on_with(server: Server, tmp_path: Path, chunked: bool) -> None:
    does = server.does(drop_after=[1_000_000, 500_000, 0, 700_000, None], chunked=chunked)
    assert fetch(server, tmp_path, sha256=SHA256).read_bytes() == CONTENT
    begins = [int(one["Range"][6:-1]) if "Range" in one else 0 for one in does.requests]
    assert begins == [0, 1_000_000, 1_500_000, 1_500_000, 2_200_000]
    assert does.requests[1]["If-Range"] == '"a"'


def test_tries_end_and_the_part_serves_the_next_call(server: Server, tmp_path: Path) -> None:
    does = server.does(drop_after=[100_000])
    with pytest.raises(ConnectionError, match=r"keeps what came, for the next time") as caught:
        fetch(server, tmp_path, retries=3)
    assert str(caught.value).startswith(server.url)
    assert len(does.requests) == 4
    assert [path.stat().st_size for path in tmp_path.glob("*.part")] == [400_000]
    does = server.does()
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert does.requests[0]["Range"] == "bytes=400000-"


def test_connections_that_bring_much_are_no_failures(server: Server, tmp_path: Path) -> None:
    server.does(content=CONTENT * 3, drop_after=[1_100_000])
    assert fetch(server, tmp_path, retries=1).read_bytes() == CONTENT * 3


def test_without_a_way_to_go_on_the_same_megabytes_do_not_count_for_ever(server: Server, tmp_path: Path) -> None:
    does = server.does(drop_after=[1_100_000], ranges=False)
    with pytest.raises(ConnectionError, match=r"ended after|dropped"):
        fetch(server, tmp_path, retries=2)
    assert len(does.requests) == 3


def test_a_server_without_ranges_is_read_from_the_begin(server: Server, tmp_path: Path) -> None:
    does = server.does(ranges=False, drop_after=[1_000_000, None])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert "Range" in does.requests[1]


def test_without_a_validator_nothing_is_joined(server: Server, tmp_path: Path) -> None:
    does = server.does(etag="", drop_after=[1_000_000, None])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert "Range" not in does.requests[1]


@pytest.mark.parametrize(("etag", "used"), [("", "date"), ('W/"a"', "date"), ('"a"', '"a"')])
def test_the_strong_validator_is_used(server: Server, tmp_path: Path, etag: str, used: str) -> None:
    date = "Tue, 20 Feb 2024 20:00:00 GMT"
    does = server.does(etag=etag, last_modified=date, drop_after=[1_000_000, None])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert does.requests[1]["If-Range"] == (date if used == "date" else used)


@pytest.mark.parametrize("if_range", [True, False])
def test_a_file_that_changes_meanwhile_is_not_a_mixture(server: Server, tmp_path: Path, if_range: bool) -> None:
    new = bytes(reversed(CONTENT))
    server.does(content_after=new, drop_after=[1_000_000, None], if_range=if_range)
    assert fetch(server, tmp_path).read_bytes() == new


def test_a_part_of_other_content_is_found_by_the_checksum(server: Server, tmp_path: Path) -> None:
    server.does(drop_after=[1_000_000], content=bytes(3_000_000))  # the same ETag for other content
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path, retries=0)
    server.does()
    assert fetch(server, tmp_path, sha256=SHA256).read_bytes() == CONTENT


def test_another_range_than_asked_for(server: Server, tmp_path: Path) -> None:
    server.does(wrong_range=True, drop_after=[1_000_000, None])
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_server(server: Server, tmp_path: Path) -> None:
    does = server.does(drop_after=[1_000_000])
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path, retries=0)
    part = next(tmp_path.glob("*.part"))
    part.write_bytes(CONTENT)
    does.requests.clear()
    assert fetch(server, tmp_path, sha256=SHA256).read_bytes() == CONTENT
    assert does.requests == []


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    server.does(drop_after=[1_000_000])
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path, retries=0)
    next(tmp_path.glob("*.part")).write_bytes(CONTENT + b"more")
    server.does()
    assert fetch(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("about", [b"", b"[]", b"{}", b'{"url": 3}', b"\xff\xfe", b'{"url": "URL", "etag": 3}'])
def test_a_damaged_note_beside_a_part(server: Server, tmp_path: Path, about: bytes) -> None:
    about = about.replace(b"URL", server.url.encode())
    name = name_of(server.url)
    (tmp_path / f"{name}.part").write_bytes(b"something else")
    (tmp_path / f"{name}.part.json").write_bytes(about)
    server.does()
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_503_twice(server: Server, tmp_path: Path) -> None:
    does = server.does(statuses=[503, 429])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert len(does.requests) == 3
    server.does(statuses=[500] * 9)
    with pytest.raises(ConnectionError, match="the server answered 500"):
        fetch(server, tmp_path / "else", retries=2)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (404, FileNotFoundError, "there is no such file on the server"),
        (410, FileNotFoundError, "there is no such file on the server"),
        (403, PermissionError, "does not give it to everyone"),
        (401, PermissionError, "does not give it to everyone"),
        (400, ConnectionError, "the server answered 400 Bad Request"),
    ],
)
def test_what_another_try_would_not_change(
    server: Server, tmp_path: Path, status: int, error: type[Exception], words: str
) -> None:
    does = server.does(statuses=[status] * 9)
    with pytest.raises(error, match=words):
        fetch(server, tmp_path)
    assert len(does.requests) == 1


def test_a_length_that_is_a_lie(server: Server, tmp_path: Path) -> None:
    server.does(length=len(CONTENT) + 1000)
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path, retries=1)
    server.does(length=1_000_000)  # what is behind it cannot be seen: the file ends where the server says
    assert fetch(server, tmp_path / "else").read_bytes() == CONTENT[:1_000_000]


@pytest.mark.parametrize("how", [{}, {"chunked": True}, {"states_length": False}])
def test_too_large(server: Server, tmp_path: Path, how: dict[str, bool]) -> None:
    server.does(**how)
    with pytest.raises(ValueError, match="and 1,000,000 are allowed"):
        fetch(server, tmp_path, most_bytes=1_000_000)
    assert list(tmp_path.iterdir()) == []
    assert fetch(server, tmp_path, most_bytes=len(CONTENT)).read_bytes() == CONTENT


def test_an_unstated_length(server: Server, tmp_path: Path) -> None:
    server.does(states_length=False)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_an_empty_file(server: Server, tmp_path: Path) -> None:
    server.does(content=b"")
    assert fetch(server, tmp_path).read_bytes() == b""


def test_a_slow_server(server: Server, tmp_path: Path) -> None:
    server.does(drop_after=[100_000], stall=1.0)
    start = time.monotonic()
    with pytest.raises(ConnectionError, match=r"nothing came for 0\.2 seconds"):
        fetch(server, tmp_path, retries=1, timeout=0.2)
    assert time.monotonic() - start < 3
    server.does()
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_the_wrong_checksum(server: Server, tmp_path: Path) -> None:
    server.does()
    with pytest.raises(ValueError, match=f"the file's SHA-256 is {SHA256}, not the one given"):
        fetch(server, tmp_path, sha256="1" * 64)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        fetch(server, tmp_path, sha256="12")


def test_addresses(server: Server, tmp_path: Path) -> None:
    for url in ("ftp://example.org/a", "file:///etc/passwd", "a/b", "http:///x", "https://"):
        with pytest.raises(ValueError, match="only addresses that begin with http"):
            download(url, tmp_path, most_bytes=1)
    server.does(redirect="file:///etc/passwd")
    with pytest.raises(ValueError, match="no address that leads to a file"):
        fetch(server, tmp_path)
    server.does(redirect=server.url)
    with pytest.raises(ValueError, match="no address that leads to a file"):
        fetch(server, tmp_path)
    with pytest.raises(ConnectionError, match="there is no server of this name"):
        download("http://nowhere.invalid/a.txt", tmp_path, most_bytes=1, retries=5, first_pause=100)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.txt"
        with pytest.raises(ConnectionError, match="the server refuses connections"):
            download(url, tmp_path, most_bytes=1, retries=1, first_pause=0.001)


def test_an_interruption_keeps_the_part(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyllm.data import download as module

    class Interrupting(module.Progress):
        def update(self, done: int, *_: object, **__: object) -> None:
            if done >= 1_000_000:
                raise KeyboardInterrupt

    monkeypatch.setattr(module, "Progress", Interrupting)
    server.does()
    with pytest.raises(KeyboardInterrupt):
        fetch(server, tmp_path)
    size = next(tmp_path.glob("*.part")).stat().st_size
    assert 1_000_000 <= size < len(CONTENT)
    monkeypatch.undo()
    does = server.does()
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert does.requests[0]["Range"] == f"bytes={size}-"


def test_names() -> None:
    assert name_of("https://a.org/x/CC-MAIN-1.warc.gz?y=1").endswith(".warc.gz")
    assert name_of("https://a.org/1/000.parquet") != name_of("https://a.org/2/000.parquet")
    assert name_of("https://a.org/").startswith("index")
    for url in ("https://a.org/..", "https://a.org/%2e%2e%2fx", "https://a.org/a%00b", "https://a.org/" + "x" * 5000):
        name = name_of(url)
        assert "/" not in name
        assert "\0" not in name
        assert name not in (".", "..")
        assert len(name) < 200
