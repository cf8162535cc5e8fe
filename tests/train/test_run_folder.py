"""A run's folder: config.toml that reads back as it was, and settings that stay those of the run."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyllm.files import held
from pyllm.train.run_folder import RunFolder, going_on, table_of, to_toml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

names = st.text("abcxyz_", min_size=1, max_size=5)
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), texts, st.lists(texts, max_size=3)
)
tables = st.dictionaries(names, st.one_of(scalars, st.dictionaries(names, scalars, max_size=3)), max_size=5)


@given(st.dictionaries(names, tables, max_size=3))
def test_toml_reads_back(content: dict[str, dict[str, object]]) -> None:
    assert tomllib.loads(to_toml(content)) == content


def test_what_toml_cannot_hold() -> None:
    with pytest.raises(ValueError, match="cannot be written to a configuration file: it is not UTF-8"):
        to_toml({"a": {"b": "\udcff"}})
    with pytest.raises(TypeError, match=r"^bytes cannot be written"):
        to_toml({"a": {"b": b""}})


@dataclass(frozen=True)
class Settings:
    path: tuple[Path, ...] = ()
    size: int = 3
    lr: float | None = None
    resume: bool = False


def test_a_dataclass_as_a_table() -> None:
    assert table_of(Settings((Path("a"), Path("b")))) == {"path": ["a", "b"], "size": 3, "resume": False}


def test_going_on() -> None:
    stored = Settings((Path("a"),), 5, 0.1)

    def merged(**given: object) -> Settings:
        return going_on(stored, Settings(**given), {"resume"}, {"lr"})

    assert merged(resume=True) == Settings((Path("a"),), 5, 0.1, True)
    assert merged(lr=0.2, size=5) == Settings((Path("a"),), 5, 0.2)
    with pytest.raises(ValueError, match=r"^size is 5 in this run, not 4: leave it out, or begin another run under"):
        merged(size=4)


def test_tables_of_stages_stand_side_by_side(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.make()
    assert folder.read_tables() == {}
    folder.write_config("pretrain", {"lr": 0.1, "derivation": {"lr": "given"}})
    folder.write_config("sft", {"lr": 0.2})
    folder.write_config("pretrain", {"lr": 0.3})
    assert folder.read_tables() == {"pretrain": {"lr": 0.3}, "sft": {"lr": 0.2}}
    folder.config.write_text("[pretrain\n")
    with pytest.raises(ValueError, match=r"config\.toml is damaged: "):
        folder.read_tables()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.make()
    (folder.path / "mine").write_text("precious")
    with pytest.raises(FileExistsError, match="one is already there: pass --resume to go on with it, or give the new"):
        folder.make()
    assert (folder.path / "mine").read_text() == "precious"


def test_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    message = f"^there is no permission to write into the folder {tmp_path}$"
    for path, resume in ((tmp_path / "new", False), (tmp_path, True)):
        with pytest.raises(PermissionError, match=message), RunFolder(path).at_work(resume):
            pass


def test_one_process_at_a_time(tmp_path: Path) -> None:
    message = f"^another process is at work on {tmp_path}; stop it first$"
    with held(tmp_path), pytest.raises(ValueError, match=message), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_metrics_of_other_stages_stay(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for stage in ("pretrain", "sft"):
        with folder.metrics_writer(stage) as write:
            for step in range(4):
                write(step, loss=step / 2)
    folder.cut_metrics("pretrain", 1)
    assert [line["step"] for line in folder.read_metrics("pretrain")] == [0, 1]
    assert [line["step"] for line in folder.read_metrics("sft")] == [0, 1, 2, 3]
    assert folder.read_metrics()[1] == {"stage": "pretrain", "step": 1, "loss": 0.5}
