"""The sides of bench/data_pipeline.py: a WARC file to filtered documents, with one core.

Runs in pyllm's Python and in the peers'.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sides import Side, serve, timed


class Pyllm(Side):
    """`pyllm data run`, with all that belongs to it: deduplication, reports, processes started and ended."""

    package = "pyllm"

    def run(self, warc: str, out: str, language_model: str) -> float:
        """Seconds of a run."""
        from pyllm.data import PipelineConfig, run

        os.sched_setaffinity(0, {0})
        shutil.rmtree(out, ignore_errors=True)
        config = PipelineConfig(inputs=(warc,), out=Path(out), processes=1, progress=False)
        seconds, result = timed(lambda: run(config))
        self.pages, self.kept = result.funnel.pages, result.funnel.kept
        return seconds

    def counts(self) -> tuple[int, int]:
        """Pages read and documents kept by the last run."""
        return self.pages, self.kept


class Datatrove(Side):
    """The stages of its example for FineWeb up to the filters, and PII; without deduplication, in one process."""

    package = "datatrove"

    def run(self, warc: str, out: str, language_model: str) -> float:
        """Seconds of a run; its libraries and models are loaded before."""
        from datatrove.executor import LocalPipelineExecutor
        from datatrove.io import cached_assets_path
        from datatrove.pipeline.extractors import Trafilatura
        from datatrove.pipeline.filters import (
            C4QualityFilter,
            FineWebQualityFilter,
            GopherQualityFilter,
            GopherRepetitionFilter,
            LanguageFilter,
            URLFilter,
        )
        from datatrove.pipeline.formatters import PIIFormatter
        from datatrove.pipeline.readers import WarcReader
        from datatrove.pipeline.writers import ParquetWriter
        from datatrove.utils.lid import FT176LID
        from loguru import logger

        logger.remove()
        # The model that it would download is not at hand; fastText's compressed form of the same one is.
        cache = Path(cached_assets_path(library_name="datatrove", namespace="lid", subfolder="ft176"))
        name = FT176LID.MODEL_URL.replace("/", "_")
        for path in (cache / name, cache / f"{name}.completed"):
            if not path.exists():
                shutil.copy(language_model, path)
        os.sched_setaffinity(0, {0})
        shutil.rmtree(out, ignore_errors=True)
        folder = Path(warc).parent
        pipeline = [
            WarcReader(str(folder), glob_pattern=Path(warc).name),
            URLFilter(),
            Trafilatura(favour_precision=True),
            LanguageFilter(),
            GopherRepetitionFilter(),
            GopherQualityFilter(),
            C4QualityFilter(filter_no_terminal_punct=False),
            FineWebQualityFilter(),
            PIIFormatter(),
            ParquetWriter(str(Path(out) / "documents")),
        ]
        executor = LocalPipelineExecutor(pipeline=pipeline, logging_dir=str(Path(out) / "logs"), skip_completed=False)
        seconds, stats = timed(executor.run)
        counts = [stage.stats for stage in stats.stats]
        self.pages = int(counts[0]["documents"].total)
        self.kept = int(counts[-1]["total"].total)
        return seconds

    def counts(self) -> tuple[int, int]:
        """Pages read and documents kept by the last run."""
        return self.pages, self.kept


if __name__ == "__main__":
    serve(Pyllm, Datatrove)
