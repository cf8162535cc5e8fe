"""Builds the native parts: the tokenizer (a pybind11 module) and, from csrc/kernels.h, the numeric kernels.

The kernels are a plain shared library inside the package, which cffi loads by the declarations in csrc/kernels.h; they
are built once that header is there. Environment: PYLLM_SANITIZE=1 builds with AddressSanitizer and
UndefinedBehaviorSanitizer.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
KERNELS = ROOT / "csrc/kernels.h"
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
        if KERNELS.exists():
            self.declare_kernels()

    def declare_kernels(self) -> None:
        """Writes pyllm/ops/_kernels.py: the parsed header, so that import parses nothing and needs no compiler."""
        from cffi import FFI

        declarations = FFI()
        declarations.set_source("pyllm.ops._kernels", None)
        declarations.cdef(KERNELS.read_text())
        target = Path(self.get_ext_fullpath("pyllm.ops._kernels")).with_name("_kernels.py")
        target.parent.mkdir(parents=True, exist_ok=True)
        declarations.emit_python_code(str(target))

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


def cpu_kernels() -> list[Extension]:
    if not KERNELS.exists():
        return []
    return [
        KernelLibrary(
            "pyllm.ops.libpyllm_cpu",
            files("csrc/cpu", "*.cpp"),
            depends=[str(KERNELS.relative_to(ROOT)), *files("csrc/cpu", "*.h")],
            include_dirs=["csrc"],
            language="c++",
            extra_compile_args=["-std=c++17", "-O3", "-fopenmp", "-Wall", "-Wextra"],
            extra_link_args=["-fopenmp"],
        )
    ]


setup(ext_modules=[tokenizer(), *cpu_kernels()], cmdclass={"build_ext": BuildNative})
