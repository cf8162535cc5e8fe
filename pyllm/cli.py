"""The `pyllm` command: its groups, and how errors reach a person."""

from __future__ import annotations

import importlib
import io
import os
import sys
import warnings
from collections.abc import Callable

from pyllm.version import __version__

USAGE = """usage: pyllm COMMAND ...

commands:
  run         do it all: from web pages, or a text, to an assistant and a report
  chat        talk to a model
  data        make documents and tokens of web pages
  tokenizer   train a byte-level BPE tokenizer and see it at work
  pretrain    train a model from nothing on text or token shards
  sft         teach a model to answer, by conversations
  dpo         teach a model to prefer chosen answers to rejected ones
  reward      train a reward model on which of two answers is preferred
  ppo         let a model practise on answers that a reward model scores
  grpo        let a model practise on answers that can be checked
  label       answer prompts, or mend and rank a model's answers: data for sft and dpo
  vote        say which of two answers is better, by a key: data for reward and dpo
  judge       let a function say which of a model's answers is better: data for reward and dpo
  evaluate    examine a model: tasks, multiple choice
  sample      continue a prompt

options:
  -h, --help  show this help; `pyllm COMMAND --help` shows a command's
  --version   show the version, and the Unicode version of the tokenizer's character classes
"""

# Where the commands are that have no commands of their own: functions of the same names.
MODULES = {
    **dict.fromkeys(("run", "pretrain", "sample"), "training_commands"),
    **dict.fromkeys(("sft", "dpo", "reward", "ppo", "grpo"), "tuning_commands"),
    "chat": "chat_commands",
    "label": "label_commands",
    "vote": "vote_commands",
    "judge": "tuning_commands",
    "evaluate": "evaluation_commands",
}


def main() -> int:
    """Runs the command line; returns the exit status."""
    try:
        return _main(sys.argv[1:])
    except KeyboardInterrupt:
        print("\npyllm: stopped", file=sys.stderr)
        return 130


def _main(words: list[str]) -> int:
    match words:
        case ["tokenizer", *arguments]:
            from pyllm.tokenizer_commands import COMMANDS

            return _run(COMMANDS, "pyllm tokenizer", arguments)
        case ["data", *arguments]:
            try:
                from pyllm.data_commands import COMMANDS
            except ImportError as error:  # says which library is missing, and how to install it
                print(f"pyllm: {error}", file=sys.stderr)
                return 1
            return _run(COMMANDS, "pyllm data", arguments)
        case [command, *arguments] if command in MODULES:
            module = importlib.import_module(f"pyllm.{MODULES[command]}")
            return _run(getattr(module, command), f"pyllm {command}", arguments)
        case ["--version"]:
            from pyllm import _bpe

            print(f"pyllm {__version__} (Unicode {_bpe.unicode_version}, from regex {_bpe.regex_version})")
            return 0
        case [] | ["-h" | "--help"]:
            print(USAGE, end="")
            return 0
        case [command, *_]:
            print(f"pyllm: there is no command {command!r}\n\n{USAGE}", end="", file=sys.stderr)
            return 2
    raise AssertionError("unreachable")


def _run(commands: Callable[..., None] | dict[str, Callable[..., None]], program: str, arguments: list[str]) -> int:
    import tyro

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *_, **__: print(f"pyllm: note: {message}", file=sys.stderr)
            config = (tyro.conf.FlagCreatePairsOff,)
            if isinstance(commands, dict):
                tyro.extras.subcommand_cli_from_dict(commands, prog=program, args=arguments, config=config)
            else:
                tyro.cli(commands, prog=program, args=arguments, config=config)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        place = f"{error.filename}: " if error.filename is not None else ""
        print(f"pyllm: {place}{error.strerror or error}", file=sys.stderr)
        return 1
    except (ValueError, TypeError, ImportError) as error:
        print(f"pyllm: {error}", file=sys.stderr)
        return 1
    except MemoryError:
        print("pyllm: there is not enough memory for this", file=sys.stderr)
        return 1
    return 0
