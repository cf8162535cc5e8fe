"""Causal attention with heads of 64, forward and backward, beside PyTorch's scaled_dot_product_attention.

    python bench/attention.py --peers-python PEERS/bin/python

FLOPs are counted as FlashAttention does: 4 D forward and 10 D backward, in which the scores are computed again, for
each pair of a query and a key that it sees. q, k and v are views of one array (B, T, 3, H, D), as a model has them.
Results are compared with PyTorch's before timing.
"""

from compute import Kernel, add_isa_option, compare_kernels
from pairing import Bench

HEADS, HEAD_DIM = 6, 64
BATCHES = {256: 8, 1024: 2}  # by the number of positions
FLOPS = {"forward": 4.0, "backward": 10.0}  # for each pair and element of a head
LEAST_SHARES = {1: 0.6, 2: 0.6}  # of the peak, by the number of threads


def main() -> None:
    with Bench("Attention", __doc__, add_isa_option, workers="kernel_workers") as bench:
        kernels = [
            Kernel(
                f"{direction}, T = {T}, B = {B}, {HEADS} heads",
                f"attention_{direction}",
                {"B": B, "T": T, "H": HEADS, "D": HEAD_DIM},
                flops * HEAD_DIM * B * HEADS * T * (T + 1) / 2,
            )
            for T, B in BATCHES.items()
            for direction, flops in FLOPS.items()
        ]
        compare_kernels(bench, kernels, ("torch",), LEAST_SHARES)


if __name__ == "__main__":
    main()
