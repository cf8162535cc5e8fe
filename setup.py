"""Builds the native parts: the tokenizer (a pybind11 module) and, from csrc/kernels.h, the numeric kernels.

Environment: PYLLM_SANITIZE=1 builds with AddressSanitizer and UndefinedBehaviorSanitizer.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g"]


class BuildNative(build_ext):
    """Generates what the C++ sources include, then compiles them."""

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
                extension.extra_compile_args += SANITIZE
                extension.extra_link_args += SANITIZE
        super().build_extensions()


def tokenizer() -> Pybind11Extension:
    return Pybind11Extension(
        "pyllm._bpe",
        sorted(str(path.relative_to(ROOT)) for path in (ROOT / "csrc/bpe").glob("*.cpp")),
        depends=sorted(str(path.relative_to(ROOT)) for path in (ROOT / "csrc/bpe").glob("*.[hp]*")),
        cxx_std=17,
        extra_compile_args=["-O3", "-pthread", "-Wall", "-Wextra"],
        extra_link_args=["-pthread"],
    )


setup(ext_modules=[tokenizer()], cmdclass={"build_ext": BuildNative})
