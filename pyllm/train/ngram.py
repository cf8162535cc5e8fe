"""What counting reaches: an n-gram model of token ids, interpolated modified Kneser-Ney smoothing.

Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling", section 3 (computed as
Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation", section 3). For a token w after h:

    p(w | h) = max(0, a(h w) - D(a(h w))) / a(h) + gamma(h) p(w | h'),   a(h) = sum of a(h w) over w

h' is h without its first token; p(w | no context) goes on to 1 / V; an h never seen leaves it all to h'. For the
longest contexts a(h w) is how often h w occurs; for shorter ones, in how many ways it is preceded: by how many
different tokens, and every start of a document is a way of its own. D has one value each for the counts 1, 2, and 3
and more, from the counts of counts of its order. gamma(h) is what the discounts took: so the probabilities sum to 1.

All of it is sorting and searching of integer keys: a context is numbered by its place among the sorted pairs (number
of the context one token shorter, the token further back), an n-gram by (number of its context, token).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy

from pyllm.data.loader import evaluation_batches
from pyllm.data.token_source import TokenSource
from pyllm.train.evaluation import Lengths

Int64s = numpy.ndarray[Any, numpy.dtype[numpy.int64]]
Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]
Bools = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]

ORDER = 4
ABSOLUTE_DISCOUNTS = (0.5, 1.0, 1.5)  # where the counts of counts allow no estimate


@dataclass(frozen=True)
class _Text:
    """Tokens one after the other, what follows each, and how far one may look back from it, itself included: (N,)."""

    tokens: Int64s
    targets: Int64s  # -1: not to be predicted
    depth: Int64s

    @classmethod
    def of(cls, source: TokenSource) -> _Text:
        """A source cut as for evaluation, but into one row: contexts end where segments begin."""
        (batch,) = evaluation_batches(source, 1, max(1, len(source) - 1))
        places = numpy.arange(batch.tokens.size)
        begins = numpy.zeros(batch.tokens.size, numpy.int64)
        if batch.segments is not None:
            begins[1:] = places[1:] * (numpy.diff(batch.segments[0]) > 0)
            begins = numpy.maximum.accumulate(begins)
        return cls(batch.tokens[0].astype(numpy.int64), batch.targets[0].astype(numpy.int64), places - begins + 1)


@dataclass(frozen=True)
class _Level:
    """One order of the model: the n-grams whose contexts have one length.

    Attributes:
        contexts: sorted keys; a context's place here is its number.
        ngrams: sorted keys.
        probabilities: of each n-gram, discounted: (a(h w) - D) / a(h).
        rest: of each context, gamma(h).
    """

    contexts: Int64s
    ngrams: Int64s
    probabilities: Floats
    rest: Floats


class NGramModel:
    """An interpolated n-gram model.

    Args:
        training: the tokens; contexts do not reach across documents. Counting takes some 250 bytes of memory for each.
        order: tokens of the longest n-grams; contexts have one less.
        vocab_size: V, above every id; default: the source's.
        show: told, as the work goes on, what share of it is done.

    Raises:
        ValueError: order is below 1, vocab_size is below the source's, there are fewer than 2 tokens.
    """

    def __init__(
        self,
        training: TokenSource,
        order: int = ORDER,
        vocab_size: int | None = None,
        show: Callable[[float], None] | None = None,
    ) -> None:
        if order < 1:
            raise ValueError(f"order must be at least 1, got {order}")
        self.order, self.vocab_size = order, vocab_size or training.vocab_size
        if self.vocab_size < training.vocab_size:
            raise ValueError(f"vocab_size is {vocab_size}, but the tokens have a vocabulary of {training.vocab_size}")
        self._levels: list[_Level] = []
        self._count(_Text.of(training), show)

    def _count(self, text: _Text, show: Callable[[float], None] | None) -> None:
        places = numpy.flatnonzero(text.targets >= 0)  # that have a context of this level's length before their target
        contexts, numbers = numpy.zeros(1, numpy.int64), numpy.zeros(len(places), numpy.int64)  # and its number there
        grams = _unique(numbers * self.vocab_size + text.targets[places])
        for length in range(self.order):
            if not len(places):
                break
            if length == self.order - 1:
                self._levels.append(self._level(contexts, grams.keys, grams.counts))
            else:
                deeper = text.depth[places] > length
                places = places[deeper]
                longer_contexts, numbers = numpy.unique(
                    numbers[deeper] * self.vocab_size + text.tokens[places - length], return_inverse=True
                )
                longer = _unique(numbers * self.vocab_size + text.targets[places])
                which = grams.which[deeper]
                ways = numpy.bincount(which[longer.first], minlength=len(grams.keys))
                ways += numpy.bincount(grams.which[~deeper], minlength=len(grams.keys))  # starts of documents
                self._levels.append(self._level(contexts, grams.keys, ways))
                contexts, grams = longer_contexts, longer
            if show is not None:
                show((length + 1) / self.order)

    def _level(self, contexts: Int64s, ngrams: Int64s, counts: Int64s) -> _Level:
        taken = _discounts(counts)[numpy.minimum(counts, 3)]
        owners = ngrams // self.vocab_size
        totals = numpy.bincount(owners, counts, minlength=len(contexts))
        rest = numpy.bincount(owners, taken, minlength=len(contexts)) / totals
        return _Level(contexts, ngrams, (counts - taken) / totals[owners], rest)

    def probabilities(self, tokens: Int64s, depth: Int64s, places: Int64s, targets: Int64s) -> Floats:
        """Of targets (N,), each after the tokens up to its place (N,) in a text, of which it may see `depth`[place]."""
        result = numpy.full(len(places), 1 / self.vocab_size)
        numbers, known = numpy.zeros(len(places), numpy.int64), numpy.ones(len(places), bool)
        for length, level in enumerate(self._levels):
            if length:
                known &= depth[places] >= length
                further_back = tokens[numpy.maximum(places - length + 1, 0)]
                numbers, found = _find(level.contexts, numbers * self.vocab_size + further_back)
                known &= found
            at, found = _find(level.ngrams, numbers * self.vocab_size + targets)
            discounted = numpy.where(found, level.probabilities[at], 0.0)
            result = numpy.where(known, discounted + level.rest[numbers] * result, result)
        return result

    def distribution(self, context: Sequence[int]) -> Floats:
        """The probabilities (V,) of all ids after some tokens of one document.

        Raises:
            ValueError: there are none, or one is not an id.
        """
        if not context or not all(0 <= id < self.vocab_size for id in context):
            raise ValueError(f"a context must be ids from 0 to {self.vocab_size - 1}, at least one, got {context!r}")
        tokens, every = numpy.array(context, numpy.int64), numpy.arange(self.vocab_size)
        last = numpy.full(self.vocab_size, len(tokens) - 1)
        return self.probabilities(tokens, numpy.arange(1, len(tokens) + 1), last, every)

    def evaluate(self, source: TokenSource, lengths: Lengths | None) -> tuple[float, float | None, int]:
        """As pyllm.train.evaluation.evaluate, on all of the source's tokens."""
        text = _Text.of(source)
        places = numpy.flatnonzero(text.targets >= 0)
        targets = text.targets[places]
        nats = -numpy.log(self.probabilities(text.tokens, text.depth, places, targets))
        bits_a_byte = None
        if lengths is not None and (size := int(lengths[targets].sum())):
            bits_a_byte = float(nats.sum(where=lengths[targets] > 0)) / math.log(2) / size
        return float(nats.sum()) / max(len(targets), 1), bits_a_byte, len(targets)


