"""Generation: prompts in, sampled tokens out, with a cache of keys and values and many sequences at a time.

A sequence's prompt goes through the model once; then each new token costs one row of a decoding step that all sequences
in work share, so that the weights are read once for all of them. A row whose sequence has finished is given to the next
one at once. What a sequence becomes does not depend on the others: its random numbers are a function of (seed, prompt
index, sample index, position), and on the CPU its logits have the same bits in any company.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal

import numpy

from pyllm.model import GPT, KVCache, ModelConfig
from pyllm.threads import checked_integer
from pyllm.tokenizer import Tokenizer

MOST_ROWS = 64  # sequences in work at a time; more would gain little: the weights are read once for all of them
MOST_CACHE_BYTES = 1 << 30  # what the cache may take, unless one row takes more
UNKNOWN = "\ufffd".encode()  # the text of an id that the model has and the tokenizer does not


@dataclass(frozen=True)
class Sample:
    """What was sampled behind a prompt.

    ids: the new tokens, without the prompt; with finish "stop" up to and with the one that stopped it. logprobs: of
    each, in nats, at temperature 1 and without cuts: what the model itself gives it. finish: "stop", or "length" where
    max_new_tokens or the model's context ran out.
    """

    ids: list[int]
    logprobs: list[float]
    finish: Literal["stop", "length"]


@dataclass(frozen=True)
class _Stop:
    """What ends a sequence: the ids, and the texts, as bytes."""

    ids: frozenset[int]
    texts: tuple[bytes, ...]

    def found(self, data: bytes) -> int:
        """Where the first stop text in data begins; -1: there is none."""
        return min((at for text in self.texts if (at := data.find(text)) >= 0), default=-1)

    def begun(self, data: bytes) -> int:
        """How many of the last bytes of data may be the beginning of a stop text."""
        longest = max(map(len, self.texts), default=1) - 1
        for count in range(min(longest, len(data)), 0, -1):
            if any(text.startswith(data[-count:]) for text in self.texts):
                return count
        return 0


@dataclass(frozen=True)
class _Settings:
    """How tokens are drawn."""

    temperature: float
    top_k: int
    top_p: float
    seed: int
    stop: _Stop


@dataclass
class _Sequence:
    """A sample in the making."""

    prompt: numpy.ndarray[Any, numpy.dtype[numpy.int32]]
    prompt_index: int
    sample_index: int
    most: int  # new tokens
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish: Literal["stop", "length"] | None = None
    end: bytes = b""  # the last bytes of the text, where a stop text may have begun

    def counter(self) -> tuple[int, int, int, int]:
        """What makes the next token's random number, beside the seed."""
        return self.prompt_index, self.sample_index, len(self.prompt) + len(self.ids), 0

    def sample(self) -> Sample:
        assert self.finish
        return Sample(self.ids, self.logprobs, self.finish)


@dataclass
class _Prefill:
    """The prompt that went through the model last."""

    prompt_index: int = -1
    logits: Any = None  # behind it, (1, V)
    row: int = -1  # of the cache, where it still stands there and belongs to no sequence


