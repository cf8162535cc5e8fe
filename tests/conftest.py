"""What all tests share: one hypothesis profile, the same examples on every run."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=150, database=None)
settings.load_profile("repeatable")
