"""A conversation with a model: what was said, cut to what the model's context holds, and each answer as it comes."""

from __future__ import annotations

import codecs
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from pyllm.chat import (
    BEGINNING,
    END_OF_TURN,
    Message,
    Rendered,
    bytes_of,
    check_messages,
    kind_behind,
    read_answer,
    render,
)
from pyllm.engine import Engine, Sample
from pyllm.model import GPT
from pyllm.tokenizer import Tokenizer

ROOM_FOR_AN_ANSWER = 0.25  # of the context, as long as older turns can go for it


class TooLong(ValueError):
    """A message that leaves no room for an answer, even without all that was said before it."""


@dataclass(frozen=True)
class Drawing:
    """How answers are drawn; see Engine.generate."""

    max_new_tokens: int = 1024
    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0


@dataclass
class ChatSession:
    """A conversation between a user and a model.

    Attributes:
        model: the one that answers.
        tok: its tokenizer, with the special tokens of conversations.
        drawing: the first answer's seed is the one in it; each further answer has the next one.
        system: the text that stands before each conversation.
        messages: what has been said in this one.
        left_out: how many of them, the oldest, the model did not see for its last answer: its context is too short.
    """

    model: GPT
    tok: Tokenizer
    drawing: Drawing = Drawing()
    system: str | None = None
    messages: list[Message] = field(default_factory=list)
    left_out: int = 0

    def __post_init__(self) -> None:
        self._engine = Engine(self.model, self.tok)
        self._answers = 0
        self.restart()

    def restart(self) -> None:
        """Begins another conversation."""
        self.messages = [] if self.system is None else [{"role": "system", "content": self.system}]
        self.left_out = 0

    def take_back(self) -> str | None:
        """Takes the last message of the user and its answer out of the conversation; the message, if there is one."""
        asked = [at for at, message in enumerate(self.messages) if message["role"] == "user"]
        if not asked:
            return None
        text: str = self.messages[asked[-1]]["content"]
        self.messages = self.messages[: asked[-1]]
        return text

    def ask(self, text: str) -> Generator[tuple[str, str], None, Sample]:
        """Puts the user's next message to the model; yields the answer as it comes, in pieces (kind of part, text).

        When it has ended, the message and the answer are part of the conversation; when it is stopped before, what has
        been said until then is.

        Raises:
            TooLong: the conversation is as it was.
            ValueError: a setting is out of range.
        """
        messages = [*self.messages, {"role": "user", "content": text}]
        prompt = prompt_that_fits(messages, self.tok, self.model.cfg.context, self.drawing.max_new_tokens)
        turns = sum(id == self.tok.special_tokens[END_OF_TURN] for id in prompt.ids)
        stream = self._engine.stream(
            prompt.ids,
            self.drawing.max_new_tokens,
            self.drawing.temperature,
            self.drawing.top_k,
            self.drawing.top_p,
            (END_OF_TURN, BEGINNING),
            (self.drawing.seed + self._answers) % (1 << 64),
        )
        self._answers += 1
        return self._answer(messages, len(messages) - turns, stream)

    def _answer(
        self, messages: list[Message], left_out: int, stream: Generator[int, None, Sample]
    ) -> Generator[tuple[str, str], None, Sample]:
        self.left_out = left_out
        ids: list[int] = []
        decoder = _Decoder(self.tok)
        try:
            while True:
                try:
                    id = next(stream)
                except StopIteration as end:
                    yield from decoder.rest()
                    sample: Sample = end.value
                    return sample
                ids.append(id)
                yield from decoder.push(id)
        finally:
            self.messages = [*messages, {"role": "assistant", "content": read_answer(ids, self.tok)}]


class _Decoder:
    """Makes pieces of text of ids as they come, never half a character."""

    def __init__(self, tok: Tokenizer) -> None:
        self._tok, self._kind = tok, "text"
        self._special = {id: token for token, id in tok.special_tokens.items()}
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, id: int) -> Iterator[tuple[str, str]]:
        """The pieces (kind of part, text) that an id completes."""
        token = self._special.get(id)
        if token is None:
            if text := self._utf8.decode(bytes_of(id, self._tok)):
                yield self._kind, text
        elif kind := kind_behind(token, self._kind):
            yield from self.rest()
            self._kind = kind

    def rest(self) -> Iterator[tuple[str, str]]:
        """What stands where the last character has not been completed."""
        if text := self._utf8.decode(b"", final=True):
            yield self._kind, text


def prompt_that_fits(messages: list[Message], tok: Tokenizer, context: int, max_new_tokens: int) -> Rendered:
    """The conversation with the assistant's turn opened, without its oldest turns where they leave too little room.

    Raises:
        TooLong: not even the last message leaves room for one token.
        ValueError: the conversation is not one.
    """
    room = max(1, min(max_new_tokens, int(context * ROOM_FOR_AN_ANSWER)))
    try:
        return render(messages, tok, open_turn=True, max_tokens=context - room)
    except ValueError:
        check_messages(messages)
    try:
        return render(messages, tok, open_turn=True, max_tokens=context - 1)
    except ValueError:
        first = messages[: messages[0]["role"] == "system" and len(messages) > 1]
        tokens = len(render([*first, messages[-1]], tok, open_turn=True).ids)
        raise TooLong(
            f"this is too long for the model: {tokens} tokens leave no room for an answer in its context of {context}"
        ) from None
