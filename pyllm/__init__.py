"""pyllm: a language model from nothing, end to end, on hand-written C++ and CUDA kernels."""

from pyllm.threads import get_num_threads, set_num_threads
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer
from pyllm.version import __version__

__all__ = ["SPECIAL_TOKENS", "Tokenizer", "__version__", "get_num_threads", "set_num_threads"]
