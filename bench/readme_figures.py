"""Puts the figures of bench/results into README.md, between markers: python bench/readme_figures.py.

--check only tells whether README.md is up to date.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench/results"
SHOWN = {
    "train_step": ("tiny", "small, B", "gpt2-124M"),
    "tinyshakespeare": ("validation loss after", "steps a second"),
    "matmul": ("(2048 x 768) (768 x 3072), avx2, threads: 2", "(2048 x 768) (768 x 3072), avx512, threads: 2"),
    "attention": ("T = 1024, B = 2, 6 heads, avx512, threads: 2", "T = 1024, B = 2, 6 heads, avx2, threads: 2"),
    "optimizer": ("124 million",),
    "decode": ("gpt2-124M",),
    "rollouts": ("30 + 128 tokens",),
    "data_pipeline": ("one core",),
    "data_filters": ("all four",),
    "data_deduplication": ("datatrove",),
    "data_tokenizing": ("4 kB a document",),
    "tokenizer_training": ("vocabulary 8,192", "vocabulary 32,768"),
    "tokenizer_encoding": ("threads: 2",),
    "tokenizer_decoding": ("32k, from int32 arrays",),
    "tokenizer_hostile": ("one letter, cl100k, 1 MB", "random letters, cl100k, 1 MB"),
    "tokenizer_files": ("encode_file",),
}
# What the default run comes to: the tasks' rows, in each stage's words of bench/default_run.py.
STAGES = ("base", "sft", "grpo", "imitation", "ppo")
TASKS = {
    "facts": "facts about countries that no conversation names",
    "addition_steps": "two-digit sums, asked for step by step",
    "addition": "sums of two and three digits, free to answer at once",
    "stories": "stories that have all that was asked for",
    "letter_counting": "letter counting",
    "spelling": "spelling a word",
    "reversing": "a word backwards",
}
# And what comes of preferences there.
PREFERENCES = {
    "reward model: held-out pairs told the right way round": "reward model: held-out pairs told the right way round",
    "best-of-16: preferred by the judge": "best-of-16: preferred by the judge to the first model's answers",
    "PPO: preferred by the judge to the answers before": "PPO: the same",
    "PPO: nats an answer from the model before": "PPO: divergence from the first model, nats an answer",
    "PPO pushed on: preferred by the reward model": "PPO pushed on: preferred by the reward model",
    "PPO pushed on: preferred by the judge": "PPO pushed on: preferred by the judge",
}
MARKER, END = "<!-- {}: bench/readme_figures.py -->", "<!-- end of {} -->"


def table() -> str:
    """The rows as Markdown, with the machine they were measured on."""
    lines = ["| measure | pyllm | peer | ratio |", "|---|---|---|---|"]
    machine = {}
    for name, measures in SHOWN.items():
        result = json.loads((RESULTS / f"{name}.json").read_text())
        machine = result["machine"]
        for row in result["rows"]:
            if row["target"] and any(measure in row["measure"] for measure in measures):
                measure = f"{result['title']}: {row['measure']}"
                lines.append(f"| {measure} | {row['pyllm']} | {row['peer']} | {row['ratio']} |")
    where = f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}"
    return "\n".join([f"Measured side by side on {where}; medians of at least 5 pairs in turns.", "", *lines])


def abilities() -> str:
    """What the models of the default run can do, by stage, as Markdown."""
    found = {row["measure"]: row["pyllm"] for row in json.loads((RESULTS / "default_run.json").read_text())["rows"]}
    lines = [f"| right | {' | '.join(STAGES)} | always the commonest answer |", f"|---{'|---' * (len(STAGES) + 1)}|"]
    for task, told in TASKS.items():
        scores = [found[f"{stage}: {task}, right"] for stage in STAGES]
        commonest = found.get(f"sft: {task}, always the commonest answer", "")
        lines.append(f"| {told} | {' | '.join(scores)} | {commonest} |")
        if second := found.get(f"grpo: {task}, as a chat's second question, right"):
            scores = [second if stage == "grpo" else "" for stage in STAGES]
            lines.append(f"| the same, as a chat's second question | {' | '.join(scores)} |  |")
    return "\n".join(lines)


def preferences() -> str:
    """What the default run's reward model and PPO come to, as Markdown."""
    found = {row["measure"]: row["pyllm"] for row in json.loads((RESULTS / "default_run.json").read_text())["rows"]}
    lines = [f"| {told} | {found[measure]} |" for measure, told in PREFERENCES.items()]
    return "\n".join(["|  | three seeds |", "|---|---|", *lines])


def with_block(text: str, name: str, block: str) -> str:
    """The README with the text between the markers of that name replaced."""
    start, end = MARKER.format(name), END.format(name)
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{block}\n{end}{after}"


def main() -> int:
    """Rewrites README.md; returns 1 when it only checks and finds it out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    readme = ROOT / "README.md"
    text = readme.read_text()
    updated = text
    for name, block in (("abilities", abilities()), ("preferences", preferences()), ("figures", table())):
        updated = with_block(updated, name, block)
    if parser.parse_args().check:
        if updated != text:
            print("README.md is out of date: run python bench/readme_figures.py", file=sys.stderr)
        return int(updated != text)
    readme.write_text(updated)
    return 0


if __name__ == "__main__":
    sys.exit(main())
