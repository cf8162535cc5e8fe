"""The loss on tokens that are not trained on, in nats a token and in bits a byte."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.data.loader import evaluation_batches
from pyllm.data.token_source import TokenSource

if TYPE_CHECKING:
    from pyllm.model import GPT
    from pyllm.tokenizer import Tokenizer

Lengths = numpy.ndarray[Any, numpy.dtype[numpy.int64]]


def token_lengths(tokenizer: Tokenizer, vocab_size: int) -> Lengths:
    """The bytes of text that each id (vocab_size,) stands for: none for special tokens and ids without a token."""
    lengths = numpy.zeros(vocab_size, numpy.int64)
    special = set(tokenizer.special_tokens.values())
    for id in range(min(vocab_size, tokenizer.vocab_size)):
        if id not in special:
            try:
                lengths[id] = len(tokenizer.token_bytes(id))
            except ValueError:  # a gap among the ids
                continue
    return lengths


def evaluate(
    model: GPT,
    source: TokenSource,
    batch_size: int,
    context: int,
    most_tokens: int | None = None,
    lengths: Lengths | None = None,
    show: Callable[[float], None] | None = None,
) -> tuple[float, float | None, int]:
    """The mean loss over a source, every token but the first predicted once from what its row holds before it.

    Args:
        model: any.
        source: the tokens.
        batch_size: rows at a time.
        context: tokens of a row.
        most_tokens: only about so many, spread evenly; None: all.
        lengths: from `token_lengths`.
        show: told, after each batch, what share of the work is done.

    Returns:
        (nats a token, bits a byte, tokens predicted). Bits a byte do not depend on the tokenizer, so that models with
        different ones can be compared (Gao et al. 2020, https://arxiv.org/abs/2101.00027, section 3.1): the bits of the
        tokens that stand for text over the bytes of that text. None without lengths.
    """
    nats = nats_of_text = 0.0
    tokens = size = 0
    for batch in evaluation_batches(source, batch_size, context, most_tokens):
        logprobs = model.score(batch.tokens, batch.targets, batch.segments).logprobs
        assert logprobs is not None
        nats -= float(logprobs.sum(dtype=numpy.float64))
        tokens += batch.weight
        if lengths is not None:
            its_lengths = numpy.where(batch.targets >= 0, lengths[batch.targets], 0)
            nats_of_text -= float(logprobs.sum(where=its_lengths > 0, dtype=numpy.float64))
            size += int(its_lengths.sum())
        if show is not None:
            show(min(1.0, (batch.begins[-1] + context) / len(source)))
    return nats / max(tokens, 1), nats_of_text / math.log(2) / size if size else None, tokens
