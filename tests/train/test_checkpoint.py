"""Checkpoints: whole or not at all, and every kind of damage told apart."""

import json
import os
from pathlib import Path

import numpy
import pytest
from token_files import byte_tokenizer

from pyllm import Tokenizer, checkpoint
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.optim import AdamW, Muon

CONFIG = ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=300, context=8)
FILES = ["config.json", "model.safetensors", "optimizer.npz", "tokenizer.json", "training_state.json"]


def trained(kind: type[AdamW] = AdamW, seed: int = 1) -> AdamW:
    optimizer = kind(GPT(CONFIG, seed=seed))
    for gradient in optimizer.model.grads.values():
        gradient += numpy.random.default_rng(seed).standard_normal(gradient.shape).astype(numpy.float32)
    optimizer.step()
    return optimizer


def write(folder: Path, step: int, optimizer: AdamW | None = None) -> Path:
    optimizer = optimizer or trained()
    path = checkpoint.path_of(folder, "pretrain", step)
    checkpoint.save(path, optimizer.model, optimizer, {"step": step}, byte_tokenizer())
    return path


@pytest.mark.parametrize("kind", [AdamW, Muon])
def test_it_holds_the_same_bits(kind: type[AdamW], tmp_path: Path) -> None:
    optimizer = trained(kind)
    path = write(tmp_path, 7, optimizer)
    assert path.name == "pretrain_00000007" and sorted(p.name for p in path.iterdir()) == sorted(
        [*FILES, "checkpoint.json"]
    )
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    state = checkpoint.verify(path)
    assert state["step"] == 7
    model = load(path)
    assert model.cfg == CONFIG and (model.parameter_arena == optimizer.model.parameter_arena).all()
    other = kind(model)
    checkpoint.load_optimizer(path, other, state)
    assert other.steps == 1 and (other.m == optimizer.m).all() and (other.v == optimizer.v).all() and other.m.any()
    assert Tokenizer.load(path / "tokenizer.json") == byte_tokenizer()


def test_models_that_learn_along(tmp_path: Path) -> None:
    optimizer, critic = trained(), trained(Muon, seed=2)
    path = checkpoint.path_of(tmp_path, "ppo", 3)
    checkpoint.save(path, optimizer.model, optimizer, {"step": 3}, byte_tokenizer(), {"critic": critic})
    names = ["config.json", "model.safetensors", "optimizer.npz"]
    assert sorted(one.name for one in (path / "critic").iterdir()) == names
    state = checkpoint.verify(path)
    for folder, companion, learned in ((path, "", optimizer), (path / "critic", "critic", critic)):
        other = type(learned)(load(folder))
        assert (other.model.parameter_arena == learned.model.parameter_arena).all()
        checkpoint.load_optimizer(path, other, state, companion)
        assert other.steps == 1 and (other.m == learned.m).all() and other.m.any()
    with pytest.raises(ValueError, match="the state is that of the optimizer Muon, not of AdamW"):
        checkpoint.load_optimizer(path, AdamW(load(path)), state, "critic")
    file = path / "critic" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match=r"is damaged: the checksum of critic/model\.safetensors is not the one"):
        checkpoint.verify(path)
    file.unlink()
    with pytest.raises(ValueError, match=r"is damaged: critic/model\.safetensors is missing"):
        checkpoint.verify(path)


