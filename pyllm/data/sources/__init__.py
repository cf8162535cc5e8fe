"""Where pages come from: crawls (WARC, WET, ARC), HTML files, rows of JSONL and Parquet, plain text."""

from pyllm.data.sources.inputs import InputFile, expand_inputs, read_pages
from pyllm.data.sources.limits import ReadLimits

__all__ = ["InputFile", "ReadLimits", "expand_inputs", "read_pages"]
