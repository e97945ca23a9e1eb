"""The pages that lead to the reports: one per run, and one over all runs and teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from finops_lib.export.cover import one_line_per_reason
from finops_lib.export.history import Run, by_title, differences, previous_of, trends
from finops_lib.export.html import assets
from finops_lib.present import Kpi, date, kpis, month, usd

_PAGES = Environment(
    loader=PackageLoader("finops_lib"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)

SUMMARY = "05_executive_summary"
"""The report that is read first."""


def index_page(runs: Sequence[Run]) -> str:
    """The page over all runs: per title its key figures over the periods, then its runs."""
    groups = [
        {
            "title": title,
            **_course(group),
            "runs": [(run, differences(run, previous_of(run, group))) for run in group],
        }
        for title, group in by_title(runs).items()
    ]
    return _page("index/all.html.j2", groups=groups)


def _course(runs: Sequence[Run]) -> dict[str, Any]:
    """The key figures of the summary over the runs, and apart from them those of the other reports."""
    led = {k["label"] for run in runs for k in run.manifest["kpis"] if k["notebook"] == SUMMARY}
    shown = trends(runs)
    first = [kpi for kpi in shown if kpi.label in led] or shown
    rest = [kpi for kpi in shown if kpi not in first]
    return {"trends": _tiles(first), "rest": _tiles(rest), "more": len(rest)}


def run_page(
    run: Run, before: Run | None, files: Sequence[tuple[str, str]], provenance: Mapping[str, str]
) -> str:
    """The page of one run: its reports, key figures, what changed, files and provenance."""
    return _page(
        "index/run.html.j2",
        run=run, manifest=run.manifest, files=files, provenance=provenance,
        reports=_reports(run.manifest), changes=differences(run, before),
        before=before and before.manifest["created"],
    )  # fmt: skip


def _reports(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reports in the order in which they are read: the summary first, each with its key figures."""
    ended = {outcome["name"]: outcome["status"] for outcome in manifest["notebooks"]}
    ordered = sorted(manifest["reports"], key=lambda report: report[0] != SUMMARY)
    return [
        {
            "name": name,
            "title": title,
            "first": name == SUMMARY,
            "failed": ended.get(name, "completed") != "completed",
            "tiles": _tiles(
                [Kpi(**_on_card(k, title)) for k in manifest["kpis"] if k["notebook"] == name]
            ),
        }
        for name, title in ordered
    ]


def _on_card(kpi: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The key figure without what the card's title says already: its report, and its team."""
    team = title.removeprefix("Statement of ")
    rest = {key: value for key, value in kpi.items() if key != "notebook"}
    return rest | {"label": str(kpi["label"]).removeprefix(f"{team}: ")}


def _page(template: str, **values: Any) -> str:
    css = assets("shared/outputs.css", "shared/page.css", "index/index.css")
    return _PAGES.get_template(template).render(
        css=Markup(css),
        usd=usd,
        date=date,
        period_name=_period_name,
        one_line_per_reason=one_line_per_reason,
        **values,
    )


def _tiles(shown: Sequence[Kpi]) -> Markup:
    return Markup(kpis(*shown)._repr_mimebundle_()["text/html"]) if shown else Markup("")


def _period_name(label: str) -> str:
    return label.replace("_", " to ") if "_" in label else month(label)
