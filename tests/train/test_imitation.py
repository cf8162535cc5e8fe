"""The control arm: imitation with the compute of practice."""

from dataclasses import replace
from pathlib import Path

import pytest

from pyllm import SPECIAL_TOKENS, checkpoint
from pyllm.model import GPT, ModelConfig
from pyllm.tokenizer import Tokenizer
from pyllm.train.grpo import grpo_in
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.imitation import NAME, imitation_config
from pyllm.train.run_folder import RunFolder
from pyllm.train.sft import sft_in
from pyllm.train.sft_config import SftConfig

TOK = Tokenizer.train(iter(["x"]), 256 + len(SPECIAL_TOKENS), special_tokens=SPECIAL_TOKENS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that has practised additions."""
    monkeypatch.setattr(checkpoint, "_flush", lambda path: None)
    GPT(ModelConfig(n_layer=1, n_head=1, n_embd=16, vocab_size=TOK.vocab_size, context=128)).save(tmp_path / "model")
    TOK.save(tmp_path / "model" / "tokenizer.json")
    run = RunFolder(tmp_path / "run")
    run.make()
    practice = GrpoConfig(
        model=tmp_path / "model",
        tasks=("addition", "addition_at_once"),
        steps=3,
        prompts=4,
        samples=8,
        micro_batches=2,
        evaluate_problems=6,
        kl=0.1,
        seed=3,
    )
    grpo_in(run, practice, "pyllm run")
    return run


def test_both_arms_take_the_same_compute(folder: RunFolder, tmp_path: Path) -> None:
    like = SftConfig(model=tmp_path / "model", tasks=("stories",), lr=1e-3, context=64, batch_size=2, micro_batches=1)
    config = imitation_config(folder, replace(like, validation_conversations=2))
    assert config.tasks == ("addition", "addition_at_once") and config.lr == 1e-3 and config.seed == 3
    assert config.examine == 3 and config.steps is not None and config.steps > 5
    sft_in(folder, config, "pyllm run", start=tmp_path / "model", stage=NAME)
    practice, imitation = folder.read_metrics("grpo"), folder.read_metrics(NAME)
    spent = [max(line.get("flops", 0.0) for line in lines) for lines in (practice, imitation)]
    assert spent[1] == pytest.approx(spent[0], rel=0.5 / config.steps)
    held_out = [[line for line in lines if "held_out_accuracy" in line] for lines in (practice, imitation)]
    assert len(held_out[1]) > 5
    same = ("held_out_accuracy", "held_out_answer_tokens")  # of the model that both begin with, on the same problems
    assert [held_out[0][0][name] for name in same] == [held_out[1][0][name] for name in same]


def test_without_practice_there_is_no_compute_to_have(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "empty")
    run.make()
    with pytest.raises(ValueError, match=r"empty has no stage grpo whose compute imitation could have$"):
        imitation_config(run, SftConfig(tasks=("addition",)))
