"""DPO and the reward model: learning from pairs of answers, one of which is preferred."""

from __future__ import annotations

from typing import Literal

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
        TypeError, ValueError: see pyllm.train.losses.checks; the rows are not pairs; a response has no token; a number
            is out of range.
    """
    logprobs, mask, dtype = checked("logprobs", logprobs, mask)
    P, odd = divmod(len(mask), 2)
    if odd:
        raise ValueError(f"the rows must be pairs, all chosen responses before all rejected ones, got {len(mask)} rows")
    lengths = mask.sum(axis=1)
    if not lengths.all():
        raise ValueError(f"row {int((lengths == 0).argmax())} has no token that counts: its mask is 0 everywhere")
    check_number("beta", beta, positive=True)
    check_number("label_smoothing", label_smoothing)
    if label_smoothing >= 0.5:
        raise ValueError(f"label_smoothing must be below 0.5, got {label_smoothing}")
    if kind not in ("sigmoid", "ipo"):
        raise ValueError(f"kind must be 'sigmoid' or 'ipo', got {kind!r}")
    if kind == "ipo" and label_smoothing:
        raise ValueError(f"label_smoothing goes with the kind 'sigmoid' alone, got {label_smoothing} with 'ipo'")
    pairs = checked_denominator(denominator, P, "there is no pair")
    if numpy.ndim(reference_logprobs) == 1:
        reference = checked_constants("reference_logprobs", reference_logprobs, lengths)
    else:
        reference = (mask * checked_constants("reference_logprobs", reference_logprobs, mask)).sum(axis=1)
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
    return Loss(float(losses.sum() / pairs), as_gradients(mask * dgains[:, None], dtype), shares)


def reward(
    values: Array,
    places: Array,
    *,
    label_smoothing: float = 0.0,
    centre: float = 0.0,
    denominator: float | None = None,
) -> Loss:
    """A reward model by Bradley and Terry (Ouyang et al. 2022, InstructGPT, equation 1), the mean over pairs.

    A pair's loss is -log sigmoid(chosen - rejected) + centre (chosen + rejected)^2, of the scores of its two answers:
    the model's values where they end.

    Args:
        values: (2P, T), of the value head: the P chosen answers, then the P rejected ones in the same order.
        places: (2P), where along T each answer has its last token.
        label_smoothing: the share of pairs taken to be the wrong way round; below 1/2.
        centre: what keeps scores near 0, which the difference alone does not (Eisenstein et al. 2023, "Helping or
            herding?", section 2).
        denominator: the number of pairs in the step; default: P.

    Returns:
        Its gradients are "dvalues", (2P, T). Its metrics, means over pairs: "accuracy" (1 where the chosen answer's
        score is higher, 1/2 where both are equal), "margin" (by how much), "chosen_score" and "rejected_score".

    Raises:
        TypeError, ValueError: values are not (2P, T), places are not in them, or a number is out of range.
    """
    if not isinstance(values, numpy.ndarray) or values.dtype.kind != "f":
        raise TypeError(f"values must be an array of floating-point numbers, got {getattr(values, 'dtype', values)}")
    if values.ndim != 2 or not values.size or len(values) % 2:
        raise ValueError(
            f"values must be of shape (2P, T), all chosen answers before all rejected ones, got {values.shape}"
        )
    places = numpy.asarray(places)
    if places.shape != values.shape[:1] or places.dtype.kind not in "iu":
        raise ValueError(f"places must be {len(values)} integers, one a row, got {places.dtype} of {places.shape}")
    if places.min() < 0 or places.max() >= values.shape[1]:
        raise ValueError(f"places must be from 0 to {values.shape[1] - 1}, got {places.min()} to {places.max()}")
    check_number("label_smoothing", label_smoothing)
    if label_smoothing >= 0.5:
        raise ValueError(f"label_smoothing must be below 0.5, got {label_smoothing}")
    check_number("centre", centre)
    P = len(values) // 2
    pairs = checked_denominator(denominator, P, "there is no pair")
    rows = numpy.arange(2 * P)
    scores = values[rows, places].astype(numpy.float64)
    chosen, rejected = scores[:P], scores[P:]
    margins, sums = chosen - rejected, chosen + rejected
    losses = (1 - label_smoothing) * _softplus(-margins) + label_smoothing * _softplus(margins) + centre * sums**2
    dmargins = numpy.exp(-_softplus(-margins)) - (1 - label_smoothing)
    dvalues = numpy.zeros(values.shape)
    dvalues[rows, places] = numpy.concatenate([dmargins, -dmargins]) + numpy.tile(2 * centre * sums, 2)
    metrics = {
        "accuracy": (numpy.sign(margins) + 1) / 2,
        "margin": margins,
        "chosen_score": chosen,
        "rejected_score": rejected,
    }
    shares = {name: float(figures.sum() / pairs) for name, figures in metrics.items()}
    return Loss(float(losses.sum() / pairs), {"dvalues": (dvalues / pairs).astype(values.dtype)}, shares)


def _softplus(x: Array) -> Array:
    """log(1 + exp(x)), without overflow: -log sigmoid(-x)."""
    return numpy.asarray(numpy.maximum(x, 0.0) + numpy.log1p(numpy.exp(-numpy.abs(x))))
