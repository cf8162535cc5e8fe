"""Maximum likelihood of what an expert says."""

from __future__ import annotations

from pyllm.train.losses.checks import Array, Loss, as_gradients, checked, checked_denominator


def sft(logprobs: Array, mask: Array, denominator: float | None = None) -> Loss:
    """Maximum likelihood of what the mask shows: -sum(mask logprobs) / denominator.

    Args:
        logprobs: of the targets.
        mask: the weight of each.
        denominator: default: the sum of the mask.

    Raises:
        TypeError, ValueError: see pyllm.train.losses.checks; the denominator is not positive.
    """
    logprobs, mask, dtype = checked("logprobs", logprobs, mask)
    weights = mask / checked_denominator(denominator, mask.sum(), "no token counts: the mask is 0 everywhere")
    return Loss(-float((weights * logprobs).sum()), as_gradients(-weights, dtype), {})
