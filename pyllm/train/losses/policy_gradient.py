"""REINFORCE and GRPO: learning from rewards of whole answers."""

from __future__ import annotations

from typing import Literal

import numpy

from pyllm.train.losses.checks import (
    Array,
    Loss,
    as_gradients,
    check_number,
    checked,
    checked_advantages,
    checked_constants,
    checked_denominator,
    checked_rewards,
)

Normaliser = Literal["sequence", "token", "constant"]

STABLE = 1e-6  # added to a group's standard deviation


def group_advantages(rewards: Array, *, scale: bool = True) -> Array:
    """How much better each sample is than the others of its prompt (Shao et al. 2024, DeepSeekMath, section 4.1.2).

    (r - mean) / (std + 1e-6), with the unbiased standard deviation, over n - 1.

    Args:
        rewards: (P, n), of n samples of each of P prompts.
        scale: False: r - mean, without the division, which favours prompts that are nearly always or nearly never
            answered right (Liu et al. 2025, "Understanding R1-Zero-Like Training", section 3.1).

    Returns:
        (P, n) float64; exactly 0 where all samples of a prompt have the same reward.

    Raises:
        ValueError: rewards are not (P, n) with n of at least 2, or not finite.
    """
    rewards = checked_rewards(rewards)
    deviations: Array = rewards - rewards.mean(axis=1, keepdims=True)
    deviations[(rewards == rewards[:, :1]).all(axis=1)] = 0  # where rounding of the mean would leave something
    if scale:
        deviations /= rewards.std(axis=1, ddof=1, keepdims=True) + STABLE
    return deviations


def leave_one_out_advantages(rewards: Array) -> Array:
    """Each reward less the mean of the prompt's other samples (Kool et al. 2019; Ahmadian et al. 2024).

    Args:
        rewards: (P, n), of n samples of each of P prompts.

    Returns:
        (P, n) float64.

    Raises:
        ValueError: rewards are not (P, n) with n of at least 2, or not finite.
    """
    deviations = group_advantages(rewards, scale=False)
    n = deviations.shape[1]
    deviations *= n / (n - 1)
    return deviations


def denominator_of(mask: Array, normaliser: Normaliser = "sequence") -> float:
    """What a batch adds to its step's denominator: tokens for "token", else rows in which any token counts."""
    return float(mask.sum() if normaliser == "token" else (mask != 0).any(axis=1).sum())


def reinforce(logprobs: Array, mask: Array, advantages: Array, denominator: float | None = None) -> Loss:
    """REINFORCE (Williams 1992): -sum(advantage log pi(response)) / denominator, log pi the sum over its tokens.

    The gradient is that of the expected reward, with its sign turned, when the responses were sampled from the model as
    it is. The loss itself means nothing.

    Args:
        logprobs: of the sampled tokens, a response a row.
        mask: 1 on them.
        advantages: (B), reward less a baseline that does not depend on the response.
        denominator: default: the number of responses.

    Raises:
        TypeError, ValueError: see pyllm.train.losses.checks; the denominator is not positive.
    """
    logprobs, mask, dtype = checked("logprobs", logprobs, mask)
    weights = mask * checked_advantages(advantages, len(mask))[:, None]
    weights /= checked_denominator(denominator, denominator_of(mask), "no response has a token that counts")
    return Loss(-float((weights * logprobs).sum()), as_gradients(-weights, dtype), {})


def rloo(logprobs: Array, mask: Array, rewards: Array, denominator: float | None = None) -> Loss:
    """REINFORCE whose baseline is the mean of the prompt's other samples (Ahmadian et al. 2024, "Back to Basics").

    Args:
        logprobs: of the sampled tokens: n rows for each prompt, prompt by prompt.
        mask: 1 on them.
        rewards: (P, n), P n = B.
        denominator: default: the number of responses.

    Raises:
        TypeError, ValueError: see reinforce and leave_one_out_advantages.
    """
    return reinforce(logprobs, mask, leave_one_out_advantages(rewards).reshape(-1), denominator)