def test_one_of_the_same_step_is_replaced(tmp_path: Path) -> None:
    write(tmp_path, 7)
    other = trained(seed=2)
    path = write(tmp_path, 7, other)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert (load(path).parameter_arena == other.model.parameter_arena).all()


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, 7)
    before = {one.name: one.read_bytes() for one in path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(numpy, "savez", full)
    for step in (7, 8):
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path, step)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert {one.name: one.read_bytes() for one in path.iterdir()} == before


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_and_a_cut(name: str, tmp_path: Path) -> None:
    write(tmp_path, 5)
    path = write(tmp_path, 6)
    file = path / name
    good = file.read_bytes()
    offer = r"\. The one before it, of step 5, is whole: pass --from-step 5 to go on$"
    for place in (0, len(good) // 2, len(good) - 1):
        file.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        message = rf"^the checkpoint .*pretrain_00000006 is damaged: the checksum of {name} is not the one it had"
        with pytest.raises(ValueError, match=message + offer):
            checkpoint.newest(tmp_path, "pretrain")
    for size in (0, len(good) - 1):
        file.write_bytes(good[:size])
        message = rf"pretrain_00000006 is damaged: {name} has {size} bytes, not the {len(good)} it had"
        with pytest.raises(ValueError, match=message + offer):
            checkpoint.newest(tmp_path, "pretrain")
    file.unlink()
    with pytest.raises(ValueError, match=rf"pretrain_00000006 is damaged: {name} is missing" + offer):
        checkpoint.newest(tmp_path, "pretrain")
    assert checkpoint.newest(tmp_path, "pretrain", step=5)[0].step == 5


def test_a_damaged_list_of_files(tmp_path: Path) -> None:
    path = write(tmp_path, 6)
    manifest = path / "checkpoint.json"
    good = manifest.read_text()
    for content, message in (
        ("", "checkpoint.json cannot be read"),
        (good[:40], "checkpoint.json cannot be read"),
        ("[]", "checkpoint.json cannot be read"),
        (good.replace("checkpoint 1", "checkpoint 9"), "its format is 'pyllm checkpoint 9'"),
        (good.replace('"bytes"', '"size"'), "checkpoint.json cannot be read: 'bytes'"),
        (json.dumps({"format": "pyllm checkpoint 1", "files": {}}), "it lists no config.json"),
        (good.replace('"tokenizer.json"', '"../tokenizer.json"'), "it lists '../tokenizer.json', which is no file"),
        (good.replace('"tokenizer.json"', '"/etc/passwd"'), "it lists '/etc/passwd', which is no file"),
    ):
        manifest.write_text(content)
        with pytest.raises(ValueError, match="is damaged: ") as caught:
            checkpoint.newest(tmp_path, "pretrain")
        assert message in str(caught.value) and str(caught.value).endswith(f"and no other in {tmp_path} is whole")
    manifest.unlink()
    with pytest.raises(ValueError, match=r"is damaged: checkpoint\.json is missing"):
        checkpoint.verify(path)


def test_the_newest_is_the_last_step_of_its_stage(tmp_path: Path) -> None:
    assert checkpoint.found(tmp_path / "none", "pretrain") == []
    with pytest.raises(FileNotFoundError, match=r"^there is no checkpoint in "):
        checkpoint.newest(tmp_path, "pretrain")
    for step in (100_000_000, 9, 10):
        write(tmp_path, step)
    (tmp_path / "sft_00000011").mkdir()
    (tmp_path / "pretrain_00000012.aside1").mkdir()
    (tmp_path / ".pretrain_00000013.1.tmp").mkdir()
    assert [one.step for one in checkpoint.found(tmp_path, "pretrain")] == [9, 10, 100_000_000]
    assert checkpoint.newest(tmp_path, "pretrain")[0].step == 100_000_000
    assert checkpoint.newest(tmp_path, "pretrain", step=10)[0].step == 10
    with pytest.raises(FileNotFoundError, match=r"^there is no checkpoint of step 11 in "):
        checkpoint.newest(tmp_path, "pretrain", step=11)


def test_the_last_ones_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        write(tmp_path, step)
    left = tmp_path / f".pretrain_00000009.{os.getpid()}.tmp"
    left.mkdir()
    (left / "model.safetensors").write_bytes(b"half")
    (tmp_path / "sft_00000001").mkdir()
    checkpoint.keep_last(tmp_path, "pretrain", 2)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["pretrain_00000002", "pretrain_00000003", "sft_00000001"]


def test_later_ones_are_set_aside(tmp_path: Path) -> None:
    for _ in range(2):
        for step in (1, 2, 3):
            write(tmp_path, step)
        checkpoint.set_aside_after(tmp_path, "pretrain", 1)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "pretrain_00000001",
        *(f"pretrain_0000000{step}.aside{number}" for step in (2, 3) for number in (1, 2)),
    ]


def test_an_optimizer_of_another_kind(tmp_path: Path) -> None:
    path = write(tmp_path, 1)
    state = checkpoint.verify(path)
    muon = Muon(GPT(CONFIG))
    with pytest.raises(ValueError, match=r"pretrain_00000001 does not fit: the state is that of the optimizer AdamW"):
        checkpoint.load_optimizer(path, muon, state)
    (path / "optimizer.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"is damaged: optimizer\.npz cannot be read"):
        checkpoint.load_optimizer(path, muon, state)
