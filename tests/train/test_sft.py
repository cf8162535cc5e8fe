"""Supervised fine-tuning as a function: a model, conversations and tasks in, a run's folder out."""

import json
import os
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
from token_files import byte_tokenizer, write_shards

import pyllm
from pyllm import SPECIAL_TOKENS, Tokenizer, tuning_commands
from pyllm.chat import END_OF_TURN, parse, render
from pyllm.data.loader import Loader
from pyllm.data.miniweb.held_out import is_held_out, operands_key
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.optim import AdamW
from pyllm.train.conversation_batches import ConversationBatches
from pyllm.train.run_folder import RunFolder
from pyllm.train.sft import conversation_loss, sft, sft_in
from pyllm.train.sft_config import SftConfig
from pyllm.train.sft_data import read_data
from pyllm.train.trained_models import last_stage, model_folder, open_model, tokenizer_in

# No biases: the keys' has no gradient but rounding, which AdamW makes as large as any other's.
SHAPE: dict[str, Any] = {"n_layer": 1, "n_head": 2, "n_embd": 16, "context": 96, "bias": False}
QUICK: dict[str, Any] = {"steps": 6, "batch_size": 6, "sample_tokens": 6, "validation_conversations": 12}
WORDS = ["red", "green", "blue", "one", "two", "three", "cat", "dog"]
TOKENIZER = byte_tokenizer(*SPECIAL_TOKENS)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a model and its tokenizer; runs are made beside it."""
    monkeypatch.chdir(tmp_path)
    GPT(ModelConfig.llama(**SHAPE, vocab_size=TOKENIZER.vocab_size), seed=1).save("base")
    TOKENIZER.save("base/tokenizer.json")
    return Path("base")


@pytest.fixture
def data(base: Path) -> Path:
    return write_data(Path("data.jsonl"))


@pytest.fixture
def replay(base: Path) -> Path:
    documents = [list(f"{word} and {other}. ".encode()) * 3 for word in WORDS for other in WORDS]
    return write_shards(Path("shards"), documents, TOKENIZER, end=TOKENIZER.special_tokens["<|endoftext|>"])


def write_data(path: Path, count: int = 40) -> Path:
    words = [(WORDS[number % 8], WORDS[number // 8]) for number in range(count)]
    path.write_text(
        "".join(json.dumps({"messages": said(f"say {one}", f"{one} {other}")}) + "\n" for one, other in words)
    )
    return path


def said(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def quick(**settings: Any) -> SftConfig:
    return SftConfig(**{"model": Path("base"), "progress": False, **QUICK, **settings})


def metrics(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_model_learns_to_answer(data: Path) -> None:
    result = sft(quick(data=(data,), steps=150, lr=0.02, weight_decay=0.0, batch_size=4))
    assert result.run == Path("runs/sft") and result.step == 150 and result.stopped_by is None
    lines = metrics(result.run)
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[0] > 5 and losses[-1] < 1.2
    model, tok = open_model(model_folder(result.run))
    assert tok == TOKENIZER and last_stage(RunFolder(result.run)) == "sft"
    prompt = render([{"role": "user", "content": "say blue"}], tok, open_turn=True).ids
    (sample,) = pyllm.Engine(model, tok).generate([prompt], temperature=0, stop=END_OF_TURN)
    assert sample.finish == "stop" and parse([*prompt, *sample.ids], tok)[-1]["content"].split()[0] in WORDS
    validation = [line["validation_loss"] for line in lines if "validation_loss" in line]
    assert validation[-1] == result.validation_loss < validation[0] / 3
    assert any(line.get("sample", "").startswith("say ") for line in lines)
    assert result.report is not None and result.report.exists()


def test_the_loss_is_the_mean_over_what_the_assistant_says(base: Path) -> None:
    model = load(base)
    listed = [render(said(f"say {word}", f"{word} " * number), TOKENIZER) for number, word in enumerate(WORDS, 1)]
    nats, count = 0.0, 0
    for ids, mask in listed:
        logprobs = model.score(*(numpy.array([part], numpy.int32) for part in (ids[:-1], ids[1:]))).logprobs
        assert logprobs is not None
        nats -= float((logprobs[0] * mask[1:]).sum(dtype=float))
        count += sum(mask)
    assert conversation_loss(model, listed, 3, 96) == pytest.approx(nats / count, rel=1e-6)


def batches(batch_size: int, replay: Path | None, **settings: Any) -> ConversationBatches:
    config = quick(tasks=("addition=2", "spelling"), replay=(replay,) if replay else (), **settings)
    data = read_data(config, TOKENIZER, 96, TOKENIZER)
    return data.batches(replace(config, batch_size=batch_size, context=96, replay_share=0.3 if replay else 0.0))


def test_a_step_is_the_same_however_it_is_cut(replay: Path) -> None:
    """1 x 8 is 8 x 1: the rows, and with masks of unequal sums the model after some steps."""
    whole, parts = batches(8, replay), batches(1, replay)
    for _ in range(4):
        one, several = whole.take(), [parts.take() for _ in range(8)]
        for name in ("tokens", "targets", "segments"):
            assert (getattr(one, name) == numpy.concatenate([getattr(part, name) for part in several])).all()
        assert one.weight == sum(part.weight for part in several)
    assert len({part.weight for part in several}) > 4
    arenas = []
    for name, rows, count in (("whole", 8, 1), ("parts", 1, 8)):
        config = quick(tasks=("addition=2", "spelling"), replay=(replay,), replay_weight=0.5, name=name)
        config = replace(config, batch_size=rows, micro_batches=count, steps=4, lr=0.01, eps=1e-5)
        result = sft(config)
        assert result.checkpoint is not None
        arenas.append(load(result.checkpoint).parameter_arena)
    begun = load("base").parameter_arena
    assert numpy.abs(arenas[0] - arenas[1]).max() < 1e-3 * numpy.abs(arenas[0] - begun).max()


def test_replay_is_a_share_of_the_rows_and_weighed(replay: Path) -> None:
    plain, weighed = batches(10, replay), batches(10, replay, replay_weight=0.25)
    for _ in range(5):
        one, other = plain.take(), weighed.take()
        assert one.replay_tokens == other.replay_tokens > 2 * 96
        assert one.mask is None and one.weight == one.assistant_tokens + one.replay_tokens == (one.targets >= 0).sum()
        assert other.mask is not None and other.weight == other.assistant_tokens + 0.25 * other.replay_tokens
        assert other.weight == pytest.approx(other.mask.sum())
        of_replay = [row for row in range(10) if (other.mask[row] == 0.25).any()]
        assert len(of_replay) == 3 and (other.targets[of_replay] >= 0).mean() > 0.9
    rows = Loader(plain.replay.source, 1, 96, 0) if plain.replay else None
    assert rows is not None
    for _ in range(4 * 3):
        rows.take()
    for row in of_replay:
        text = rows.take()
        assert text.segments is not None and (other.segments[row] == text.segments).all()
        assert (other.tokens[row] == text.tokens).all() and (other.targets[row] == text.targets).all()
    assert "problem" in one.place and one.place.endswith(" more")
    assert batches(10, None).take().replay_tokens == 0


def stopped(monkeypatch: pytest.MonkeyPatch, config: SftConfig, step: int) -> None:
    """Runs it until a signal comes in a step."""
    update = AdamW.step

    def interrupted(self: AdamW, *arguments: Any) -> float:
        if self.steps == step:
            os.kill(os.getpid(), signal.SIGTERM)
        return update(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(AdamW, "step", interrupted)
        assert sft(config).stopped_by == "SIGTERM"


def test_a_run_that_goes_on_has_the_same_bits(data: Path, replay: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = quick(
        data=(data,),
        tasks=("addition=2", "facts"),
        replay=(replay,),
        steps=9,
        batch_size=5,
        micro_batches=2,
        save_every=4,
        evaluate_every=3,
        examine=2,
    )
    straight = sft(replace(config, name="straight"))
    stopped(monkeypatch, config, 4)  # at a step whose rows are no multiple of three
    data.write_text(data.read_text() + json.dumps({"messages": said("more", "of it")}) + "\n")
    with pytest.raises(ValueError, match="the data are not those of the checkpoint: parts is "):
        sft(SftConfig(resume=True, progress=False))
    write_data(data)
    assert f'data = ["{data.absolute()}"]' in Path("runs/sft/config.toml").read_text()
    Path("base").rename("gone")  # its own checkpoint has the model and the tokenizer
    result = sft(SftConfig(resume=True, progress=False, data=(data,)))
    assert result.step == 9 and result.checkpoint is not None and straight.checkpoint is not None
    assert (load(result.checkpoint).parameter_arena == load(straight.checkpoint).parameter_arena).all()
    assert result.validation_loss == straight.validation_loss
    times = {"seconds", "tokens_per_second", "share_of_peak"}
    lines = [
        [{k: v for k, v in line.items() if k not in times} for line in metrics(run.run)] for run in (straight, result)
    ]
    assert lines[0] == lines[1] and any("held_out_accuracy" in line for line in lines[0])
    with pytest.raises(ValueError, match=r"replay_weight is 1\.0 in this run, not 2.0"):
        sft(SftConfig(resume=True, progress=False, replay_weight=2.0))
    assert sft(SftConfig(resume=True, progress=False, steps=11)).step == 11
    back = sft(SftConfig(resume=True, progress=False, from_step=9, steps=12))
    assert back.step == 12 and (result.run / "checkpoints" / "sft_00000011.aside1").is_dir()


def test_validation_is_on_problems_that_are_held_out(data: Path) -> None:
    """Of tasks by their own rule, of files the conversations that are not trained on; in the shares of the weights."""
    config = quick(data=(data,), tasks=("addition_at_once=2",), validation_conversations=30, validation_fraction=0.2)
    read = read_data(config, TOKENIZER, 96, TOKENIZER)
    questions = [str(parse(one.ids, TOKENIZER)[0]["content"]) for one in read.validation]
    operands = [re.findall(r"\d+", question) for question in questions if not question.startswith("say ")]
    assert len(operands) == 20 and len(questions) == 20 + 8
    assert all(is_held_out("operands", operands_key(int(one), "+", int(other))) for one, other in operands)
    trained = read.parts[-1][0]
    assert len({tuple(trained.rendered(number).ids) for number in range(32)}) == 32  # type: ignore[union-attr]
    assert not {tuple(trained.rendered(number).ids) for number in range(64)} & {
        tuple(one.ids) for one in read.validation
    }  # type: ignore[union-attr]
    assert [messages[0]["content"].startswith("say ") for messages in read.shown[:4]] == [False, True, False, True]


def test_epochs_become_steps(data: Path, replay: Path) -> None:
    """So many that each conversation has been in a row so often, but for the rest of the last step."""
    config = quick(data=(data,), steps=None, epochs=2.5, batch_size=1, validation_fraction=0.1)
    result = sft(config)
    stored = (result.run / "config.toml").read_text()
    assert f"steps = {result.step}\n" in stored and f'steps = "{result.step}: 2.5 epochs"' in stored
    data_read = read_data(config, TOKENIZER, 96, TOKENIZER)
    trained = data_read.batches(replace(config, batch_size=1, context=96, replay_share=0.0))
    rows = [trained.packer.row() for _ in range(result.step)]
    assert sum(map(len, rows[:-1])) < 2.5 * 36 <= sum(map(len, rows))
    assert sft(quick(data=(data,), steps=None, name="b", batch_size=10)).step == 3
    assert sft(SftConfig(name="b", resume=True, progress=False)).step == 3
    half = quick(data=(data,), steps=None, replay=(replay,), replay_share=0.5, name="c", batch_size=1, epochs=2.5)
    assert sft(replace(half, validation_fraction=0.1)).step == 2 * result.step


def test_several_stages_share_a_folder(replay: Path, data: Path) -> None:
    """As in `pyllm run`: each begins with a checkpoint of the one before it, and has its own table and checkpoints."""
    folder = RunFolder("runs/whole")
    folder.make()
    first = sft_in(folder, quick(model=None, tasks=("spelling",), name="whole"), "pyllm run", Path("base"))
    config = quick(model=None, tasks=("addition",), name="whole", examine=3)
    second = sft_in(folder, config, "pyllm run", first.checkpoint, stage="imitation")
    assert {path.name for path in folder.checkpoints.iterdir()} >= {"sft_00000006", "imitation_00000006"}
    assert second.run == first.run == folder.path and set(folder.read_tables()) == {"sft", "imitation"}
    assert model_folder(folder.path) == first.checkpoint  # the other is for comparison
    tok = Tokenizer.load(folder.checkpoints / "imitation_00000006" / "tokenizer.json")
    assert tok == TOKENIZER
    correct = [line["held_out_accuracy"] for line in metrics(folder.path) if "held_out_accuracy" in line]
    assert len(correct) == 2 and correct[0] == 0.0
    again = sft_in(folder, replace(config, resume=True), "pyllm run", first.checkpoint, stage="imitation")
    assert again.step == 6 and again.loss == second.loss
    with pytest.raises(ValueError, match="there is nothing to begin with: give a model"):
        sft_in(folder, quick(model=None, tasks=("spelling",)), "pyllm run", stage="dpo")


def test_a_foreign_model_gets_what_conversations_need(data: Path) -> None:
    """GPT-2's files as Hugging Face has them: vocab.json, merges.txt, no token of ours but the end of a text."""
    foreign = byte_tokenizer("<|endoftext|>")
    model = GPT(ModelConfig.gpt2(**{**SHAPE, "bias": True}, vocab_size=foreign.vocab_size), seed=2)
    model.save("gpt2")
    foreign.save_gpt2("gpt2/vocab.json", "gpt2/merges.txt")
    documents = [list(word.encode()) * 30 for word in WORDS]
    tokens = write_shards(Path("tokens"), documents, tokenizer_in(Path("gpt2")), end=256)
    result = sft(quick(data=(data,), model=Path("gpt2"), replay=(tokens,)))
    tuned, tok = open_model(model_folder(result.run))
    assert tok.special_tokens["<|endoftext|>"] == 256 and tuned.cfg.vocab_size == tok.vocab_size == 256 + 18
    assert sft(SftConfig(resume=True, progress=False, steps=8)).step == 8
    Path("gpt2/merges.txt").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"^there is no tokenizer.json in .*gpt2, nor vocab.json and merges.txt"
    ):
        sft(quick(data=(data,), model=Path("gpt2"), name="b"))
    foreign.save("given.json")
    assert sft(quick(data=(data,), model=Path("gpt2"), tokenizer=Path("given.json"), name="c")).step == 6


