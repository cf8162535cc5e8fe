"""Builds the native parts: the tokenizer (a pybind11 module) and the numeric kernels.

The kernels are plain shared libraries inside the package, one for each instruction set, made of the same sources;
pyllm/ops/library.py picks one, which cffi loads by the declarations in csrc/kernels.h. Environment: PYLLM_SANITIZE=1
builds with AddressSanitizer and UndefinedBehaviorSanitizer.
"""

import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
KERNELS = ROOT / "csrc/kernels.h"
DECLARATIONS = "pyllm/ops/_kernels.py"
INSTRUCTION_SETS = {"baseline": ["-DPYLLM_LANES=4"]}  # the compiler's flags for each
if platform.machine() in ("x86_64", "AMD64"):
    avx2 = ["-mavx2", "-mfma"]
    avx512 = [*avx2, "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"]
    INSTRUCTION_SETS |= {"avx2": ["-DPYLLM_LANES=8", *avx2], "avx512": ["-DPYLLM_LANES=16", *avx512]}
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g"]


class KernelLibrary(Extension):
    """A shared library without a Python module in it."""


class BuildNative(build_ext):
    """Generates what the sources include and what cffi reads, then compiles."""

    def build_extensions(self) -> None:
        if not Path(sysconfig.get_path("include"), "Python.h").exists():
            raise SystemExit(
                f"Python.h of Python {sys.version_info.major}.{sys.version_info.minor} is missing: "
                "install the headers (Debian and Ubuntu: apt-get install python3-dev) and try again."
            )
        generated = Path(self.build_temp, "generated")
        generated.mkdir(parents=True, exist_ok=True)
        script = ROOT / "csrc/bpe/generate_unicode_classes.py"
        subprocess.run([sys.executable, script, generated / "unicode_classes.inc"], check=True)
        for extension in self.extensions:
            extension.include_dirs.append(str(generated))
            if os.environ.get("PYLLM_SANITIZE"):
                extension.extra_compile_args += ["-O1", *SANITIZE]
                extension.extra_link_args += SANITIZE
        super().build_extensions()
        self.declare_kernels()

    def build_extension(self, extension: Extension) -> None:
        build_temp = self.build_temp
        if isinstance(extension, KernelLibrary):  # the same sources for each: objects must not meet
            self.build_temp = str(Path(build_temp, extension.name))
        super().build_extension(extension)
        self.build_temp = build_temp

    def declare_kernels(self) -> None:
        """Writes pyllm/ops/_kernels.py: the parsed header, so that import parses nothing and needs no compiler."""
        from cffi import FFI

        declarations = FFI()
        declarations.set_source("pyllm.ops._kernels", None)
        declarations.cdef(KERNELS.read_text())
        target = Path(self.build_lib, DECLARATIONS)
        target.parent.mkdir(parents=True, exist_ok=True)
        declarations.emit_python_code(str(target))

    def copy_extensions_to_source(self) -> None:
        super().copy_extensions_to_source()
        self.copy_file(str(Path(self.build_lib, DECLARATIONS)), str(ROOT / DECLARATIONS))

    def get_ext_filename(self, fullname: str) -> str:
        if isinstance(self.ext_map.get(fullname), KernelLibrary):
            return str(Path(*fullname.split("."))) + ".so"
        return super().get_ext_filename(fullname)

    def get_export_symbols(self, ext: Extension) -> list[str]:
        return [] if isinstance(ext, KernelLibrary) else super().get_export_symbols(ext)


def files(folder: str, *patterns: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for pattern in patterns for path in (ROOT / folder).glob(pattern))


def tokenizer() -> Extension:
    return Pybind11Extension(
        "pyllm._bpe",
        files("csrc/bpe", "*.cpp"),
        depends=files("csrc/bpe", "*.h", "*.py"),
        cxx_std=17,
        extra_compile_args=["-O3", "-pthread", "-Wall", "-Wextra"],
        extra_link_args=["-pthread"],
    )


def cpu_kernels(instruction_set: str) -> Extension:
    return KernelLibrary(
        f"pyllm.ops.libpyllm_cpu_{instruction_set}",
        files("csrc/cpu", "*.cpp"),
        depends=[str(KERNELS.relative_to(ROOT)), *files("csrc/cpu", "*.h")],
        include_dirs=["csrc"],
        language="c++",
        extra_compile_args=[
            *("-std=gnu++17", "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
            *("-fopenmp", "-fvisibility=hidden", "-Wall", "-Wextra"),
            *INSTRUCTION_SETS[instruction_set],
        ],
        extra_link_args=["-fopenmp", "-Wl,-z,nodelete"],  # OpenMP's threads must not lose their code when Python ends
    )


setup(ext_modules=[tokenizer(), *map(cpu_kernels, INSTRUCTION_SETS)], cmdclass={"build_ext": BuildNative})
