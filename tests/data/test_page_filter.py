"""What the stages make of one page, whatever is in it."""

from pathlib import Path

import crawls
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyllm.data.document import Document, Page, Verdict
from pyllm.data.dropped import MOST_SAMPLE, Dropped
from pyllm.data.page_filter import PageFilter
from pyllm.data.pipeline_config import PipelineConfig, UrlRules
from pyllm.data.quality import GopherQuality

CONFIG = PipelineConfig(inputs=("-",), out=Path("out"), dump="a crawl", before="2024-07-01")
FILTER = PageFilter(CONFIG)

markup = st.recursive(
    st.text(max_size=30),
    lambda inner: st.builds(
        lambda name, attributes, parts: f"<{name} {attributes}>{''.join(parts)}</{name}>",
        st.sampled_from(["p", "div", "article", "table", "td", "ul", "li", "a", "nav", "script", "b", "html", "body"]),
        st.text(max_size=15),
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)
pages = st.builds(
    Page,
    id=st.text(max_size=20),
    content=st.one_of(st.binary(max_size=300), markup.map(lambda text: text.encode("utf-8", "replace"))),
    text=st.none() | st.text(max_size=300),
    url=st.text(max_size=60),
    date=st.text(max_size=25),
    content_type=st.sampled_from(["text/html", "", "text/plain"]),
    charset=st.none() | st.sampled_from(["utf-8", "latin-1", "utf-16", "no such charset"]) | st.text(max_size=10),
    size=st.integers(0, 10**12),
    problem=st.none() | st.just(Verdict(False, "broken_record", "for a test")),
)


def article(**changes: object) -> Page:
    page = Page(id="1", content=crawls.html(crawls.prose(1)), url="https://a.example/b", date="2024-06-30T23:59:59Z")
    page.size = len(page.content)
    for name, value in changes.items():
        setattr(page, name, value)
    return page


def only(page: Page, config: PipelineConfig = CONFIG) -> Document | Dropped:
    [outcome] = PageFilter(config)([page]).outcomes
    return outcome


@given(st.lists(pages, max_size=4))
def test_any_pages(some: list[Page]) -> None:
    """Each has one outcome, and the funnel adds up."""
    judged = FILTER(some)
    assert [one.id for one in judged.outcomes] == [page.id for page in some]
    documents = [one for one in judged.outcomes if isinstance(one, Document)]
    assert len(judged.text_hashes) == len(documents) and judged.keys.shape == (len(documents), 14)
    before = len(some)
    for name, counts in judged.funnel.stages.items():
        if name in ("exact_duplicates", "near_duplicates", "pii"):
            continue
        assert counts.pages_in == before and counts.pages_in == counts.pages_out + counts.reasons.total()
        before = counts.pages_out
    assert before == len(documents)
    for one in judged.outcomes:
        if isinstance(one, Dropped):
            assert one.reason and one.stage and len(one.sample) <= MOST_SAMPLE


def test_a_good_page() -> None:
    document = only(article(charset="utf-8", file_path="a.warc.gz", dump="CC-MAIN-2024-26"))
    assert isinstance(document, Document)
    assert (document.text, document.language) == (crawls.prose(1), "en")
    assert (document.dump, document.url, document.file_path) == ("CC-MAIN-2024-26", "https://a.example/b", "a.warc.gz")
    without = only(article())
    assert isinstance(without, Document) and without.dump == "a crawl"


@pytest.mark.parametrize(
    ("change", "stage", "reason", "detail"),
    [
        ({"problem": Verdict(False, "empty", "0 bytes")}, "read", "empty", "0 bytes"),
        ({"date": "2024-07-01T00:00:00Z"}, "date", "too_late", "2024-07-01 is not before 2024-07-01"),
        ({"url": "https://a.example/xxx"}, "url", "banned_word", "xxx"),
        ({"content": b"\x89PNG\r\n\x1a\n" + bytes(100)}, "extraction", "binary", "sent as something of no stated type"),
        ({"content": b"<html><nav>Home</nav></html>"}, "extraction", "no_text", ""),
        ({"content": crawls.html("Too short.")}, "language", "language_unsure", None),
        ({"text": "This is what they said to us about it. " * 20}, "gopher_repetition", "top_2_gram", None),
    ],
)
def test_reasons(change: dict[str, object], stage: str, reason: str, detail: str | None) -> None:
    dropped = only(article(**change))
    assert isinstance(dropped, Dropped)
    assert (dropped.stage, dropped.reason) == (stage, reason)
    assert detail is None or dropped.detail == detail


def test_settings_reach_their_rules() -> None:
    strict = PipelineConfig(inputs=("-",), gopher_quality=GopherQuality(min_words=100_000, max_words=None))
    dropped = only(article(), strict)
    assert isinstance(dropped, Dropped) and dropped.reason == "too_few_words"
    words = PipelineConfig(inputs=("-",), url=UrlRules(banned_words=("b",)))
    dropped = only(article(), words)
    assert isinstance(dropped, Dropped) and (dropped.reason, dropped.detail) == ("banned_word", "b")
    german = PipelineConfig(inputs=("-",), language=("de",))
    dropped = only(article(), german)
    assert isinstance(dropped, Dropped) and dropped.reason == "language_en"


def test_text_filled_to_a_width_is_joined() -> None:
    words, lines = crawls.prose(2).split(), [""]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > 70:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    document = only(article(text="\n".join(lines), content=b""))
    assert isinstance(document, Document) and document.text == " ".join(words)


def test_removed_lines_are_counted() -> None:
    text = crawls.prose(1)
    first, *others = text.split("\n")
    mixed = "\n".join([first, *(f"{name}!\n{line}" for line, name in zip(others, crawls.NOUNS, strict=False))])
    judged = FILTER([article(content=crawls.html(mixed))])
    [document] = judged.outcomes
    assert isinstance(document, Document) and document.text == text
    assert judged.funnel.other["lines removed by c4_quality"] == len(others)


def test_a_condemned_page_is_dropped_before_its_extraction() -> None:
    verdict = Verdict(False, "took_too_long", "for a test")
    judged = FILTER([article(), article(url="https://a.example/xxx")], verdict)
    reasons = [(one.stage, one.reason) for one in judged.outcomes if isinstance(one, Dropped)]
    assert reasons == [("extraction", "took_too_long"), ("url", "banned_word")]


def test_judged_pages_add_up() -> None:
    both = FILTER([article(), article(problem=Verdict(False, "empty"))])
    one, other = FILTER([article()]), FILTER([article(problem=Verdict(False, "empty"))])
    one.add(other)
    assert one.outcomes == both.outcomes and one.text_hashes == both.text_hashes
    assert numpy.array_equal(one.keys, both.keys)
    for counts in (*one.funnel.stages.values(), *both.funnel.stages.values()):
        counts.seconds = 0.0
    assert one.funnel.table() == both.funnel.table()
