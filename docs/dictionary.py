"""Write docs/data-dictionary.md from the schemas: `python docs/dictionary.py`."""

from __future__ import annotations

from pathlib import Path

from finops_lib.schema import DTYPES, TABLES, Table

PAGE = Path(__file__).parent / "data-dictionary.md"
INTRODUCTION = """# Data dictionary

Generated from `finops_lib/schema` by `python docs/dictionary.py`. Units are in the names; money is in the bill's currency,
unrounded. What is missing is NA, never zero. A column with **bold** name is always there; in Parquet a map is JSON text.
"""


def dictionary() -> str:
    """Every table with its columns in Markdown."""
    kinds = ", ".join(f"{kind} is `{dtype}`" for kind, dtype in DTYPES.items())
    sections = "\n".join(_section(table) for table in TABLES.values())
    return f"{INTRODUCTION}\nKinds: {kinds}.\n\n{sections}"


def _section(table: Table) -> str:
    extra = (
        f"\nTag keys of the policy follow as `{table.extra_prefix}<key>`.\n"
        if table.extra_prefix
        else ""
    )
    rows = "\n".join(
        f"| {f'**{c.name}**' if c.required else c.name} | {c.kind} | {c.meaning} |"
        for c in table.columns
    )
    return f"## {table.name}\n\n{table.meaning[:1].upper()}{table.meaning[1:]}.\n{extra}\n| column | kind | meaning |\n|---|---|---|\n{rows}\n"  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(dictionary())