def test_bad_conversations_are_skipped_and_named(base: Path, recwarn: pytest.WarningsRecorder) -> None:
    good = [{"messages": said(f"say {word}", word)} for word in WORDS]
    bad = [
        {"messages": [*said("a", "b"), {"role": "assistant", "content": "two in a row"}]},
        {"messages": [{"role": "oracle", "content": "x"}, *said("a", "b")]},
        {"messages": [{"role": "user", "content": "nobody answers"}]},
        {"messages": []},
        {"messages": said("x" * 200, "too long")},
    ]
    lines = [json.dumps(one) for one in [*good[:4], *bad, *good[4:]]]
    lines.insert(2, '{"messages": [')
    Path("mixed.jsonl").write_text("\n".join(lines))
    result = sft(quick(data=(Path("mixed.jsonl"),)))
    told = [str(one.message) for one in recwarn]
    assert result.step == 6 and len(told) == 2
    assert "mixed.jsonl: 5 of 14 records were skipped; line 3" in told[0].replace(str(Path.cwd()) + "/", "")
    assert "1 of 9 conversations are left out, the first of them number 5: too long for a row of 96" in told[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "there is nothing to train on: give data, files of conversations, or tasks"),
        ({"data": (Path("missing"),)}, "there is no file missing"),
        ({"data": (Path("empty"),)}, "empty is empty"),
        ({"data": (Path("data.jsonl"),), "validation_data": (Path("empty"),)}, "empty is empty"),
        ({"tasks": ("facts",), "validation_data": (Path("row"),)}, "validation_data is given, but no data"),
        ({"data": (Path("none"),)}, "none has no record that can be used"),
        ({"data": (Path("row"),)}, "message 3 is the assistant's, and so is the one before it"),
        ({"data": (Path("role"),)}, "message 1 has the role 'oracle', expected one of system, user, assistant, tool"),
        ({"tasks": ("chess",)}, "there is no task 'chess'"),
        ({"tasks": ("facts=-1",)}, "the weight of the task facts must be a positive number, got '-1'"),
        ({"tasks": ("stories",)}, "do not fit into a row"),
        ({"tasks": ("facts",), "epochs": 1, "steps": None}, "epochs are of data: give steps for tasks"),
        ({"data": (Path("data.jsonl"),), "epochs": 1}, "give only one of steps and epochs"),
        ({"tasks": ("facts",), "context": 97}, "context must be at most the model's, 96, got 97"),
        ({"tasks": ("facts",), "replay_share": 0.5}, "replay_share is given, but no replay"),
        (
            {"tasks": ("facts",), "replay": (Path("shards"),), "replay_share": 1},
            "replay_share must be from 0 to below 1",
        ),
        ({"tasks": ("facts",), "replay": (Path("base"),)}, "base is not a folder of token shards"),
        (
            {"tasks": ("facts",), "replay": (Path("others"),)},
            "another tokenizer than the model's has made the tokens of",
        ),
        (
            {"data": (Path("data.jsonl"),), "follow_up_share": 0.5},
            "follow_up_share is of the conversations of tasks, but",
        ),
        ({"tasks": ("facts",), "follow_up_share": 1.5}, "follow_up_share must be from 0 to 1, got 1.5"),
        ({"tasks": ("facts",), "replay_weight": 0}, "replay_weight must be positive, got 0"),
        ({"tasks": ("facts",), "examine": -1}, "examine must be at least 0, got -1"),
        ({"tasks": ("facts",), "model": None}, "there is nothing to begin with: give a model"),
        ({"tasks": ("facts",), "model": Path("nowhere")}, "there is no folder"),
        ({"tasks": ("facts",), "lr": -1.0}, "lr must be a positive number, got -1.0"),
        ({"tasks": ("facts",), "sample_prompt": "x" * 96}, "sample_prompt has 100 tokens with those around it"),
        (
            {"tasks": ("facts",), "tokenizer": Path("other.json")},
            "other.json is another tokenizer than the model's own",
        ),
        ({"resume": True}, "there is no run runs/sft to go on with"),
        ({"tasks": ("facts",), "from_step": 3}, "from_step is 3, but a new run begins at step 0"),
    ],
)
def test_refusals_are_one_sentence_and_leave_nothing_behind(
    settings: dict[str, Any], message: str, data: Path, replay: Path
) -> None:
    Path("empty").touch()
    Path("none").write_text("[]\n{}\nnot JSON\n")
    Path("row").write_text(json.dumps({"messages": [*said("a", "b"), {"role": "assistant", "content": "c"}]}))
    Path("role").write_text(json.dumps({"messages": [{"role": "oracle", "content": "x"}, *said("a", "b")]}))
    byte_tokenizer("<|x|>").save("other.json")
    write_shards(Path("others"), [list(range(200))], byte_tokenizer("<|x|>"))
    with pytest.raises((ValueError, OSError)) as caught:
        sft(quick(**settings))
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert not Path("runs/sft").exists()


