"""Executed notebooks and covers, made without a kernel."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from nbformat import from_dict, v4

from finops_lib import present
from finops_lib.export.cover import Cover
from finops_lib.figures import style
from finops_lib.period import Period


@pytest.fixture(scope="session")
def cover():
    return Cover(
        "ML platform",
        Period.month("2026-10"),
        datetime(2026, 11, 3),
        accounts=("123456789012",),
        notice="The data are synthetic.",
        gaps=("Savings Plans of 123456789012: access denied.",),
        reports=(("01_visibility", "Visibility"), ("02_allocation", "Allocation")),
        provenance={"Made": "2026-11-03T06:00:00 UTC"},
    )


def _output(shown):
    bundle = shown._repr_mimebundle_() if hasattr(shown, "_repr_mimebundle_") else {
        "text/html": shown._repr_html_(), "text/markdown": shown._repr_markdown_(), "text/plain": str(shown),
    }  # fmt: skip
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return from_dict(
        {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata)}
    )


@pytest.fixture(scope="session")
def notebook():
    """notebook(*cells): "text" is Markdown; what is shown becomes a code cell; (cell, tag, …) tags it."""

    def make(*cells):
        made = []
        for cell in cells:
            content, *tags = cell if isinstance(cell, tuple) else (cell,)
            if isinstance(content, str):
                node = v4.new_markdown_cell(content)
            else:
                node = v4.new_code_cell(
                    "present.show(result)  # one call", outputs=[_output(content)]
                )
            node.metadata["tags"] = tags
            made.append(node)
        return v4.new_notebook(cells=made)

    return make


def _stack(frame, ax):
    bottom = np.zeros(len(frame))
    for (name, values), color in zip(frame.items(), style.PALETTE, strict=False):
        ax.bar(frame.index, values, bottom=bottom, color=color, label=name)
        bottom += values.to_numpy()
    ax.legend()


@pytest.fixture(scope="session")
def executed(notebook):
    """A report of every kind of content, as papermill leaves it."""
    months = [f"2026-{m:02d}" for m in range(5, 11)]
    spend = pd.DataFrame(
        {"EC2": range(10, 16), "SageMaker": range(5, 11)}, index=months, dtype=float
    )
    resources = pd.DataFrame(
        {
            "resource_id": [f"i-0abcdef{i:02d}" for i in range(30)],
            "team": ["search", "fraud", None] * 10,
            "status": ["waste", "ok", "unknown"] * 10,
            "monthly_cost": [float((i * 37) % 30) if i % 7 else None for i in range(30)],
        }
    )
    return notebook(
        "# What do we spend?\n\nFor finance. It decides which movements need an answer.",
        ("## The headline", "slide"),
        (present.say("We spent **{t:usd}**, {c:change}.", t=80412.3, c=0.08), "slide-more"),
        (present.kpis(present.Kpi("Spend", 80412.3, change=0.08, versus="vs September", better="lower",
                                  trend=[1.0, 2.0, 3.0])), "slide-more"),
        ("Say that compute leads.", "notes"),
        "## Where does it go?\n\nThe bill costs $5 and **then** $6.",
        (present.figure(_stack, spend, alt="Bars rise from 15 to 25 dollars.", title="Spend by month", source="COSTS"), "slide"),
        "### Resources",
        present.table(resources, "Most expensive resources", source="INSTANCES", bars=["monthly_cost"]),
    )  # fmt: skip
