"""`import pyllm`: quick, and all of it is there."""

import subprocess
import sys

import pytest

import pyllm

SLOW = {"matplotlib", "pyllm.data", "pyllm.tasks", "pyllm.train", "rich", "sqlite3", "tyro"}


def test_what_takes_long_is_imported_when_it_is_used() -> None:
    program = "import sys, pyllm; print(*sys.modules)"
    words = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "pyllm.engine" in words
    assert not SLOW & set(words)


@pytest.mark.parametrize("name", ["chat.render", "tasks.TASKS", "train.losses.grpo"])
def test_it_needs_no_import_of_its_own(name: str) -> None:
    subprocess.run([sys.executable, "-c", f"import pyllm; pyllm.{name}"], check=True)


def test_every_public_name_is_there() -> None:
    assert [name for name in pyllm.__all__ if not hasattr(pyllm, name)] == []


def test_no_other_name_is() -> None:
    with pytest.raises(AttributeError, match="module 'pyllm' has no attribute 'nothing'"):
        _ = pyllm.nothing
