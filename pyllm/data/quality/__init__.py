"""The quality rules of Gopher, C4 and FineWeb: each takes a page's text and says whether to keep it, or why not.

Each takes the text or, where several are asked, a PageText that they share, so that it is taken apart once.
"""

from pyllm.data.quality.c4 import c4_quality
from pyllm.data.quality.fineweb import fineweb_quality
from pyllm.data.quality.gopher import gopher_quality, gopher_repetition
from pyllm.data.quality.line_wrapping import unwrap
from pyllm.data.quality.page_text import PageText
from pyllm.data.quality.refinedweb import refinedweb_quality
from pyllm.data.quality.thresholds import (
    C4Quality,
    FineWebQuality,
    GopherQuality,
    GopherRepetition,
    RefinedWebQuality,
)

__all__ = [
    "C4Quality",
    "FineWebQuality",
    "GopherQuality",
    "GopherRepetition",
    "PageText",
    "RefinedWebQuality",
    "c4_quality",
    "fineweb_quality",
    "gopher_quality",
    "gopher_repetition",
    "refinedweb_quality",
    "unwrap",
]
