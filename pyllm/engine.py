"""Generation: prompts in, sampled tokens out, with a cache of keys and values and many sequences at a time.

A prompt goes through the model once, but for its last token; that and each new token cost one row of a decoding step
that all sequences in work share, so that the weights are read once for all of them. A row whose sequence has finished
is given to the next one at once. What a sequence becomes does not depend on the others: its random numbers are a
function of (seed, prompt index, sample index, position), and on the CPU its logits have the same bits in any company.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal, TypeAlias, TypeVar

import numpy

from pyllm.model import GPT, KVCache, ModelConfig
from pyllm.threads import checked_integer
from pyllm.tokenizer import Tokenizer

Prompt = numpy.ndarray[Any, numpy.dtype[numpy.int32]]
Finish = Literal["stop", "length", "context"]
T = TypeVar("T")
OneOrEach: TypeAlias = "T | Sequence[T]"  # one value for all prompts, or one a prompt

MOST_ROWS = 64  # sequences in work at a time; more would gain little: the weights are read once for all of them
MOST_CACHE_BYTES = 1 << 30  # what the cache may take, unless one row takes more
LARGEST_TOP_K = 2**31 - 1
UNKNOWN = "\ufffd".encode()  # the text of an id that the model has and the tokenizer does not


@dataclass(frozen=True)
class Sample:
    """What was sampled behind a prompt.

    ids: the new tokens, without the prompt; with finish "stop" up to and with the one that stopped it. logprobs: of
    each, in nats, at temperature 1 and without cuts: what the model itself gives it. finish: "stop"; "length" where
    max_new_tokens ran out; "context" where the model's context did, before that.
    """

    ids: list[int]
    logprobs: list[float]
    finish: Finish


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
    """How the samples of a prompt are drawn."""

    temperature: float
    top_k: int
    top_p: float
    seed: int
    prompt_counter: int  # in the random numbers' counter
    max_new_tokens: int


@dataclass
class _Sequence:
    """A sample in the making."""

    prompt: Prompt
    prompt_index: int
    sample_index: int
    settings: _Settings
    most: int  # new tokens, with the context's room
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish: Finish | None = None
    end: bytes = b""  # the last bytes of the text, where a stop text may have begun

    def sample(self) -> Sample:
        assert self.finish
        return Sample(self.ids, self.logprobs, self.finish)


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
        max_new_tokens: OneOrEach[int] = 64,
        temperature: OneOrEach[float] = 1.0,
        top_k: OneOrEach[int] = 0,
        top_p: OneOrEach[float] = 1.0,
        stop: Iterable[int | str] | int | str = (),
        seed: OneOrEach[int] = 0,
    ) -> list[Sample]:
        """Samples n continuations of each prompt.

        Prompt and continuation together are at most the model's context long: what would grow longer finishes with
        "context". max_new_tokens, temperature, top_k, top_p and seed are one value, or a list of one a prompt.

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
            seed: 0 ... 2^64 - 1. The same seed gives the same samples, whatever else is in the batch: one seed for all
                prompts makes prompt i's depend on i, too; with a list of them, prompt i's samples are those of
                generate([prompt], n, seed=seed[i]), wherever in the batch it stands.

        Returns:
            Sample(ids, logprobs, finish) of prompt i, sample j, at i * n + j.

        Raises:
            TypeError, ValueError: an argument is not what is said above, an id is out of range, a prompt leaves no
                room in the context, or a stop text is given to an engine without a tokenizer.
        """
        checked, n = self._checked_prompts(prompts), _at_least_one(n, "n")
        settings = _settings(len(checked), max_new_tokens, temperature, top_k, top_p, seed)
        sequences = self._sequences(checked, settings, n)
        for _ in self._run(sequences, self._stop(stop)):
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
        settings = _settings(1, max_new_tokens, temperature, top_k, top_p, seed)
        (sequence,) = self._sequences(self._checked_prompts([prompt]), settings, 1)
        return self._stream(sequence, self._stop(stop))

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
        settings = _settings(1, max_new_tokens, temperature, top_k, top_p, seed)
        (sequence,) = self._sequences(self._checked_prompts([prompt]), settings, 1)
        if self._tok is None:
            raise ValueError("a text can only be streamed by an engine with a tokenizer")
        return self._stream_text(sequence, self._stop(stop))

    def _stream(self, sequence: _Sequence, stop: _Stop) -> Generator[int, None, Sample]:
        for _ in self._run([sequence], stop, each_step=True):
            yield sequence.ids[-1]
        return sequence.sample()

    def _stream_text(self, sequence: _Sequence, stop: _Stop) -> Generator[str, None, Sample]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        waiting = b""
        for _ in self._run([sequence], stop, each_step=True):
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

    def _run(self, sequences: Sequence[_Sequence], stop: _Stop, each_step: bool = False) -> Iterator[None]:
        """Continues the sequences until all have finished; yields when they have new tokens.

        each_step: they are to have each as soon as it is drawn. Otherwise what the steps drew is looked at when a
        sequence may have finished: for a small model, a step takes hardly longer than this.
        """
        if not sequences:
            return
        cfg, cache = self._model.cfg, self._take_cache(sequences)
        is_stop = numpy.zeros(cfg.vocab_size, bool)
        is_stop[list(stop.ids)] = True
        one_by_one, may_stop = each_step or bool(stop.texts), bool(stop.ids)
        try:
            waiting = deque(sequences)
            active: list[_Sequence] = []  # active[i] is in row i of the cache
            while waiting or active:
                if waiting and len(active) < cache.batch:
                    self._start(waiting, active, cache)
                count = len(active)
                tokens, logprobs, drawn = cache.draws.tokens[:count], cache.draws.logprobs[:count], []
                for _ in range(1 if one_by_one else min(sequence.most - len(sequence.ids) for sequence in active)):
                    cache.step(self._model, count)
                    drawn.append((tokens.copy(), logprobs.copy()))
                    if may_stop and is_stop[tokens].any():
                        break
                self._take(active, drawn, stop)
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

    def _start(self, waiting: deque[_Sequence], active: list[_Sequence], cache: KVCache) -> None:
        """Gives the free rows to sequences that wait; each begins with its prompt but for the last token."""
        rows = {sequence.prompt_index: row for row, sequence in enumerate(active)}  # each begins with its prompt
        prompts, prompt_rows, copies = [], [], []
        while waiting and len(active) < cache.batch:
            sequence, row = waiting.popleft(), len(active)
            if sequence.prompt_index in rows:
                copies.append((rows[sequence.prompt_index], row))
            else:
                rows[sequence.prompt_index] = row
                prompts.append(sequence.prompt[:-1])
                prompt_rows.append(row)
            settings, draws = sequence.settings, cache.draws
            draws.tokens[row] = sequence.prompt[-1]
            draws.counters[row] = settings.prompt_counter, sequence.sample_index, len(sequence.prompt), 0
            draws.seeds[row], draws.temperatures[row] = settings.seed, settings.temperature
            draws.top_ks[row], draws.top_ps[row] = settings.top_k, settings.top_p
            active.append(sequence)
        cache.feed(self._model, prompts, prompt_rows)
        for source, row in copies:
            cache.copy(source, row, len(active[row].prompt) - 1)

    def _take(self, sequences: Sequence[_Sequence], drawn: Sequence[tuple[Any, Any]], stop: _Stop) -> None:
        """Gives the sequences the (tokens, logprobs) that steps drew for their rows; only the last may end one."""
        ids, logprobs = (numpy.stack(part, axis=1).tolist() for part in zip(*drawn, strict=True))
        for sequence, new_ids, new_logprobs in zip(sequences, ids, logprobs, strict=True):
            sequence.ids += new_ids
            sequence.logprobs += new_logprobs
            if (id := new_ids[-1]) in stop.ids or (stop.texts and self._completes_stop(sequence, id, stop)):
                sequence.finish = "stop"
            elif len(sequence.ids) == sequence.most:
                sequence.finish = "length" if sequence.most == sequence.settings.max_new_tokens else "context"

    def _completes_stop(self, sequence: _Sequence, id: int, stop: _Stop) -> bool:
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

    def _sequences(self, prompts: Sequence[Prompt], settings: Sequence[_Settings], n: int) -> list[_Sequence]:
        sequences = []
        for index, (ids, own) in enumerate(zip(prompts, settings, strict=True)):
            most = min(own.max_new_tokens, self._model.cfg.context - len(ids))
            sequences += [_Sequence(ids, index, sample, own, most) for sample in range(n)]
        return sequences

    def _checked_prompts(self, prompts: Sequence[Sequence[int]]) -> list[Prompt]:
        if isinstance(prompts, (str, bytes)) or not isinstance(prompts, Iterable):
            raise TypeError(f"prompts must be a list of lists of token ids, got {type(prompts).__name__}")
        checked = [self._checked_ids(prompt, f"prompt {index}") for index, prompt in enumerate(prompts)]
        for index, ids in enumerate(checked):
            if len(ids) >= (context := self._model.cfg.context):
                raise ValueError(
                    f"prompt {index} has {len(ids)} tokens, which leaves no room for a new one: "
                    f"the model's context is {context}"
                )
        return checked

    def _checked_ids(self, prompt: object, name: str) -> Prompt:
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


def _settings(
    prompts: int,
    max_new_tokens: OneOrEach[int],
    temperature: OneOrEach[float],
    top_k: OneOrEach[int],
    top_p: OneOrEach[float],
    seed: OneOrEach[int],
) -> list[_Settings]:
    """The settings of each of so many prompts."""
    each_has_a_seed = _is_list(seed)
    columns = [
        [check(one, name) for one in _each(value, name, prompts)]
        for name, value, check in (
            ("temperature", temperature, _temperature),
            ("top_k", top_k, _top_k),
            ("top_p", top_p, _top_p),
            ("seed", seed, _seed),
            ("max_new_tokens", max_new_tokens, _at_least_one),
        )
    ]
    return [
        _Settings(temperature, top_k, top_p, seed, 0 if each_has_a_seed else index, most)
        for index, (temperature, top_k, top_p, seed, most) in enumerate(zip(*columns, strict=True))
    ]


def _is_list(value: object) -> bool:
    return (isinstance(value, Sequence) and not isinstance(value, (str, bytes))) or getattr(value, "ndim", 0) == 1


def _each(value: Any, name: str, count: int) -> Sequence[Any]:
    """One value a prompt."""
    if not _is_list(value):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{name} must be one value, or one for each of the {count} prompts, got {len(value)}")
    return list(value)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    return float(value)


def _temperature(value: Any, name: str) -> float:
    if not 0 <= (temperature := _number(value, name)) < float("inf"):
        raise ValueError(f"{name} must be 0 or a positive number, got {value}")
    return temperature


def _top_p(value: Any, name: str) -> float:
    if not 0 < (top_p := _number(value, name)) <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1, got {value}")
    return top_p


def _top_k(value: Any, name: str) -> int:
    if (top_k := checked_integer(value, name)) < 0:
        raise ValueError(f"{name} must be 0 (all tokens) or positive, got {value}")
    return min(top_k, LARGEST_TOP_K)


def _seed(value: Any, name: str) -> int:
    if not 0 <= (seed := checked_integer(value, name)) < 1 << 64:
        raise ValueError(f"{name} must be within 0 ... 2^64 - 1, got {value}")
    return seed


def _at_least_one(value: Any, name: str) -> int:
    if (number := checked_integer(value, name)) < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return number
