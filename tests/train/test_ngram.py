"""The n-gram model against a slow one of dictionaries, written from the paper's formulas."""

import math
import random
from collections import Counter, defaultdict

import numpy
import pytest

from pyllm.data.token_source import TokenSource
from pyllm.train.ngram import NGramModel, ngram_bits_per_byte

VOCABULARY, END = 12, 11
Gram = tuple[int, ...]


def source_of(documents: list[list[int]], *, end: int | None = END, vocab_size: int = VOCABULARY) -> TokenSource:
    """Documents, each with an end-of-text token before it where there is one, else with its start listed."""
    pieces = documents if end is None else [[end, *document] for document in documents]
    starts = numpy.cumsum([0, *map(len, pieces[:-1])], dtype=numpy.int64)
    tokens = numpy.array([token for piece in pieces for token in piece], numpy.uint16)
    half = len(tokens) // 2  # in two shards, which are not documents
    return TokenSource(
        [tokens[:half], tokens[half:]],
        ["a", "b"],
        vocab_size=vocab_size,
        end_of_text=end,
        document_starts=starts,
    )


def some_documents(seed: int, count: int, vocab_size: int = 10) -> list[list[int]]:
    """Documents in which what follows depends on the two tokens before."""
    rng = random.Random(seed)
    documents = []
    for _ in range(count):
        document = [rng.randrange(vocab_size)]
        for _ in range(rng.randrange(0, 30)):
            before = sum(document[-2:])
            document.append((before + min(rng.randrange(8), rng.randrange(8))) % vocab_size)
        documents.append(document)
    return documents


def pieces_of(documents: list[list[int]], end: int | None) -> list[list[int]]:
    """What is predicted from what: each document with the end-of-text tokens around it."""
    if end is None:
        return documents
    return [[end, *document, end] for document in documents[:-1]] + [[end, *documents[-1]]]


class Reference:
    """Interpolated modified Kneser-Ney, one n-gram at a time."""

    WITHOUT_AN_ESTIMATE = (0.0, 0.5, 1.0, 1.5)

    def __init__(self, pieces: list[list[int]], order: int) -> None:
        self.order = order
        before: dict[Gram, set[Gram]] = defaultdict(set)  # the ways that an n-gram is preceded
        self.counts: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
        for number, piece in enumerate(pieces):
            for size in range(1, order + 1):
                for begin in range(len(piece) - size + 1):
                    if begin + size == 1:  # a document's first token is predicted from nothing
                        continue
                    gram = tuple(piece[begin : begin + size])
                    if size == order:
                        self.counts[size][gram] += 1
                    else:
                        before[gram].add((piece[begin - 1],) if begin else (-1, number))
        for gram, ways in before.items():
            self.counts[len(gram)][gram] = len(ways)
        self.taken = [(0.0,) * 4, *map(self.discounts, self.counts[1:])]

    @staticmethod
    def discounts(counts: Counter[Gram]) -> tuple[float, ...]:
        n = Counter(counts.values())
        if not (n[1] and n[2] and n[3] and n[4]):
            return Reference.WITHOUT_AN_ESTIMATE
        y = n[1] / (n[1] + 2 * n[2])
        return (0.0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3])

    def probability(self, context: Gram, token: int, vocab_size: int) -> float:
        context = context[max(0, len(context) - self.order + 1) :]
        lower = self.probability(context[1:], token, vocab_size) if context else 1 / vocab_size
        counts, taken = self.counts[len(context) + 1], self.taken[len(context) + 1]
        following = {gram: count for gram, count in counts.items() if gram[:-1] == context}
        total = sum(following.values())
        if not total:
            return lower
        rest = sum(taken[min(count, 3)] for count in following.values()) / total
        count = counts[(*context, token)]
        return max(0.0, count - taken[min(count, 3)]) / total + rest * lower


@pytest.mark.parametrize("end", [END, None])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_it_is_the_papers_model(order: int, end: int | None) -> None:
    documents, others = some_documents(1, 200), some_documents(2, 5)
    model, reference = NGramModel(source_of(documents, end=end), order), Reference(pieces_of(documents, end), order)
    assert (reference.taken[-1] != Reference.WITHOUT_AN_ESTIMATE) == (order > 2)
    assert all(0 < taken[count] < count for taken in reference.taken[1:] for count in (1, 2, 3))
    nats = []
    for piece in pieces_of(others, end):
        for place in range(1, len(piece)):
            context = tuple(piece[:place])
            expected = reference.probability(context, piece[place], VOCABULARY)
            assert model.distribution(context)[piece[place]] == pytest.approx(expected, rel=1e-12)
            nats.append(-math.log(expected))
    lengths = numpy.arange(VOCABULARY)
    lengths[END] = 0
    mean, bits_a_byte, count = model.evaluate(source_of(others, end=end), lengths)
    assert count == len(nats) and mean == pytest.approx(sum(nats) / count, rel=1e-12)
    assert bits_a_byte is not None


