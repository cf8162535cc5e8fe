"""Training: the loop that all stages share, and one driver a stage."""
