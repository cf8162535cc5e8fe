"""Pretraining as a function: text and tokens in, a run's folder out."""

import json
import math
import os
import random
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
from token_files import byte_tokenizer, write_llm_c, write_nanogpt, write_shards

import pyllm
from pyllm import checkpoint
from pyllm.data.python_text import python_text
from pyllm.data.token_source import open_tokens
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.train import PretrainConfig, measuring, pretrain
from pyllm.train.evaluation import evaluate, token_lengths
from pyllm.train.pretrain_config import model_config, resolved

TINY: dict[str, Any] = {"n_layer": 1, "n_head": 2, "n_embd": 16, "head_dim": 8, "n_hidden": 32, "context": 16}
QUICK: dict[str, Any] = {"batch_size": 4, "steps": 6, "sample_tokens": 5, "progress": False}
WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "one", "dog", "run", "to", "its", "red", "house", "by"]


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text of a few thousand bytes; runs are made beside it."""
    monkeypatch.chdir(tmp_path)
    source = random.Random(0)
    path = tmp_path / "text.txt"
    path.write_text(" ".join(source.choice(WORDS) for _ in range(1000)) + "\n")
    return path


def bytes_config(text: Path, **settings: Any) -> PretrainConfig:
    return PretrainConfig(**{"data": (text,), "byte_level": True, **TINY, **QUICK, **settings})


def test_a_text_at_byte_level(text: Path) -> None:
    result = pretrain(bytes_config(text, steps=20, lr=0.01))
    folder = Path("runs/pretrain")
    assert result.run == folder and result.step == 20 and result.stopped_by is None
    assert result.validation_loss is not None and result.validation_loss < math.log(256) - 0.5
    assert result.bits_per_byte == pytest.approx(result.validation_loss / math.log(2))  # a byte is a token
    model = load(result.checkpoint)
    assert model.cfg.vocab_size == 256 and model.cfg.n_layer == 1
    whole = open_tokens([folder / "shards"])
    validation = whole.part(int(len(whole) * 0.9), len(whole))
    assert evaluate(model, validation, 3, 16)[0] == pytest.approx(result.validation_loss, rel=1e-6)
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert {"loss", "learning_rate", "gradient_norm", "tokens", "seconds", "share_of_peak"} <= set(lines[1])
    assert [line["step"] for line in lines if "sample" in line] == [20]
    report = result.report.read_text()
    assert "![losses of pretrain](plots/pretrain_loss.png)" in report and "| n_embd | 16 | given |" in report
    assert f"| validation loss, of all of it | {result.validation_loss:.4f} nats a token |" in report
    assert (folder / "plots" / "pretrain_loss.png").read_bytes()[:4] == b"\x89PNG"


def test_the_validation_loss_is_that_of_every_token_once(text: Path) -> None:
    """Against one row of log-probabilities at a time."""
    config = ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=257, context=16)
    model, tokenizer = GPT(config, seed=4), byte_tokenizer("<|endoftext|>")
    documents = [list(f"document {number} ".encode() * number) for number in range(1, 5)]
    source = open_tokens([write_shards(Path("shards"), documents, tokenizer, end=256)], tokenizer=tokenizer)
    ids = numpy.empty(len(source), numpy.int32)
    source.read(0, ids)
    segments = numpy.cumsum(ids == 256, dtype=numpy.int32)
    nats = bits = 0.0
    for begin in range(0, len(ids) - 1, 16):
        row = slice(begin, min(begin + 16, len(ids) - 1))
        inputs, targets = ids[row][None].copy(), ids[row.start + 1 : row.stop + 1][None].copy()
        logprobs = model.forward(inputs, targets, segments[row][None].copy())
        nats -= logprobs.sum(dtype=float)
        bits -= logprobs[targets != 256].sum(dtype=float) / math.log(2)
    lengths = token_lengths(tokenizer, 257)
    assert lengths.tolist() == [1] * 256 + [0]
    loss, bits_per_byte, count = evaluate(model, source, 3, 16, lengths=lengths)
    assert count == len(ids) - 1 and evaluate(model, source, 3, 16, most_tokens=32)[2] == 32
    assert loss == pytest.approx(nats / (len(ids) - 1), rel=1e-6)
    assert bits_per_byte == pytest.approx(bits / (sum(map(len, documents)) - 1), rel=1e-6)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_overfitting_one_batch_to_near_zero_loss(family: str, optimizer: str, text: Path) -> None:
    text.write_bytes(random.Random(1).randbytes(3000))  # rows that begin alike could not be learned to the end
    settings = {**TINY, "n_embd": 32, "n_layer": 2, "n_hidden": 64, "head_dim": 16, "steps": 150, "micro_batches": 2}
    config = bytes_config(text, **settings, family=family, optimizer=optimizer, overfit_one_batch=True, lr=0.01)
    result = pretrain(config)
    assert result.loss < 0.05 and result.validation_loss is None
    losses = [
        json.loads(line)["loss"] for line in (result.run / "metrics.jsonl").read_text().splitlines() if '"loss"' in line
    ]
    assert losses[0] > 5


def test_documents_that_are_packed_learn_as_apart(text: Path) -> None:
    """Tokens of our shards, whose documents share rows, and of nanoGPT's file: the same ids, the same model."""
    tokenizer = byte_tokenizer("<|endoftext|>")
    documents = [list(f"{word} {word}s.".encode()) for word in WORDS * 9]
    shards = write_shards(Path("shards"), documents, tokenizer, end=256)
    ids = [id for document in documents for id in [*document, 256]]
    tokenizer.save("tokenizer.json")
    ours = replace(bytes_config(shards), byte_level=False, tokenizer=Path("tokenizer.json"), name="ours")
    theirs = replace(ours, data=(write_nanogpt(Path("ids/train.bin"), ids),), name="theirs")
    arenas = [load(pretrain(config).checkpoint).parameter_arena for config in (ours, theirs)]
    assert (arenas[0] == arenas[1]).all()


