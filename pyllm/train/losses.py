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

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy

Array = numpy.ndarray[Any, numpy.dtype[Any]]
Normaliser = Literal["sequence", "token", "constant"]

STABLE = 1e-6  # added to a group's standard deviation


class Loss(NamedTuple):
    """What a loss function returns.

    Attributes:
        loss: to be made smaller.
        gradients: of the loss, by the names of model.backward's arguments.
        metrics: figures to log.
    """

    loss: float
    gradients: dict[str, Array]
    metrics: dict[str, float]


# Imitation


def sft(logprobs: Array, mask: Array, denominator: float | None = None) -> Loss:
    """Maximum likelihood of what the mask shows: -sum(mask logprobs) / denominator.

    Args:
        logprobs: of the targets.
        mask: the weight of each.
        denominator: default: the sum of the mask.

    Raises:
        TypeError, ValueError: see _checked; the denominator is not positive.
    """
    logprobs, mask, dtype = _checked(logprobs, mask)
    weights = mask / _checked_denominator(denominator, mask.sum(), "no token counts: the mask is 0 everywhere")
    return Loss(-float((weights * logprobs).sum()), _gradients(-weights, dtype), {})


# Reinforcement learning


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
    rewards = _checked_rewards(rewards)
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
        TypeError, ValueError: see _checked; the denominator is not positive.
    """
    logprobs, mask, dtype = _checked(logprobs, mask)
    weights = mask * _checked_advantages(advantages, len(mask))[:, None]
    weights /= _checked_denominator(denominator, denominator_of(mask), "no response has a token that counts")
    return Loss(-float((weights * logprobs).sum()), _gradients(-weights, dtype), {})


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
        TypeError, ValueError: see _checked; a number is out of range; kl is given without a reference.
    """
    logprobs, mask, dtype = _checked(logprobs, mask)
    old_logprobs = logprobs if old_logprobs is None else _checked_constants("old_logprobs", old_logprobs, mask)
    advantages = _checked_advantages(advantages, len(mask))
    clip_high = clip if clip_high is None else clip_high
    _check_number("clip", clip, positive=True)
    _check_number("clip_high", clip_high, positive=True)
    _check_number("kl", kl)
    if reference_logprobs is None and kl:
        raise ValueError(f"kl is {kl}, but there are no reference_logprobs to keep near to")
    shares, scale = _normalised(mask, normaliser, constant, denominator)
    losses, gradients, clipped = _clipped_surrogate(logprobs, old_logprobs, advantages[:, None], clip, clip_high)
    metrics = {"clipped": float((shares * clipped).sum())}
    metrics["kl_to_old"] = float((shares * _k3(logprobs - old_logprobs)).sum())
    if reference_logprobs is not None:
        behind = _checked_constants("reference_logprobs", reference_logprobs, mask) - logprobs
        divergence = _k3(behind)
        metrics["kl"] = float((shares * divergence).sum())
        losses = losses + kl * divergence
        gradients = gradients - kl * numpy.expm1(behind)
    weights = shares * scale
    return Loss(float((weights * losses).sum()), _gradients(weights * gradients, dtype), metrics)


