"""Zstandard files as a row of frames (RFC 8878): where a frame ends, and what is in it.

The frames are walked here, so that a damaged one does not hide those behind it; fastwarc decompresses each.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from pyllm.data.extras import data_extra

with data_extra():
    from fastwarc.stream_io import ZstdReader

FRAME = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"  # behind a byte from 0x50 to 0x5f
DICTIONARY = b"\x5d" + SKIPPABLE  # the skippable frame in which .warc.zst keeps one
LARGEST_DICTIONARY = 32 << 20
LARGEST_BLOCK = (128 << 10) + 32  # with what is before the first
READ = 1 << 12  # bytes that come out of a frame at a time: what a failing read gave is lost
COMPRESSED, RUN, RESERVED = 2, 1, 3  # types of blocks

Bytes = Callable[[int, int], memoryview]  # at most so many bytes of a file from a place on


class BadFrame(ValueError):
    """No frame begins there, or it is damaged."""


class CutOff(BadFrame):
    """The file ends inside a frame."""


class Part:
    """A part of a file, as the reader wants files."""

    def __init__(self, at: Bytes, start: int, end: int) -> None:
        self._at, self._start, self._place, self._end = at, start, start, end

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._place
        found = bytes(self._at(self._place, left if size < 0 else min(size, left)))
        self._place += len(found)
        return found

    def tell(self) -> int:
        return self._place - self._start

    def seek(self, place: int, whence: int = 0) -> int:
        self._place = (self._start, self._place, self._end)[whence] + place
        return self.tell()

    def close(self) -> None:
        pass


def is_frame(begin: bytes) -> bool:
    """Whether a frame begins with these four bytes."""
    return begin[:4] == FRAME or (begin[1:4] == SKIPPABLE and begin[0] & 0xF0 == 0x50)


def is_skippable(begin: bytes) -> bool:
    """Whether a frame that holds no content begins with these four bytes."""
    return begin[:4] != FRAME and is_frame(begin)


def frame_end(at: Bytes, start: int) -> int:
    """Where the frame at `start` ends.

    Raises:
        BadFrame: its blocks do not fit together.
        CutOff: the file ends before it.
    """

    def number(place: int, size: int) -> int:
        found = at(place, size)
        if len(found) < size:
            raise CutOff
        return int.from_bytes(found, "little")

    if is_skippable(bytes(at(start, 4))):
        end = start + 8 + number(start + 4, 4)
    else:
        descriptor = number(start + 4, 1)
        single = descriptor >> 5 & 1
        place = start + 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + (single, 2, 4, 8)[descriptor >> 6]
        last = False
        while not last:
            block = number(place, 3)
            last, kind, size = bool(block & 1), block >> 1 & 3, block >> 3
            if kind == RESERVED:
                raise BadFrame("a block is of no type that there is")
            place += 3 + (1 if kind == RUN else size)
        end = place + 4 * (descriptor >> 2 & 1)
    if end > start and len(at(end - 1, 1)) < 1:
        raise CutOff
    return end


def frame_pieces(part: Part, dictionary: bytes | None, size: int = READ) -> Iterator[bytes]:
    """The content of the frame that is a part of a file; raises BadFrame where it is damaged."""
    reader = ZstdReader(part, dictionary=dictionary)
    while True:
        try:
            piece = reader.read(size)
        except OSError as error:
            raise BadFrame(str(error)) from None
        if not piece:
            return
        yield piece


def dictionary_of(at: Bytes, start: int, end: int) -> bytes | None:
    """The dictionary that a skippable frame holds, which may be compressed itself; None where it holds none."""
    if bytes(at(start, 4)) != DICTIONARY or end - start > LARGEST_DICTIONARY:
        return None
    content = bytes(at(start + 8, end - start - 8))
    if content.startswith(FRAME):
        try:
            content = ZstdReader(io.BytesIO(content)).read(LARGEST_DICTIONARY)
        except OSError:
            return None
    return content
