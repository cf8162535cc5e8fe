"""Every implementation of the ops against the reference in float64, on sizes that are no multiple of anything.

An error is measured against the scale of the data: max |found - expected| / max |expected| over an output. It is at
most 1e-5 (calls.assert_agrees), for any number of threads, and from one number of threads to another.
"""

from __future__ import annotations

from functools import cache

import pytest
from calls import REFERENCE, Array, Implementation, assert_agrees, heads_first, in_float64, spread
from examples import (
    Example,
    activation_backward,
    activation_forward,
    adamw,
    attention_backward,
    attention_decode,
    attention_forward,
    bias_backward,
    classifier_backward,
    classifier_forward,
    classifier_forward_backward,
    embedding_backward,
    embedding_forward,
    example,
    layernorm_backward,
    layernorm_forward,
    linear_combination,
    matmul,
    muon_momentum,
    rmsnorm_backward,
    rmsnorm_forward,
    rope_backward,
    rope_forward,
    sample,
    softmax_backward,
    softmax_forward,
    sum_of_squares,
    swiglu_backward,
    swiglu_forward,
)

import pyllm
import pyllm.ops

# M, N, K: each size meets most others somewhere; the last ones are beyond what is packed at once.
MATMUL_SIZES = [
    (1, 1, 1), (1, 33, 129), (1, 1031, 67), (2, 257, 7), (3, 5, 1031), (5, 515, 17), (7, 13, 257), (8, 31, 400),
    (13, 1, 515), (17, 129, 2), (31, 67, 33), (33, 31, 5), (67, 7, 67), (129, 17, 31), (257, 2, 13), (515, 33, 1),
    (129, 131, 515), (1031, 3, 129), (131, 257, 390), (2029, 5, 3), (9, 3083, 3),
]  # fmt: skip
FORMS = ("nn", "nt", "tn", "tt")
EPILOGUES = [
    {},
    {"bias": True},
    {"addend": "out"},
    {"addend": "other"},
    {"bias": True, "activation": "gelu_tanh", "preactivation": True},
    {"bias": True, "addend": "out"},
    {"activation": "gelu_erf"},
    {"bias": True, "activation": "relu_squared", "addend": "other", "preactivation": True},
    {"preactivation": True},
]
EVERYWHERE = dict.fromkeys(("a", "b", "out", "addend"), spread)
MATMULS = [
    example(matmul, *sizes, form=form, layouts=EVERYWHERE if number % 2 else None, **EPILOGUES[number % len(EPILOGUES)])
    for number, (sizes, form) in enumerate((sizes, form) for sizes in MATMUL_SIZES for form in FORMS)
] + [
    example(matmul, *sizes, form=form, layouts=EVERYWHERE, **epilogue)
    for epilogue in EPILOGUES
    for sizes, form in (((5, 37, 391), "nt"), ((35, 45, 391), "nn"))
]

