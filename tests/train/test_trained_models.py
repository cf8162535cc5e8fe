"""What a person may name as a model, and what is made of it."""

import os
from pathlib import Path

import pytest
from token_files import byte_tokenizer

from pyllm import SPECIAL_TOKENS, AdamW, Tokenizer, checkpoint
from pyllm.chat import has_chat_tokens
from pyllm.model import GPT, ModelConfig
from pyllm.train.run_folder import RunFolder
from pyllm.train.trained_models import last_stage, model_folder, open_model, tokenizer_in

TOKENIZER = byte_tokenizer(*SPECIAL_TOKENS)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def small_model(tokenizer: Tokenizer = TOKENIZER) -> GPT:
    return GPT(ModelConfig(n_layer=1, n_head=1, n_embd=8, vocab_size=tokenizer.vocab_size, context=16))


def run_with(name: str, *checkpoints: tuple[str, int]) -> RunFolder:
    folder, model = RunFolder(Path("runs") / name), small_model()
    for stage, step in checkpoints:
        path = checkpoint.path_of(folder.checkpoints, stage, step)
        checkpoint.save(path, model, AdamW(model), {"stage": stage, "step": step}, TOKENIZER)
    return folder


def test_a_run_is_its_last_stage() -> None:
    run = run_with("one", ("pretrain", 900), ("sft", 4), ("sft", 6))
    assert last_stage(run) == "sft" and model_folder(run.path) == run.checkpoints / "sft_00000006"
    run_with("one", ("imitation", 50))
    assert model_folder(run.path) == run.checkpoints / "sft_00000006"
    run_with("one", ("grpo", 2))
    assert model_folder(run.path) == run.checkpoints / "grpo_00000002"
    earlier = run.checkpoints / "sft_00000004"
    assert model_folder(earlier) == earlier
    (run.checkpoints / "grpo_00000002").rename(run.checkpoints / "aside")
    weights = run.checkpoints / "sft_00000006" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(
        ValueError, match=r"The one before it, of step 4, is whole: pass --model runs/one/.*sft_00000004$"
    ):
        model_folder(run.path)


def test_without_a_name_it_is_the_run_last_at_work() -> None:
    with pytest.raises(ValueError, match=r"^there is no run with a checkpoint in runs/ yet"):
        model_folder()
    first, second = run_with("b", ("sft", 2)), run_with("a", ("pretrain", 2))
    for time, run in ((1000, first), (2000, second)):
        os.utime(run.checkpoints, (time, time))
    assert model_folder() == second.checkpoints / "pretrain_00000002"
    os.utime(first.checkpoints, (3000, 3000))
    assert model_folder() == first.checkpoints / "sft_00000002"
    Path("runs/begun/checkpoints").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"^there is no checkpoint in runs/begun/checkpoints yet$"):
        model_folder(Path("runs/begun"))
    with pytest.raises(FileNotFoundError, match=r"^there is no folder missing$"):
        model_folder(Path("missing"))


def test_models_of_others_are_readied_for_conversations() -> None:
    plain = byte_tokenizer("<|endoftext|>")
    small_model(plain).save("gpt2")
    with pytest.raises(
        FileNotFoundError, match=r"^there is no tokenizer\.json in gpt2, nor vocab\.json and merges\.txt"
    ):
        open_model(Path("gpt2"))
    plain.save_gpt2("gpt2/vocab.json", "gpt2/merges.txt")
    assert tokenizer_in(Path("gpt2")).special_tokens == {"<|endoftext|>": 256}
    model, tok = open_model(Path("gpt2"), trainable=False)
    assert has_chat_tokens(tok) and model.cfg.vocab_size == tok.vocab_size == 274 and not model.trainable
    model, tok = open_model(Path("gpt2"), chat=False)
    assert not has_chat_tokens(tok) and model.cfg.vocab_size == 257 and model.trainable
    plain.save("gpt2/tokenizer.json")
    TOKENIZER.save("other.json")
    with pytest.raises(ValueError, match=r"^other\.json is another tokenizer than the model's own in gpt2$"):
        open_model(Path("gpt2"), Path("other.json"))
    Path("gpt2/tokenizer.json").unlink()
    Path("gpt2/vocab.json").unlink()
    with pytest.raises(ValueError, match="they do not belong together"):
        open_model(Path("gpt2"), Path("other.json"))
