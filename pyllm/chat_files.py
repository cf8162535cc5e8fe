"""What tells other programs how to talk with a model: three small files beside the model and its tokenizer.json.

    tokenizer_config.json     the layout of conversations as a Jinja template
                              (https://huggingface.co/docs/transformers/chat_templating), the context's size
    special_tokens_map.json   which special token has which purpose
    generation_config.json    what ends an answer

The template makes text, and other programs find the special tokens in that text: there, other than in pyllm.chat, a
user who spells one forges one.
"""

from __future__ import annotations

import json
from pathlib import Path

from pyllm.chat import BEGINNING, CHAT_TOKENS, END_OF_TURN, PARTS, ROLES
from pyllm.files import write_whole
from pyllm.tokenizer import Tokenizer

CHAT_TEMPLATE = f"""\
{{%- set roles = {json.dumps(ROLES)} -%}}
{{%- set parts = {json.dumps(PARTS)} -%}}
{{{{- '{BEGINNING}' -}}}}
{{%- for message in messages -%}}
{{%- if message['role'] not in roles -%}}
{{{{- raise_exception('there is no role ' + message['role']) -}}}}
{{%- endif -%}}
{{{{- roles[message['role']] -}}}}
{{%- if message['content'] is string -%}}
{{{{- message['content'] -}}}}
{{%- else -%}}
{{%- for part in message['content'] -%}}
{{%- if part['type'] == 'text' -%}}
{{{{- part['text'] -}}}}
{{%- else -%}}
{{{{- parts[part['type']][0] + part['text'] + parts[part['type']][1] -}}}}
{{%- endif -%}}
{{%- endfor -%}}
{{%- endif -%}}
{{{{- '{END_OF_TURN}' -}}}}
{{%- endfor -%}}
{{%- if add_generation_prompt -%}}
{{{{- '{ROLES["assistant"]}' -}}}}
{{%- endif -%}}
"""


def write_chat_files(folder: Path, tok: Tokenizer, context: int) -> None:
    """Writes the three files.

    Args:
        folder: which holds tokenizer.json, or will.
        tok: a tokenizer with the special tokens of conversations.
        context: the most tokens that the model takes.

    Raises:
        OSError: they cannot be written.
    """
    purposes = {"bos_token": BEGINNING, "eos_token": END_OF_TURN, "pad_token": BEGINNING}
    others = [token for token in CHAT_TOKENS if token not in purposes.values()]
    special = tok.special_tokens
    contents = {
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            **purposes,
            "additional_special_tokens": others,
            "model_max_length": context,
            "clean_up_tokenization_spaces": False,
            "chat_template": CHAT_TEMPLATE,
        },
        "special_tokens_map.json": {**purposes, "additional_special_tokens": others},
        "generation_config.json": {
            "bos_token_id": special[BEGINNING],
            "eos_token_id": [special[END_OF_TURN], special[BEGINNING]],
            "pad_token_id": special[BEGINNING],
            "max_length": context,
        },
    }
    for name, content in contents.items():
        write_whole(folder / name, json.dumps(content, indent=2).encode() + b"\n")
