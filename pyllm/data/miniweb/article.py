"""What a page of the small internet is about, before a site is built around it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Article:
    """A page's content: its clean text is the title's line, if it has one, and the blocks.

    Attributes:
        kind: "encyclopedia", "story", "forum", "homework", "speller", "letter", "diary".
        title: shown as the page's heading.
        blocks: paragraphs, each one line of plain text, without markup.
        about: names that the page is about (countries, children, words), for tests and examinations.
    """

    kind: str
    title: str
    blocks: list[str]
    about: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The clean text: what a perfect pipeline keeps."""
        return "\n".join([self.title, *self.blocks])
