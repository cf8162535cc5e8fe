"""What supervised fine-tuning trains, validates and samples on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyllm.chat import BEGINNING, Message, Rendered
from pyllm.data.loader import Loader
from pyllm.data.token_source import TokenSource, open_split
from pyllm.tokenizer import Tokenizer
from pyllm.train.conversation_batches import ConversationBatches
from pyllm.train.mixture import (
    FileConversation,
    FilePart,
    Mixture,
    Part,
    Renderer,
    TaskPart,
    held_back,
    usable,
    weights_of,
)
from pyllm.train.packing import Packer
from pyllm.train.sft_config import SftConfig

if TYPE_CHECKING:
    from pyllm.tasks.task import Task


@dataclass(frozen=True)
class SftData:
    """What supervised fine-tuning trains, validates and samples on.

    Attributes:
        parts: of the mixture, with their weights; the data, where there are any, are the last one.
        tasks: by name.
        validation: conversations, those of each part behind one another.
        shown: of each part in turn some of them, for samples.
        replay: tokens of pretraining; None: none.
        replay_validation: some that are not trained on; None: none.
    """

    parts: Sequence[tuple[Part, float]]
    tasks: dict[str, Task]
    validation: list[Rendered]
    shown: list[Sequence[Message]]
    replay: TokenSource | None
    replay_validation: TokenSource | None

    def batches(self, config: SftConfig) -> ConversationBatches:
        """The batches of resolved settings."""
        assert config.batch_size and config.context and config.replay_share is not None
        replay = None if self.replay is None else Loader(self.replay, 1, config.context, config.seed)
        return ConversationBatches(
            Mixture(self.parts, config.seed),
            config.batch_size,
            config.context,
            replay,
            config.replay_share,
            config.replay_weight,
        )

    def rows_of_epochs(self, epochs: float, seed: int, context: int) -> int:
        """How many rows it takes until the data have been gone through so often: counted, by packing them."""
        part, _ = self.parts[-1]
        assert isinstance(part, FilePart)
        wanted, last = math.ceil(epochs * len(part)), len(self.parts) - 1
        mixture = Mixture(self.parts, seed)
        packer = Packer(mixture, context)
        rows = done = 0
        while done < wanted:
            done += sum(key.part == last for key, _ in packer.row())
            rows += 1
        return rows


def read_data(config: SftConfig, tok: Tokenizer, context: int, first_tokenizer: Tokenizer | None) -> SftData:
    """Reads what the settings name.

    Args:
        config: as given.
        tok: the model's.
        context: tokens of a row.
        first_tokenizer: the one that the model came with, before it got special tokens, which may have made the replay;
            None: it is not looked at which one has, as a checkpoint knows it.

    Raises:
        OSError: a file is not there or cannot be read.
        ValueError: a file is damaged or holds nothing to train on, or another tokenizer made the replay.
    """
    from pyllm.tasks.files import load_conversations
    from pyllm.tasks.registry import chosen_tasks

    renderer = Renderer(tok, context)
    weights = weights_of(config.tasks)
    tasks = chosen_tasks(list(weights))
    others = [(task, weights[name]) for name, task in tasks.items()]
    parts: list[tuple[Part, float]] = [
        (TaskPart(task, renderer, config.seed, follow_up_share=config.follow_up_share, others=others), weight)
        for task, weight in others
    ]
    validation: list[list[tuple[Sequence[Message], Rendered]]] = []
    total = sum(weights.values()) + (config.data_weight if config.data else 0.0)
    for name, task in tasks.items():
        part = TaskPart(task, renderer, config.seed, held_out=True)
        count = math.ceil(config.validation_conversations * weights[name] / total)
        both = ((part.messages(index), part.rendered(index)) for index in range(count))
        validation.append([(messages, rendered) for messages, rendered in both if rendered is not None])
    if config.data:

        def read(files: Sequence[Path]) -> list[FileConversation]:
            return usable(files, lambda path: load_conversations(path, warnings.warn), renderer)

        training, kept = held_back(read(config.data), 0.0 if config.validation_data else config.validation_fraction)
        if config.validation_data:
            kept = read(config.validation_data)
        count = math.ceil(config.validation_conversations * config.data_weight / total)
        parts.append((FilePart(training, config.seed), config.data_weight))
        validation.append([(one.messages, one.rendered) for one in kept[:count]])
    replay = replay_validation = None
    if config.replay:
        replay, replay_validation = open_split(
            config.replay, vocab_size=tok.vocab_size, end_of_text=tok.special_tokens[BEGINNING]
        )
        known = (None, tok.fingerprint, first_tokenizer and first_tokenizer.fingerprint)
        if first_tokenizer is not None and replay.fingerprint not in known:
            raise ValueError(f"another tokenizer than the model's has made the tokens of {replay.name}")
    most = max(map(len, validation))
    return SftData(
        parts,
        tasks,
        [rendered for part in validation for _, rendered in part],
        [part[index][0] for index in range(most) for part in validation if index < len(part)],
        replay,
        replay_validation,
    )
