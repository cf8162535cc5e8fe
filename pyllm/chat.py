"""Conversations as token ids: who spoke is told by special tokens, which no text can spell.

    <|endoftext|> <|system|> text <|endofturn|> <|user|> text <|endofturn|> <|assistant|> text <|endofturn|> ...

A message is {"role": "system" | "user" | "assistant" | "tool", "content": text}. What an assistant says may also be a
list of parts {"type": "text" | "think" | "call" | "result", "text": text}: its thoughts and its calls of tools stand
between special tokens that it writes itself; the result of a call stands within its turn, but is not its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pyllm.model import GPT
    from pyllm.tokenizer import Tokenizer

Message = Mapping[str, Any]
Content = str | list[dict[str, str]]

BEGINNING = "<|endoftext|>"
END_OF_TURN = "<|endofturn|>"
ROLES = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>", "tool": "<|tool|>"}
PARTS = {
    "think": ("<|think|>", "<|endofthink|>"),
    "call": ("<|call|>", "<|endofcall|>"),
    "result": ("<|result|>", "<|endofresult|>"),
}
OPENED = {before: kind for kind, (before, _) in PARTS.items()}
CHAT_TOKENS = (BEGINNING, END_OF_TURN, *ROLES.values(), *(token for pair in PARTS.values() for token in pair))


class Rendered(NamedTuple):
    """A conversation as ids, and for each of them 1 where the assistant wrote it, otherwise 0."""

    ids: list[int]
    mask: list[int]


def render(
    messages: Sequence[Message], tok: Tokenizer, *, open_turn: bool = False, max_tokens: int | None = None
) -> Rendered:
    """A conversation as token ids.

    Args:
        messages: of one conversation; see check_messages.
        tok: a tokenizer with the special tokens of conversations; see with_chat_tokens.
        open_turn: end with the token that opens an assistant's turn, for the model to go on.
        max_tokens: leave out the oldest turns, so that no more ids than these remain. The system's message stays, and
            of the rest as many last groups as fit, each with a user's message and all that answers it.

    Returns:
        (ids, mask). The mask is 1 on the assistant's text, on the special tokens around its thoughts and calls, and on
        the end of its turn; 0 on results with the tokens around them, and on everything else.

    Raises:
        ValueError: the conversation is not one, the turn to open follows an assistant's, the tokenizer lacks special
            tokens, or max_tokens has no room for the system's message and the last group.
    """
    check_messages(messages)
    special = _special_ids(tok)
    if open_turn and messages[-1]["role"] == "assistant":
        raise ValueError("a turn cannot be opened for the assistant: the last message is its own already")
    turns = [_render_turn(message, tok, special) for message in messages]
    opening = Rendered([special[ROLES["assistant"]]], [0]) if open_turn else Rendered([], [])
    system = turns[: messages[0]["role"] == "system"]
    groups: list[list[Rendered]] = []
    for message, turn in zip(messages[len(system) :], turns[len(system) :], strict=True):
        if message["role"] == "user" or not groups:
            groups.append([])
        groups[-1].append(turn)
    if max_tokens is not None:
        groups = _last_that_fit(groups, max_tokens - 1 - _length(system) - len(opening.ids), max_tokens)
    ids, mask = [special[BEGINNING]], [0]
    for turn in (*system, *(turn for group in groups for turn in group), opening):
        ids += turn.ids
        mask += turn.mask
    return Rendered(ids, mask)


def parse(ids: Iterable[int], tok: Tokenizer) -> list[Message]:
    """The conversation that ids stand for: the inverse of `render`.

    The last turn, if it is the assistant's, may be unfinished. Messages come in their shortest form: neighbouring parts
    of text are one, empty ones are none, and a content that is one part of text is that text.

    Raises:
        ValueError: the ids are not those of a conversation; says where not.
    """
    ids = [int(id) for id in ids]
    special = _special_ids(tok)
    roles = {special[token]: role for role, token in ROLES.items()}
    if not ids or ids[0] != special[BEGINNING]:
        raise ValueError(f"the ids of a conversation begin with that of {BEGINNING}")
    messages: list[Message] = []
    at = 1
    while at < len(ids):
        role = roles.get(ids[at])
        if role is None:
            raise ValueError(f"id {at} of the conversation, {ids[at]}, is not that of a role: no turn begins there")
        try:
            end = ids.index(special[END_OF_TURN], at)
        except ValueError:
            end = len(ids)
            if role != "assistant":
                raise ValueError(f"the {role}'s turn from id {at} on does not end with {END_OF_TURN}") from None
        try:
            content = _content(ids[at + 1 : end], tok, special, parts=role == "assistant")
        except ValueError as error:
            raise ValueError(f"the {role}'s turn from id {at} to {end}: {error}") from None
        messages.append({"role": role, "content": content})
        at = end + 1
    check_messages(messages)
    return messages


def read_answer(ids: Iterable[int], tok: Tokenizer) -> Content:
    """What an assistant said in ids that a model has sampled behind an opened turn, however ill-formed they are.

    It ends with the first end of a turn or of a text. Special tokens that have no sense where they stand are left out;
    a part that is not finished ends where the next one begins, or with the turn. Ids that the tokenizer does not have
    become U+FFFD.
    """
    special = _special_ids(tok)
    ends = {special[END_OF_TURN], special[BEGINNING]}
    ids = [int(id) for id in ids]
    end = next((at for at, id in enumerate(ids) if id in ends), len(ids))
    return _content(ids[:end], tok, special, parts=True, mend=True)


def text_of(content: Content) -> str:
    """A content's text alone, without thoughts, calls and results: what the assistant says to the user."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content if part["type"] == "text")


