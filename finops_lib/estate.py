"""An Estate: the tables of one read of one account, or of its bill alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from finops_lib.period import Period
from finops_lib.schema import ESTATE_TABLES, conform


@dataclass(frozen=True)
class Estate:
    """What one read found; `estate["volumes"]` is a frame of the table of that name.

    `folder` holds the bill where one was read: `costs/` (the lake, Parquet per billing month in
    COSTS columns) and `daily_cube.parquet`. A table that was not read is empty and named in
    `estate["gaps"]`. `notes` carries what the read has to say of itself (repairs, totals, versions).
    """

    as_of: datetime
    period: Period
    accounts: tuple[str, ...]
    currency: str
    folder: Path
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, table: str) -> pd.DataFrame:
        """The frame of that table, empty where nothing was read; KeyError for an unknown name."""
        schema = ESTATE_TABLES[table]
        return self.tables[table] if table in self.tables else schema.empty()

    @property
    def costs(self) -> Path:
        """The lake: one Parquet folder per billing month."""
        return self.folder / "costs"

    @property
    def cube(self) -> Path:
        """The bill added up per day, in DAILY_CUBE columns."""
        return self.folder / "daily_cube.parquet"

    def with_tables(self, tables: Mapping[str, pd.DataFrame]) -> Estate:
        """A new Estate with these tables conformed and put in, each in place of its namesake."""
        conformed = {name: conform(frame, ESTATE_TABLES[name]) for name, frame in tables.items()}
        return replace(self, tables={**self.tables, **conformed})

    def was_read(self, table: str) -> bool:
        """Whether the table was read everywhere: it is there and no gap names it."""
        return table in self.tables and not (self["gaps"]["table"] == table).any()
