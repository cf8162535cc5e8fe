"""Conversations of every kind, for tests of what renders and parses them."""

from hypothesis import strategies as st
from texts import any_text

from pyllm import SPECIAL_TOKENS
from pyllm.chat import Message
from pyllm.patterns import utf8

# Surrogates are joined in pairs or become U+FFFD, as in all that a tokenizer encodes.
texts = st.lists(
    any_text() | st.sampled_from([*SPECIAL_TOKENS, "<|", "|>", "<|end", "ofturn|>", "\ud800", "\udc00\ud800", "\n"]),
    max_size=4,
).map("".join)
kinds = st.sampled_from("text think call result".split())
parts = st.lists(st.builds(lambda kind, text: {"type": kind, "text": text}, kinds, texts), max_size=6)


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    messages = [{"role": "system", "content": draw(texts)}] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(not messages, 6))):
        follows_assistant = bool(messages) and messages[-1]["role"] == "assistant"
        role = draw(st.sampled_from(["user", "tool"] if follows_assistant else ["user", "tool", "assistant"]))
        messages.append({"role": role, "content": draw(texts | parts if role == "assistant" else texts)})
    return messages


def shortest(message: Message) -> Message:
    """A message as parsing gives it, written independently of it."""

    def plain(text: str) -> str:
        return utf8(text).decode()

    if isinstance(message["content"], str):
        return {"role": message["role"], "content": plain(message["content"])}
    joined: list[dict[str, str]] = []
    for part in message["content"]:
        if part["type"] == "text" and joined and joined[-1]["type"] == "text":
            joined[-1]["text"] += part["text"]
        else:
            joined.append(dict(part))
    found = [
        {"type": part["type"], "text": plain(part["text"])} for part in joined if part["text"] or part["type"] != "text"
    ]
    if all(part["type"] == "text" for part in found):
        return {"role": message["role"], "content": "".join(part["text"] for part in found)}
    return {"role": message["role"], "content": found}
