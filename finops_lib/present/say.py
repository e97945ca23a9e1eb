"""Sentences with computed numbers: the only text templating."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from html import escape
from typing import Any

from finops_lib.present.numbers import FORMATS

_MARKS = ((r"\*\*(.+?)\*\*", r"<strong>\1</strong>"), (r"`(.+?)`", r"<code>\1</code>"))


@dataclass(frozen=True)
class Text:
    """A passage of computed prose; Jupyter shows it as HTML, in which a dollar is only a dollar."""

    markdown: str

    def __str__(self) -> str:
        """The passage without its marks."""
        return re.sub(r"\*\*|`", "", self.markdown)

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{_html(p)}</p>" for p in self.markdown.split("\n\n"))
        return f'<div class="fo-say mathjax_ignore">{paragraphs}</div>'

    def _repr_markdown_(self) -> str:
        return self.markdown.replace("$", r"\$")


def say(template: str, **values: Any) -> Text:
    """The sentence with its values in words: say("We spent {total:usd}, {change:change}.", ...).

    Every number names its format, one of `numbers.FORMATS`; **bold** and `code` are kept, all else
    is text. Raises ValueError for a number without a format and for an unknown one: nothing is
    rounded by accident.
    """
    return Text(_Formatter().vformat(template, (), values))


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if not format_spec and isinstance(value, str | Text):
            return str(value)
        if format_spec not in FORMATS:
            known = ", ".join(FORMATS)
            raise ValueError(f"say: {value!r} needs a format, one of {known} (not '{format_spec}')")
        return FORMATS[format_spec](value)


def _html(paragraph: str) -> str:
    html = escape(paragraph, quote=False)
    for pattern, replacement in _MARKS:
        html = re.sub(pattern, replacement, html)
    return html
