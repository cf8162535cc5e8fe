"""The bytes of a file, decompressed, as a window that slides over them and goes on behind what is damaged."""

from __future__ import annotations

import codecs
import re
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from pyllm.data.sources import zstandard
from pyllm.data.sources.limits import DEFAULT_LIMITS, ReadLimits, counted

PIECE = 1 << 18  # bytes that come out of a file or a decompressor at a time
INPUT = 1 << 14  # bytes that go into a decompressor at a time: what a member leaves of them is copied
CHUNK = 1 << 20  # bytes read from a compressed file at a time
GZIP = b"\x1f\x8b\x08"
FRAME = re.compile(re.escape(zstandard.FRAME))
MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")  # the three upper flags are reserved, and 0 (RFC 1952, 2.3.1)
TRIAL = 2048  # bytes of what may be a member that are decompressed to see whether it is one
LONGEST_START = 256  # bytes that come out of that
LEAST_START = 16  # the same, where reading more might reach the next member


class Damage:
    """Why a stream cannot go on without a gap.

    Attributes:
        reason: "truncated_record", "broken_record" or "decompression_bomb".
        detail: what was found where, for a person.
        since: the place in the stream from which on what was read is in doubt.
    """

    def __init__(self, reason: str, detail: str, since: int = 0) -> None:
        self.reason, self.detail, self.since = reason, detail, since