class Engine:
    """Generates with a model.

    Not thread-safe; but streams may be open side by side, and `generate` called between their tokens.

    Args:
        model: a pyllm.GPT, on whatever it is trained.
        tok: its tokenizer; None: stop texts and text streams are not to be had.

    Raises:
        ValueError: the tokenizer has more ids than the model.
    """

    def __init__(self, model: GPT, tok: Tokenizer | None = None) -> None:
        self._model, self._tok = model, tok
        self._cache: tuple[ModelConfig, KVCache] | None = None  # between calls: the last one used, and what it is for
        if tok is not None and tok.vocab_size > model.cfg.vocab_size:
            raise ValueError(
                f"the tokenizer has {tok.vocab_size} ids, but the model only {model.cfg.vocab_size}: "
                "they do not belong together"
            )

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        n: int = 1,
        max_new_tokens: int = 64,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        stop: Iterable[int | str] | int | str = (),
        seed: int = 0,
    ) -> list[Sample]:
        """Samples n continuations of each prompt.

        Prompt and continuation together are at most the model's context long: what would grow longer finishes with
        "length".

        Args:
            prompts: lists (or int32 arrays) of token ids, none of them empty.
            n: samples of each prompt.
            max_new_tokens: the most tokens of a sample.
            temperature: the logits are divided by it; 0: the likeliest token, always.
            top_k: draw from so many of the likeliest tokens; 0: from all.
            top_p: draw from the fewest tokens whose probabilities reach this (Holtzman et al. 2020,
                https://arxiv.org/abs/1904.09751); 1: from all.
            stop: token ids, names of special tokens, or texts, which are found in the text of the new tokens wherever
                they begin. A special token's name means the token, not its text.
            seed: 0 ... 2^64 - 1. The same seed gives the same samples, whatever else is in the batch.

        Returns:
            Sample(ids, logprobs, finish) of prompt i, sample j, at i * n + j.

        Raises:
            TypeError, ValueError: an argument is not what is said above, an id is out of range, a prompt leaves no
                room in the context, or a stop text is given to an engine without a tokenizer.
        """
        settings = self._settings(temperature, top_k, top_p, stop, seed)
        n = _at_least_one(n, "n")
        sequences = self._sequences(prompts, n, max_new_tokens)
        for _ in self._run(sequences, settings):
            pass
        return [sequence.sample() for sequence in sequences]

    def stream(
        self,
        prompt: Sequence[int],
        max_new_tokens: int = 64,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        stop: Iterable[int | str] | int | str = (),
        seed: int = 0,
    ) -> Generator[int, None, Sample]:
        """Yields the ids of one sample as they come; the generator's value is the Sample.

        They are those of `generate([prompt], ...)`, whose arguments these are. Raises, at the call, as it does.
        """
        settings = self._settings(temperature, top_k, top_p, stop, seed)
        (sequence,) = self._sequences([prompt], 1, max_new_tokens)
        return self._stream(sequence, settings)

    def stream_text(
        self,
        prompt: Sequence[int],
        max_new_tokens: int = 64,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        stop: Iterable[int | str] | int | str = (),
        seed: int = 0,
    ) -> Generator[str, None, Sample]:
        """Yields the text of one sample as it comes, never half a character; the generator's value is the Sample.

        What stops it is not part of the text. Bytes that are not UTF-8 become U+FFFD. Arguments, and what is raised at
        the call: see `generate`.
        """
        settings = self._settings(temperature, top_k, top_p, stop, seed)
        (sequence,) = self._sequences([prompt], 1, max_new_tokens)
        if self._tok is None:
            raise ValueError("a text can only be streamed by an engine with a tokenizer")
        return self._stream_text(sequence, settings)

    def _stream(self, sequence: _Sequence, settings: _Settings) -> Generator[int, None, Sample]:
        for _ in self._run([sequence], settings):
            yield sequence.ids[-1]
        return sequence.sample()

    def _stream_text(self, sequence: _Sequence, settings: _Settings) -> Generator[str, None, Sample]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        stop, waiting = settings.stop, b""
        for _ in self._run([sequence], settings):
            if sequence.ids[-1] not in stop.ids:
                waiting += self._bytes(sequence.ids[-1])
            if not sequence.finish:
                ready = len(waiting) - stop.begun(waiting)
                if text := decoder.decode(waiting[:ready]):
                    yield text
                waiting = waiting[ready:]
        at = stop.found(waiting)
        if text := decoder.decode(waiting[:at] if at >= 0 else waiting, final=True):
            yield text
        return sequence.sample()

    def _run(self, sequences: Sequence[_Sequence], settings: _Settings) -> Iterator[None]:
        """Continues the sequences until all have finished; stops after each step for who wants to look at them."""
        if not sequences:
            return
        cfg, cache = self._model.cfg, self._take_cache(sequences)
        try:
            waiting, prefill = deque(sequences), _Prefill()
            active: list[_Sequence] = []  # active[i] is in row i of the cache
            while waiting or active:
                while waiting and len(active) < cache.batch:
                    self._start(waiting.popleft(), active, prefill, cache, settings)
                    yield
                if not active:
                    continue
                tokens = numpy.array([sequence.ids[-1] for sequence in active], numpy.int32)
                self._draw(active, self._model.decode(tokens, cache), settings)
                yield
                for row in reversed(range(len(active))):
                    if active[row].finish:
                        last = len(active) - 1
                        if row < last:
                            cache.move(last, row)
                            active[row] = active[last]
                        active.pop()
        finally:
            self._cache = cfg, cache

    def _start(
        self, sequence: _Sequence, active: list[_Sequence], prefill: _Prefill, cache: KVCache, settings: _Settings
    ) -> None:
        """Draws a sequence's first token and, if it is not the only one, makes it active in the first free row."""
        if prefill.prompt_index != sequence.prompt_index:
            self._prefill(sequence, len(active), prefill, cache)
        self._draw([sequence], prefill.logits, settings)
        if sequence.finish:
            return
        row = len(active)
        if prefill.row != row:
            # Another sample of the same prompt has it at the beginning of its row, unless all of them have finished.
            rows = [row for row, other in enumerate(active) if other.prompt_index == sequence.prompt_index]
            if rows:
                cache.copy(rows[0], row)
                cache.lengths[row] = len(sequence.prompt)
            else:
                self._prefill(sequence, row, prefill, cache)
        prefill.row = -1
        active.append(sequence)

    def _prefill(self, sequence: _Sequence, row: int, prefill: _Prefill, cache: KVCache) -> None:
        cache.reset(row)
        prefill.logits = self._model.prefill(sequence.prompt, cache, row)[None]
        prefill.prompt_index, prefill.row = sequence.prompt_index, row

    def _draw(self, sequences: Sequence[_Sequence], logits: Any, settings: _Settings) -> None:
        """Gives each sequence the token drawn from its row of logits."""
        ids = numpy.empty(len(sequences), numpy.int32)
        logprobs = numpy.empty(len(sequences), self._model.dtype)
        self._model.ops.sample(
            logits,
            ids,
            logprobs,
            seed=settings.seed,
            counters=numpy.array([sequence.counter() for sequence in sequences], numpy.uint32),
            temperature=settings.temperature,
            top_k=settings.top_k,
            top_p=settings.top_p,
        )
        for sequence, id, logprob in zip(sequences, ids.tolist(), logprobs.tolist(), strict=True):
            sequence.ids.append(id)
            sequence.logprobs.append(logprob)
            if self._stops(sequence, settings.stop):
                sequence.finish = "stop"
            elif len(sequence.ids) == sequence.most:
                sequence.finish = "length"

    def _stops(self, sequence: _Sequence, stop: _Stop) -> bool:
        id = sequence.ids[-1]
        if id in stop.ids:
            return True
        if not stop.texts:
            return False
        end = sequence.end + self._bytes(id)
        sequence.end = end[len(end) - stop.begun(end) :]
        return stop.found(end) >= 0

    def _bytes(self, id: int) -> bytes:
        """The text of an id."""
        assert self._tok is not None
        try:
            return self._tok.token_bytes(id)
        except ValueError:
            return UNKNOWN

    def _take_cache(self, sequences: Sequence[_Sequence]) -> KVCache:
        """A cache for so many sequences of their length: the last one used, if it will do."""
        cfg = self._model.cfg
        length = max(len(sequence.prompt) + sequence.most for sequence in sequences)
        row_bytes = 2 * self._model.dtype.itemsize * cfg.n_layer * cfg.n_kv_head * cfg.head_dim * length
        rows = max(1, min(len(sequences), MOST_ROWS, MOST_CACHE_BYTES // row_bytes))
        last, self._cache = self._cache, None
        if last and last[0] is cfg and last[1].batch >= rows and last[1].length >= length:
            return last[1]
        return self._model.new_cache(rows, length)

    def _sequences(self, prompts: Sequence[Sequence[int]], n: int, max_new_tokens: int) -> list[_Sequence]:
        max_new_tokens = _at_least_one(max_new_tokens, "max_new_tokens")
        if isinstance(prompts, (str, bytes)) or not isinstance(prompts, Iterable):
            raise TypeError(f"prompts must be a list of lists of token ids, got {type(prompts).__name__}")
        cfg, sequences = self._model.cfg, []
        for index, prompt in enumerate(prompts):
            ids = self._checked_ids(prompt, f"prompt {index}")
            if len(ids) >= cfg.context:
                raise ValueError(
                    f"prompt {index} has {len(ids)} tokens, which leaves no room for a new one: "
                    f"the model's context is {cfg.context}"
                )
            most = min(max_new_tokens, cfg.context - len(ids))
            sequences += [_Sequence(ids, index, sample, most) for sample in range(n)]
        return sequences

    def _checked_ids(self, prompt: object, name: str) -> numpy.ndarray[Any, numpy.dtype[numpy.int32]]:
        if isinstance(prompt, (str, bytes)):
            raise TypeError(f"{name} must be a list of token ids, got {type(prompt).__name__}: encode the text first")
        try:
            ids = numpy.asarray(prompt)
        except ValueError:
            raise TypeError(f"{name} must be a list of token ids, got lists of different lengths") from None
        if ids.ndim == 1 and not len(ids):
            raise ValueError(f"{name} is empty: the model needs at least one token to continue, such as end of text")
        if ids.ndim != 1 or ids.dtype.kind not in "iu":
            found = (
                f"{type(prompt).__name__} {prompt!r}"[:80] if ids.ndim == 0 else f"{ids.ndim} dimensions of {ids.dtype}"
            )
            raise TypeError(f"{name} must be a list of token ids, got {found}")
        vocab_size = self._model.cfg.vocab_size
        if len(bad := ids[(ids < 0) | (ids >= vocab_size)]):
            raise ValueError(f"{name} holds the id {bad[0]}, but the model's ids go from 0 to {vocab_size - 1}")
        return numpy.ascontiguousarray(ids, numpy.int32)

    def _settings(
        self, temperature: float, top_k: int, top_p: float, stop: Iterable[int | str] | int | str, seed: int
    ) -> _Settings:
        for name, value in (("temperature", temperature), ("top_p", top_p)):
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{name} must be a number, got {type(value).__name__}")
        if not 0 <= temperature < float("inf"):
            raise ValueError(f"temperature must be 0 or a positive number, got {temperature}")
        if (top_k := checked_integer(top_k, "top_k")) < 0:
            raise ValueError(f"top_k must be 0 (all tokens) or positive, got {top_k}")
        if not 0 < top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, got {top_p}")
        if not 0 <= (seed := checked_integer(seed, "seed")) < 1 << 64:
            raise ValueError(f"seed must be within 0 ... 2^64 - 1, got {seed}")
        return _Settings(float(temperature), top_k, float(top_p), seed, self._stop(stop))

    def _stop(self, stop: Iterable[int | str] | int | str) -> _Stop:
        if isinstance(stop, str) or not isinstance(stop, Iterable):
            stop = [stop]
        special = self._tok.special_tokens if self._tok is not None else {}
        ids, texts = set(), []
        for each in stop:
            if not isinstance(each, str):
                id = checked_integer(each, "a stop that is no text")
                if not 0 <= id < self._model.cfg.vocab_size:
                    raise ValueError(f"the stop {id} is no id of the model's 0 ... {self._model.cfg.vocab_size - 1}")
                ids.add(id)
            elif each in special:
                ids.add(special[each])
            elif self._tok is None:
                raise ValueError(f"the stop text {each!r} can only be found by an engine with a tokenizer")
            elif not each:
                raise ValueError("a stop text must not be empty")
            else:
                texts.append(each.encode())
        return _Stop(frozenset(ids), tuple(texts))


def _at_least_one(value: int, argument: str) -> int:
    if (value := checked_integer(value, argument)) < 1:
        raise ValueError(f"{argument} must be at least 1, got {value}")
    return value
