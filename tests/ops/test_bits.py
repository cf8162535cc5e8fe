"""Results that must be the same to the last bit, on CPUs: a row's, whatever stands in the other rows.

So a prompt and what is generated behind it get the same logits alone and in a batch.
"""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from calls import Arguments, Array, Implementation, heads_first, outputs_of, spread
from examples import (
    Example,
    activation_forward,
    attention_decode,
    attention_forward,
    classifier_forward,
    embedding_forward,
    example,
    layernorm_forward,
    normal,
    rmsnorm_forward,
    rope_forward,
    sample,
    softmax_forward,
    swiglu_forward,
)

import pyllm
from pyllm.ops.library import library

FEW_ROWS = library().kernels.PYLLM_FEW_ROWS


@pytest.fixture(autouse=True)
def promised(implementation: Implementation) -> None:
    if not implementation.same_bits:
        pytest.skip(f"{implementation.name} does not promise the same bits")


def product(implementation: Implementation, a: Array, b: Array, form: str, **options: Any) -> Array:
    arguments = {
        "a": a.T.copy() if form[0] == "t" else a,
        "b": b.T.copy() if form[1] == "t" else b,
        "out": numpy.zeros((len(a), b.shape[1]), numpy.float32),
        "transpose_a": form[0] == "t",
        "transpose_b": form[1] == "t",
        **options,
    }
    return implementation.run("matmul", arguments, {"a": spread, "b": spread})["out"]


# The depths are within one block of the sum, and in two and three blocks.
@pytest.mark.parametrize("depth", [5, 390, 1031])
@pytest.mark.parametrize("epilogue", [False, True])
@pytest.mark.parametrize("form", ["nt", "nn", "tn", "tt"])
def test_an_element_of_a_product_depends_on_its_row_and_column_alone(
    form: str, epilogue: bool, depth: int, implementation: Implementation
) -> None:
    random = numpy.random.default_rng(depth)
    a, b, bias = normal(random, 131, depth), normal(random, depth, 157), normal(random, 157)

    def options(columns: slice) -> dict[str, Any]:
        return {"bias": bias[columns], "activation": "gelu_tanh"} if epilogue else {}

    few = form[1] == "t"  # then up to FEW_ROWS rows are summed in an order of their own
    pyllm.set_num_threads(1)
    for rows, counts in ((131, (65, 66, 80, 131)), (FEW_ROWS, (1, 2, 3, 4, 5, 6, 7, 8, 13, 29, 64))):
        whole = product(implementation, a[:rows], b, form, **options(slice(None)))
        counts = counts if few else (1, 3, 9, *counts)
        for threads, part, columns in [
            *((threads, slice(0, rows), slice(0, 157)) for threads in (2, 3)),
            *((2, slice(rows - count, rows), slice(0, 157)) for count in counts),
            *((1, slice(0, rows), slice(0, count)) for count in (1, 7, 8, 31, 33, 64, 129)),
            (3, slice(rows - counts[0], rows), slice(16, 21)),
            (2, slice(0, counts[1]), slice(3, 46)),
        ]:
            pyllm.set_num_threads(threads)
            found = product(implementation, a[part], numpy.ascontiguousarray(b[:, columns]), form, **options(columns))
            assert found.tobytes() == whole[part, columns].tobytes(), (threads, part, columns)


CACHE = {"q": spread, "k": heads_first, "v": heads_first}
DECODE = {"q": spread, "k": spread, "v": spread, "keys": heads_first, "values": heads_first}
ROW_BY_ROW = [  # the first dimension of every array is that of the rows, but for those named: weights and tables
    (example(layernorm_forward, 131, 131), ("weight", "bias")),
    (example(layernorm_forward, 131, 131, residual=True), ("weight", "bias")),
    (example(rmsnorm_forward, 131, 131), ("weight",)),
    (example(rmsnorm_forward, 131, 131, residual=True), ("weight",)),
    (example(rmsnorm_forward, 131, 3, 2, 67, layouts={"x": spread}), ("weight",)),
    *(
        (example(activation_forward, 131, 137, activation=name), ())
        for name in ("gelu_tanh", "gelu_erf", "relu_squared")
    ),
    (example(swiglu_forward, 131, 137), ()),
    (example(softmax_forward, 131, 131), ()),
    (example(embedding_forward, 131, 137, 19), ("table", "position_table")),
    (example(rope_forward, 131, 3, 2, 34, layouts={"x": spread}), ("cosines", "sines")),
    (example(attention_forward, 5, 33, 67, 4, 2, 19, "segments", layouts=CACHE), ()),
    (example(attention_decode, 7, 131, 4, 2, 19, layouts=DECODE), ()),
    (example(classifier_forward, 131, 37, 131, masked=0.0), ("weight",)),
    (example(sample, 131, 131), ()),
    (example(sample, 131, 131, temperature=0.8, top_k=40, top_p=0.9), ()),
]


@pytest.mark.parametrize(("case", "shared"), ROW_BY_ROW, ids=str)
def test_a_row_depends_on_itself_alone(case: Example, shared: tuple[str, ...], implementation: Implementation) -> None:
    arguments = case.arguments()
    rows = len(arguments[outputs_of(case.op, arguments)[0]])
    pyllm.set_num_threads(1)
    whole = implementation.run(case.op, arguments, case.layouts)
    parts = [slice(0, rows), *(slice(row, row + 1) for row in (0, 3, rows // 2, rows - 1)), slice(1, 5), slice(2, rows)]
    for threads, part in ((threads, part) for threads in (2, 3) for part in parts):
        pyllm.set_num_threads(threads)
        some: Arguments = {
            name: value[part] if isinstance(value, numpy.ndarray) and name not in shared else value
            for name, value in arguments.items()
        }
        for name, values in implementation.run(case.op, some, case.layouts).items():
            assert values.tobytes() == whole[name][part].tobytes(), (name, threads, part)