def test_the_command(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tuning_commands.sft(quick(data=(data,), progress=None, threads=1))
    out, err = capsys.readouterr()
    assert out.startswith("Validation loss: ") and out.endswith(
        "\nReport: runs/sft/report.md\nNext: pyllm chat --model runs/sft\n"
    )
    assert "step 0: validation loss " in err and "sft: step 1 of 6, loss " in err and "step 6, a sample:\nsay " in err


def test_a_loss_that_is_not_finite_tells_how_to_go_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a command that there is: the stage's own, if it is one."""
    folder = RunFolder("runs/whole")
    folder.make()
    plain = GPT.loss_and_backward
    for stage, advice in (("sft", "`pyllm sft --name whole --resume --lr 0.0033`"), ("imitation", "")):
        calls = iter([0.0] * 4 + [float("nan")] * 9)
        monkeypatch.setattr(GPT, "loss_and_backward", lambda *a, left=calls, **k: plain(*a, **k) + next(left))
        config = quick(data=(data,), lr=0.01, name="whole", save_every=2)
        with pytest.raises(
            pyllm.optim.NonFiniteError, match="stopped at step 5, nothing was updated: the loss"
        ) as caught:
            sft_in(folder, config, "pyllm run", stage=stage)
        assert "the loss of micro-batch 1 of 1 is nan, on conversation" in str(caught.value)
        assert f"{stage}_00000004" in str(caught.value) and (
            advice in str(caught.value) if advice else "--lr" not in str(caught.value)
        )