def _clipped_surrogate(
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


def _k3(difference: Array) -> Array:
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
    total = _checked_denominator(denominator, denominator_of(mask, normaliser), "no response has a token that counts")
    if normaliser == "token":
        return mask / total, 1.0
    lengths = mask.sum(axis=1, keepdims=True)
    shares = mask / (numpy.where(lengths == 0, 1.0, lengths) * total)
    if constant is None:
        return shares, 1.0
    _check_number("constant", constant, positive=True)
    return shares, lengths / constant


# Preferences


def dpo(
    logprobs: Array,
    reference_logprobs: Array,
    mask: Array,
    beta: float = 0.1,
    *,
    label_smoothing: float = 0.0,
    kind: Literal["sigmoid", "ipo"] = "sigmoid",
    denominator: float | None = None,
) -> Loss:
    """Direct preference optimization (Rafailov et al. 2023, equation 7), the mean over pairs.

    A pair's loss is -log sigmoid(margin), with margin = beta ((log pi - log pi_reference)(chosen) - the same of
    rejected), each a sum over the response's tokens.

    Args:
        logprobs: (2P, T): the P chosen responses, then the P rejected ones in the same order.
        reference_logprobs: (2P, T) the same by the frozen reference; or (2P), already summed over each response.
        mask: (2P, T), 1 on the responses.
        beta: the smaller, the farther the model may go from the reference.
        label_smoothing: the share of pairs taken to be the wrong way round (Mitchell 2023, "A note on DPO with noisy
            preferences"); below 1/2.
        kind: "sigmoid", or "ipo" for (margin / beta - 1 / (2 beta))^2, which has a finite optimum even where pairs
            never contradict one another (Azar et al. 2023, equation 17).
        denominator: the number of pairs in the step; default: P.

    Returns:
        Its metrics, means over pairs: "accuracy" (1 where the margin is positive, 1/2 where it is 0), "reward_margin",
        "chosen_reward" and "rejected_reward" (beta (log pi - log pi_reference)), "chosen_logprob" and
        "rejected_logprob" (of the response), "drift" (how far a response's log-probability has moved either way, a
        token).

    Raises:
        TypeError, ValueError: see _checked; the rows are not pairs; a response has no token; a number is out of range.
    """
    logprobs, mask, dtype = _checked(logprobs, mask)
    P, odd = divmod(len(mask), 2)
    if odd:
        raise ValueError(f"the rows must be pairs, all chosen responses before all rejected ones, got {len(mask)} rows")
    lengths = mask.sum(axis=1)
    if not lengths.all():
        raise ValueError(f"row {int((lengths == 0).argmax())} has no token that counts: its mask is 0 everywhere")
    _check_number("beta", beta, positive=True)
    _check_number("label_smoothing", label_smoothing)
    if label_smoothing >= 0.5:
        raise ValueError(f"label_smoothing must be below 0.5, got {label_smoothing}")
    if kind not in ("sigmoid", "ipo"):
        raise ValueError(f"kind must be 'sigmoid' or 'ipo', got {kind!r}")
    if kind == "ipo" and label_smoothing:
        raise ValueError(f"label_smoothing goes with the kind 'sigmoid' alone, got {label_smoothing} with 'ipo'")
    pairs = _checked_denominator(denominator, P, "there is no pair")
    if numpy.ndim(reference_logprobs) == 1:
        reference = _checked_constants("reference_logprobs", reference_logprobs, lengths)
    else:
        reference = (mask * _checked_constants("reference_logprobs", reference_logprobs, mask)).sum(axis=1)
    sums = (mask * logprobs).sum(axis=1)
    gains = sums - reference
    chosen, rejected = beta * gains[:P], beta * gains[P:]
    margins = chosen - rejected
    if kind == "ipo":
        short = margins / beta - 1 / (2 * beta)
        losses, dmargins = short**2, 2 * short / beta
    else:
        losses = (1 - label_smoothing) * _softplus(-margins) + label_smoothing * _softplus(margins)
        dmargins = numpy.exp(-_softplus(-margins)) - (1 - label_smoothing)
    dgains = numpy.concatenate([dmargins, -dmargins]) * (beta / pairs)
    metrics = {
        "accuracy": (numpy.sign(margins) + 1) / 2,
        "reward_margin": margins,
        "chosen_reward": chosen,
        "rejected_reward": rejected,
        "chosen_logprob": sums[:P],
        "rejected_logprob": sums[P:],
        "drift": numpy.abs(gains) / lengths / 2,
    }
    shares = {name: float(values.sum() / pairs) for name, values in metrics.items()}
    return Loss(float(losses.sum() / pairs), _gradients(mask * dgains[:, None], dtype), shares)


def _softplus(x: Array) -> Array:
    """log(1 + exp(x)), without overflow: -log sigmoid(-x)."""
    return numpy.asarray(numpy.maximum(x, 0.0) + numpy.log1p(numpy.exp(-numpy.abs(x))))


# What all of them check


def _checked(logprobs: Array, mask: Array) -> tuple[Array, Array, Any]:
    """Log-probabilities, 0 where the mask is, and the mask, both float64; and the type of the log-probabilities.

    Raises:
        TypeError: log-probabilities are not floating-point numbers, or the mask is not an array of numbers.
        ValueError: they are not both of the same shape (B, T), or the mask is negative or not finite somewhere.
    """
    if not isinstance(logprobs, numpy.ndarray) or logprobs.dtype.kind != "f":
        found = getattr(logprobs, "dtype", type(logprobs).__name__)
        raise TypeError(f"logprobs must be an array of floating-point numbers, got {found}")
    if not isinstance(mask, numpy.ndarray) or mask.dtype.kind not in "bfiu":
        raise TypeError(f"mask must be an array of numbers, got {getattr(mask, 'dtype', type(mask).__name__)}")
    if logprobs.ndim != 2 or not logprobs.size:
        raise ValueError(f"logprobs must be of shape (B, T) and not empty, got {logprobs.shape}")
    if mask.shape != logprobs.shape:
        raise ValueError(f"mask must have the shape of logprobs {logprobs.shape}, got {mask.shape}")
    weights = mask.astype(numpy.float64)
    if not (numpy.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("mask must be finite and not negative")
    return numpy.where(weights > 0, logprobs, 0.0).astype(numpy.float64), weights, logprobs.dtype


def _checked_constants(name: str, array: Array, mask: Array) -> Array:
    """Log-probabilities that are not differentiated, float64, 0 where the mask is."""
    array = numpy.asarray(array, numpy.float64)
    if array.shape != mask.shape:
        raise ValueError(f"{name} must be of shape {mask.shape}, got {array.shape}")
    wrong = (mask > 0) & ~numpy.isfinite(array)
    if wrong.any():
        place = tuple(int(index) for index in numpy.argwhere(wrong)[0])
        raise ValueError(f"{name} must be finite where the mask is not 0, got {array[place]} at {list(place)}")
    return numpy.where(mask > 0, array, 0.0)


def _checked_advantages(advantages: Array, rows: int) -> Array:
    advantages = numpy.asarray(advantages, numpy.float64)
    if advantages.shape != (rows,):
        raise ValueError(f"advantages must be one a row, of shape ({rows},), got {advantages.shape}")
    if not numpy.isfinite(advantages).all():
        row = int((~numpy.isfinite(advantages)).argmax())
        raise ValueError(f"advantages must be finite, got {advantages[row]} for row {row}")
    return advantages


def _checked_rewards(rewards: Array) -> Array:
    rewards = numpy.asarray(rewards, numpy.float64)
    if rewards.ndim != 2 or rewards.shape[0] < 1 or rewards.shape[1] < 2:
        raise ValueError(
            f"rewards must be of shape (prompts, samples), with at least 2 samples a prompt, got {rewards.shape}"
        )
    if not numpy.isfinite(rewards).all():
        prompt, sample = (int(index) for index in numpy.argwhere(~numpy.isfinite(rewards))[0])
        raise ValueError(
            f"rewards must be finite, got {rewards[prompt, sample]} for sample {sample} of prompt {prompt}"
        )
    return rewards


def _checked_denominator(given: float | None, own: float, nothing: str) -> float:
    if given is None:
        if not own > 0:
            raise ValueError(nothing)
        return float(own)
    _check_number("denominator", given, positive=True)
    return float(given)


def _check_number(name: str, number: float, *, positive: bool = False) -> None:
    if not math.isfinite(number) or number < 0 or (positive and number == 0):
        raise ValueError(f"{name} must be {'positive' if positive else 'at least 0'} and finite, got {number}")


def _gradients(dlogprobs: Array, dtype: Any) -> dict[str, Array]:
    return {"dlogprobs": dlogprobs.astype(dtype)}
