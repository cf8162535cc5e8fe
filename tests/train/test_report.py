"""The report of a run, from what stands in its folder."""

import re
from pathlib import Path

import pytest

import pyllm
from pyllm.report import write_report
from pyllm.report.plots import running_mean
from pyllm.train.run_folder import RunFolder


def run_of(path: Path, sample: str) -> RunFolder:
    folder = RunFolder(path)
    folder.write_config("pretrain", {"data": ["/far/away/book.txt"], "derivation": {"lr": "0.1: because: it is"}})
    folder.write_config("model", {"n_layer": 1, "n_head": 1, "n_embd": 10, "vocab_size": 1000, "context": 100})
    with folder.metrics_writer("pretrain") as write:
        write(0, validation_loss=3.0, validation_tokens=1024)
        for step in range(1, 5):
            numbers = {"tokens": step * 100, "seconds": step * 50.0, "share_of_peak": step / 10}
            write(step, loss=3 - step / 2, **numbers)
        write(4, validation_loss=2.0, validation_bits_per_byte=1.25, validation_tokens=5000, training_loss=1.5)
        write(4, sample=sample)
    return folder


def test_every_number_is_one_that_the_run_wrote(tmp_path: Path) -> None:
    report = write_report(run_of(tmp_path, "once\nupon")).read_text()
    for line in (
        "| data | book.txt |",
        f"| parameters | {1000 * 10 + 100 * 10 + 12 * 10 * 10 + 13 * 10 + 20:,} |",
        "| steps | 4 |",
        "| tokens trained on | 400 |",
        "| time of training | 3:20 |",
        "| tokens a second | 2 |",
        "| share of the peak of our matrix product (median step) | 30% |",
        "| training loss, last step | 1.0000 nats a token |",
        "| training loss, of some of its tokens | 1.5000 nats a token |",
        "| validation loss, of all of it | 2.0000 nats a token |",
        "| validation bits a byte, of all of it | 1.2500 |",
        "| lr | 0.1 | because: it is |",
        "| step | validation loss | validation bits per byte | validation tokens |",
        "| 0 | 3.0000 |  | 1,024 |",
        "| 4 | 2.0000 | 1.2500 | 5,000 |",
        "    once\n    upon",
    ):
        assert f"{line}\n" in report


def test_it_says_what_made_it_where_and_when(tmp_path: Path) -> None:
    line = write_report(run_of(tmp_path, "x")).read_text().split("\n")[2]
    machine = pyllm.devices()[0]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC, pyllm (\S+), on .+ \(cores: \d+, threads: 1, .+", line)
    assert f"pyllm {pyllm.__version__}, on {machine.processor} (" in line
    assert line.endswith(f" instruction set: {machine.instruction_set})")


def test_a_sample_cannot_break_out_of_its_block(tmp_path: Path) -> None:
    report = write_report(run_of(tmp_path, "\x1b[2J\n# A heading\n" + "x" * 5000)).read_text()
    assert "\n    \ufffd[2J\n    # A heading\n    xxx" in report
    assert "x" * 983 + " ...\n" in report and "x" * 984 not in report  # 1000 characters in all


def test_a_running_mean() -> None:
    assert running_mean((5.0,) * 300) == pytest.approx([5.0] * 300)
    mean = running_mean((0.0,) * 200 + (1.0,) * 200)  # over about 8 of 400, half of them to either side
    assert [mean[199], mean[200]] == pytest.approx([3 / 7, 4 / 7], rel=1e-6)
    assert mean[190] < 0.05 and mean[209] > 0.95
    assert running_mean((0.0,) * 399 + (1.0,))[399] == pytest.approx(1 / 4, rel=1e-6)  # the last one has no more weight
    assert running_mean((1.0, 3.0)) == [1.0, 3.0]


def test_damaged_files(tmp_path: Path) -> None:
    folder = run_of(tmp_path, "x")
    folder.metrics.write_text("rubbish\n")
    with pytest.raises(ValueError, match=r"metrics\.jsonl is damaged: line 1 is not JSON$"):
        write_report(folder)