@pytest.mark.parametrize("end", [END, None])
@pytest.mark.parametrize("order", [1, 2, 4, 6])
def test_probabilities_sum_to_one(order: int, end: int | None) -> None:
    rng = random.Random(order)
    model = NGramModel(source_of(some_documents(3, 100), end=end), order)
    for _ in range(100):  # of which most have never been seen as a whole
        context = [rng.randrange(VOCABULARY) for _ in range(rng.randrange(1, 8))]
        probabilities = model.distribution(context)
        assert probabilities.shape == (VOCABULARY,) and probabilities.min() > 0
        assert probabilities.sum() == pytest.approx(1, rel=1e-12)


def test_bits_a_byte_are_of_text_alone() -> None:
    """The end-of-text token costs nats, but neither its bits nor bytes of it count."""
    training, validation = source_of(some_documents(4, 100)), source_of(some_documents(5, 20))
    lengths = numpy.full(VOCABULARY, 3)
    lengths[END] = 0
    nats, bits_a_byte, count = ngram_bits_per_byte(training, validation, lengths)
    model, of_text = NGramModel(training), []
    pieces = pieces_of(some_documents(5, 20), END)
    for piece in pieces:
        of_text += [
            -math.log2(model.distribution(piece[:i])[piece[i]]) for i in range(1, len(piece)) if piece[i] != END
        ]
    assert count == len(validation) - 1 == sum(len(piece) - 1 for piece in pieces)
    assert bits_a_byte == pytest.approx(sum(of_text) / (3 * len(of_text)), rel=1e-12)
    assert nats * count / math.log(2) > sum(of_text)
    assert ngram_bits_per_byte(training, validation, None) == (pytest.approx(nats), None, count)


def test_it_predicts_the_tokens_that_a_model_is_evaluated_on() -> None:
    from pyllm.data.loader import evaluation_batches

    for end in (END, None):
        source = source_of(some_documents(6, 30), end=end)
        counted = sum(batch.weight for batch in evaluation_batches(source, 3, 7))
        assert ngram_bits_per_byte(source, source, None)[2] == counted


def test_longer_contexts_pay_where_text_depends_on_them() -> None:
    training, validation = source_of(some_documents(7, 2000)), source_of(some_documents(8, 200))
    losses = [ngram_bits_per_byte(training, validation, None, order)[0] for order in (1, 2, 3)]
    assert losses[0] > losses[2] + 0.2 and losses[1] > losses[2] + 0.2
    assert losses[0] < math.log(VOCABULARY)


@pytest.mark.parametrize("documents", [[[1, 2]], [[1], [2], [3]], [[1, 1, 1, 1, 1, 1, 1, 1]]])
def test_next_to_no_text_is_no_reason_to_fail(documents: list[list[int]]) -> None:
    for end in (END, None):
        model = NGramModel(source_of(documents, end=end))
        for context in ([1], [5], [1, 2], [9, 9, 9, 9]):
            assert model.distribution(context).sum() == pytest.approx(1, rel=1e-12)
        assert math.isfinite(model.evaluate(source_of(some_documents(9, 3), end=end), None)[0])


def test_large_vocabularies() -> None:
    """Llama 3's: four ids of 17 bits do not fit into 64 bits."""
    documents = [[128_000 + id for id in document] for document in some_documents(1, 50)]
    small, large = (
        NGramModel(source_of(some_documents(1, 50), end=None)),
        NGramModel(
            source_of([[id % 65536 for id in document] for document in documents], end=None, vocab_size=128_256)
        ),
    )
    shift = 128_000 % 65536
    here, there = small.distribution([3, 4, 5, 6]), large.distribution([3 + shift, 4 + shift, 5 + shift, 6 + shift])
    assert there.sum() == pytest.approx(1, rel=1e-9)
    assert there[shift : shift + 10] == pytest.approx(here[:10], abs=0.02)


def test_progress_is_told() -> None:
    shares: list[float] = []
    ngram_bits_per_byte(source_of(some_documents(1, 9)), source_of(some_documents(2, 9)), None, show=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_wrong_arguments() -> None:
    source = source_of(some_documents(1, 3))
    with pytest.raises(ValueError, match=r"^order must be at least 1, got 0$"):
        NGramModel(source, 0)
    with pytest.raises(ValueError, match=r"^vocab_size is 5, but the tokens have a vocabulary of 12$"):
        NGramModel(source, vocab_size=5)
    for context in ([], [12], [-1]):
        with pytest.raises(ValueError, match=r"^a context must be ids from 0 to 11, at least one, got "):
            NGramModel(source).distribution(context)
    with pytest.raises(ValueError, match="1 tokens are too few to evaluate on"):
        NGramModel(source_of([[3]], end=None))
