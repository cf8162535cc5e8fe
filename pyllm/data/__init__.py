"""From web pages to token shards.

What is named here comes from the modules of this package when it is first asked for, so that `import pyllm` needs none
of the libraries of the extra `pyllm[data]`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyllm.data import miniweb
    from pyllm.data.deduplication import exact_duplicates, minhash_duplicates
    from pyllm.data.extraction import extract_text
    from pyllm.data.language import identify_language
    from pyllm.data.pii import mask_pii
    from pyllm.data.pipeline import run
    from pyllm.data.pipeline_config import PipelineConfig
    from pyllm.data.quality import c4_quality, fineweb_quality, gopher_quality, gopher_repetition, refinedweb_quality

__all__ = [
    "PipelineConfig",
    "c4_quality",
    "exact_duplicates",
    "extract_text",
    "fineweb_quality",
    "gopher_quality",
    "gopher_repetition",
    "identify_language",
    "mask_pii",
    "minhash_duplicates",
    "miniweb",
    "refinedweb_quality",
    "run",
]

_MODULES = {
    "deduplication": ("exact_duplicates", "minhash_duplicates"),
    "extraction": ("extract_text",),
    "language": ("identify_language",),
    "pii": ("mask_pii",),
    "pipeline": ("run",),
    "pipeline_config": ("PipelineConfig",),
    "quality": ("c4_quality", "fineweb_quality", "gopher_quality", "gopher_repetition", "refinedweb_quality"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "miniweb":
        return importlib.import_module(f"{__name__}.miniweb")
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
