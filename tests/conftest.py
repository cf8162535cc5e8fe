"""What all tests share: one hypothesis profile, the same examples on every run; Ctrl-C works."""

import os
import signal

from hypothesis import settings

# Under the sanitizers an example takes five times as long; what they look for does not need as many.
examples = 30 if "libasan" in os.environ.get("LD_PRELOAD", "") else 150
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=examples, database=None)
settings.load_profile("repeatable")

# A shell that starts tests in the background may have it ignored, which processes that tests start would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