def ngram_bits_per_byte(
    training: TokenSource,
    validation: TokenSource,
    lengths: Lengths | None,
    order: int = ORDER,
    show: Callable[[float], None] | None = None,
) -> tuple[float, float | None, int]:
    """Trains an n-gram model and evaluates it as pyllm.train.evaluation.evaluate does a model: on the same tokens.

    Args:
        training: all of it is counted.
        validation: made by the same tokenizer.
        lengths: from pyllm.train.evaluation.token_lengths.
        order: of the model.
        show: told, as the work goes on, what share of it is done.

    Returns:
        (nats a token, bits a byte, tokens predicted); no bits a byte without lengths.

    Raises:
        ValueError: see NGramModel.
    """
    vocab_size = max(training.vocab_size, validation.vocab_size)
    return NGramModel(training, order, vocab_size, show).evaluate(validation, lengths)


class _Unique(NamedTuple):
    keys: Int64s  # sorted
    first: Int64s  # where each comes first
    which: Int64s  # of the keys each element is
    counts: Int64s


def _unique(elements: Int64s) -> _Unique:
    return _Unique(*numpy.unique(elements, return_index=True, return_inverse=True, return_counts=True))


def _find(keys: Int64s, wanted: Int64s) -> tuple[Int64s, Bools]:
    """The places of what is wanted among sorted keys, and whether it is there."""
    at = numpy.minimum(numpy.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


def _discounts(counts: Int64s) -> Floats:
    """What to take from n-grams that occur 0, 1, 2, and 3 or more times (Chen and Goodman 1999, equation 26)."""
    ngrams = numpy.bincount(numpy.minimum(counts, 5), minlength=6)  # by their count
    if ngrams[1:5].all():
        share = ngrams[1] / (ngrams[1] + 2 * ngrams[2])
        estimates = [count - (count + 1) * share * ngrams[count + 1] / ngrams[count] for count in (1, 2, 3)]
        if min(estimates) > 0:
            return numpy.array([0.0, *estimates])
    return numpy.array([0.0, *ABSOLUTE_DISCOUNTS])
