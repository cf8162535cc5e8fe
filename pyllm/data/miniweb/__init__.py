"""The small internet: a crawl made from a seed, with the truth about every page beside it."""