class Stream:
    """A window over the decompressed bytes of a file, which may be plain, gzip or Zstandard.

    Places count decompressed bytes from the file's begin. The window ends at a damage until `resume` is called: then it
    goes on at the next member that can be read and that a record begins with.

    Args:
        path: the file.
        limits: what is a bomb.
        begins_record: whether a record begins with these bytes, of which there may be as few as one.
        is_text: give UTF-16 as UTF-8.
    """

    def __init__(
        self,
        path: Path,
        limits: ReadLimits = DEFAULT_LIMITS,
        begins_record: Callable[[bytes], bool] = lambda _: True,
        is_text: bool = False,
    ) -> None:
        self.data = bytearray()
        self.base = 0  # the place of data[0]
        self.damage: Damage | None = None
        self.read_from_file = 0  # compressed bytes
        self._limits = limits
        self._begins_record = begins_record
        self._starts: deque[int] = deque()  # places where a member begins with a record
        self._record = self._record_in_file = 0
        self._abandoned = False
        self._file = path.open("rb")
        self._chunk, self._chunk_at = b"", 0
        first = self._file.read(8)
        self._dictionary: bytes | None = None  # of Zstandard
        self.packed = ""  # "gzip" or "Zstandard"
        if first.startswith(GZIP):
            self.packed = "gzip"
        elif zstandard.is_frame(first):
            self.packed = "Zstandard"
        elif not begins_record(first):  # its first bytes may be damaged
            self.packed = self._packing_inside(path.name)
        self._file.seek(0)
        self._pieces: Iterator[bytes | Damage] = self._packed_pieces() if self.packed else self._plain_pieces()
        if is_text:
            self._pieces = _as_utf8(self._pieces)

    def close(self) -> None:
        self._file.close()

    @property
    def end(self) -> int:
        """The place behind the last byte in the window."""
        return self.base + len(self.data)

    def fill(self, place: int) -> bool:
        """Reads on until the window reaches `place`; False when it ends before that."""
        data = self.data
        while self.base + len(data) < place:
            if self.damage is not None:
                return False
            piece = next(self._pieces, None)
            if piece is None:
                return False
            if isinstance(piece, Damage):
                self.damage = piece
                return False
            data += piece
            if self.end - self._record > self._limits.record_bytes and self.packed:
                self._look_for_bomb()
        return True

    def mark(self, place: int) -> None:
        """Says that a record begins here: how far it decompresses is counted from here; what is before is let go."""
        self._record, self._record_in_file = place, self.read_from_file
        self.let_go(place)

    def let_go(self, place: int) -> None:
        """Forgets what is before a place."""
        del self.data[: place - self.base]
        self.base = place
        while self._starts and self._starts[0] <= place:
            self._starts.popleft()

    def next_start(self) -> int | None:
        """The first place in the window, behind the marked one, where a member begins with a record."""
        return self._starts[0] if self._starts else None

    def resume(self) -> int:
        """Goes on behind the damage; returns the place where."""
        self.mark(self.end)
        self.damage = None
        return self.base

    def _look_for_bomb(self) -> None:
        size = self.end - self._record
        compressed = self.read_from_file - self._record_in_file + INPUT
        if size > compressed * self._limits.highest_ratio:
            self._abandoned = True
            self.damage = Damage(
                "decompression_bomb",
                f"{counted(compressed, 'byte')} of {self.packed} at most had grown to {counted(size, 'byte')} so far",
                self._record,
            )

    def _plain_pieces(self) -> Iterator[bytes | Damage]:
        while piece := self._file.read(PIECE):
            yield piece

    # What is packed stands in members, or frames, one behind the other

    def _packed_pieces(self) -> Iterator[bytes | Damage]:
        start: int | None = 0
        while start is not None:
            since = self.end
            end, damage = yield from (self._member(start) if self.packed == "gzip" else self._frame(start))
            if self._abandoned:
                self._abandoned = False
                start = self._find_member(end)
            elif damage is not None:
                damage.since = since
                yield damage
                start = self._find_member(start + 1)
            else:
                start, garbage = self._after_member(end)
                if garbage:
                    yield Damage("broken_record", garbage, self.end)
                    start = self._find_member(end)

    def _member(self, start: int) -> Generator[bytes, None, tuple[int, Damage | None]]:
        """The pieces of the member at `start`; returns where it ends in the file, and what is wrong with it."""
        decompressor = zlib.decompressobj(31)
        at, out, waiting = start, 0, b""
        while not decompressor.eof:
            piece = waiting or self._at(at, INPUT)
            if not piece:
                return at, Damage("truncated_record", f"the file ends inside the gzip member at byte {start:,}")
            if not waiting:
                at += len(piece)
                self.read_from_file = at
            try:
                output = decompressor.decompress(piece, PIECE)
            except zlib.error as error:
                yield from self._what_is_left(start, at, out)
                return at, Damage("broken_record", f"the gzip member at byte {start:,} is damaged: {_words(error)}")
            waiting = decompressor.unconsumed_tail
            if output:
                if not out and self._begins_record(output):
                    self._starts.append(self.end)
                out += len(output)
                yield output
                if self._abandoned:
                    return at, None
        return at - len(decompressor.unused_data), None

    def _frame(self, start: int) -> Generator[bytes, None, tuple[int, Damage | None]]:
        """The pieces of the Zstandard frame at `start`, as `_member` gives those of a gzip member."""
        try:
            end = zstandard.frame_end(self._at, start)
            if zstandard.is_skippable(bytes(self._at(start, 4))):
                self._dictionary = zstandard.dictionary_of(self._at, start, end) or self._dictionary
                return end, None
            first = True
            part = zstandard.Part(self._at, start, end)
            for piece in zstandard.frame_pieces(part, self._dictionary):
                self.read_from_file = start + part.tell()
                if first and self._begins_record(piece):
                    self._starts.append(self.end)
                first = False
                yield piece
                if self._abandoned:
                    return end, None
            self.read_from_file = end
        except zstandard.CutOff:
            return start, Damage("truncated_record", f"the file ends inside the Zstandard frame at byte {start:,}")
        except zstandard.BadFrame as error:
            return start, Damage("broken_record", f"the Zstandard frame at byte {start:,} is damaged: {error}")
        return end, None

    def _what_is_left(self, start: int, end: int, out: int) -> Iterator[bytes]:
        """What a damaged member holds behind its first `out` bytes: zlib threw away what the failing call gave."""
        decompressor = zlib.decompressobj(31)
        found = 0
        try:
            for at in range(start, end, INPUT):
                piece = bytes(self._at(at, min(INPUT, end - at)))
                size = len(piece) if at + len(piece) < end else 1
                for step in (piece[index : index + size] for index in range(0, len(piece), size)):
                    while step:
                        output = decompressor.decompress(step, PIECE)
                        step = decompressor.unconsumed_tail
                        found += len(output)
                        if found > out:
                            new = output[len(output) - (found - out) :]
                            if not out and self._begins_record(new):
                                self._starts.append(self.end)
                            out = found
                            yield new
                            if self._abandoned:
                                return
        except zlib.error:
            pass

    def _after_member(self, end: int) -> tuple[int | None, str]:
        """Where the next member begins, and what is wrong with what lies before it; zeros are padding."""
        if self._begins_member(end):
            return end, ""
        at = end
        while piece := self._at(at, CHUNK):
            rest = bytes(piece).lstrip(b"\0")
            at += len(piece) - len(rest)
            if rest:
                if self._begins_member(at):
                    return at, ""
                return None, f"what begins at byte {at:,} of the file is no {self.packed}"
        return None, ""

    def _packing_inside(self, name: str) -> str:
        """How a file is packed that does not begin as one that is."""
        for self.packed, end in (("gzip", ".gz"), ("Zstandard", ".zst")):
            if name.endswith(end) or self._find_member(0) is not None:
                return self.packed
        return ""

    def _begins_member(self, place: int) -> bool:
        begin = bytes(self._at(place, 4))
        return zstandard.is_frame(begin) if self.packed == "Zstandard" else begin.startswith(GZIP)

    def _find_member(self, at: int) -> int | None:
        """The next place in the file at which a member begins that a record begins with."""
        while content := bytes(self._at(at, CHUNK)):
            last = len(content) < CHUNK
            for match in (FRAME if self.packed == "Zstandard" else MEMBER).finditer(content):
                begin = match.start()
                if begin >= CHUNK - TRIAL and not last:
                    break
                output = self._first_bytes(at + begin, content[begin : begin + TRIAL])
                if output and self._begins_record(output):
                    return at + begin
            if last:
                return None
            at += CHUNK - TRIAL
        return None

    def _first_bytes(self, place: int, content: bytes) -> bytes:
        """The first bytes of what may be a member; b"" where it is none."""
        try:
            if self.packed != "Zstandard":
                return zlib.decompressobj(31).decompress(content, LONGEST_START)
            part = zstandard.Part(self._at, place, place + zstandard.LARGEST_BLOCK)
            return next(zstandard.frame_pieces(part, self._dictionary, LEAST_START), b"")
        except (zlib.error, zstandard.BadFrame):
            return b""

    def _at(self, place: int, size: int) -> memoryview:
        """At most `size` bytes of the file from a place on; fewer only at its end."""
        begin = place - self._chunk_at
        if begin < 0 or begin + size > len(self._chunk):
            self._file.seek(place)
            self._chunk = self._file.read(max(CHUNK, size))
            self._chunk_at, begin = place, 0
        return memoryview(self._chunk)[begin : begin + size]


def _as_utf8(pieces: Iterator[bytes | Damage]) -> Iterator[bytes | Damage]:
    """Pieces of a text file, which may be UTF-16 with a byte order mark."""
    decoder = None
    for index, piece in enumerate(pieces):
        if index == 0 and isinstance(piece, bytes) and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
        if decoder is not None and isinstance(piece, bytes):
            yield decoder.decode(piece).encode("utf-8", "replace")
        else:
            yield piece
    if decoder is not None:
        yield decoder.decode(b"", True).encode("utf-8", "replace")


def _words(error: zlib.error) -> str:
    """Zlib's message without its number: "Error -3 while decompressing data: incorrect header check"."""
    return str(error).rpartition(": ")[2] or str(error)
