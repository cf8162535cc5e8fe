"""Which kernel library is loaded, and what loading it leaves behind."""

import os
import subprocess
import sys

import numpy
import pytest

import pyllm
from pyllm.ops.library import ISAS, Library, Repeatable, available_isas, library, use_library


def loaded(environment: dict[str, str], program: str) -> subprocess.CompletedProcess[str]:
    keep = {name: value for name, value in os.environ.items() if name not in ("PYLLM_ISA", "GOMP_SPINCOUNT")}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=keep | environment, capture_output=True, text=True)


@pytest.mark.parametrize("isa", available_isas())
def test_the_environment_forces_an_instruction_set(isa: str) -> None:
    result = loaded({"PYLLM_ISA": isa}, "import pyllm; print(pyllm.devices()[0].instruction_set)")
    assert result.stdout.strip() == isa


def test_the_widest_is_the_default() -> None:
    result = loaded({}, "import pyllm; print(pyllm.devices()[0].instruction_set)")
    assert result.stdout.strip() == available_isas()[-1]


def test_an_unknown_instruction_set_is_refused() -> None:
    result = loaded({"PYLLM_ISA": "mmx"}, "import pyllm; pyllm.devices()")
    assert "ValueError: there is no instruction set 'mmx' here; those known are baseline, avx2, avx512" in result.stderr


def test_an_instruction_set_that_the_processor_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        monkeypatch.context() as patched,
        pytest.raises(ValueError, match="this processor cannot run avx2; it can run baseline"),
    ):
        patched.setattr("pyllm.ops.library.available_isas", lambda: ("baseline",))
        Library("avx2")


def test_libraries_change_places() -> None:
    before = library().isa
    for isa in available_isas():
        use_library(isa)
        assert library().isa == isa
    use_library(before)
    assert set(available_isas()) <= set(ISAS)


def test_work_is_repeated_on_what_the_arrays_then_hold() -> None:
    table, out = numpy.float32([[1, 2], [3, 4]]), numpy.empty((1, 2), numpy.float32)
    tokens, times = numpy.zeros(1, numpy.int32), []

    def look_up() -> None:
        times.append(1)
        pyllm.ops.embedding_forward(tokens, table, out)

    repeated = Repeatable(look_up)
    for token in (0, 1, 0):
        tokens[0] = token
        repeated()
        assert out[0].tolist() == table[token].tolist()
    tokens[0] = 2
    with pytest.raises(ValueError, match=r"tokens\[0\] is 2"):
        repeated()
    assert len(times) == 1
    tokens[0] = 1
    assert len(library().plan(lambda: (look_up(), Repeatable(look_up)(), look_up())[0]).arguments) == 3


def test_what_cannot_be_planned_is_refused() -> None:
    x, many, out = (numpy.ones((size, size), numpy.float32) for size in (4, 65, 65))
    with pytest.raises(RuntimeError, match="pyllm_softmax_forward cannot be part of a plan"):
        library().plan(lambda: pyllm.ops.softmax_forward(x, x))
    with pytest.raises(ValueError, match="only a product with a packed b, or of at most 64 rows"):
        library().plan(lambda: pyllm.ops.matmul(many, many, out, transpose_b=True))
    pyllm.ops.softmax_forward(x, x)  # after which everything is as before
    assert (x == 0.25).all()


def test_loading_leaves_the_environment_alone() -> None:
    program = "import os, pyllm; pyllm.devices(); print(os.environ.get('GOMP_SPINCOUNT'))"
    assert loaded({}, program).stdout.strip() == "None"
    assert loaded({"GOMP_SPINCOUNT": "7"}, program).stdout.strip() == "7"


def test_devices() -> None:
    (device,) = pyllm.devices()
    assert device.name == "cpu"
    assert device.threads == pyllm.get_num_threads()
    assert device.instruction_set in ISAS
    assert device.processor
    assert device.memory is None or device.memory > 1 << 28
