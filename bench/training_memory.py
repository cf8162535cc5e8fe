"""Memory of training GPT-2 124M at its full vocabulary and context: nothing but what the model says that it holds.

    python bench/training_memory.py

What a process takes at its peak, above what it took before the model was made, is at most parameters, gradients, the
optimizer's moments and activations, and 32 MB for all the rest: no (B T, V) array, no copy of the weights. Ends with
status 1 where it is more.
"""

import sys

from compute import Size, add_isa_option, chosen_isa
from pairing import Bench, Row

MEGABYTES_BESIDE = 32.0
SIZE = Size(n_layer=12, n_head=12, n_embd=768, vocab_size=50257, batch=2, length=1024)
QUICK_SIZE = Size(n_layer=2, n_head=4, n_embd=256, vocab_size=50257, batch=2, length=1024)


def main() -> int:
    with Bench("Memory of training", __doc__, add_isa_option, workers="model_workers") as bench:
        chosen_isa(bench)
        size = QUICK_SIZE if bench.options.quick else SIZE
        worker = bench.sides("pyllm")[0]
        before = worker.call("forget_peak")
        worker.call("make", **size.arguments())
        worker.call("losses", steps=2)
        found = worker.call("peak_memory") - before
        parts = {name: count / 1e6 for name, count in worker.call("memory").items()}
        most = sum(parts.values()) + MEGABYTES_BESIDE
        bench.add(
            Row(
                f"{size.n_layer} layers of {size.n_embd}, V = {size.vocab_size}, B = {size.batch}, T = {size.length}",
                f"{found:.0f} MB",
                target=f"≤ {most:.0f} MB",
                met=bench.verdict(found <= most),
                details={"megabytes": found, "parts": parts},
            )
        )
        bench.note(", ".join(f"{name} {size:.0f} MB" for name, size in parts.items()))
    return int(found > most)


if __name__ == "__main__":
    sys.exit(main())
