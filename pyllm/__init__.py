"""pyllm: a language model from nothing, end to end, on hand-written C++ and CUDA kernels."""

try:
    from pyllm import _bpe as _bpe
    from pyllm.ops import _kernels as _kernels
except ImportError as error:
    raise ImportError(
        f"pyllm's native part is not beside {__file__}: in a checkout, build it there with `pip install -e .`, or "
        f"start Python in another folder to import the installed package ({error})"
    ) from None
import importlib
from typing import TYPE_CHECKING, Any

from pyllm import ops
from pyllm.devices import devices
from pyllm.engine import Engine, Sample
from pyllm.model import GPT, KVCache, ModelConfig, Outputs, StaleActivations, load
from pyllm.optim import AdamW, Muon
from pyllm.threads import get_num_threads, set_num_threads
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer
from pyllm.version import __version__

if TYPE_CHECKING:
    from pyllm import chat, tasks, train

__all__ = [
    "GPT",
    "SPECIAL_TOKENS",
    "AdamW",
    "Engine",
    "KVCache",
    "ModelConfig",
    "Muon",
    "Outputs",
    "Sample",
    "StaleActivations",
    "Tokenizer",
    "__version__",
    "chat",
    "devices",
    "get_num_threads",
    "load",
    "ops",
    "set_num_threads",
    "tasks",
    "train",
]

_IMPORTED_WHEN_USED = ("chat", "tasks", "train")  # they take longer to import than all the rest


def __getattr__(name: str) -> Any:
    if name in _IMPORTED_WHEN_USED:
        return importlib.import_module(f"pyllm.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
