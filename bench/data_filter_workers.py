"""The sides of data_filters.py: `python data_filter_workers.py LIBRARY` serves one (see sides.py).

datatrove's filters are called for a document each, without its pipeline around them, which would only add to their
time. Its words and sentences come from spaCy's rules for English, as its own table of languages has it: blank, without
a model.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sides
from sides import timed

QUALITY = ("gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality")
Judge = Callable[[str], tuple[str, str]]  # the reason to drop a text, "" to keep it, and the text left


class Side(sides.Side):
    """A library's filters by name, each of which gives a text's or URL's verdict and what is left of the text."""

    def __init__(self) -> None:
        self._items: dict[str, list[str]] = {}
        self._rules: dict[str, Judge] = {}

    def read(self, kind: str, path: str) -> int:
        """Takes the items of a file in JSON as those to judge; returns their number."""
        self._items[kind] = json.loads(Path(path).read_text())
        return len(self._items[kind])

    def seconds(self, rule: str, kind: str, number: int) -> float:
        """How long the first items take."""
        judge, items = self._rules[rule], self._items[kind][:number]
        return timed(lambda: [judge(item) for item in items])[0]

    def reasons(self, rule: str, kind: str) -> list[str]:
        """The reason of each item."""
        return [self._rules[rule](item)[0] for item in self._items[kind]]

    def texts(self, rule: str, kind: str) -> list[str]:
        """What is left of each item."""
        return [self._rules[rule](item)[1] for item in self._items[kind]]


class Pyllm(Side):
    """Ours."""

    package = "pyllm"

    def __init__(self) -> None:
        super().__init__()
        from pyllm.data import pii, quality
        from pyllm.data.document import KEEP

        def rule(judge: Callable[[Any], Any]) -> Judge:
            def judged(text: str) -> tuple[str, str]:
                verdict = judge(text)
                return verdict.reason, text if verdict.text is None else verdict.text

            return judged

        def all_four(text: str) -> Any:
            page, verdict = quality.PageText(text), KEEP
            for judge in four:
                verdict = judge(page)
                if not verdict.keep:
                    break
                if verdict.text is not None:
                    page = quality.PageText(verdict.text)
            return dataclasses.replace(verdict, text=page.text)

        four = [getattr(quality, name) for name in QUALITY]
        self._rules = {name: rule(judge) for name, judge in zip(QUALITY, four, strict=True)}
        self._rules["four"] = rule(all_four)
        self._rules["pii"] = lambda text: ("", pii.mask_pii(text))

    def load_lists(self, folder: str, words: dict[str, list[str]]) -> None:
        """Makes the URL filter with the peer's lists."""
        from pyllm.data.url_filter import UrlFilter

        filter = UrlFilter([Path(folder)], built_in=False, **words)
        self._rules["url"] = lambda url: (filter(url).reason, url)


class Datatrove(Side):
    """datatrove's, with FineWeb's settings: C4 without its rule about the ends of lines, the paper's 0.1."""

    package = "datatrove"

    def __init__(self) -> None:
        super().__init__()
        self._cache = tempfile.TemporaryDirectory(prefix="pyllm_bench_datatrove_")
        os.environ["HF_HOME"] = os.environ["HF_ASSETS_CACHE"] = self._cache.name
        import spacy  # noqa: F401  # what datatrove takes the words of English from
        from datatrove.data import Document
        from datatrove.pipeline import filters
        from datatrove.pipeline.formatters import PIIFormatter

        def rule(filter: Any) -> Judge:
            def judged(text: str) -> tuple[str, str]:
                document = Document(text=text, id="")
                return reason_of(filter.filter(document)), document.text

            return judged

        def reason_of(result: bool | tuple[bool, str]) -> str:
            return result[1] if isinstance(result, tuple) else "" if result else "dropped"

        def all_four(text: str) -> tuple[str, str]:
            document = Document(text=text, id="")
            for filter in four:
                if reason := reason_of(filter.filter(document)):
                    return reason, document.text
            return "", document.text

        four = [
            filters.GopherRepetitionFilter(),
            filters.GopherQualityFilter(),
            filters.C4QualityFilter(filter_no_terminal_punct=False),
            filters.FineWebQualityFilter(char_duplicates_ratio=0.1),
        ]
        self._rules = {name: rule(filter) for name, filter in zip(QUALITY, four, strict=True)}
        self._rules["four"] = all_four
        formatter = PIIFormatter()
        replacers = (formatter.emails_replacer, formatter.ip_replacer)

        def masked(text: str) -> tuple[str, str]:
            for replacer in replacers:
                replacer._replace_i = 0  # its turns go on from one text to the next; ours start anew
            return "", formatter.format(text)

        self._rules["pii"] = masked
        self._url_filter: Any = None

    def version(self) -> str:
        import spacy

        return f"{super().version()} with spaCy {spacy.__version__}"

    def lists(self) -> dict[str, Any]:
        """Unpacks the lists that come with it; returns their folder and the words, and some of what is listed."""
        import tldextract
        from datatrove.data import Document
        from datatrove.pipeline.filters import URLFilter

        filter = self._url_filter = URLFilter()
        filter.tldextractor = tldextract.TLDExtract(suffix_list_urls=())  # the list that comes with it: no download
        filter.download_data()
        self._rules["url"] = lambda url: (judged_url(url), url)

        def judged_url(url: str) -> str:
            result = filter.filter(Document(text="", id="", metadata={"url": url}))
            return result[1] if isinstance(result, tuple) else ""

        folder = next(Path(self._cache.name).rglob("domains")).parent
        names = {
            "banned_words": filter.banned_words,
            "soft_banned_words": filter.soft_banned_words,
            "banned_subwords": filter.banned_subwords,
        }
        return {
            "folder": str(folder),
            "words": {name: sorted(filter_words) for name, filter_words in names.items()},
            "domains": sorted(filter.block_listed_domains)[::4001],
            "urls": sorted(filter.block_listed_url)[::97],
        }


if __name__ == "__main__":
    sides.serve(Pyllm, Datatrove)
