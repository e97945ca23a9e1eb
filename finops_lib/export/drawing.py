"""Figures of a notebook as part of a page: its type, its colours in the dark, its description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from itertools import count
from typing import Any

from finops_lib.figures import style

_TILE = 72
"""Width and height of matplotlib's hatch, in points: it repeats without a seam."""
_HATCH = re.compile(
    r'<pattern id="(h\w+)"[^>]*>\s*<rect [^>]*fill="([^"]+)"/>(.*?)</pattern>', re.DOTALL
)
_HATCHED = re.compile(
    r'<path d="([^"]*)"( clip-path="[^"]*")? style="([^"]*)fill: url\(#(h\w+)\)([^"]*)"/>'
)

_ROLES = {
    style.INK: "--fo-ink",
    style.MUTED: "--fo-muted",
    style.GRID: "--fo-line",
    style.PAPER: "--fo-paper",
    style.OTHER: "--fo-s0",
    **{color: f"--fo-s{i}" for i, color in enumerate(style.PALETTE, start=1)},
}
"""The page's name for each colour of the house style, so that a dark page can set it anew."""


def inline_figure(output: Mapping[str, Any], number: int) -> str:
    """The figure element for an output that holds an SVG; `number` keeps its ids apart on the page."""
    words = output.get("metadata", {}).get("image/svg+xml", {})
    alt, title, source = (words.get(key, "") for key in ("alt", "title", "source"))
    head = f'<p class="fo-title">{escape(title)}</p>' if title else ""
    foot = f"<figcaption>Source: {escape(source)}</figcaption>" if source else ""
    return f'<figure class="fo-figure">{head}{_described(output["data"]["image/svg+xml"], alt, number)}{foot}</figure>'


def alternative_text(output: Mapping[str, Any]) -> str:
    """What a picture's metadata say it shows; a plain word where they say nothing."""
    metadata = output.get("metadata", {})
    texts = [metadata.get("alt"), *(m.get("alt") for m in metadata.values() if isinstance(m, dict))]
    return str(next((text for text in texts if text), "Figure without a description"))


def _described(svg: str, alt: str, number: int) -> str:
    start = re.search(r"<svg\b[^>]*>", svg)
    if not start:
        return ""
    box = re.search(r'viewBox="[^"]*"', start[0])
    opening = f'<svg {box[0] if box else ""} role="img" aria-label="{escape(alt or "Figure")}" xmlns:xlink="http://www.w3.org/1999/xlink">'
    body = lined(re.sub(r"<style.*?</style>", "", svg[start.end() :], flags=re.DOTALL))
    body = re.sub(r'\b(id=")', rf"\1f{number}-", body)
    body = re.sub(r'(href="|url\()#', rf"\1#f{number}-", body)
    return opening + re.sub(r"#[0-9a-f]{6}\b", _color, body)


def _color(match: re.Match[str]) -> str:
    role = _ROLES.get(match[0])
    return f"var({role})" if role else match[0]


def lined(svg: str) -> str:
    """The drawing with its hatches as lines, cut out by the shape that they fill.

    Chromium prints each shape that a pattern fills as a picture of its own: a deck of 25 slides had
    10 MB of them.
    """
    fills = {name: fill for name, fill, _ in _HATCH.findall(svg)}
    places = count()

    def shape(match: re.Match[str]) -> str:
        path, outer, before, name, after = (part or "" for part in match.groups())
        cut = f"cut{next(places)}-{name}"
        return (
            f'<path d="{path}"{outer} style="{before}fill: {fills[name]}{after}"/>'
            f'<clipPath id="{cut}"><path d="{path}"/></clipPath>'
            f'<g{outer}><g clip-path="url(#{cut})">{_tiles(path, name)}</g></g>'
        )

    return _HATCHED.sub(shape, _HATCH.sub(r'<g id="\1">\3</g>', svg))


def _tiles(path: str, name: str) -> str:
    """As many copies of the hatch as cover the path."""
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", path)]
    columns, rows = (
        range(int(min(axis) // _TILE), int(max(axis) // _TILE) + 1)
        for axis in (numbers[::2], numbers[1::2])
    )
    return "".join(
        f'<use xlink:href="#{name}" x="{column * _TILE}" y="{row * _TILE}"/>'
        for column in columns
        for row in rows
    )
