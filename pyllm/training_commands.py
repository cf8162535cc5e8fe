"""`pyllm run | pretrain | sample`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Generator
from dataclasses import replace
from typing import Annotated

import tyro

from pyllm import checkpoint
from pyllm.data.token_source import END_OF_TEXT, is_token_data
from pyllm.engine import Engine, Sample
from pyllm.files import file_size
from pyllm.model.folders import load
from pyllm.ops.library import library
from pyllm.options import OptionalPath
from pyllm.stopping import exit_if_stopped, second_ctrl_c
from pyllm.tokenizer import Tokenizer
from pyllm.tokenizer_commands import DEFAULT_PATH
from pyllm.train.display import printable
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.result import Result
from pyllm.train.run_config import RunConfig
from pyllm.train.trained_models import model_folder

Pretraining = Annotated[PretrainConfig, tyro.conf.arg(name="")]
Running = Annotated[RunConfig, tyro.conf.arg(name="")]


def pretrain(config: Pretraining) -> None:
    """Train a model from nothing on text or tokens. Ctrl-C saves; --resume goes on.

    Text without --tokenizer is encoded with runs/tokenizer/tokenizer.json, where `pyllm tokenizer train` writes it.
    What is not given follows from the depth; the run shows how.
    """
    from pyllm import train

    for path in config.data:
        if not path.is_dir():
            file_size(path)
    text = config.data and not is_token_data(config.data[0])
    if text and config.tokenizer is None and not config.byte_level and not config.resume:
        if not DEFAULT_PATH.exists():
            raise ValueError(
                f"{config.data[0]} is text, and there is no {DEFAULT_PATH} yet to encode it with: "
                "run `pyllm tokenizer train` first, or pass --tokenizer or --byte-level"
            )
        config = replace(config, tokenizer=DEFAULT_PATH)
    config = replace(config, progress=True) if config.progress is None else config
    with second_ctrl_c(config):
        result = train.pretrain(config)
    _tell(result)


def run(config: Running) -> None:
    """Do it all: from web pages to an assistant, and a report. Ctrl-C saves; --resume goes on."""
    from pyllm import train

    config = replace(config, progress=True) if config.progress is None else config
    with second_ctrl_c(config):
        result = train.run(config)
    exit_if_stopped(result)
    print(f"Report: {result.report}, and as one page: {result.report.with_suffix('.html') if result.report else None}")
    model = shlex.quote(str(result.run))
    if result.checkpoint is None:
        print(f"Next: pyllm run {config.options} --resume")
    elif result.checkpoint.name.startswith("pretrain"):
        print(f"Next: pyllm sample 'a text of yours' --model {model}")
    else:
        print(f"Next: pyllm chat --model {model}")


def sample(
    prompt: tyro.conf.Positional[tuple[str, ...]] = (),
    /,
    *,
    model: OptionalPath = None,
    tokenizer: OptionalPath = None,
    n: int = 1,
    max_new_tokens: int = 200,
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 0,
) -> None:
    """Continue a prompt.

    Args:
        prompt: a text, its words joined by spaces; none: begin a new text.
        model: a run's folder (its last checkpoint), a checkpoint, or any folder with config.json and model.safetensors;
            default: the run that was last at work in runs/.
        tokenizer: a tokenizer.json; default: the one in the folder.
        n: how many continuations.
        max_new_tokens: the most tokens of each; fewer where the prompt and they fill the model's context.
        temperature: below 1 likelier tokens are preferred; 0: always the likeliest.
        top_k: draw from so many of the likeliest tokens; 0: from all.
        top_p: draw from the fewest tokens whose probabilities reach this; 1: from all.
        seed: another one, another text.
    """
    if n < 1:
        raise ValueError(f"--n must be at least 1, got {n}")
    library()  # which refuses a PYLLM_ISA before anything is shown
    folder = model_folder(model)
    own = folder / checkpoint.TOKENIZER
    if tokenizer is None and not own.exists():
        raise ValueError(f"there is no {own}: pass --tokenizer")
    tok = Tokenizer.load(tokenizer or own)
    if tokenizer is not None and own.exists() and Tokenizer.load(own).fingerprint != tok.fingerprint:
        raise ValueError(f"{tokenizer} is another tokenizer than the model's own, {own}")
    gpt = load(folder, trainable=False)
    engine = Engine(gpt, tok)
    text = " ".join(prompt).encode("utf-8", "surrogateescape")
    end = tok.special_tokens.get(END_OF_TEXT)
    ids = tok.encode_ordinary(text) if text else tok.encode_ordinary("\n") if end is None else [end]
    stop = () if end is None else end
    streams = [engine.stream_text(ids, max_new_tokens, temperature, top_k, top_p, stop, seed + i) for i in range(n)]
    context_ran_out = False
    for number, stream in enumerate(streams, 1):
        if n > 1:
            print(f"{number}:")
        print(text.decode("utf-8", "replace"), end="", flush=True)
        sampled = _print_all(stream)
        print()
        context_ran_out |= sampled.finish == "context"
    if context_ran_out:
        print(f"pyllm: note: stopped at {gpt.cfg.context} tokens, the model's context", file=sys.stderr)


def _print_all(stream: Generator[str, None, Sample]) -> Sample:
    """Prints a text as it comes; returns its sample."""
    while True:
        try:
            piece = next(stream)
        except StopIteration as end:
            sampled: Sample = end.value
            return sampled
        print(printable(piece) if sys.stdout.isatty() else piece, end="", flush=True)


def _tell(result: Result) -> None:
    exit_if_stopped(result)
    if result.validation_loss is not None:
        bits = "" if result.bits_per_byte is None else f", {result.bits_per_byte:.4f} bits a byte"
        print(f"Validation loss: {result.validation_loss:.4f} nats a token{bits}")
    else:
        print(f"Loss: {result.loss:.4f} nats a token")
    print(f"Report: {result.report}")
    print(f"Next: pyllm sample 'a text of yours' --model {shlex.quote(str(result.run))}")
