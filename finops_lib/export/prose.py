"""Markdown cells to HTML, in which a dollar is a dollar and every heading can be linked to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import mistune


@dataclass(frozen=True)
class Heading:
    """A heading of the page: its level (1-6), its text and the id that links go to."""

    level: int
    text: str
    id: str


class Prose:
    """The Markdown of one page: `html` renders a passage, `headings` grow as it does."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._markdown = mistune.create_markdown(
            renderer=_Renderer(self.headings), plugins=["table", "strikethrough"]
        )

    def html(self, markdown: str) -> str:
        """The passage as HTML; an escaped dollar is a dollar, the author's raw HTML is kept."""
        return str(self._markdown(markdown.replace(r"\$", "$")))


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, headings: list[Heading]) -> None:
        super().__init__(escape=False)
        self._headings = headings

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        plain = unescape(re.sub(r"<[^>]+>", "", text))
        slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "section"
        same = sum(h.id == slug or h.id.startswith(f"{slug}--") for h in self._headings)
        heading = Heading(level, plain, f"{slug}--{same + 1}" if same else slug)
        self._headings.append(heading)
        return f'<h{level} id="{heading.id}">{text}</h{level}>\n'
