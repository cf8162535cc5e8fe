"""The losses of tuning and of reinforcement learning, as functions of log-probabilities alone.

Each takes what the model's forward pass gives and returns the loss, its gradients, which are the arguments of
model.backward, and some metrics. It knows nothing of models, so that finite differences can check it.

All arrays are (B, T) unless said otherwise: log-probabilities of target tokens in nats, and masks, which weigh them: 1
where the loss looks at a token, 0 elsewhere. What stands where the mask is 0 is never looked at, and its gradient is 0.
Sums are in float64; gradients come back in the type of the log-probabilities.

A step may have several micro-batches. Each then gets the `denominator` of the whole step, and its loss and metrics are
its shares, which add up to those of one batch: a mean of means would weigh tokens unequally. Without it, a call is the
whole step.

Log-probabilities of the model itself are not refused when they are not finite: the loss is not finite then, and the
loop (pyllm.train.loop) says on which data and where the last good checkpoint is.
"""

from pyllm.train.losses.checks import Loss
from pyllm.train.losses.imitation import sft
from pyllm.train.losses.policy_gradient import (
    Normaliser,
    denominator_of,
    group_advantages,
    grpo,
    leave_one_out_advantages,
    reinforce,
    rloo,
)
from pyllm.train.losses.ppo import gae, ppo_policy, ppo_value, whitened
from pyllm.train.losses.preferences import dpo, reward

__all__ = [
    "Loss",
    "Normaliser",
    "denominator_of",
    "dpo",
    "gae",
    "group_advantages",
    "grpo",
    "leave_one_out_advantages",
    "ppo_policy",
    "ppo_value",
    "reinforce",
    "reward",
    "rloo",
    "sft",
    "whitened",
]
