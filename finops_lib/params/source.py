"""Where the data come from: a billing export, an account, or both."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from finops_lib.params.section import Section


class Source(Section):
    """The account and its bill."""

    billing: tuple[str, ...] = Field(
        (), description="files, folders or globs of a billing export (CUR or FOCUS), local or s3://"
    )
    account: bool = Field(
        True, description="read inventory and metrics of an account; false: the bill alone"
    )
    profile: str | None = Field(None, description="AWS profile; empty: the standard AWS variables")
    role_name: str | None = Field(None, description="role to assume in each account, by its name")
    role_arns: tuple[str, ...] = Field((), description="roles to assume, by ARN")
    external_id: str | None = Field(None, description="external id of those roles")
    accounts: tuple[str, ...] = Field((), description="accounts to read; empty: the caller's own")
    regions: tuple[str, ...] = Field((), description="regions to read; empty: every enabled one")
    endpoint_url: str | None = Field(
        None, description="another endpoint that speaks the AWS API; empty: AWS"
    )
    metric_days: int = Field(14, ge=1, le=93, description="days of CloudWatch metrics to read")
    max_paid_requests: int = Field(
        100, ge=0, description="paid API requests (Cost Explorer: 0.01 USD each) at the most"
    )
    inventory: tuple[str, ...] = Field(
        (), description="S3 Inventory: manifests, folders or files (CSV, Parquet), local or s3://"
    )
    created_by: Literal["drop", "mask", "show"] = Field(
        "drop", description="who created what moved, from the bill's aws:createdBy tag and CloudTrail: not "
        "read, under a pseudonym, or by name",
    )  # fmt: skip
    paid_advice: bool = Field(
        False, description="also ask Cost Explorer for its right-sizing (a paid request per page)"
    )

    @field_validator("billing", "inventory", "accounts", "regions", "role_arns", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        """A single text stands for a list of one; account ids may be written as numbers."""
        values = [value] if isinstance(value, (str, int)) else value or ()
        return tuple(str(v) for v in values)


class Engine(Section):
    """Where the billing aggregations run."""

    backend: str = Field("duckdb", description="an ibis backend: duckdb, pyspark, athena, trino …")
    options: dict[str, Any] = Field(
        default_factory=dict, description="what the backend's ibis connect() takes"
    )
    memory_limit: str = Field("2GB", description="memory that DuckDB may use before it spills")
    table: str | None = Field(
        None, description="the table that holds the bill, where it already lies in that backend"
    )


Basis = Literal["effective", "billed"]
