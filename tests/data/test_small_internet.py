"""The whole pipeline on the small internet, graded against the truth about its pages."""

import gzip
import json
from pathlib import Path

import pytest

from pyllm.data.miniweb import CUT_OFF_DATE, TRUTH, WARC, write_crawl
from pyllm.data.miniweb.grading import Grade, grade
from pyllm.data.pipeline import run
from pyllm.data.pipeline_config import PipelineConfig


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_crawl(tmp_path_factory.mktemp("web"), megabytes=1.5, seed=7, progress=False)


@pytest.fixture(scope="module")
def graded(web: Path) -> Grade:
    """With the published thresholds, and no other help than the blocklists, which name most of the bad sites."""
    lists = tuple(sorted((web / "blocklists").iterdir()))
    config = PipelineConfig(
        inputs=(str(web / WARC),), out=web / "out", before=CUT_OFF_DATE, blocklist=lists, progress=False
    )
    run(config)
    return grade(web / "out", web / TRUTH)


def test_kept_pages(graded: Grade) -> None:
    assert graded.pages > 2500
    assert graded.precision >= 0.98, graded.wrong
    assert graded.recall >= 0.97, graded.missed


def test_nothing_is_lost(graded: Grade) -> None:
    assert graded.unlisted == 0


def test_near_copies(graded: Grade) -> None:
    assert graded.near_copies > 50 and graded.near_copies_found >= 0.95


def test_addresses(graded: Grade) -> None:
    assert graded.addresses > 50 and graded.addresses_left_share <= 0.005


def test_text(graded: Grade) -> None:
    assert graded.added <= 0.01 and graded.lost <= 0.02


def test_grading_sees_what_is_wrong(web: Path, graded: Grade) -> None:
    """Without filters, copies and junk are kept, addresses stay; with all dropped, nothing is found."""
    skip = ("language", "gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality", "refinedweb_quality")
    bad = PipelineConfig(
        inputs=(str(web / WARC / "*0.warc.gz"),), out=web / "bad", skip=(*skip, "duplicates", "pii"), progress=False
    )
    run(bad)
    worse = grade(web / "bad", web / TRUTH)
    assert worse.precision < 0.7 and worse.wrong["spam"] and worse.wrong["exact_copy"] and worse.wrong["foreign:de"]
    assert worse.added > 0  # addresses that should have been masked
    assert worse.near_copies_found < 0.6 and worse.addresses_left_share > 0.9
    assert worse.unlisted > 500  # the pages of the other file
    with pytest.raises(FileNotFoundError, match="truth"):
        grade(web / "bad", web / "truth")
    for content, message in (
        (b"\x1f\x8b not gzip", "damaged: line 0"),
        (gzip.compress(b'{"id": "a"}\n'), "line 1: it has no 'kind'"),
        (gzip.compress(b"{}\n["), "line 1"),
        (gzip.compress(b""), "says nothing of any page"),
        (
            gzip.compress(
                json.dumps({"id": "a", "kind": "b", "keep": 1, "reason": "", "text": "", "pii": []}).encode()
            ),
            "of another",
        ),
    ):
        (web / "truth").write_bytes(content)
        with pytest.raises(ValueError, match=message):
            grade(web / "bad", web / "truth")
    with pytest.raises(IsADirectoryError):
        grade(web / "bad", web)
