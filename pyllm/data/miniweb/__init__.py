"""The small internet: a crawl made from a seed, with the truth about every page beside it."""

from pyllm.data.miniweb.crawl import CUT_OFF_DATE, TRUTH, WARC, write_crawl

__all__ = ["CUT_OFF_DATE", "TRUTH", "WARC", "write_crawl"]
