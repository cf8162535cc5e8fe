"""Matrix product, in the three forms that training needs, beside PyTorch and NumPy (OpenBLAS).

    python bench/matmul.py --peers-python PEERS/bin/python

a b is what a gradient of the input takes, a b^T the forward pass of a layer with weights (out, in), a^T b a gradient of
the weights. Results are compared with the peers' before timing. Without --isa all wide instruction sets are measured;
the peers are kept to the same, as far as they can be told.
"""

from compute import Kernel, add_isa_option, compare_kernels
from kernel_workers import TRANSPOSED
from pairing import Bench

SHAPES = {
    "1024 x 1024 x 1024": (1024, 1024, 1024),
    "2048 x 2048 x 2048": (2048, 2048, 2048),
    "(2048 x 384) (384 x 1536)": (2048, 384, 1536),
    "(2048 x 768) (768 x 3072)": (2048, 768, 3072),
}
LEAST_SHARES = {1: 0.85, 2: 0.80}  # of the peak, by the number of threads


def main() -> None:
    with Bench("Matrix product", __doc__, add_isa_option, workers="kernel_workers") as bench:
        kernels = [
            Kernel(f"{form}, {name}", "matmul", {"shape": (M, K, N), "form": form}, 2.0 * M * K * N)
            for name, (M, K, N) in list(SHAPES.items())[2 * bench.options.quick :]
            for form in TRANSPOSED
        ]
        compare_kernels(bench, kernels, ("torch", "numpy"), LEAST_SHARES)


if __name__ == "__main__":
    main()
