"""pyllm: a language model from nothing, end to end, on hand-written C++ and CUDA kernels."""

try:
    from pyllm import _bpe as _bpe
except ImportError as error:
    raise ImportError(
        f"pyllm's native part is not beside {__file__}: in a checkout, build it there with `pip install -e .`, or "
        f"start Python in another folder to import the installed package ({error})"
    ) from None
from pyllm.threads import get_num_threads, set_num_threads
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer
from pyllm.version import __version__

__all__ = ["SPECIAL_TOKENS", "Tokenizer", "__version__", "get_num_threads", "set_num_threads"]
