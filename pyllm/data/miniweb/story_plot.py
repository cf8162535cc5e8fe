"""What a plot is made of: templates for each part of a story, which belong together."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plot:
    """One kind of story. Each list holds templates, of which a story takes one, and of `tries` one or two.

    Attributes:
        things: the class in `story_words.THINGS` of what the story is about.
        titles: for stories whose title says what they are about.
        wishes: how it begins: what the hero has, loves or wants to do.
        problems: what goes wrong.
        tries: what the hero does about it, without success so far.
        happy: how the problem is solved.
        sad: how it is not.
        happy_ends: what the hero feels and learns then; besides the endings that fit all plots.
        sad_ends: the same where it ends badly.
        troubles: what the hero feels then, where what fits all plots does not fit.
        friend: whether a friend plays a part, who is introduced at the beginning.
    """

    things: str
    titles: list[str]
    wishes: list[str]
    problems: list[str]
    tries: list[str]
    happy: list[str]
    sad: list[str]
    happy_ends: list[str] = field(default_factory=list)
    sad_ends: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    friend: bool = False

    @property
    def templates(self) -> list[str]:
        """All templates of the plot."""
        parts = [self.titles, self.wishes, self.problems, self.tries, self.happy, self.sad]
        return [template for part in [*parts, self.happy_ends, self.sad_ends, self.troubles] for template in part]
