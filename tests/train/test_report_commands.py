"""What a report says is to be typed gives the settings that the run had."""

import shlex
import subprocess
from dataclasses import fields, replace
from pathlib import Path

import pytest
import tyro
from whole_run import whole_run

import pyllm
from pyllm.report import sections
from pyllm.report.commands import again, command_of
from pyllm.report.record import Record
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.run import RunConfig
from pyllm.train.run_folder import RunFolder, table_of
from pyllm.train.training_config import NOT_STORED, TrainingConfig

Config = TrainingConfig | RunConfig


def record_of(path: Path, stage: str, config: Config, reasons: dict[str, str] | None = None) -> Record:
    """A run that has a stage with these settings and a line."""
    folder = RunFolder(path)
    path.mkdir(parents=True)
    table = {name: value for name, value in table_of(config).items() if name not in NOT_STORED}
    folder.write_config(stage, table if reasons is None else {**table, "derivation": reasons})
    with folder.metrics_writer(stage) as write:
        write(1, loss=1.0)
    return Record.of(folder)


@pytest.mark.parametrize(
    ("stage", "config"),
    [
        ("pretrain", PretrainConfig()),
        (
            "pretrain",
            PretrainConfig(
                data=(Path("/a b.txt"), Path("/it's.txt")),
                validation_data=(Path("/v.txt"), Path("/w.txt")),
                tokenizer=Path("/t.json"),
                byte_level=True,
                depth=2,
                lr=0.003,
                bias=False,
                qk_norm=True,
                schedule="stable",
                sample_prompt='a "text" of $HOME',
                steps=70,
                threads=2,
            ),
        ),
        ("run", RunConfig(warc=("/a.warc.gz", "https://x/y"), megabytes=2.5, depth=5, seed=3, sft_steps=10)),
        ("run", RunConfig(pretrain_tokens=2000, sft_steps=10, grpo_steps=3)),
        ("grpo", GrpoConfig(model=Path("/m"), tasks=("addition", "facts"), kl=0.02, scale_advantages=False)),
    ],
)
def test_typing_it_gives_the_same_settings(tmp_path: Path, stage: str, config: Config) -> None:
    record = record_of(tmp_path / "runs of mine" / "one", stage, config)
    command = command_of(record)
    assert command is not None
    words = shlex.split(command)
    assert words[:2] == ["pyllm", stage]
    typed = tyro.cli(tyro.conf.OmitArgPrefixes[type(config)], args=words[2:])  # type: ignore[misc]
    expected = replace(config, name="one", runs=tmp_path / "runs of mine")
    assert {field.name: getattr(typed, field.name) for field in fields(config)} == {
        field.name: getattr(expected, field.name) for field in fields(config)
    }
    assert again(record, stage if stage != "run" else None) == command.replace("--name one", "--name one-again")


def test_what_follows_from_other_settings_need_not_be_typed(tmp_path: Path) -> None:
    config = PretrainConfig(data=(Path("/a.txt"),), lr=0.003, n_embd=192, batch_size=4, steps=70, minutes=2.0)
    reasons = {
        "lr": "0.003: given",
        "n_embd": "192: 64 x depth",
        "batch_size": "4: given when it went on",
        "steps": "70: x",
    }
    record = record_of(tmp_path / "one", "pretrain", config, reasons)
    expected = f"pyllm pretrain /a.txt --batch-size 4 --steps 70 --lr 0.003 --name one --runs {tmp_path}"
    assert sorted((command_of(record) or "").split()) == sorted(expected.split())


def test_minutes_that_were_measured_need_not_be_typed(tmp_path: Path) -> None:
    measured = record_of(tmp_path / "one", "run", RunConfig(minutes=2.0, pretrain_tokens=2000, sft_steps=10))
    expected = f"pyllm run --pretrain-tokens 2000 --sft-steps 10 --name one --runs {tmp_path}"
    assert command_of(measured) == expected
    assert command_of(record_of(tmp_path / "two", "run", RunConfig(minutes=2.0))) == (
        f"pyllm run --minutes 2.0 --name two --runs {tmp_path}"
    )


def test_a_run_says_itself_how_it_was_made(tmp_path: Path) -> None:
    record = Record.of(whole_run(tmp_path / "whole"))
    assert command_of(record) == "pyllm run --depth 4"
    command = again(record)
    assert command is not None and command.startswith(
        "pyllm run --megabytes 12.0 --depth 4 --seed 7 --name whole-again "
    )
    stopping = "stop_after" in {field.name for field in fields(RunConfig)}
    assert again(record, "sft") == (f"{command} --stop-after sft" if stopping else command)


def test_settings_that_nobody_knows_are_left_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "one")
    folder.path.mkdir()
    folder.write_config("unheard", {"x": 1})
    with folder.metrics_writer("unheard") as write:
        write(1, loss=1.0)
    record = Record.of(folder)
    assert record.stages == ["unheard"] and command_of(record) is None and again(record, "unheard") is None


def test_the_commit_is_that_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "checkout"
    (source / "pyllm").mkdir(parents=True)
    monkeypatch.setattr(pyllm, "__file__", str(source / "pyllm" / "__init__.py"))
    assert sections.commit() is None
    (source / ".git").mkdir()  # a damaged one
    assert sections.commit() is None
    (source / ".git").rmdir()
    git = ["git", "-C", str(source), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"], ["tag", "v3"]):
        subprocess.run([*git, *command], check=True)
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True).stdout
    assert sections.commit() == head.strip()
    (source / "file").write_text("x")
    subprocess.run([*git, "add", "file"], check=True)
    assert sections.commit() == f"{head.strip()}-dirty"
