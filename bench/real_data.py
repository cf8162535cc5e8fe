"""What a base model learns from real data: instructions, preferences, and problems of grade-school mathematics.

    python bench/real_data.py --model runs/base --instructions sft_1100.json --preferences preferences_1100.json \
        --problems gsm8k_train.jsonl --problems-test gsm8k_test.jsonl --runs runs/real_data --out real_data

Two chains begin with the same base model. The first learns to answer instructions (SFT), then to prefer chosen answers
to rejected ones (DPO); the second learns the solutions of problems (SFT), then practises on them, with a reward for a
right answer (GRPO). Besides, with --comparisons, the base model becomes a reward model. A tenth of the prompts of the
first chain and of the comparisons, chosen by a hash of the prompt, is in no stage's training; problems are examined on
the test file. Settings that the options do not name are the stages' own.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pairing import Bench, Row

from pyllm import Engine
from pyllm.chat import END_OF_TURN, read_answer, render, text_of
from pyllm.tasks.files import load_conversations, load_preferences, load_problems
from pyllm.train.dpo import dpo
from pyllm.train.dpo_config import DpoConfig
from pyllm.train.grpo import grpo
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.result import Result
from pyllm.train.reward import reward
from pyllm.train.reward_config import RewardConfig
from pyllm.train.run_folder import RunFolder
from pyllm.train.sft import sft
from pyllm.train.sft_config import SftConfig
from pyllm.train.trained_models import model_folder, open_model

COLUMNS = {"measure": "measure", "peer": "before", "pyllm": "after"}
HELD_OUT = 10  # one prompt of so many
ASKED, LONGEST_ANSWER, SHOWN = 100, 128, 3

Messages = Sequence[Mapping[str, Any]]
Settings = dict[str, Any]


def add_real_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="the base model, or its run")
    parser.add_argument("--instructions", type=Path, metavar="FILE", help="conversations or instructions, for SFT")
    parser.add_argument("--preferences", type=Path, metavar="FILE", help="chosen and rejected answers, for DPO")
    parser.add_argument("--comparisons", type=Path, metavar="FILE", help="chosen and rejected, for a reward model")
    parser.add_argument("--problems", type=Path, metavar="FILE", help="GSM8K's training file, for SFT and GRPO")
    parser.add_argument("--problems-test", type=Path, metavar="FILE", help="GSM8K's test file")
    parser.add_argument(
        "--runs", type=Path, metavar="FOLDER", help="keep the runs there; default: they are thrown away"
    )
    parser.add_argument("--sft-epochs", type=float, default=3.0, metavar="N", help="default: 3")
    parser.add_argument("--dpo-epochs", type=float, default=3.0, metavar="N", help="default: 3")
    parser.add_argument("--reward-epochs", type=float, default=1.0, metavar="N", help="default: 1")
    parser.add_argument("--reward-lr", type=float, metavar="RATE", help="default: the stage's own")
    parser.add_argument("--grpo-steps", type=int, default=200, metavar="N", help="default: 200")
    parser.add_argument("--test-problems", type=int, default=500, metavar="N", help="to examine on; default: 500")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")


class Chains:
    """The stages of both chains, with the rows of what came of them."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.options = bench, bench.options
        self.shared: Settings = {
            "runs": self.options.runs or bench.folder / "runs",
            "seed": self.options.seed,
            "progress": True,
        }

    def length(self, epochs: float) -> Settings:
        return {"steps": 2} if self.options.quick else {"epochs": epochs}

    def told(self, what: str, result: Result, stage: str, measures: Mapping[str, str]) -> None:
        """Adds the first and the last evaluation of a stage, and how long it took."""
        lines = RunFolder(result.run).read_metrics(stage)
        evaluations = [line for line in lines if set(line) & set(measures)]
        for name, measure in measures.items():
            values = [line[name] for line in evaluations if name in line]
            if values:
                self.bench.add(
                    Row(f"{what}: {measure}", f"{values[-1]:.4f}", f"{values[0]:.4f}", details={"curve": values})
                )
        steps = [line for line in lines if "loss" in line]
        speed = f"{steps[-1]['tokens'] / steps[-1]['seconds']:,.0f} tokens/s"
        self.bench.add(
            Row(
                f"{what}: training",
                f"{result.step:,} steps, {result.seconds:,.0f} s, {speed}",
                details={"losses": [line["loss"] for line in steps]},
            )
        )

    def split(self, records: Sequence[tuple[Messages, Settings]], name: str) -> tuple[Path, Path]:
        """Files of the records to train on and of those held out, by their prompts."""
        sides: tuple[list[Settings], list[Settings]] = ([], [])
        for prompt, record in records:
            sides[zlib.crc32(json.dumps(prompt).encode()) % HELD_OUT == 0].append(record)
        paths = tuple(self.bench.folder / f"{name}_{side}.jsonl" for side in ("training", "held_out"))
        for path, side in zip(paths, sides, strict=True):
            path.write_text("".join(json.dumps(record) + "\n" for record in side))
        return paths[0], paths[1]

    def answers(self, what: str, before: Path, after: Path, file: Path) -> None:
        """Asks both models for answers to held-out prompts: how many end, and some to look at."""
        prompts = [conversation[:-1] for conversation in load_conversations(file)][:ASKED]
        found: dict[str, list[tuple[str, str]]] = {}
        for name, folder in (("before", before), ("after", after)):
            model, tok = open_model(folder, trainable=False)
            ids = [render(messages, tok, open_turn=True).ids for messages in prompts]
            fitting = [one for one in ids if len(one) < model.cfg.context]
            samples = Engine(model, tok).generate(
                fitting,
                max_new_tokens=8 if self.options.quick else LONGEST_ANSWER,
                temperature=0.0,
                stop=END_OF_TURN,
            )
            found[name] = [(text_of(read_answer(sample.ids, tok)), sample.finish) for sample in samples]
        ended = {name: sum(finish == "stop" for _, finish in told) / len(told) for name, told in found.items()}
        self.bench.add(
            Row(
                f"{what}: answers to {len(found['after'])} held-out prompts that end",
                f"{ended['after']:.0%}",
                f"{ended['before']:.0%}",
            )
        )
        for answer, _ in found["after"][:SHOWN]:  # the questions are not ours to keep
            self.bench.note(f"- {what}: {answer!r}")

    def assistant(self) -> None:
        """SFT on instructions, then DPO on preferences."""
        base = model_folder(self.options.model)
        conversations = load_conversations(self.options.instructions)
        training, held_out = self.split([(one[:-1], {"messages": one}) for one in conversations], "instructions")
        taught = sft(
            SftConfig(
                model=base,
                name="instructions_sft",
                data=(training,),
                validation_data=(held_out,),
                **self.length(self.options.sft_epochs),
                **self.shared,
            )
        )
        measures = {"validation_loss": "validation loss, nats a token"}
        self.told("SFT on instructions", taught, "sft", measures)
        assert taught.checkpoint is not None
        self.answers("SFT on instructions", base, taught.checkpoint, held_out)
        if self.options.preferences is None:
            return
        preferred, other = self.pairs(self.options.preferences)
        tuned = dpo(
            DpoConfig(
                model=taught.checkpoint,
                name="preferences_dpo",
                data=(preferred,),
                validation_data=(other,),
                **self.length(self.options.dpo_epochs),
                **self.shared,
            )
        )
        measures = {
            "validation_loss": "validation loss, nats a pair",
            "validation_accuracy": "held-out pairs preferred the right way, share",
            "validation_reward_margin": "margin of rewards",
            "validation_chosen_logprob": "log-probability of chosen answers, nats",
            "validation_rejected_logprob": "log-probability of rejected answers, nats",
            "validation_drift": "drift from the reference, nats a token",
        }
        self.told("DPO", tuned, "dpo", measures)
        assert tuned.checkpoint is not None
        self.answers("DPO", taught.checkpoint, tuned.checkpoint, held_out)

    def pairs(self, file: Path) -> tuple[Path, Path]:
        """Files of a file's pairs to train on and of those held out."""
        records = [
            (one.messages, {"prompt": one.messages, "chosen": one.chosen, "rejected": one.rejected})
            for one in load_preferences(file)
        ]
        return self.split(records, "pairs")

    def scorer(self) -> None:
        """A reward model of comparisons."""
        training, held_out = self.pairs(self.options.comparisons)
        result = reward(
            RewardConfig(
                model=model_folder(self.options.model),
                name="comparisons_reward",
                data=(training,),
                validation_data=(held_out,),
                lr=self.options.reward_lr,
                **self.length(self.options.reward_epochs),
                **self.shared,
            )
        )
        measures = {
            "validation_loss": "validation loss, nats a pair",
            "validation_accuracy": "held-out pairs told the right way round, share",
            "validation_accuracy_of_longer": "of those whose better answer is longer",
            "validation_accuracy_of_shorter": "of those whose better answer is shorter",
            "validation_calibration_error": "calibration error",
        }
        self.told("Reward model", result, "reward", measures)

    def mathematician(self) -> None:
        """SFT on problems' solutions, then GRPO on the same problems."""
        taught = sft(
            SftConfig(
                model=model_folder(self.options.model),
                name="problems_sft",
                data=(self.options.problems,),
                **self.length(self.options.sft_epochs),
                **self.shared,
            )
        )
        self.told("SFT on problems", taught, "sft", {"validation_loss": "validation loss, nats a token"})
        small: Settings = {"prompts": 2, "samples": 2, "max_new_tokens": 8} if self.options.quick else {}
        practised = grpo(
            GrpoConfig(
                model=taught.checkpoint,
                name="problems_grpo",
                data=self.options.problems,
                validation_data=self.options.problems_test,
                evaluate_problems=4 if self.options.quick else self.options.test_problems,
                steps=2 if self.options.quick else self.options.grpo_steps,
                **small,
                **self.shared,
            )
        )
        examined = self.options.problems_test or self.options.problems
        answers = Counter(problem.columns["answer"] for problem in load_problems(examined))
        measures = {
            "held_out_reward": "held-out problems answered right, share",
            "held_out_ended": "answers that end, share",
            "held_out_answer_tokens": "tokens of an answer",
            "reward": "problems in practice answered right, share",
        }
        self.told("GRPO on problems", practised, "grpo", measures)
        share = answers.most_common(1)[0][1] / answers.total()
        self.bench.note(f"always giving the commonest answer to {examined.name} would be right for {share:.1%}")


def main() -> None:
    with Bench("Real data", __doc__, add_real_data_options, columns=COLUMNS) as bench:
        chains = Chains(bench)
        if bench.options.instructions:
            chains.assistant()
        if bench.options.comparisons:
            chains.scorer()
        if bench.options.problems:
            chains.mathematician()


if __name__ == "__main__":
    main()
