"""Training: the loop that all stages share, and one driver a stage."""

from pyllm.train.pretrain import pretrain
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.result import Result
from pyllm.train.run import RunConfig, run

__all__ = ["PretrainConfig", "Result", "RunConfig", "pretrain", "run"]