def grpo(
    logprobs: Array,
    old_logprobs: Array | None,
    mask: Array,
    advantages: Array,
    *,
    clip: float = 0.2,
    clip_high: float | None = None,
    kl: float = 0.0,
    reference_logprobs: Array | None = None,
    normaliser: Normaliser = "sequence",
    constant: float | None = None,
    denominator: float | None = None,
) -> Loss:
    """GRPO (Shao et al. 2024, DeepSeekMath, equation 3): PPO's clipped objective with the group as the baseline.

    A token's loss is -min(ratio A, clipped ratio A) + kl (exp(d) - d - 1). The ratio is pi / pi_old, clipped to between
    1 - clip and 1 + clip_high; d = log pi_reference - log pi, so that the second term estimates the KL divergence from
    the reference (k3 of Schulman 2020, "Approximating KL Divergence").

    On the first pass over fresh samples every ratio is 1, and the loss is the mean advantage, with its sign turned: 0
    for advantages of zero mean. The gradient is not 0.

    Args:
        logprobs: of the sampled tokens, a response a row.
        old_logprobs: the same, by the model that sampled them. None: the samples are fresh, every ratio is 1.
        mask: 1 on them.
        advantages: (B), as of group_advantages.
        clip: how far below 1 a ratio still matters.
        clip_high: how far above; default: clip (Yu et al. 2025, DAPO, section 3.1: more room above explores more).
        kl: the weight of the divergence from the reference.
        reference_logprobs: of the sampled tokens, by the reference.
        normaliser: "sequence": the mean over responses of the mean over their tokens, as in the paper; "token": the
            mean over all tokens (DAPO, section 3.3); "constant": the mean over responses of the sum over their tokens
            by a constant, so that long wrong responses are not favoured (Liu et al. 2025, Dr. GRPO, section 3.2).
        constant: for "constant": usually the most tokens that a response may have.
        denominator: what denominator_of gives, summed over the step's micro-batches.

    Returns:
        Its metrics: "clipped", the share of tokens without a gradient of the objective because of the clip; "kl_to_old"
        and, with a reference, "kl", both k3 a token. Shares are of tokens for "token", else of each
        response's tokens, then of responses.

    Raises:
        TypeError, ValueError: see pyllm.train.losses.checks; a number is out of range; kl is given without a reference.
    """
    logprobs, mask, dtype = checked("logprobs", logprobs, mask)
    old_logprobs = logprobs if old_logprobs is None else checked_constants("old_logprobs", old_logprobs, mask)
    advantages = checked_advantages(advantages, len(mask))
    clip_high = clip if clip_high is None else clip_high
    check_number("clip", clip, positive=True)
    check_number("clip_high", clip_high, positive=True)
    check_number("kl", kl)
    if reference_logprobs is None and kl:
        raise ValueError(f"kl is {kl}, but there are no reference_logprobs to keep near to")
    shares, scale = _normalised(mask, normaliser, constant, denominator)
    losses, gradients, clipped = clipped_surrogate(logprobs, old_logprobs, advantages[:, None], clip, clip_high)
    metrics = {"clipped": float((shares * clipped).sum())}
    metrics["kl_to_old"] = float((shares * k3(logprobs - old_logprobs)).sum())
    if reference_logprobs is not None:
        behind = checked_constants("reference_logprobs", reference_logprobs, mask) - logprobs
        divergence = k3(behind)
        metrics["kl"] = float((shares * divergence).sum())
        losses = losses + kl * divergence
        gradients = gradients - kl * numpy.expm1(behind)
    weights = shares * scale
    return Loss(float((weights * losses).sum()), as_gradients(weights * gradients, dtype), metrics)


def clipped_surrogate(
    logprobs: Array, old_logprobs: Array, advantages: Array, clip: float, clip_high: float
) -> tuple[Array, Array, Array]:
    """PPO's clipped objective a token (Schulman et al. 2017, equation 7), its sign turned; its gradient; where clipped.

    It is clipped where the ratio has gone beyond the bound that the advantage pushes it to.
    """
    with numpy.errstate(over="ignore"):  # an infinite ratio is clipped, or makes the loss infinite, which the loop says
        ratios = numpy.exp(logprobs - old_logprobs)
    clipped = ((advantages > 0) & (ratios > 1 + clip_high)) | ((advantages < 0) & (ratios < 1 - clip))
    bounded = numpy.where(clipped, numpy.clip(ratios, 1 - clip, 1 + clip_high), ratios)
    return -advantages * bounded, numpy.where(clipped, 0.0, -advantages * ratios), clipped


def k3(difference: Array) -> Array:
    """exp(d) - d - 1: never negative, and its mean over samples of q is KL(q, p) for d = log p - log q."""
    with numpy.errstate(over="ignore"):
        return numpy.asarray(numpy.expm1(difference) - difference)


def _normalised(
    mask: Array, normaliser: Normaliser, constant: float | None, denominator: float | None
) -> tuple[Array, Array | float]:
    """Weights of tokens that give means (their sum is 1 over a step), and what makes them the loss's weights."""
    if normaliser not in ("sequence", "token", "constant"):
        raise ValueError(f"normaliser must be 'sequence', 'token' or 'constant', got {normaliser!r}")
    if (constant is not None) != (normaliser == "constant"):
        wrong = "is needed for" if constant is None else "goes with"
        raise ValueError(f"constant {wrong} the normaliser 'constant'; got {constant} and {normaliser!r}")
    total = checked_denominator(denominator, denominator_of(mask, normaliser), "no response has a token that counts")
    if normaliser == "token":
        return mask / total, 1.0
    lengths = mask.sum(axis=1, keepdims=True)
    shares = mask / (numpy.where(lengths == 0, 1.0, lengths) * total)
    if constant is None:
        return shares, 1.0
    check_number("constant", constant, positive=True)
    return shares, lengths / constant