def plain_prompt(messages: Sequence[Message]) -> Content | list[Message]:
    """A prompt as files of preferences have it: a user's only message is its text."""
    return messages[0]["content"] if len(messages) == 1 and messages[0]["role"] == "user" else list(messages)


def kind_behind(token: str, kind: str) -> str | None:
    """The kind of part that begins behind a special token within a part of this kind; None: the token does not turn
    to another one.
    """
    if kind != "text" and token == PARTS[kind][1]:
        return "text"
    return OPENED.get(token)


def bytes_of(id: int, tok: Tokenizer) -> bytes:
    """The bytes of an id that a model has drawn: U+FFFD for one that the tokenizer does not have."""
    try:
        return tok.token_bytes(id)
    except ValueError:
        return "\ufffd".encode()


def check_messages(messages: Sequence[Message], place: str = "") -> None:
    """Looks whether these are the messages of a conversation: only the first may be the system's, and no two in a row
    the assistant's.

    Args:
        messages: anything.
        place: where they were found, to begin the error with, such as "file.jsonl, line 7".

    Raises:
        ValueError: they are not; tells the first thing that is wrong, in one sentence.
    """
    place = f"{place}: " if place else ""
    if not isinstance(messages, Sequence) or isinstance(messages, (str, bytes)):
        raise ValueError(f"{place}a conversation must be a list of messages, got {type(messages).__name__}")
    if not messages:
        raise ValueError(f"{place}a conversation must have a message, got an empty list")
    before = None
    for number, message in enumerate(messages, 1):
        where = f"{place}message {number}"
        if not isinstance(message, Mapping):
            raise ValueError(f"{where} must be an object with role and content, got {type(message).__name__}")
        role = message.get("role")
        if not isinstance(role, str) or role not in ROLES:
            found = f"has the role {_start(role)}" if "role" in message else "has no role"
            raise ValueError(f"{where} {found}, expected one of {', '.join(ROLES)}")
        if role == "system" and number > 1:
            raise ValueError(f"{where} is the system's, which may only be the first")
        if role == before == "assistant":
            raise ValueError(f"{where} is the assistant's, and so is the one before it: expected another's between")
        if message.get("content") is None:
            raise ValueError(f"{where}, the {role}'s, has no content")
        _check_content(message["content"], role, where)
        before = role


def with_chat_tokens(model: GPT, tok: Tokenizer) -> Tokenizer:
    """Readies a model and its tokenizer, wherever they come from, for conversations.

    What the tokenizer lacks of pyllm.SPECIAL_TOKENS is added behind its last id, and the model gets rows for the new
    ids unless it has them already (see GPT.resize_vocabulary). What it has, such as GPT-2's <|endoftext|>, keeps its
    id.

    Args:
        model: is changed; make optimizers after this.
        tok: is left as it is.

    Returns:
        The tokenizer to use with the model from now on.

    Raises:
        ValueError: the tokenizer has more ids than the model.
    """
    from pyllm.tokenizer import SPECIAL_TOKENS

    if tok.vocab_size > model.cfg.vocab_size:
        raise ValueError(
            f"the tokenizer has {tok.vocab_size} ids, but the model only {model.cfg.vocab_size}: "
            "they do not belong together"
        )
    tok = tok.with_special_tokens(SPECIAL_TOKENS)
    if tok.vocab_size > model.cfg.vocab_size:
        model.resize_vocabulary(tok.vocab_size)
    return tok


