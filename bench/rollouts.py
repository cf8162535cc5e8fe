"""Sampling many answers at once, as reinforcement learning does, beside the same model and a cache in PyTorch.

    python bench/rollouts.py --peers-python PEERS/bin/python

A model of the default run's size, float32, 32 prompts of 30 tokens, temperature 1, with the log-probabilities of what
is sampled. PyTorch's side is written by hand for it, with a cache that is allocated once, eager and compiled; the
faster of the two counts. That both compute the same is checked first, by the log-probabilities of the likeliest tokens.
FLOPs: two for each weight of a matrix and attention's 4 L H D for each position seen, for each token; of the prompts'
tokens but the last one only what their keys and values take.
"""

from __future__ import annotations

from compute import FMA_LIMIT, add_isa_option, check_agreement, chosen_isa, fma_limit, quick
from pairing import Bench, Work
from worker_process import Worker, WorkerError

from pyllm.model import ModelConfig

DEPTH, VOCABULARY, HEADS = 3, 4096, 6  # the default run's
BATCH, PROMPT = 32, 30
NEW = (64, 128)
LEAST_RATIO, LEAST_SHARE = 3.0, 0.4
PEERS = {"torch eager": False, "torch.compile": True}


def flops(cfg: ModelConfig, batch: int, prompt: int, new: int) -> float:
    """The operations of one rollout."""
    classifier = cfg.vocab_size * cfg.n_embd
    layer = (cfg.matmul_parameters() - classifier) / cfg.n_layer
    seen = 4 * cfg.n_head * cfg.head_dim  # of a layer, for each position
    before, end = prompt - 1, prompt - 1 + new
    before_seen, all_seen = before * (before + 1) / 2, end * (end + 1) / 2
    in_prompt = 2 * before * ((cfg.n_layer - 1) * layer + cfg.qkv_channels * cfg.n_embd)
    in_prompt += (cfg.n_layer - 1) * seen * before_seen
    return batch * (in_prompt + 2 * new * cfg.matmul_parameters() + cfg.n_layer * seen * (all_seen - before_seen))


def rollouts(bench: Bench, isa: str, new: int) -> None:
    cfg = ModelConfig.from_depth(DEPTH, vocab_size=VOCABULARY, n_head=HEADS, show=False)
    path = str(bench.folder / "parameters.npz")
    shape = {"batch": BATCH, "prompt": PROMPT, "new": new}
    ours = bench.worker("pyllm")
    assert ours
    ours.call("make_rollouts", depth=DEPTH, vocab_size=VOCABULARY, n_head=HEADS, save_to=path, **shape)
    size = {name: getattr(cfg, name) for name in ("n_layer", "n_head", "n_embd", "n_hidden", "vocab_size")}
    peers: dict[str, Worker] = {}
    for label, compiled in PEERS.items():
        if worker := bench.worker("torch"):
            try:
                worker.call("make_rollouts", load_from=path, compiled=compiled, **shape, **size)
            except WorkerError as error:
                bench.note(f"skipped: {label}: {error}"[:200])
                continue
            check_agreement(ours, worker, "greedy_logprobs", within=1e-3)
            peers[label] = worker
    times = quick(bench, 3, 1)
    for worker in (ours, *peers.values()):
        worker.call("rollout_seconds", times=1)
    work = flops(cfg, BATCH, PROMPT, new)
    bench.compare(
        f"{cfg.num_parameters() / 1e6:.1f} million parameters, batch {BATCH}, {PROMPT} + {new} tokens",
        ours.timing("rollout_seconds", times=times),
        {label: worker.timing("rollout_seconds", times=times) for label, worker in peers.items()},
        work=Work(BATCH * new, "tokens/s"),
        limit=fma_limit(bench, isa, 2, work),
        least_ratio=LEAST_RATIO,
        least_share=LEAST_SHARE,
    )
    for worker in (ours, *peers.values()):
        worker.close()


def main() -> None:
    with Bench("Rollouts", __doc__, add_isa_option, workers="model_workers") as bench:
        isa = chosen_isa(bench, FMA_LIMIT)
        for new in NEW[:1] if bench.options.quick else NEW:
            rollouts(bench, isa, new)


if __name__ == "__main__":
    main()
