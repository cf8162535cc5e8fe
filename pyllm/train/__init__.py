"""Training: the loop that all stages share, and one driver a stage."""

from pyllm.train import losses
from pyllm.train.dpo import dpo
from pyllm.train.dpo_config import DpoConfig
from pyllm.train.grpo import grpo
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.judged_preferences import JudgeConfig, judge
from pyllm.train.ppo import ppo
from pyllm.train.ppo_config import PpoConfig
from pyllm.train.pretrain import pretrain
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.result import Result
from pyllm.train.reward import reward
from pyllm.train.reward_config import RewardConfig
from pyllm.train.run import run
from pyllm.train.run_config import RunConfig
from pyllm.train.sft import sft
from pyllm.train.sft_config import SftConfig

__all__ = [
    "DpoConfig",
    "GrpoConfig",
    "JudgeConfig",
    "PpoConfig",
    "PretrainConfig",
    "Result",
    "RewardConfig",
    "RunConfig",
    "SftConfig",
    "dpo",
    "grpo",
    "judge",
    "losses",
    "ppo",
    "pretrain",
    "reward",
    "run",
    "sft",
]