# Small ones run on one thread whatever is asked for, those of 16,384 elements or more on all.
ROWS = [(1, 1), (1, 7), (3, 33), (17, 129), (67, 5), (129, 1031), (2069, 17)]
OTHERS = [
    *(example(bias_backward, *sizes) for sizes in ROWS),
    example(bias_backward, 131, 129, layouts={"dout": spread}),
    *(example(layernorm_forward, *sizes) for sizes in ROWS),
    example(layernorm_forward, 17, 129, bias=False),
    example(layernorm_forward, 17, 129, residual=True),
    example(layernorm_forward, 17, 129, bias=False, residual=True),
    example(layernorm_forward, 17, 129, mean=100.0),
    *(example(layernorm_backward, *sizes) for sizes in ROWS[1:]),  # of one column the gradient is 0 but for rounding
    example(layernorm_backward, 17, 129, bias=False, dresidual="other"),
    example(layernorm_backward, 17, 129, dresidual="dx"),
    example(layernorm_backward, 17, 129, mean=100.0),
    *(example(rmsnorm_forward, *sizes) for sizes in ROWS),
    example(rmsnorm_forward, 17, 129, residual=True),
    example(rmsnorm_forward, 17, 129, eps=0.5),
    example(rmsnorm_forward, 3, 7, 5, 19),
    example(rmsnorm_forward, 3, 7, 5, 19, layouts={"x": spread, "out": spread}),
    example(rmsnorm_forward, 2, 67, 3, 64, layouts={"x": spread, "out": heads_first}),
    *(example(rmsnorm_backward, *sizes) for sizes in ROWS[1:]),
    example(rmsnorm_backward, 17, 129, dresidual="other"),
    example(rmsnorm_backward, 17, 129, dresidual="dx"),
    example(rmsnorm_backward, 17, 129, in_place=True),
    example(rmsnorm_backward, 17, 129, dresidual="other", in_place=True),
    example(rmsnorm_backward, 3, 67, 5, 19, layouts={"x": spread, "dout": heads_first, "dx": spread}),
    example(rmsnorm_backward, 3, 7, 5, 19, in_place=True, layouts={"x": spread, "dout": spread, "dx": spread}),
    *(
        example(make, *shape, activation=activation, in_place=in_place)
        for make in (activation_forward, activation_backward)
        for activation in ("gelu_tanh", "gelu_erf", "relu_squared")
        for shape, in_place in (((1,), False), ((3, 5, 7), False), ((131, 257), False), ((31,), True))
    ),
    *(example(swiglu_forward, *sizes) for sizes in ROWS),
    *(example(swiglu_backward, *sizes) for sizes in ROWS),
    example(swiglu_backward, 17, 129, in_place=True),
    *(example(softmax_forward, *sizes) for sizes in ROWS),
    example(softmax_forward, 17, 129, in_place=True),
    *(example(softmax_backward, *sizes) for sizes in ROWS),
    example(softmax_backward, 17, 129, in_place=True),
    *(example(embedding_forward, *sizes, words) for sizes, words in zip(ROWS, (1, 7, 2, 1031, 3, 5, 31), strict=True)),
    example(embedding_forward, 67, 33, 7, positions=False),
    example(embedding_forward, 67, 33, 7, layouts={"table": spread, "position_table": spread}),
    *(example(embedding_backward, *sizes, words) for sizes, words in zip(ROWS, (1, 7, 2, 1031, 3, 5, 31), strict=True)),
    example(embedding_backward, 67, 33, 7, positions=False),
    example(embedding_backward, 67, 33, 7, table=False),
    example(embedding_backward, 67, 33, 7, layouts={"dtable": spread, "dposition_table": spread}),
    *(
        example(make, *shape, interleaved=interleaved, layouts={name: layout} if layout else None)
        for make, name in ((rope_forward, "x"), (rope_backward, "dx"))
        for interleaved in (False, True)
        for shape, layout in (((1, 1, 1, 2), None), ((3, 67, 5, 34), spread), ((3, 5, 2, 64), heads_first))
    ),
    example(sum_of_squares, 1),
    example(sum_of_squares, 1031),
    example(sum_of_squares, 3, 7, 5003),
    example(adamw, 1),
    example(adamw, 1031, step=7, scale=0.5),
    example(adamw, 70001, step=1000),
    example(muon_momentum, 1),
    example(muon_momentum, 131, 257, scale=0.25),
    *(example(linear_combination, 131, 257, out=out) for out in ("", "x", "y")),
    example(linear_combination, 3),
]  # fmt: skip

SPREAD_HEADS = dict.fromkeys(("q", "k", "v", "out", "dout", "dq", "dk", "dv"), spread)
CACHE = {"q": spread, "k": heads_first, "v": heads_first}
DECODE = {"q": spread, "k": spread, "v": spread, "keys": heads_first, "values": heads_first}
ATTENTIONS = [
    # batch, queries, keys, heads, heads of keys and values, head size
    example(attention_forward, 1, 1, 1, 1, 1, 1),
    example(attention_forward, 2, 7, 7, 3, 1, 5),
    example(attention_forward, 3, 17, 17, 6, 2, 16, "segments"),
    example(attention_forward, 1, 33, 33, 2, 2, 64, layouts=SPREAD_HEADS),
    example(attention_forward, 1, 67, 67, 4, 2, 19, "window", layouts=SPREAD_HEADS),
    example(attention_forward, 2, 129, 129, 2, 1, 33, "segments", layouts=SPREAD_HEADS),
    example(attention_forward, 1, 257, 257, 1, 1, 128),
    example(attention_forward, 1, 515, 515, 1, 1, 3, "segments", 0.7),
    example(attention_forward, 2, 13, 141, 4, 2, 40, layouts=CACHE),
    example(attention_forward, 1, 1, 67, 2, 1, 17, "window", layouts=CACHE),
    example(attention_forward, 1, 70, 203, 2, 1, 100, "segments", layouts=CACHE),
    example(attention_forward, 1, 31, 257, 1, 1, 64, "window"),
    example(attention_backward, 1, 1, 1, 1, 1),
    example(attention_backward, 2, 7, 3, 1, 5),
    example(attention_backward, 3, 17, 6, 2, 16, "segments"),
    example(attention_backward, 1, 33, 2, 2, 64, layouts=SPREAD_HEADS),
    example(attention_backward, 1, 67, 4, 2, 19, "window", layouts=SPREAD_HEADS),
    example(attention_backward, 2, 129, 2, 1, 33, "segments", layouts=SPREAD_HEADS),
    example(attention_backward, 1, 257, 1, 1, 128),
    example(attention_backward, 1, 515, 1, 1, 3, "segments", 0.7),
    example(attention_decode, 1, 1, 1, 1, 1),
    example(attention_decode, 3, 67, 6, 2, 17, layouts=DECODE),
    example(attention_decode, 5, 257, 2, 2, 64, first=True, layouts=DECODE),
    example(attention_decode, 13, 67, 6, 2, 34, first=True, cache_rows=3, layouts=DECODE),
    example(attention_decode, 2, 515, 4, 1, 100, scale=0.3, layouts={**DECODE, "out": spread}),
]

