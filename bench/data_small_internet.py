"""The data pipeline on the small internet, against the truth about its pages.

    python bench/data_small_internet.py --out data_small_internet

With the published thresholds; the blocklists that come with the small internet name most of its bad sites.
"""

from __future__ import annotations

from pairing import Bench, Row

from pyllm.data import PipelineConfig, run
from pyllm.data.miniweb import CUT_OFF_DATE, TRUTH, WARC, write_crawl
from pyllm.data.miniweb.grading import Grade, grade

SEEDS = (0, 1, 2)
MEGABYTES = 5.0
COLUMNS = {"measure": "measure", "pyllm": "seeds 0, 1, 2", "target": "target", "met": "met"}


def graded(bench: Bench, megabytes: float, seed: int) -> Grade:
    web = write_crawl(bench.folder / f"web{seed}", megabytes, seed, progress=False)
    config = PipelineConfig(
        inputs=(str(web / WARC),),
        out=web / "clean",
        before=CUT_OFF_DATE,
        blocklist=tuple(sorted((web / "blocklists").iterdir())),
        progress=False,
    )
    run(config)
    return grade(config.out, web / TRUTH)


def main() -> None:
    with Bench("The data pipeline on the small internet", __doc__, columns=COLUMNS) as bench:
        grades = [graded(bench, 0.5 if bench.options.quick else MEGABYTES, seed) for seed in SEEDS]

        def add(measure: str, figures: list[float], show: str, target: str, met: bool) -> None:
            shown = ", ".join(format(figure, show) for figure in figures)
            bench.add(Row(measure, shown, target=target, met=bench.verdict(met), details={"figures": figures}))

        precision, recall = [one.precision for one in grades], [one.recall for one in grades]
        found, left = [one.near_copies_found for one in grades], [one.addresses_left_share for one in grades]
        added = [one.added for one in grades]
        add("precision of the kept pages", precision, ".4f", "≥ 0.98", min(precision) >= 0.98)
        add("recall of the kept pages", recall, ".4f", "≥ 0.97", min(recall) >= 0.97)
        add("near copies found", found, ".4f", "≥ 0.95", min(found) >= 0.95)
        add("addresses left", left, ".2%", "≤ 0.5%", max(left) <= 0.005)
        add("boilerplate in the kept text, characters", added, ".3%", "≤ 1%", max(added) <= 0.01)
        bench.add(Row("clean text lost, characters", ", ".join(f"{one.lost:.2%}" for one in grades)))
        bench.add(Row("pages", ", ".join(f"{one.pages:,}" for one in grades)))
        unlisted = [one.unlisted for one in grades]
        add("pages that are in no list", list(map(float, unlisted)), ".0f", "0", not any(unlisted))


if __name__ == "__main__":
    main()
