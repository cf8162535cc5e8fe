"""The optimizer on the parameters of GPT-2 124M: the norm of the gradients, clipping, AdamW and zeroing.

    python bench/optimizer.py --peers-python PEERS/bin/python

Beside PyTorch's clip_grad_norm_, fused AdamW and zero_grad. The limit is the machine's memory: the norm reads the
gradients once; the update reads and writes parameters, gradients and two moments in place.
"""

from compute import SIZES, add_isa_option, chosen_isa, memory_limit
from pairing import Bench

LEAST_RATIO = 1 / 0.8
TRAFFIC = 4 + 8 * 4  # bytes a parameter: reading one float; reading and writing four


def main() -> None:
    with Bench("Optimizer", __doc__, add_isa_option, workers="model_workers") as bench:
        chosen_isa(bench, "the rate at which the machine reads and writes back memory")
        size = SIZES["small" if bench.options.quick else "gpt2-124M, T = 64"]
        ours, *peers = workers = bench.sides("pyllm", "torch")
        for worker in workers:
            worker.call("make", **size.arguments())
            worker.call("optimizer_seconds")
        parameters = ours.call("num_parameters")
        bench.compare(
            f"norm, clipping, AdamW, zeroing of {parameters / 1e6:.0f} million parameters, threads: 2",
            ours.timing("optimizer_seconds"),
            {peer.library: peer.timing("optimizer_seconds") for peer in peers},
            limit=memory_limit(bench, "update", 2, TRAFFIC * parameters),
            least_ratio=LEAST_RATIO,
        )


if __name__ == "__main__":
    main()