def test_tokens_without_a_tokenizer(text: Path) -> None:
    path = write_llm_c(Path("x.bin"), list(range(300)) * 3)
    result = pretrain(PretrainConfig(data=(path,), vocab_size=300, **TINY, **QUICK))
    assert result.validation_loss is not None and result.bits_per_byte is None
    assert not (result.run / "tokenizer.json").exists() and "Samples" not in result.report.read_text()


def test_evaluation_tells_how_far_it_is(text: Path) -> None:
    tokens = open_tokens([write_nanogpt(Path("ids/train.bin"), list(range(200)))])
    shares: list[float] = []
    evaluate(
        GPT(ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=200, context=16)), tokens, 4, 16, show=shares.append
    )
    assert shares == [0.32, 0.64, 0.96, 1.0]


def test_validation_data_of_its_own(text: Path) -> None:
    Path("other.txt").write_text("abc " * 100)
    result = pretrain(bytes_config(text, validation_data=(Path("other.txt"),)))
    tokens = open_tokens([result.run / "validation_shards"])
    assert len(tokens) == 400 and result.validation_loss == pytest.approx(
        evaluate(load(result.checkpoint), tokens, 4, 16)[0], rel=1e-6
    )


def test_resumed_is_straight_bit_for_bit(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped by Ctrl-C twice, gone on with by name alone; the optimizer is Muon, documents are packed."""
    tokenizer = pyllm.Tokenizer.train([text], 290, special_tokens=["<|endoftext|>"])
    tokenizer.save("tokenizer.json")
    for number in range(30):
        Path(f"{number}.txt").write_text(f"{WORDS[number % 16]} number {number} " * (number + 1))
    config = PretrainConfig(
        data=tuple(Path(f"{number}.txt") for number in range(30)),
        tokenizer=Path("tokenizer.json"),
        optimizer="muon",
        micro_batches=2,
        **TINY,
        **{**QUICK, "steps": 12, "save_every": 0},
    )
    straight = pretrain(config)
    step, steps = pyllm.optim.Muon.step, [0]

    def interrupted(self: Any, *arguments: Any) -> float:
        steps[0] += 1
        if steps[0] in (3, 8):
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, *arguments)

    monkeypatch.setattr(pyllm.optim.AdamW, "step", interrupted)
    first = pretrain(replace(config, name="stopped"))
    assert first.stopped_by == "SIGINT" and first.step == 3 and first.report is None
    again = PretrainConfig(name="stopped", resume=True, progress=False)
    assert pretrain(again).step == 8
    last = pretrain(again)
    assert last.step == 12 and last.loss == straight.loss and last.validation_loss == straight.validation_loss
    one, other = checkpoint.verify(straight.checkpoint), checkpoint.verify(last.checkpoint)
    assert {**one, "seconds": 0} == {**other, "seconds": 0}
    for name in ("model.safetensors", "optimizer.npz"):
        assert (straight.checkpoint / name).read_bytes() == (last.checkpoint / name).read_bytes()
    with pytest.raises(ValueError, match=r"^seed is 0 in this run, not 3: leave it out, or begin another run under"):
        pretrain(replace(again, seed=3))
    done = pretrain(again)  # there is nothing left to do
    assert (done.step, done.validation_loss) == (12, straight.validation_loss)


def test_from_an_earlier_step_with_another_learning_rate(text: Path) -> None:
    first = pretrain(bytes_config(text, save_every=2, keep=3))
    again = PretrainConfig(resume=True, from_step=4, lr=0.0001, progress=False)
    with pytest.raises(ValueError, match=r"^min_lr must be from 0 to lr \(0\.0001\), got 0\.001$"):
        pretrain(replace(again, min_lr=0.001))
    result = pretrain(again)
    names = sorted(one.name for one in (result.run / "checkpoints").iterdir())
    assert names == [f"pretrain_0000000{step}" for step in ("2", "4", "6", "6.aside1")]
    lines = [json.loads(line) for line in (result.run / "metrics.jsonl").read_text().splitlines()]
    rates = {line["step"]: line["learning_rate"] for line in lines if "loss" in line}
    assert len(rates) == 6 and 1e-5 < rates[6] < rates[5] < 1e-4 < rates[1]
    stored = (result.run / "config.toml").read_text()
    assert "\nlr = 0.0001\nmin_lr = 1e-05\n" in stored and first.loss != result.loss


def test_a_damaged_checkpoint_is_told_and_the_one_before_it_offered(text: Path) -> None:
    result = pretrain(bytes_config(text, save_every=3))
    weights = result.checkpoint / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    again = PretrainConfig(resume=True, progress=False)
    with pytest.raises(ValueError, match=r"the checksum of model\.safetensors is not .* pass --from-step 3 to go on$"):
        pretrain(again)
    assert weights.read_bytes() == content
    assert pretrain(replace(again, from_step=3)).loss == result.loss


def test_killed_before_training_began(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings are written first: a run that was killed while it encoded goes on with them."""
    straight = pretrain(bytes_config(text))
    folder = Path("runs/killed")
    with monkeypatch.context() as patch:
        patch.setattr(pyllm.train.pretrain_data, "open_split", lambda *_, **__: os.kill(os.getpid(), signal.SIGINT))
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # killed: nobody tidies up
        with pytest.raises(KeyboardInterrupt):
            pretrain(bytes_config(text, name="killed"))
    (folder / "shards").rename(folder / ".shards.tmp")
    assert not (folder / "checkpoints").exists()
    result = pretrain(PretrainConfig(name="killed", resume=True, progress=False))
    assert result.loss == straight.loss and not (folder / ".shards.tmp").exists()


def test_minutes_become_steps_once(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MEASURED_SECONDS", 0.02)
    result = pretrain(bytes_config(text, steps=None, minutes=0.005))
    assert 2 < result.step < 2000 and result.seconds < 10
    stored = (result.run / "config.toml").read_text()
    assert f"steps = {result.step}\n" in stored and "minutes =" not in stored
    assert pretrain(PretrainConfig(resume=True, progress=False)).step == result.step
    assert resolved(bytes_config(text, steps=None, tokens=1000), load(result.checkpoint).cfg)[0].steps == 16


def test_the_dial_and_what_is_given(text: Path) -> None:
    shape, _ = model_config(PretrainConfig(depth=6), 5000)
    assert shape.n_layer == 6 and shape.n_embd == 384 and shape.norm == "rmsnorm" and shape.vocab_size == 5000
    config, more = resolved(PretrainConfig(depth=6), shape)
    assert config.steps == -(-20 * shape.num_parameters() // (config.batch_size * config.micro_batches * shape.context))
    assert config.lr == 0.00085 and config.min_lr == 0.000085 and config.warmup_steps == min(config.steps // 20, 1000)
    assert (config.evaluate_every, config.sample_every) == (-(-config.steps // 10), -(-config.steps // 4))
    few = resolved(PretrainConfig(depth=6, steps=30), shape)[0]
    assert (few.evaluate_every, few.sample_every, few.save_every) == (25, 25, 3)
    assert {one.name for one in more} >= {"lr", "steps", "batch_size", "warmup_steps", "save_every"}
    shape, derivation = model_config(PretrainConfig(depth=6, family="gpt2", n_embd=128, n_head=4), 256)
    assert (shape.norm, shape.position, shape.mlp, shape.bias, shape.n_head) == (
        "layernorm",
        "learned",
        "gelu",
        True,
        4,
    )
    reasons = {one.name: one.reason for one in derivation}
    assert {reasons[name] for name in ("norm", "position", "mlp", "bias")} == {"the family gpt2"}
    assert (reasons["n_embd"], reasons["n_layer"]) == ("given", "the depth")
    assert reasons["vocab_size"] == "what the tokens' format says"


@pytest.mark.parametrize(
    ("settings", "name", "reason"),
    [
        ({"byte_level": True}, "vocab_size", "the tokenizer's"),
        ({"tokenizer": Path("t.json")}, "vocab_size", "the tokenizer's"),
        ({"vocab_size": 300}, "vocab_size", "given"),
        ({"family": "gpt2", "norm": "rmsnorm"}, "norm", "given"),
        ({"n_layer": 2}, "n_layer", "given"),
    ],
)
def test_the_derivation_says_where_a_value_comes_from(settings: dict[str, Any], name: str, reason: str) -> None:
    _, derivation = model_config(PretrainConfig(**settings), 300)
    assert {one.name: one.reason for one in derivation}[name] == reason


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data": ()}, "there is nothing to train on: give text files"),
        ({"data": (Path("missing.txt"),)}, "there is no file missing.txt"),
        ({"data": (Path("empty.txt"),)}, "empty.txt is empty"),
        ({"validation_data": (Path("empty.txt"),)}, "empty.txt is empty"),
        (
            {"data": (Path("text.txt"), Path("x.bin"))},
            "text.txt and x.bin are of two kinds: give either text or tokens",
        ),
        ({"tokenizer": Path("t.json")}, "tokenizer and byte_level exclude each other"),
        ({"byte_level": False}, "text.txt is text: give the tokenizer to encode it with"),
        ({"byte_level": False, "tokenizer": Path("t.json")}, "t.json"),
        ({"vocab_size": 300}, "vocab_size is for tokens without a tokenizer"),
        ({"data": (Path("short.txt"),)}, "short.txt has 9 tokens for training, fewer than one row of 17 (a context of"),
        (
            {"data": (Path("short.txt"),), "validation_fraction": 0},
            "short.txt has 11 tokens for training, fewer than",
        ),
        ({"validation_fraction": 1.0}, "validation_fraction must be from 0 to below 1, got 1.0"),
        ({"steps": 0}, "steps must be positive, got 0"),
        ({"steps": None, "minutes": math.inf}, "minutes must be at most 1,000,000,000,000, got inf"),
        ({"tokens": 100}, "give only one of steps, tokens and minutes"),
        ({"lr": -1.0}, "lr must be a positive number, got -1.0"),
        ({"min_lr": 1.0}, "min_lr must be from 0 to lr"),
        ({"beta1": 1.0}, "betas[0] must be from 0 to below 1, got 1.0"),
        ({"batch_size": 0}, "batch_size must be positive, got 0"),
        ({"keep": 0}, "keep must be at least 1, got 0"),
        ({"n_head": 3, "n_kv_head": 2}, "n_kv_head must divide n_head"),
        ({"name": "../x"}, "name must be the name of one folder, got '../x'"),
        ({"name": ""}, "name must be the name of one folder, got ''"),
        ({"resume": True}, "there is no run runs/pretrain to go on with"),
        ({"threads": 0}, "threads must be at least 1, got 0"),
        ({"max_norm": 0.0}, "max_norm must be positive, got 0.0"),
        ({"seed": -1}, "seed must be from 0 to 9223372036854775807, got -1"),
        ({"seed": 2**63}, "seed must be from 0 to 9223372036854775807, got 9223372036854775808"),
        ({"from_step": 4}, "from_step is 4, but a new run begins at step 0: it goes with resume"),
        ({"context": 1}, "context must be at least 2, for a prompt of samples and a token, got 1"),
        ({"save_every": -1}, "save_every must be 0 (at the end alone) or positive, got -1"),
        ({"optimizer": "muon", "momentum": 1.0}, "momentum must be from 0 to below 1, got 1.0"),
        ({"steps": None, "minutes": 1, "eps": 0.0}, "eps must be positive, got 0.0"),
        ({"sample_tokens": -1}, "sample_tokens must be at least 0, got -1"),
        ({"sample_prompt": "x" * 16}, "sample_prompt has 16 tokens; it must leave room in the context of 16"),
    ],
)
def test_refusals_print_nothing_and_leave_nothing_behind(
    settings: dict[str, Any], message: str, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.txt").touch()
    Path("short.txt").write_text("hello world")
    Path("x.bin").write_bytes(b"abcd")
    before = sorted(Path().rglob("*"))
    with pytest.raises((ValueError, OSError)) as caught:
        pretrain(bytes_config(text.relative_to(Path.cwd()), progress=True, **settings))
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert capsys.readouterr() == ("", "")
    assert sorted(path for path in Path().rglob("*") if path != Path("runs")) == before


def test_a_refusal_does_not_change_a_run(text: Path) -> None:
    result = pretrain(bytes_config(text))
    before = (result.run / "config.toml").read_bytes()
    with pytest.raises(ValueError, match=r"^keep must be at least 1, got 0$"):
        pretrain(PretrainConfig(resume=True, keep=0, steps=9, progress=False))
    assert (result.run / "config.toml").read_bytes() == before


def test_the_smallest_context(text: Path) -> None:
    assert pretrain(bytes_config(text, context=1, sample_tokens=0)).step == 6


def test_an_existing_run_is_left_alone(text: Path) -> None:
    pretrain(bytes_config(text))
    before = {path: path.read_bytes() for path in Path("runs").rglob("*") if path.is_file()}
    with pytest.raises(FileExistsError, match=r"^runs/pretrain is already there: pass --resume"):
        pretrain(bytes_config(text, seed=2))
    assert {path: path.read_bytes() for path in Path("runs").rglob("*") if path.is_file()} == before


def test_shards_of_another_tokenizer(text: Path) -> None:
    shards = write_shards(Path("shards"), [list(range(100))], byte_tokenizer())
    byte_tokenizer("<|endoftext|>").save("tokenizer.json")
    config = replace(bytes_config(shards), byte_level=False, tokenizer=Path("tokenizer.json"))
    with pytest.raises(ValueError, match="were made by another tokenizer than the one given"):
        pretrain(config)


def test_the_text_that_python_carries_is_mixed() -> None:
    """Its end is what a run is validated on."""
    parts = list(python_text())
    assert parts == list(python_text()) and len(parts) > 500
    end = parts[-len(parts) // 10 :]
    assert len({part[:100] for part in end}) > 40
    assert not any(b"LEFT-TO-RIGHT MARK" in part and part.count(b"# 0x") > 100 for part in parts)
