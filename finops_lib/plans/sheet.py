"""Plans as sheets that a person reviews in a spreadsheet: written as CSV, read as spreadsheets save them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from finops_lib.errors import PlanError
from finops_lib.plans.review import DECISIONS, Document, decision

SHEET_COLUMNS = (
    "step", "status", "action", "resource_id", "service", "team", "owner", "monthly_saving", "risk",
    "not_before", "note",
)  # fmt: skip
"""What a reviewer sees of a step; `status`, `owner` and `note` are read back."""

ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SEPARATORS = ",;\t"


def read_sheet(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """The sheet with these columns as text, blank cells missing, blank rows left out.

    Byte-order marks, UTF-16, semicolons or tabs, other line ends, spaces and capitals in the heading and other
    orders of columns are taken as they come. Raises PlanError for a file or a column that is not there, and for one
    that is no text.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode(ENCODINGS.get(raw[:2], "utf-8-sig"))
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise PlanError(f"{path} is not saved as UTF-8: choose CSV UTF-8 where you save it.") from None  # fmt: skip
    head = text.partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    names = [name.strip().casefold().replace(" ", "_") for name in (rows[0] if rows else [])]
    missing = [name for name in columns if name not in names]
    if missing:
        raise PlanError(f"{path} lacks the column {', '.join(missing)}.")
    kept = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    found = pd.DataFrame([dict(zip(names, row, strict=False)) for row in kept], columns=names)
    return found[list(columns)].fillna("").map(str.strip).replace("", None)


def write_sheet(plan: Document, path: Path) -> None:
    """The steps of the plan with SHEET_COLUMNS; a spreadsheet is told by its mark that they are UTF-8."""
    frame = pd.DataFrame(plan["steps"], columns=list(SHEET_COLUMNS))
    frame.to_csv(path, index=False, encoding="utf-8-sig")


def decided(plan: Document, path: Path) -> Document:
    """The plan with the decisions, owners and notes of the sheet; a step that it has not stays as it is.

    Raises PlanError for a sealed plan, for words that are no decision, and for a row of no step, of another
    resource or action than the plan's, or that stands twice: a sheet decides, it changes no step.
    """
    if plan.get("digest"):
        raise PlanError("This plan is approved and sealed: write a new one to decide anew.")
    sheet = read_sheet(path, ("step", "status", "action", "resource_id", "owner", "note"))
    rows: dict[int, Document] = {}
    steps = {step["step"]: step for step in plan["steps"]}
    for row in sheet.astype("object").where(sheet.notna(), None).to_dict("records"):
        number = _number(row["step"], path)
        if number in rows:
            raise PlanError(f"{path} has step {number} twice.")
        _check(row, steps.get(number), number, path)
        rows[number] = row
    return {**plan, "steps": [_decided(step, rows.get(step["step"])) for step in plan["steps"]]}


def _number(text: str | None, path: Path) -> int:
    try:
        return int(float(str(text).replace(",", ".")))
    except ValueError:
        raise PlanError(f"{path} has the step '{text}', which is no number.") from None


def _check(row: Document, step: Document | None, number: int, path: Path) -> None:
    if step is None:
        raise PlanError(f"{path} has a step {number}, the plan has none.")
    for name in ("action", "resource_id"):
        if row[name] != step[name]:
            raise PlanError(f"{path}, step {number}: {name} is {row[name]}, in the plan it is {step[name]}.")  # fmt: skip
    if decision(row["status"]) not in DECISIONS:
        raise PlanError(f"{path}, step {number}: '{row['status']}' is no decision; write {', '.join(DECISIONS)}.")  # fmt: skip


def _decided(step: Document, row: Document | None) -> Document:
    if row is None:
        return step
    return {**step, "status": decision(row["status"]), "owner": row["owner"], "note": row["note"]}
