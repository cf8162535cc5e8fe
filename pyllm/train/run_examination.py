"""The examinations of a run, one behind each of its models."""

from __future__ import annotations

import json
import time
from pathlib import Path

from pyllm.files import write_whole
from pyllm.model import GPT
from pyllm.progress import Progress
from pyllm.tokenizer import Tokenizer
from pyllm.train import recipe
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.run_config import RunConfig
from pyllm.train.run_folder import RunFolder

MOST_NGRAM_TOKENS = 20_000_000  # beyond, counting them takes gigabytes
STORY_TOKENS = 200
STORY_TEMPERATURE = 0.8


def examine_stage(folder: RunFolder, config: RunConfig, stage: str, name: str, path: Path) -> None:
    """Asks the model of a stage held-out problems, and writes examination/STAGE.json."""
    from pyllm.tasks.examination import examine
    from pyllm.train.trained_models import open_model

    model, tok = open_model(path, trainable=False)
    with Progress(f"examining {name}", "%", total=100, show=config.progress) as bar:
        found = examine(
            model,
            tok,
            list(recipe.EXAMINATION),
            recipe.EXAMINATION,
            seed=config.seed,
            stage=name,
            as_document=stage == "pretrain",
            show=lambda share: bar.update(int(100 * share), lambda: [f"{share:.0%} of the problems"]),
        )
    if stage == "pretrain":
        found["stories"] = _stories(model, tok, config.seed)
        _count_ngrams(folder, model.cfg.vocab_size, tok)
    folder.examinations.mkdir(exist_ok=True)
    write_whole(folder.examinations / f"{name}.json", json.dumps(found, indent=1).encode())


def _stories(model: GPT, tok: Tokenizer, seed: int) -> list[str]:
    """The base model's stories, as they come."""
    from pyllm.engine import Engine

    special = tok.special_tokens
    prompt = [special["<|endoftext|>"], *tok.encode_ordinary(recipe.STORY_BEGINNING)]
    stories = Engine(model, tok).generate(
        [prompt],
        n=recipe.STORIES,
        max_new_tokens=min(STORY_TOKENS, model.cfg.context - len(prompt)),
        temperature=STORY_TEMPERATURE,
        stop="<|endoftext|>",
        seed=seed,
    )
    return [tok.decode([id for id in prompt + story.ids if id not in special.values()]) for story in stories]


def _count_ngrams(folder: RunFolder, vocab_size: int, tok: Tokenizer) -> None:
    """What a model of 4-grams makes of the tokens that the base model had, for comparison."""
    from pyllm.train.evaluation import token_lengths
    from pyllm.train.ngram import ngram_bits_per_byte
    from pyllm.train.pretrain_data import tokens_of
    from pyllm.train.training_config import read_settings

    stored = read_settings(folder, "pretrain", PretrainConfig())
    assert stored is not None
    training, validation = tokens_of(folder, stored[0], tok)
    if validation is None or len(training) > MOST_NGRAM_TOKENS:
        return
    start = time.monotonic()
    _, bits, _ = ngram_bits_per_byte(training, validation, token_lengths(tok, vocab_size))
    if bits is not None:
        seconds = round(time.monotonic() - start, 2)
        with folder.metrics_writer("run") as write:
            write(0, ngram_bits_per_byte=bits, ngram_order=4, ngram_seconds=seconds)
