"""Generation: what is sampled, in which company, where it ends, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
import pytest
from samples import trained

from pyllm import engine
from pyllm.engine import Engine, Sample
from pyllm.model import GPT, ModelConfig, cache
from pyllm.ops import cpu

SPECIAL = ("<|a|>", "<|endoftext|>")
V = 900
GPT2 = ModelConfig(n_layer=2, n_head=2, n_embd=32, vocab_size=V, context=48)
LLAMA = ModelConfig.llama(
    n_layer=2, n_head=4, n_kv_head=2, n_embd=32, n_hidden=48, vocab_size=V, context=48, window=9, qk_norm=True
)
PROMPTS = [[5, 6, 7], [8], [100, 200, 300, 400, 500, 600, 700], [5, 6], [899] * 20, [1, 2, 3, 4]]


def model_of(cfg: ModelConfig) -> GPT:
    """A model that has its preferences: larger parameters than at the start of training."""
    model = GPT(cfg, seed=1, trainable=False)
    model.parameter_arena[:] *= 1.25
    return model


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def model(request: pytest.FixtureRequest) -> GPT:
    return model_of({"gpt2": GPT2, "llama": LLAMA}[request.param])


@pytest.fixture(scope="module")
def gpt2() -> GPT:
    return model_of(GPT2)


def tokenizer():
    tok = trained("cl100k", V, SPECIAL)
    assert tok.vocab_size == V
    return tok


def logits_behind(model: GPT, ids: Sequence[int]) -> Any:
    """The logits of the token that follows, by the whole forward pass."""
    return model.logits(numpy.array([ids], numpy.int32))[0, -1]


# What is sampled


def test_logprobs_are_those_of_the_whole_forward_pass(model: GPT) -> None:
    samples = Engine(model).generate(PROMPTS, n=2, max_new_tokens=20, temperature=0.7, top_k=50, top_p=0.9)
    for index, sample in enumerate(samples):
        ids = numpy.array([PROMPTS[index // 2] + sample.ids], numpy.int32)
        scored = model.score(ids[:, :-1].copy(), ids[:, 1:].copy())["logprobs"]
        numpy.testing.assert_allclose(sample.logprobs, scored[0, -len(sample.ids) :], rtol=1e-4, atol=1e-5)


def test_the_cache_gives_the_logits_of_the_whole_forward_pass(model: GPT) -> None:
    ids = numpy.random.default_rng(0).integers(0, V, GPT2.context, dtype=numpy.int32)
    cache = model.new_cache(3, GPT2.context)
    whole = model.logits(ids[None])[0]
    numpy.testing.assert_allclose(model.prefill(ids[:5].copy(), cache, 0), whole[4], rtol=1e-4, atol=1e-4)
    for place in range(5, GPT2.context):
        found = model.decode(ids[place : place + 1].copy(), cache)[0]
        numpy.testing.assert_allclose(found, whole[place], rtol=1e-4, atol=1e-4)


def test_greedy_takes_the_likeliest_token(model: GPT) -> None:
    samples = Engine(model).generate(PROMPTS, max_new_tokens=8, temperature=0.0)
    for prompt, sample in zip(PROMPTS, samples, strict=True):
        for place, id in enumerate(sample.ids):
            assert id == logits_behind(model, prompt + sample.ids[:place]).argmax()
    assert samples == Engine(model).generate(PROMPTS, max_new_tokens=8, temperature=1.7, top_k=1, seed=9)


def test_tokens_are_as_frequent_as_they_are_likely(gpt2: GPT) -> None:
    n, prompt = 4000, [5, 6, 7]
    logits = logits_behind(gpt2, prompt).astype(numpy.float64) / 0.8
    likely = numpy.exp(logits - logits.max())
    likely /= likely.sum()
    samples = Engine(gpt2).generate([prompt], n=n, max_new_tokens=1, temperature=0.8)
    counts = numpy.bincount([sample.ids[0] for sample in samples], minlength=V)
    seen = likely * n >= 5
    rest = [counts[~seen].sum(), (likely[~seen] * n).sum()]
    found, expected = numpy.append(counts[seen], rest[0]), numpy.append(likely[seen] * n, rest[1])
    chi_square, freedom = ((found - expected) ** 2 / expected).sum(), len(found) - 1
    assert freedom > 20
    assert abs(chi_square - freedom) < 4 * (2 * freedom) ** 0.5


@pytest.mark.parametrize(("top_k", "top_p"), [(5, 1.0), (0, 0.3), (40, 0.5)])
def test_cuts_keep_the_likeliest_tokens_alone(gpt2: GPT, top_k: int, top_p: float) -> None:
    prompt = [5, 6, 7]
    logits = logits_behind(gpt2, prompt).astype(numpy.float64)
    order = numpy.argsort(-logits)[: top_k or V]
    likely = numpy.exp(logits[order] - logits.max())
    kept = order[: 1 + int(numpy.searchsorted(numpy.cumsum(likely / likely.sum()), top_p))]
    samples = Engine(gpt2).generate([prompt], n=500, max_new_tokens=1, top_k=top_k, top_p=top_p)
    drawn = {sample.ids[0] for sample in samples}
    assert drawn <= set(kept.tolist())
    assert len(drawn) > min(len(kept), 20) // 2


# In which company


def test_company_does_not_change_a_bit(model: GPT, monkeypatch: pytest.MonkeyPatch) -> None:
    def generate() -> list[Sample]:
        return Engine(model).generate(PROMPTS, n=3, max_new_tokens=30, temperature=1.1, stop=range(0, V, 17), seed=3)

    together = generate()
    assert {sample.finish for sample in together} >= {"stop", "length"}
    assert len({len(sample.ids) for sample in together}) > 5  # so rows are freed, moved and taken again
    for rows in (1, 2, 4):
        monkeypatch.setattr(engine, "MOST_ROWS", rows)
        assert generate() == together
    monkeypatch.setattr(engine, "MOST_CACHE_BYTES", 1)
    assert generate() == together


def test_one_by_one_is_the_same(model: GPT) -> None:
    one = Engine(model)
    together = one.generate(PROMPTS, max_new_tokens=12, temperature=0.0)
    assert together == [one.generate([prompt], max_new_tokens=12, temperature=0.0)[0] for prompt in PROMPTS]


def test_an_engine_used_before_is_as_a_new_one(gpt2: GPT) -> None:
    used = Engine(gpt2)
    used.generate([[9] * 40] * 5, max_new_tokens=3)
    for prompts, n in ((PROMPTS, 2), ([[3]], 1), (PROMPTS[2:], 7)):
        assert used.generate(prompts, n, seed=4) == Engine(gpt2).generate(prompts, n, seed=4)


def test_the_cache_is_kept_for_calls_that_it_will_do_for(monkeypatch: pytest.MonkeyPatch) -> None:
    model, made = model_of(GPT2), []
    new_cache = model.new_cache
    monkeypatch.setattr(
        model, "new_cache", lambda batch, length: made.append((batch, length)) or new_cache(batch, length)
    )
    one = Engine(model)
    for prompts, n in ((PROMPTS, 2), (PROMPTS[3:], 1), ([[1]], 12), (PROMPTS, 3)):
        one.generate(prompts, n, max_new_tokens=10)
    assert made == [(12, 30), (18, 30)]


def test_random_numbers_depend_on_seed_prompt_sample_and_position(gpt2: GPT) -> None:
    one = Engine(gpt2)
    samples = one.generate([[5, 6]] * 3, n=4, max_new_tokens=10, seed=7)
    assert len({tuple(sample.ids) for sample in samples}) == 12
    assert samples == one.generate([[5, 6]] * 3, n=4, max_new_tokens=10, seed=7)
    assert samples != one.generate([[5, 6]] * 3, n=4, max_new_tokens=10, seed=8)
    assert samples[:4] == one.generate([[5, 6]], n=4, max_new_tokens=10, seed=7)  # other prompts do not count
    assert samples[4:6] == one.generate([[5, 6]] * 3, n=2, max_new_tokens=10, seed=7)[2:4]  # nor how many samples
    assert one.generate([[5, 6]], max_new_tokens=10, seed=2**64 - 1) != samples[:1]
    start = samples[0].ids[:4]
    assert start + one.generate([[5, 6, *start]], max_new_tokens=6, seed=7)[0].ids == samples[0].ids


def test_settings_of_each_prompt(model: GPT) -> None:
    """Each prompt is continued as if it were alone, wherever it stands."""
    settings: dict[str, list[Any]] = {
        "max_new_tokens": [5, 12, 3, 1, 9, 30],
        "temperature": [1.0, 0.0, 0.7, 2.0, 1.3, 1.0],
        "top_k": [0, 3, 40, 1, 0, 7],
        "top_p": [1.0, 0.5, 0.9, 1.0, 0.3, 0.95],
        "seed": [3, 2**64 - 1, 3, 0, 9, 3],
    }
    one = Engine(model)
    together = one.generate(PROMPTS, n=2, **settings)
    for index, prompt in enumerate(PROMPTS):
        alone = one.generate([prompt], n=2, **{name: values[index] for name, values in settings.items()})
        assert together[2 * index : 2 * index + 2] == alone
    backwards = one.generate(PROMPTS[::-1], n=2, **{name: values[::-1] for name, values in settings.items()})
    assert backwards == [sample for index in (10, 8, 6, 4, 2, 0) for sample in together[index : index + 2]]
    as_arrays = {
        name: numpy.array(values, numpy.uint64 if name == "seed" else None) for name, values in settings.items()
    }
    assert one.generate(PROMPTS, n=2, **as_arrays) == together


def test_the_same_prompts_differ_by_their_seeds_alone(gpt2: GPT) -> None:
    first, second, other = Engine(gpt2).generate([[5, 6]] * 3, max_new_tokens=10, seed=[4, 4, 5])
    assert first == second != other


def test_long_prompts_beside_short_ones() -> None:
    """Short prompts go through the model together, long ones alone; weights are packed or not: always the same bits."""
    cfg = ModelConfig(n_layer=2, n_head=2, n_embd=32, vocab_size=V, context=400, position="rope")
    model = model_of(cfg)
    source = numpy.random.default_rng(4)
    prompts = [source.integers(0, V, length) for length in (1, 64, 65, 66, 2, 130, 64, 300, 40, 65, 33)]
    for packed_bytes in (cache.PACKED_BYTES, 0):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(cache, "PACKED_BYTES", packed_bytes)
            one = Engine(model)
            together = one.generate(prompts, n=2, max_new_tokens=6, seed=[1] * len(prompts))
            alone = [Engine(model).generate([prompt], n=2, max_new_tokens=6, seed=[1]) for prompt in prompts]
            assert together == [sample for samples in alone for sample in samples]
        for prompt, (sample, _) in zip(prompts, alone, strict=True):
            ids = numpy.array([[*prompt, *sample.ids]], numpy.int32)
            scored = model.score(ids[:, :-1].copy(), ids[:, 1:].copy())["logprobs"]
            numpy.testing.assert_allclose(sample.logprobs, scored[0, -6:], rtol=1e-4, atol=1e-5)


def test_a_model_may_change_between_calls() -> None:
    model = model_of(GPT2)
    one = Engine(model)
    before = one.generate(PROMPTS, max_new_tokens=5)
    model.parameter_arena[:] *= -1
    model.touch()
    assert one.generate(PROMPTS, max_new_tokens=5) == Engine(model).generate(PROMPTS, max_new_tokens=5) != before
    model.resize_vocabulary(V + 10)
    assert one.generate(PROMPTS, max_new_tokens=5) == Engine(model).generate(PROMPTS, max_new_tokens=5)


# Streams


def test_a_stream_is_the_sample(model: GPT) -> None:
    one = Engine(model)
    expected = one.generate([[5, 6]], max_new_tokens=15, temperature=0.9, seed=5)[0]
    stream = one.stream([5, 6], max_new_tokens=15, temperature=0.9, seed=5)
    ids = []
    with pytest.raises(StopIteration) as end:
        while True:
            ids.append(next(stream))
    assert ids == expected.ids
    assert end.value.value == expected


def test_streams_may_be_open_side_by_side(gpt2: GPT) -> None:
    one = Engine(gpt2)
    expected = [one.generate([prompt], max_new_tokens=9)[0].ids for prompt in PROMPTS]
    streams = [one.stream(prompt, max_new_tokens=9) for prompt in PROMPTS]
    columns = []
    for _ in range(9):
        columns.append([next(stream) for stream in streams])
        assert one.generate([[5]], max_new_tokens=2) == Engine(gpt2).generate([[5]], max_new_tokens=2)
    assert [list(ids) for ids in zip(*columns, strict=True)] == expected


def test_a_stream_may_be_left(gpt2: GPT) -> None:
    one = Engine(gpt2)
    stream = one.stream([5, 6])
    next(stream)
    stream.close()
    assert one.generate(PROMPTS) == Engine(gpt2).generate(PROMPTS)


# Where it ends


@dataclass
class Script:
    """Stands in for a model: what it generates is written down, by position."""

    ids: list[int]
    cfg: ModelConfig = GPT2
    dtype: Any = numpy.dtype(numpy.float32)  # noqa: RUF009
    ops: Any = cpu
    lengths: Any = field(default_factory=lambda: numpy.zeros(1, numpy.int32))
    batch: int = 1
    length: int = GPT2.context
    draws: Any = None

    def new_cache(self, batch: int, length: int) -> Script:
        assert batch == 1
        self.draws = GPT(GPT2, trainable=False).new_cache(1).draws
        return self

    def feed(self, model: Script, prompts: Any, rows: Any) -> None:
        assert [len(prompt) for prompt in prompts] == [0]
        self.lengths[rows] = 0

    def step(self, model: Script, n: int) -> None:
        place = self.lengths[0]
        assert self.draws.tokens.tolist() == ([self.ids[place - 1]] if place else [0])
        self.draws.tokens[0] = self.ids[place] if place < len(self.ids) else 0
        self.lengths[0] += 1


def scripted(text: str | bytes | list[int]) -> Engine:
    """An engine that, behind a prompt of one token, generates the text in single bytes, or the ids."""
    return Engine(Script(list(text.encode() if isinstance(text, str) else text)), tokenizer())  # type: ignore[arg-type]


def streamed(one: Engine, **options: Any) -> tuple[list[str], Sample]:
    """The pieces of a text stream, and the sample."""
    stream, pieces = one.stream_text([0], **options), []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            return pieces, end.value


def test_a_stop_id_is_the_last_token(gpt2: GPT) -> None:
    endless = Engine(gpt2).generate([[5, 6]], max_new_tokens=30)[0]
    stop = endless.ids[11]
    sample = Engine(gpt2).generate([[5, 6]], max_new_tokens=30, stop=[V - 1, stop])[0]
    end = endless.ids.index(stop) + 1
    assert sample == Sample(endless.ids[:end], endless.logprobs[:end], "stop")
    assert Engine(gpt2).generate([[5, 6]], max_new_tokens=30, stop=stop)[0] == sample
    assert Engine(gpt2).generate([[5, 6]], max_new_tokens=end, stop=stop)[0] == sample  # both at once


def test_a_special_tokens_name_is_the_token_and_not_its_text() -> None:
    end = tokenizer().special_tokens["<|endoftext|>"]
    one = scripted([*b"a<|endoftext|>b", end, *b"c"])
    pieces, sample = streamed(one, stop=["<|endoftext|>"])
    assert sample.finish == "stop" and sample.ids[-1] == end and len(sample.ids) == 16
    assert "".join(pieces) == "a<|endoftext|>b"


@pytest.mark.parametrize(
    ("stop", "shown", "tokens"),
    [
        (["wor"], "Hello, ", 10),
        (["o, w", "world"], "Hell", 8),
        (["lo,", "llo"], "He", 5),
        (["Hello, world! H"], "", 15),
        ([" H", "d!"], "Hello, worl", 13),
        (["x", "Hello, world? "], "Hello, world! Hello", 19),
    ],
)
def test_a_stop_text_is_found_across_tokens(stop: list[str], shown: str, tokens: int) -> None:
    one = scripted("Hello, world! Hello")
    pieces, sample = streamed(one, stop=stop, max_new_tokens=19)
    assert "".join(pieces) == shown
    assert len(sample.ids) == tokens
    assert sample.finish == ("stop" if tokens < 19 else "length")
    assert one.generate([[0]], stop=stop, max_new_tokens=19) == [sample]
    assert one.generate([[0]], stop=stop[-1], max_new_tokens=19)[0].ids == sample.ids or len(stop) > 1


def test_a_stop_text_is_found_inside_a_token() -> None:
    tok = tokenizer()
    long = max(range(256, V - 2), key=lambda id: len(tok.token_bytes(id)))
    text = tok.decode([long])
    assert len(text) > 5
    pieces, sample = streamed(scripted([*b"a", long, *b"b"]), stop=[text[2:5]])
    assert "".join(pieces) == "a" + text[:2]
    assert sample.ids == [*b"a", long] and sample.finish == "stop"
    pieces, _ = streamed(scripted([*b"a", long, *b"b"]), stop=[text[4:], text[1:3], text[3:5]])
    assert "".join(pieces) == "a" + text[:1]  # the first of those in one token


def test_no_half_characters_are_streamed() -> None:
    text = "naïve 🙂 你好!"
    pieces, sample = streamed(scripted(text), max_new_tokens=len(text.encode()))
    assert pieces == list(text)
    assert sample.finish == "length"
    cut, _ = streamed(scripted(text), max_new_tokens=len("naïve 🙂".encode()) - 1)
    assert cut == [*"naïve ", "\ufffd"]
    assert "".join(streamed(scripted(b"a\xffb\xe4\xbd"), max_new_tokens=5)[0]) == "a\ufffdb\ufffd"


def test_what_may_begin_a_stop_text_is_held_back_and_then_shown() -> None:
    pieces, _ = streamed(scripted("ab--c---d"), stop=["---d!"], max_new_tokens=9)
    assert pieces == ["a", "b", "--c", "---d"]


def test_ids_that_the_tokenizer_does_not_have_stand_for_themselves() -> None:
    one = Engine(model_of(ModelConfig(n_layer=1, n_head=1, n_embd=16, vocab_size=V + 500, context=48)), tokenizer())
    pieces = list(one.stream_text([0], max_new_tokens=40, stop=["never there"]))
    assert "\ufffd" in "".join(pieces)


def test_the_context_ends_a_sample(model: GPT) -> None:
    long = list(range(GPT2.context - 1))
    samples = Engine(model).generate([long, [1], long[3:]], max_new_tokens=1000)
    assert [len(sample.ids) for sample in samples] == [1, GPT2.context - 1, 4]
    assert {sample.finish for sample in samples} == {"context"}
    (both,) = Engine(model).generate([long], max_new_tokens=1)
    assert both.finish == "length"  # what was asked for is there
    assert len(list(Engine(model).stream([1, 2], max_new_tokens=10**12))) == GPT2.context - 2


# What is taken and what is refused


def test_prompts_may_be_arrays(gpt2: GPT) -> None:
    arrays = [numpy.array(prompt, dtype) for prompt in PROMPTS for dtype in ("int32", "uint16", "int64")]
    expected = Engine(gpt2).generate([prompt for prompt in PROMPTS for _ in range(3)], max_new_tokens=3)
    assert Engine(gpt2).generate(arrays, max_new_tokens=numpy.int64(3), n=numpy.int32(1)) == expected
    assert Engine(gpt2).generate([]) == []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"prompts": [[1], []]}, ValueError, "prompt 1 is empty"),
        ({"prompts": [[1], [V]]}, ValueError, "prompt 1 holds the id 900, but the model's ids go from 0 to 899"),
        ({"prompts": [[-1]]}, ValueError, "holds the id -1"),
        ({"prompts": [[2**40]]}, ValueError, "holds the id 1099511627776"),
        ({"prompts": [[1] * 48]}, ValueError, "prompt 0 has 48 tokens, which leaves no room.*context is 48"),
        ({"prompts": "text"}, TypeError, "prompts must be a list of lists of token ids, got str"),
        ({"prompts": ["text"]}, TypeError, "prompt 0 must be a list of token ids, got str: encode the text first"),
        ({"prompts": [1, 2]}, TypeError, "prompt 0 must be a list of token ids, got int 1"),
        ({"prompts": 3}, TypeError, "prompts must be a list"),
        ({"prompts": [[1.5]]}, TypeError, "prompt 0 must be a list of token ids"),
        ({"prompts": [[[1, 2], [3, 4]]]}, TypeError, "prompt 0 must be a list of token ids, got 2 dimensions"),
        ({"prompts": [[[1], [2, 3]]]}, TypeError, "prompt 0 must be a list of token ids"),
        ({"n": 0}, ValueError, "n must be at least 1, got 0"),
        ({"n": 1.0}, TypeError, "n must be an integer"),
        ({"max_new_tokens": 0}, ValueError, "max_new_tokens must be at least 1"),
        ({"temperature": -1.0}, ValueError, "temperature must be 0 or a positive number, got -1.0"),
        ({"temperature": float("nan")}, ValueError, "temperature must be"),
        ({"temperature": "hot"}, TypeError, "temperature must be a number, got str"),
        ({"top_k": -1}, ValueError, "top_k must be"),
        ({"top_k": 1.5}, TypeError, "top_k must be an integer"),
        ({"top_p": 0}, ValueError, "top_p must be above 0"),
        ({"top_p": 1.1}, ValueError, "top_p must be above 0"),
        ({"seed": -1}, ValueError, "seed must be within"),
        ({"seed": 2**64}, ValueError, "seed must be within"),
        ({"seed": [1, 2]}, ValueError, "seed must be one value, or one for each of the 1 prompts, got 2"),
        ({"temperature": [-1.0]}, ValueError, "temperature must be 0 or a positive number, got -1.0"),
        ({"top_p": "x"}, TypeError, "top_p must be a number, got str"),
        (
            {"max_new_tokens": []},
            ValueError,
            "max_new_tokens must be one value, or one for each of the 1 prompts, got 0",
        ),
        ({"stop": [V]}, ValueError, "the stop 900 is no id of the model's 0 ... 899"),
        ({"stop": [1.5]}, TypeError, "must be an integer"),
        ({"stop": ["text"]}, ValueError, "the stop text 'text' can only be found by an engine with a tokenizer"),
    ],
)
def test_refusals(gpt2: GPT, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments = {"prompts": [[1]], **arguments}
    with pytest.raises(error, match=message):
        Engine(gpt2).generate(**arguments)
    if len(arguments["prompts"] if isinstance(arguments["prompts"], list) else []) == 1 and "n" not in arguments:
        (prompt,) = arguments.pop("prompts")
        with pytest.raises(error, match=message):
            Engine(gpt2).stream(prompt, **arguments)  # at the call, not at the first token


def test_an_empty_stop_text_is_refused() -> None:
    with pytest.raises(ValueError, match="a stop text must not be empty"):
        scripted("a").generate([[0]], stop=[""])


def test_texts_need_a_tokenizer(gpt2: GPT) -> None:
    with pytest.raises(ValueError, match="only be streamed by an engine with a tokenizer"):
        Engine(gpt2).stream_text([1])


def test_a_tokenizer_of_another_model_is_refused() -> None:
    small = GPT(ModelConfig(n_layer=1, n_head=1, n_embd=16, vocab_size=300, context=8), trainable=False)
    with pytest.raises(ValueError, match="the tokenizer has 900 ids, but the model only 300"):
        Engine(small, tokenizer())
