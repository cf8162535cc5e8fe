"""`pyllm chat`: a person, or a file of questions, talks with a model."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator, Iterator

import tyro
from rich.console import Console

from pyllm.chat import has_chat_tokens
from pyllm.chat_session import ChatSession, Drawing, TooLong
from pyllm.engine import Sample
from pyllm.options import OptionalPath, OptionalText
from pyllm.train.display import printable
from pyllm.train.trained_models import model_folder, open_model

COMMANDS = {
    "/new": "begin another conversation",
    "/again": "have the last message answered once more",
    "/quit": "leave; so does Ctrl-D",
    "/help": "show this",
}


def chat(
    question: tyro.conf.Positional[tuple[str, ...]] = (),
    /,
    *,
    model: OptionalPath = None,
    tokenizer: OptionalPath = None,
    system: OptionalText = None,
    max_new_tokens: int = 1024,
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 0,
) -> None:
    """Talk with a model. /new begins another conversation, /quit leaves, Ctrl-C stops an answer.

    Each line is a message. Those that come through a pipe are answered one after the other; only what the model says is
    printed then, without its thoughts.

    Args:
        question: ask just this, its words joined by spaces; none: a conversation.
        model: a run's folder (its last stage's last checkpoint), a checkpoint, or any folder with config.json and
            model.safetensors; default: the run that was last at work in runs/.
        tokenizer: a tokenizer.json; default: the one in the folder.
        system: what the model is told before each conversation.
        max_new_tokens: the most tokens of an answer; fewer where the model's context is full before.
        temperature: below 1 likelier tokens are preferred; 0: always the likeliest.
        top_k: draw from so many of the likeliest tokens; 0: from all.
        top_p: draw from the fewest tokens whose probabilities reach this; 1: from all.
        seed: another one, other answers.
    """
    folder = model_folder(model)
    gpt, tok = open_model(folder, tokenizer, chat=False, trainable=False)
    if not has_chat_tokens(tok):
        raise ValueError(
            f"the model in {folder} has no special tokens for conversations: tune it first with `pyllm sft`"
        )
    if folder.name.startswith("pretrain_"):
        note(f"{folder} has only been pretrained and has never seen a conversation: tune it with `pyllm sft`")
    drawing = Drawing(max_new_tokens, temperature, top_k, top_p, seed)
    session = ChatSession(gpt, tok, drawing, system)
    if question:
        _answer(session, " ".join(question))
        return
    if sys.stdin.isatty():
        note(f"talking with {folder}, whose context is {gpt.cfg.context} tokens; /help shows the commands")
    for line in _lines():
        match line.strip():
            case "":
                continue
            case "/quit":
                break
            case "/new":
                session.restart()
                note("a new conversation")
            case "/again":
                if (text := session.take_back()) is None:
                    note("there is no message yet to answer again")
                else:
                    _answer(session, text)
            case "/help":
                for name, meaning in COMMANDS.items():
                    print(f"{name}: {meaning}", file=sys.stderr)
            case command if command.startswith("/") and command[1:].isalpha():
                note(f"there is no command {printable(command)}; there are {', '.join(COMMANDS)}")
            case text:
                try:
                    _answer(session, text)
                except TooLong as error:
                    print()  # answers that are read by a program stay in step with the messages
                    note(str(error))


def note(text: str) -> None:
    """Tells the person something that is not part of the conversation."""
    print(f"pyllm: note: {text}", file=sys.stderr, flush=True)


def _lines() -> Iterator[str]:
    """The lines that a person types, or those that come through a pipe."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    import readline  # noqa: F401  # with it, input() knows the arrow keys

    while True:
        try:
            yield input("> ")
        except EOFError:
            print()
            return


def _answer(session: ChatSession, text: str) -> None:
    """Prints the answer to a message as it comes, and says why it ended where it did not end by itself."""
    left_out, stream = session.left_out, session.ask(text)
    try:
        sample = _print_all(stream)
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        stream.close()
        print(flush=True)
        note("stopped; what has been said so far stays in the conversation")
        return
    if session.left_out > left_out == 0:
        note("from now on the oldest messages are left out: the model's context cannot hold them all")
    if sample.finish == "stop":
        return
    if len(sample.ids) == session.drawing.max_new_tokens:
        note(f"the answer was cut at {len(sample.ids)} tokens; --max-new-tokens allows more")
    else:
        note(f"the answer was cut: the model's context of {session.model.cfg.context} tokens is full; /new begins anew")


def _print_all(stream: Generator[tuple[str, str], None, Sample]) -> Sample:
    console = Console(highlight=False, soft_wrap=True)
    shown = None  # the kind of part that the last piece belongs to
    try:
        while True:
            try:
                kind, text = next(stream)
            except StopIteration as end:
                sample: Sample = end.value
                return sample
            if not console.is_terminal:
                if kind == "text":
                    print(text, end="", flush=True)
                continue
            if kind != shown and (shown is not None or kind != "text"):
                console.print("\n" * (shown is not None) + (f"{kind}: " if kind != "text" else ""), end="", style="dim")
            console.print(printable(text), end="", markup=False, style=None if kind == "text" else "dim")
            shown = kind
    finally:
        print(flush=True)
