"""A model that has learned to answer a few questions by heart, for tests of all that talks with one."""

import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy
from samples import PROSE, trained_on

import pyllm
from pyllm import SPECIAL_TOKENS, Tokenizer, checkpoint
from pyllm.chat import Content, render

CONTEXT = 96
ANSWERS: Mapping[str, Content] = {
    "Hello!": "Hello, my friend.",
    "Who are you?": "I am very small.",
    "1+1?": [{"type": "think", "text": "easy"}, {"type": "text", "text": "It is 2: ②."}],
}


@cache
def assistant() -> tuple[pyllm.GPT, Tokenizer]:
    """The model, which answers each question as above whatever was said before, and its tokenizer."""
    tok = trained_on([PROSE], 300, "cl100k", SPECIAL_TOKENS)
    cfg = pyllm.ModelConfig.llama(n_layer=1, n_head=2, n_embd=32, vocab_size=tok.vocab_size, context=CONTEXT)
    model = pyllm.GPT(cfg, seed=1)
    source = random.Random(0)
    rows = []
    for turns in range(8):
        questions = [*source.choices(list(ANSWERS), k=turns), *ANSWERS]
        source.shuffle(questions)
        talk = [{"role": "system", "content": "Be kind."}] * (turns % 2)
        for question in questions:
            talk += [{"role": "user", "content": question}, {"role": "assistant", "content": ANSWERS[question]}]
        rows.append(render(talk, tok, max_tokens=CONTEXT))
    length = max(len(row.ids) for row in rows)
    tokens = numpy.zeros((len(rows), length), numpy.int32)
    targets = numpy.full_like(tokens, -1)
    for index, (ids, mask) in enumerate(rows):
        tokens[index, : len(ids)] = ids
        targets[index, : len(ids) - 1] = numpy.where(mask[1:], ids[1:], -1)
    optimizer = pyllm.AdamW(model, lr=1e-2, weight_decay=0)
    for _ in range(150):
        loss = model.loss_and_backward(tokens, targets, (targets >= 0).astype(numpy.float32))
        optimizer.step()
    assert loss < 0.01
    return model, tok


def save_assistant(run: Path) -> Path:
    """Writes it as a run's checkpoint behind SFT; returns that."""
    model, tok = assistant()
    path = checkpoint.path_of(run / "checkpoints", "sft", 150)
    checkpoint.save(path, model, pyllm.AdamW(model), {}, tok)
    return path