CLASSIFIERS = [
    # rows, channels, vocabulary
    *(
        example(make, *sizes)
        for make in (classifier_forward, classifier_backward, classifier_forward_backward)
        for sizes in ((1, 1, 1), (1, 33, 257), (7, 5, 31), (67, 17, 1031), (131, 33, 515), (300, 3, 2), (5, 67, 5003))
    ),
    *(
        example(make, 67, 17, 257, masked=masked)
        for make in (classifier_forward, classifier_backward, classifier_forward_backward)
        for masked in (0.0, 0.95, 1.0)
    ),
    *(  # logits that are not held whole
        example(make, 67, 2, 100003, masked=0.0)
        for make in (classifier_forward, classifier_backward, classifier_forward_backward)
    ),
    example(classifier_forward, 67, 17, 257, layouts={"weight": spread}),
    example(classifier_forward, 67, 17, 257, entropies=False),
    example(classifier_forward, 67, 17, 257, entropies=False, logsumexp=False),
    example(classifier_forward, 67, 17, 257, logsumexp=False),
    example(classifier_forward, 67, 17, 257, scale=30.0),
    example(classifier_backward, 67, 17, 257, layouts={"weight": spread, "dweight": spread}),
    example(classifier_backward, 67, 17, 257, logprobs=False),
    example(classifier_backward, 67, 17, 257, entropies=False),
    example(classifier_backward, 67, 17, 257, logprobs=False, entropies=False),
    example(classifier_backward, 67, 17, 257, dweight=False),
    example(classifier_backward, 67, 17, 257, scale=30.0),
    example(classifier_forward_backward, 67, 17, 257, layouts={"weight": spread, "dweight": spread}),
    example(classifier_forward_backward, 67, 17, 257, dweight=False),
]

SAMPLES = [
    example(sample, 7, 1),
    example(sample, 67, 257),
    example(sample, 33, 5003, layouts={"logits": spread}),
    example(sample, 67, 257, temperature=0.0),
    example(sample, 67, 257, temperature=0.6),
    example(sample, 67, 257, temperature=1.7, top_k=5),
    example(sample, 67, 257, top_k=1),
    example(sample, 67, 257, top_k=300),
    example(sample, 67, 257, top_p=0.9),
    example(sample, 67, 257, top_p=1e-6),
    example(sample, 33, 1031, temperature=0.8, top_k=50, top_p=0.7),
]

EXAMPLES = MATMULS + OTHERS + ATTENTIONS + CLASSIFIERS + SAMPLES


@cache  # for the next instruction set
def expected(case: Example) -> dict[str, Array]:
    return REFERENCE.run(case.op, in_float64(case.arguments()))


def test_every_op_has_an_example() -> None:
    assert {case.op for case in EXAMPLES} == set(pyllm.ops.__all__)
    assert len({str(case) for case in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("case", EXAMPLES, ids=str)
def test_agrees_with_the_reference(case: Example, implementation: Implementation) -> None:
    results = []
    for count in (1, 2, 3, 2):
        pyllm.set_num_threads(count)
        results.append(implementation.run(case.op, case.arguments(), case.layouts))
    for threads, found in zip((1, 2, 3), results, strict=False):
        assert_agrees(found, expected(case), f"on {threads} threads")
        assert_agrees(found, results[0], f"from 1 to {threads} threads")
    for name, values in results[1].items():
        assert values.tobytes() == results[3][name].tobytes(), f"{name} has other bits in a second run"
