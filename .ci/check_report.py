"""Looks whether a whole run has left its examinations, and a report with all of its sections."""

import json
import sys
from pathlib import Path

SECTIONS = (
    "Time",
    "Data",
    "Base model",
    "SFT",
    "Examination",
    "The same prompts, answered after each stage",
    "GRPO",
    "Imitation",
    "Practice against imitation",
    "Reward model",
    "PPO",
    "PPO, pushed on",
    "Over-optimisation",
    "The dial: how each number came about",
)
EXAMINATIONS = ("base", "sft", "grpo", "imitation", "ppo")


def main(run: Path) -> None:
    """Exits with a sentence on what is missing first."""
    for name in EXAMINATIONS:
        examined = json.loads((run / "examination" / f"{name}.json").read_text())
        if not examined["tasks"] or len(examined["answers"]) != 10:
            sys.exit(f"the examination of {name} has not all of its tasks and answers")
    for file, heading in (("report.md", "\n## {}\n"), ("report.html", "<h2>{}</h2>")):
        text = (run / file).read_text()
        if missing := [section for section in SECTIONS if heading.format(section) not in text]:
            sys.exit(f"{run / file} has no section {missing[0]!r}")
    print(f"{run}: {len(EXAMINATIONS)} examinations, {len(SECTIONS)} sections")


main(Path(sys.argv[1]))
