"""Generating with GPT-2 124M in float32, one sequence, beside a loop with a cache in PyTorch.

    python bench/decode.py --peers-python PEERS/bin/python

Each token reads the weights of the matrices and the head once: the limit is their bytes at the rate of reading.
"""

from compute import SIZES, add_isa_option, chosen_isa, memory_limit
from pairing import Bench, Work

PROMPT, NEW = 16, 64
LEAST_SHARE = 0.85


def main() -> None:
    with Bench("Decoding", __doc__, add_isa_option, workers="model_workers") as bench:
        chosen_isa(bench, "the rate at which the machine reads memory")
        size = SIZES["gpt2-124M, T = 64"]
        arguments = {"prompt": PROMPT, "new": 8 if bench.options.quick else NEW}
        ours, *peers = workers = bench.sides("pyllm", "torch")
        for worker in workers:
            worker.call("make", **size.arguments())
            worker.call("decode_seconds", **arguments)
        bench.compare(
            "gpt2-124M, batch 1, threads: 2",
            ours.timing("decode_seconds", **arguments),
            {peer.library: peer.timing("decode_seconds", **arguments) for peer in peers},
            work=Work(1, "tokens/s"),
            limit=memory_limit(bench, "read", 2, 4.0 * size.matrix_weights),
            least_share=LEAST_SHARE,
        )


if __name__ == "__main__":
    main()
