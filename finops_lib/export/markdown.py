"""A notebook's words, figures' descriptions and tables as Markdown, for a mail or a ticket."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode

from finops_lib.export.cover import Cover
from finops_lib.export.html import HIDDEN_TAGS


def export_markdown(nb: NotebookNode, cover: Cover) -> str:
    """The executed notebook without its code; figures are told by their title and description."""
    shown = [c for c in nb.cells if not HIDDEN_TAGS & set(c.metadata.get("tags", []))]
    parts = [part for cell in shown for part in _parts(cell)]
    facts = "\n".join(f"- {label}: {value}" for label, value in cover.facts())
    notices = [f"> {text}" for text in (cover.notice, *cover.gap_lines()) if text]
    first = parts[:1] if parts and parts[0].startswith("# ") else []
    return "\n\n".join([*first, facts, *notices, *parts[len(first) :]]) + "\n"


def _parts(cell: NotebookNode) -> list[str]:
    if cell.cell_type == "markdown":
        return [cell.source.strip()]
    return [text for output in cell.get("outputs", []) if (text := _told(output))]


def _told(output: Any) -> str:
    words = output.get("metadata", {}).get("image/svg+xml")
    if words:
        source = f" Source: {words['source']}." if words.get("source") else ""
        return f"**{words.get('title') or 'Figure'}.** {words['alt']}{source}"
    return str(output.get("data", {}).get("text/markdown", "")).strip()
