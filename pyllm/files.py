"""Files: which of those named are there, folders to write into, writing a file whole or not at all, JSON lines."""

import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pyllm.patterns import utf8

LOCK = ".lock"  # in a folder that is held


def file_size(path: Path) -> int:
    """The size of a file in bytes.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read it as a file.
    """
    try:
        status = path.stat()
    except PermissionError:
        raise
    except (OSError, ValueError):  # some other text in a path's place may be too long for one, or hold a zero byte
        raise FileNotFoundError(f"there is no file {str(path)[:200]}") from None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(f"{path} is a folder, not a file")
    return status.st_size


def make_folder(path: Path) -> None:
    """Makes a folder to write into, and those above it, unless it is there.

    Raises:
        NotADirectoryError: a file is in its place, or in that of one above it.
        PermissionError: one may not write there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        file = next(one for one in (path, *path.parents) if one.exists())
        raise NotADirectoryError(f"{file} is a file, not a folder") from None
    except PermissionError:
        check_writable(next(one for one in path.parents if one.exists()))
        raise
    check_writable(path)


def check_writable(folder: Path) -> None:
    """Raises PermissionError when one may not write into a folder: names that, and not the file that was to come."""
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"there is no permission to write into the folder {folder}")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keeps other processes from writing into a folder, if they ask as well.

    Raises:
        PermissionError: this one may not write there.
        ValueError: another one does.
    """
    import fcntl

    check_writable(folder)
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"another process is at work on {folder}; stop it first") from None
        yield


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, under a temporary name beside `path`; flushed and renamed to it at the end.

    When the block raises, what stood at `path` before still does and the temporary file is gone.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not a file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
    check_writable(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all."""
    with written_whole(path) as file:
        file.write(content)


def json_lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Records as JSON, a line each, in UTF-8."""
    return utf8("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
