"""From what a person names to a model and its tokenizer: a run's folder, a checkpoint, a folder of Hugging Face's."""

from __future__ import annotations

from pathlib import Path

from pyllm import checkpoint
from pyllm.chat import with_chat_tokens
from pyllm.checkpoint import TOKENIZER
from pyllm.model import GPT
from pyllm.model.folders import load
from pyllm.tokenizer import Tokenizer
from pyllm.train.run_folder import RunFolder

# A run's model is that of the last of these that it has come to. "imitation", with which another stage is compared, is
# it only where there is no other; and "ppo", which does better what a judge likes and forgets some of the rest, only
# where there is no "grpo".
STAGES = ("pretrain", "imitation", "sft", "dpo", "ppo", "grpo")
GPT2_FILES = ("vocab.json", "merges.txt")


def last_stage(run: RunFolder) -> str | None:
    """The last stage of a run that has a checkpoint; None: there is none yet."""
    return next((stage for stage in reversed(STAGES) if checkpoint.found(run.checkpoints, stage)), None)


def model_folder(path: Path | None = None, wanted: str | None = None) -> Path:
    """The folder with config.json that a path stands for.

    Args:
        path: a run's folder: its last stage's last checkpoint; or the model's folder itself. None: the run that was
            last at work in runs/.
        wanted: of a run's folder the stage, in place of its last one.

    Raises:
        OSError: there is no such folder, or no checkpoint in it.
        ValueError: there is no run, or the checkpoint is damaged; names the last one before it that is whole.
    """
    if path is None:
        runs = [one.parent for one in Path("runs").glob("*/checkpoints") if last_stage(RunFolder(one.parent))]
        if not runs:
            raise ValueError("there is no run with a checkpoint in runs/ yet: train one (`pyllm run`), or pass --model")
        path = max(runs, key=lambda one: (one / "checkpoints").stat().st_mtime)
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {path}")
    run = RunFolder(path)
    if (path / "config.json").exists() or not run.checkpoints.is_dir():
        return path
    stage = wanted or last_stage(run)
    if stage is None or not checkpoint.found(run.checkpoints, stage):
        raise FileNotFoundError(f"there is no checkpoint{f' of {wanted}' if wanted else ''} in {run.checkpoints} yet")
    return checkpoint.newest(run.checkpoints, stage, offer="pass --model {path}")[0].path


def tokenizer_in(folder: Path) -> Tokenizer:
    """The tokenizer in a model's folder: tokenizer.json, or GPT-2's vocab.json and merges.txt.

    Raises:
        FileNotFoundError: there is none.
        OSError, ValueError: it cannot be read, or is damaged.
    """
    if (folder / TOKENIZER).exists():
        return Tokenizer.load(folder / TOKENIZER)
    vocabulary, merges = (folder / name for name in GPT2_FILES)
    if vocabulary.exists() and merges.exists():
        return Tokenizer.from_gpt2(vocabulary, merges)
    raise FileNotFoundError(f"there is no {TOKENIZER} in {folder}, nor {' and '.join(GPT2_FILES)}: pass --tokenizer")


def open_model(
    folder: Path,
    tokenizer: Path | None = None,
    *,
    chat: bool = True,
    trainable: bool = True,
    value_head: bool = False,
) -> tuple[GPT, Tokenizer]:
    """Reads a model and its tokenizer.

    Args:
        folder: as model_folder returns it.
        tokenizer: a tokenizer.json; default: the one in the folder.
        chat: give both the special tokens of conversations that they lack (pyllm.chat.with_chat_tokens).
        trainable: as pyllm.load's.
        value_head: as pyllm.load's.

    Raises:
        OSError: a file is missing or cannot be read.
        ValueError: a file is damaged, or the tokenizer is not the model's.
    """
    model = load(folder, trainable=trainable, value_head=value_head)
    tok = tokenizer_in(folder) if tokenizer is None else Tokenizer.load(tokenizer)
    try:
        own = None if tokenizer is None else tokenizer_in(folder)
    except FileNotFoundError:
        own = None
    if own is not None and own.fingerprint != tok.fingerprint:
        raise ValueError(f"{tokenizer} is another tokenizer than the model's own in {folder}")
    return model, with_chat_tokens(model, tok) if chat else tok
