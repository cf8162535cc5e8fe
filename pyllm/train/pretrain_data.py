"""From the files that pretraining is given to the tokens that it trains on, inside the run's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from pyllm.checkpoint import TOKENIZER
from pyllm.data.token_source import END_OF_TEXT, TokenSource, check_fraction, is_token_data, open_split
from pyllm.files import file_size
from pyllm.tokenizer import Tokenizer
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.run_folder import RunFolder


def check_data(config: PretrainConfig) -> None:
    """Looks at the files before anything is written.

    Raises:
        OSError: a file is not there or cannot be read.
        ValueError: none is given, one is empty, text and tokens are mixed, the tokenizer is one too many, or
            validation_fraction is not from 0 to below 1.
    """
    check_fraction(config.validation_fraction)
    if not config.data:
        raise ValueError("there is nothing to train on: give text files, or folders or .bin files of tokens")
    for path in (*config.data, *config.validation_data):
        if not path.is_dir() and not file_size(path):
            raise ValueError(f"{path} is empty")
        if is_token_data(path) != is_token_data(config.data[0]):
            raise ValueError(f"{config.data[0]} and {path} are of two kinds: give either text or tokens")
    if config.tokenizer is not None and config.byte_level:
        raise ValueError("tokenizer and byte_level exclude each other: bytes need no tokenizer")
    if config.vocab_size is not None and (config.tokenizer is not None or not is_token_data(config.data[0])):
        raise ValueError("vocab_size is for tokens without a tokenizer: text has its tokenizer's")


def tokenizer_of(folder: RunFolder, config: PretrainConfig) -> Tokenizer | None:
    """The run's tokenizer: a copy of the one given, made at the first call. None: for tokens, none need be given.

    Raises:
        OSError: the file is not there or cannot be read.
        ValueError: the file is damaged, or the text has no tokenizer.
    """
    path = folder.path / TOKENIZER
    if path.exists():
        return Tokenizer.load(path)
    if config.tokenizer is not None:
        file_size(config.tokenizer)
        tokenizer = Tokenizer.load(config.tokenizer)
    elif config.byte_level:
        tokenizer = Tokenizer.train(iter([b"-"]), vocab_size=256, progress=False)
    elif is_token_data(config.data[0]):
        return None
    else:
        raise ValueError(
            f"{config.data[0]} is text: give the tokenizer to encode it with (`pyllm tokenizer train` makes one), or "
            "choose byte_level"
        )
    tokenizer.save(path)
    return tokenizer


def tokens_of(
    folder: RunFolder, config: PretrainConfig, tokenizer: Tokenizer | None
) -> tuple[TokenSource, TokenSource | None]:
    """Training and validation tokens; text is encoded into shards in the run's folder, at the first call.

    Raises:
        OSError, ValueError: as open_split does.
    """
    data, validation_data = config.data, config.validation_data
    if not is_token_data(data[0]):
        assert tokenizer is not None
        data = (_encoded(data, folder.path / "shards", tokenizer, config.progress),)
        if validation_data:
            validation_data = (
                _encoded(validation_data, folder.path / "validation_shards", tokenizer, config.progress),
            )
    fraction = 0.0 if config.overfit_one_batch else config.validation_fraction
    return open_split(
        data, validation_data, validation_fraction=fraction, tokenizer=tokenizer, vocab_size=config.vocab_size
    )


def check_length(config: PretrainConfig, training: TokenSource, context: int) -> None:
    """Refuses data that do not fill one row.

    Raises:
        ValueError: says how many tokens there are and how many there must be.
    """
    if len(training) <= context:
        have = "has" if len(config.data) == 1 else "have"
        raise ValueError(
            f"{', '.join(map(str, config.data))} {have} {len(training)} tokens for training, fewer than one row of "
            f"{context + 1} (a context of {context} and the token that follows): give more data, or a shorter context"
        )


def _encoded(files: tuple[Path, ...], shards: Path, tokenizer: Tokenizer, progress: bool | None) -> Path:
    """The folder of a text's shards; under a temporary name until they are all there."""
    if not shards.exists():
        temporary = shards.with_name(f".{shards.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        end = END_OF_TEXT if END_OF_TEXT in tokenizer.special_tokens else None
        tokenizer.encode_file(files, temporary, end_of_text=end, progress=progress)
        temporary.rename(shards)
    return shards