def has_chat_tokens(tok: Tokenizer) -> bool:
    """Whether a tokenizer has all special tokens that conversations need."""
    return not set(CHAT_TOKENS) - set(tok.special_tokens)


def _special_ids(tok: Tokenizer) -> dict[str, int]:
    special = tok.special_tokens
    if missing := [token for token in CHAT_TOKENS if token not in special]:
        raise ValueError(
            f"the tokenizer has no special token {missing[0]}, which conversations need: "
            "pyllm.chat.with_chat_tokens adds what is missing"
        )
    return special


def _render_turn(message: Message, tok: Tokenizer, special: Mapping[str, int]) -> Rendered:
    role = message["role"]
    own = int(role == "assistant")
    turn = Rendered([special[ROLES[role]]], [0])
    for kind, text in _parts(message["content"]):
        ids = tok.encode_ordinary(text)
        if kind != "text":
            before, behind = PARTS[kind]
            ids = [special[before], *ids, special[behind]]
        turn.ids.extend(ids)
        turn.mask.extend([own if kind != "result" else 0] * len(ids))
    turn.ids.append(special[END_OF_TURN])
    turn.mask.append(own)
    return turn


def _parts(content: Content) -> list[tuple[str, str]]:
    """The kinds and texts of a content's parts; neighbouring texts are one, and an empty one is none."""
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    parts: list[tuple[str, str]] = []
    for part in content:
        kind, text = part["type"], part["text"]
        if kind == "text" and parts and parts[-1][0] == "text":
            parts[-1] = ("text", parts[-1][1] + text)
        elif kind != "text" or text:
            parts.append((kind, text))
    return parts


def _content(ids: list[int], tok: Tokenizer, special: Mapping[str, int], *, parts: bool, mend: bool = False) -> Content:
    """The content between a role and the end of the turn.

    parts: whether there may be other parts than text. mend: make sense of anything, in place of a ValueError.
    """
    names = {id: token for token, id in special.items()}
    found: list[tuple[str, list[int]]] = [("text", [])]
    kind = "text"
    for id in ids:
        token = names.get(id)
        if token is None:
            found[-1][1].append(id)
            continue
        behind = kind_behind(token, kind) if parts else None
        if behind is not None and (mend or "text" in (kind, behind)):
            kind = behind
            found.append((kind, []))
        elif not mend:
            raise ValueError(f"the special token {token} has no sense there")
    decoded = [{"type": kind, "text": _decoded(ids, tok) if mend else tok.decode(ids)} for kind, ids in found]
    shortest = _parts(decoded)
    if not shortest or (len(shortest) == 1 and shortest[0][0] == "text"):
        return shortest[0][1] if shortest else ""
    return [{"type": kind, "text": text} for kind, text in shortest]


def _decoded(ids: list[int], tok: Tokenizer) -> str:
    return b"".join(bytes_of(id, tok) for id in ids).decode("utf-8", "replace")


def _last_that_fit(groups: list[list[Rendered]], room: int, max_tokens: int) -> list[list[Rendered]]:
    """The last groups, as many as have room together; at least one, unless there is none."""
    kept = len(groups)
    while kept and _length(groups[kept - 1]) <= room:
        kept -= 1
        room -= _length(groups[kept])
    if room < 0 or (groups and kept == len(groups)):
        needed = max_tokens - room + sum(map(_length, groups[kept - 1 : kept]))
        raise ValueError(
            f"the conversation cannot be cut to {max_tokens} tokens: "
            f"the system's message and the last turns alone have {needed}"
        )
    return groups[kept:]


def _length(turns: Iterable[Rendered]) -> int:
    return sum(len(turn.ids) for turn in turns)


def _check_content(content: object, role: str, where: str) -> None:
    if isinstance(content, str):
        return
    if role != "assistant" or not isinstance(content, Sequence) or isinstance(content, bytes):
        expected = "a text or a list of parts" if role == "assistant" else "a text"
        raise ValueError(f"{where}: the {role}'s content must be {expected}, got {type(content).__name__}")
    for number, part in enumerate(content, 1):
        if not isinstance(part, Mapping) or not isinstance(part.get("text"), str):
            raise ValueError(f"{where}: part {number} must be an object with a type and a text, got {_start(part)}")
        kind = part.get("type")
        if not isinstance(kind, str) or (kind != "text" and kind not in PARTS):
            raise ValueError(f"{where}: part {number} has the type {_start(kind)}, not one of text, {', '.join(PARTS)}")


def _start(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
