"""PPO's losses (Schulman et al. 2017), and its advantages a token (Schulman et al. 2016).

Rows are responses, columns their tokens; a token's value is the critic's, of what stands before it.
"""

from __future__ import annotations

import numpy

from pyllm.train.losses.checks import (
    Array,
    Loss,
    as_gradients,
    check_number,
    checked,
    checked_constants,
    checked_denominator,
)
from pyllm.train.losses.policy_gradient import clipped_surrogate, k3

SMALL = 1e-8  # added to a standard deviation


def gae(rewards: Array, values: Array, mask: Array, gamma: float = 1.0, lam: float = 0.95) -> tuple[Array, Array]:
    """Generalized advantage estimation (Schulman et al. 2016, equation 16).

    A_t = d_t + gamma lam A_(t+1), with d_t = r_t + gamma V_(t+1) - V_t; behind the last token of a response all is 0.

    Args:
        rewards: (B, T), of each token.
        values: (B, T), what the critic expects from each token on.
        mask: (B, T), 1 on the responses; a token behind which none counts is its response's last.
        gamma: how much the next token's worth counts; 1 where responses are short.
        lam: 1: all that comes counts, with much noise; 0: only the critic's next opinion does.

    Returns:
        Advantages and returns (advantage + value, what the critic should have said), both (B, T) float64, 0 where the
        mask is.

    Raises:
        TypeError, ValueError: the shapes differ, a number is not finite where the mask is not 0, or gamma or lam is not
            between 0 and 1.
    """
    values, mask, _ = checked("values", values, mask)
    rewards = checked_constants("rewards", rewards, mask)
    values = checked_constants("values", values, mask)
    for name, number in (("gamma", gamma), ("lam", lam)):
        if not 0 <= number <= 1:
            raise ValueError(f"{name} must be from 0 to 1, got {number}")
    counts = mask > 0
    advantages = numpy.zeros(values.shape)
    after = expected = numpy.zeros(len(values))  # the advantage and the value of the next token
    for t in reversed(range(values.shape[1])):
        found = rewards[:, t] + gamma * expected - values[:, t] + gamma * lam * after
        advantages[:, t] = after = numpy.where(counts[:, t], found, 0.0)
        expected = values[:, t]  # 0 where it does not count
    return advantages, numpy.where(counts, advantages + values, 0.0)


def whitened(advantages: Array, mask: Array) -> Array:
    """(A - mean) / (std + 1e-8), over all that the mask shows; 0 elsewhere.

    Args:
        advantages: (B, T).
        mask: (B, T), 1 on the responses.

    Returns:
        (B, T) float64.

    Raises:
        TypeError, ValueError: the shapes differ, or a number is not finite where the mask is not 0.
    """
    _, mask, _ = checked("advantages", advantages, mask)
    advantages = checked_constants("advantages", advantages, mask)
    shown = advantages[mask > 0]
    if not shown.size:
        raise ValueError("no token counts: the mask is 0 everywhere")
    return numpy.where(mask > 0, (advantages - shown.mean()) / (shown.std() + SMALL), 0.0)


def ppo_policy(
    logprobs: Array,
    old_logprobs: Array,
    mask: Array,
    advantages: Array,
    *,
    clip: float = 0.2,
    denominator: float | None = None,
) -> Loss:
    """PPO's clipped objective (Schulman et al. 2017, equation 7), its sign turned: the mean over tokens.

    A token's loss is -min(ratio A, clipped ratio A), with the ratio pi / pi_old clipped to between 1 - clip and
    1 + clip.

    Args:
        logprobs: of the sampled tokens, a response a row.
        old_logprobs: the same, by the model that sampled them.
        mask: 1 on them.
        advantages: (B, T), as of gae.
        clip: how far from 1 a ratio still matters.
        denominator: the step's tokens; default: the mask's sum.

    Returns:
        Its metrics, means over tokens: "clipped", the share without a gradient because of the clip; "kl_to_old" (k3 of
        Schulman 2020, "Approximating KL Divergence").

    Raises:
        TypeError, ValueError: see pyllm.train.losses.checks; clip is not positive.
    """
    logprobs, mask, dtype = checked("logprobs", logprobs, mask)
    old_logprobs = checked_constants("old_logprobs", old_logprobs, mask)
    advantages = checked_constants("advantages", advantages, mask)
    check_number("clip", clip, positive=True)
    weights = mask / checked_denominator(denominator, mask.sum(), "no token counts: the mask is 0 everywhere")
    losses, gradients, clipped = clipped_surrogate(logprobs, old_logprobs, advantages, clip, clip)
    metrics = {
        "clipped": float((weights * clipped).sum()),
        "kl_to_old": float((weights * k3(logprobs - old_logprobs)).sum()),
    }
    return Loss(float((weights * losses).sum()), as_gradients(weights * gradients, dtype), metrics)


def ppo_value(
    values: Array,
    old_values: Array,
    mask: Array,
    returns: Array,
    *,
    clip: float = 0.2,
    denominator: float | None = None,
) -> Loss:
    """The critic's loss, kept near to what it said before: the mean over tokens of max((V - R)^2, (V' - R)^2) / 2.

    V' is V, clipped to within `clip` of the old value (the implementation of PPO that InstructGPT built on; Huang et
    al. 2024, "The N+ implementation details of RLHF with PPO", section 3).

    Args:
        values: of the critic, before each sampled token.
        old_values: the same, when the responses were made.
        mask: 1 on the responses.
        returns: (B, T), as of gae.
        clip: how far a value may move; infinite: anywhere.
        denominator: the step's tokens; default: the mask's sum.

    Returns:
        Its gradients are "dvalues". Its metric "value_clipped" is the share of tokens without a gradient because of the
        clip.

    Raises:
        TypeError, ValueError: see pyllm.train.losses.checks; clip is not positive.
    """
    values, mask, dtype = checked("values", values, mask)
    old_values = checked_constants("old_values", old_values, mask)
    returns = checked_constants("returns", returns, mask)
    if not clip > 0:
        raise ValueError(f"clip must be positive, got {clip}")
    weights = mask / checked_denominator(denominator, mask.sum(), "no token counts: the mask is 0 everywhere")
    kept = numpy.clip(values, old_values - clip, old_values + clip)
    free, bounded = (values - returns) ** 2, (kept - returns) ** 2
    clipped = (bounded > free) & (kept != values)
    losses = numpy.maximum(free, bounded) / 2
    gradients = numpy.where(clipped, 0.0, values - returns)
    metrics = {"value_clipped": float((weights * clipped).sum())}
    return Loss(float((weights * losses).sum()), {"dvalues": (weights * gradients).astype(dtype)}, metrics)
