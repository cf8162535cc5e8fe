"""Reading preferences: pairs to train on, and pairs to evaluate on."""

from __future__ import annotations

import sys

from pyllm.data.loader import permuted
from pyllm.progress import is_wanted
from pyllm.tokenizer import Tokenizer
from pyllm.train.preference_batches import Pair, rendered
from pyllm.train.preference_config import PairsConfig

MOST_VALIDATION_PROMPTS = 500


def read_pairs(config: PairsConfig, tok: Tokenizer, context: int) -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on and those to evaluate on; says what has become of the rest.

    Raises:
        OSError, ValueError: a file cannot be read or holds no preferences, or there is no pair to train on.
    """
    from pyllm.data.sources.limits import counted
    from pyllm.tasks.files import load_preferences

    sides = []
    for files in (config.data, config.validation_data):
        preferences = [one for file in files for one in load_preferences(file)]
        pairs, names = rendered(preferences, tok, context), ", ".join(map(str, files))
        if files and not pairs.kept:
            raise ValueError(f"{names}: none of {len(preferences):,} pairs fits into a context of {context} tokens")
        for count, what in (
            (pairs.too_long, f"left out: they do not fit into a context of {context} tokens"),
            (pairs.shortened, "without the oldest turns of their prompts, which do not fit into the context"),
        ):
            if count:
                print(f"{names}: {count:,} of {len(preferences):,} pairs are {what}", file=sys.stderr)
        sides.append(pairs.kept)
    training, validation = sides
    if not config.validation_data:
        training, validation = _split(training, config)
    if is_wanted(config.progress):
        print(f"{counted(len(training), 'pair')} to train on, {len(validation):,} to evaluate on", file=sys.stderr)
    return training, validation


def _split(pairs: list[Pair], config: PairsConfig) -> tuple[list[Pair], list[Pair]]:
    """Pairs to train on and to evaluate on; those of the same prompt are on the same side."""
    prompts = list(dict.fromkeys(tuple(pair.prompt) for pair in pairs))
    fraction = config.validation_fraction
    count = min(len(prompts) // 10, MOST_VALIDATION_PROMPTS) if fraction is None else int(fraction * len(prompts))
    held_out = {prompts[permuted(index, len(prompts), config.seed)] for index in range(count)}
    training = [pair for pair in pairs if tuple(pair.prompt) not in held_out]
    return training, [pair for pair in pairs if tuple(pair.prompt) in held_out]
