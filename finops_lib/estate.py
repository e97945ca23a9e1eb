"""An Estate: the tables of one read of one account, or of its bill alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from finops_lib.period import Period
from finops_lib.schema import ESTATE_TABLES, GAPS, conform


@dataclass(frozen=True)
class Estate:
    """What one read found; `estate["volumes"]` is a frame of the table of that name.

    `costs` is the folder of the lake (Parquet per billing month, COSTS columns) or None where no bill
    was read. A table that was not read is empty and named in `estate["gaps"]`.
    """

    as_of: datetime
    period: Period
    accounts: tuple[str, ...]
    currency: str
    costs: Path | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, table: str) -> pd.DataFrame:
        """The frame of that table, empty where nothing was read; KeyError for an unknown name."""
        schema = ESTATE_TABLES[table]
        return self.tables[table] if table in self.tables else schema.empty()

    def with_tables(self, tables: Mapping[str, pd.DataFrame]) -> Estate:
        """A new Estate with these tables conformed and put in (gaps are added, not replaced)."""
        conformed = {name: conform(frame, ESTATE_TABLES[name]) for name, frame in tables.items()}
        if "gaps" in conformed:
            both = [f for f in (self["gaps"], conformed["gaps"]) if len(f)]
            conformed["gaps"] = pd.concat(both, ignore_index=True) if both else GAPS.empty()
        return replace(self, tables={**self.tables, **conformed})

    def was_read(self, table: str) -> bool:
        """Whether the table was read everywhere: it is there and no gap names it."""
        return table in self.tables and not (self["gaps"]["table"] == table).any()
