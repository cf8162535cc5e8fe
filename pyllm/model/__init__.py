"""The model: its configuration, its parameters, its forward and backward pass, and its folders."""

from pyllm.model.cache import KVCache
from pyllm.model.config import ModelConfig
from pyllm.model.folders import load
from pyllm.model.gpt import GPT, StaleActivations
from pyllm.model.inputs import Outputs

__all__ = ["GPT", "KVCache", "ModelConfig", "Outputs", "StaleActivations", "load"]
