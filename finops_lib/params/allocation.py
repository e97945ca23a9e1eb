"""Who bears which dollar: the rules that name an owner, the shared pools, and the ledger's accounts."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from finops_lib.params.section import Section

SplitMethod = Literal["proportional", "even", "fixed", "metric"]


class Charges(Section):
    """Which charges are meant: every condition given must hold, and of its patterns any one.

    Patterns are shell patterns (`*`, `?`, `[abc]`), upper and lower case alike.
    """

    tags: dict[str, str] = Field(
        default_factory=dict, description="key of the tagging policy: pattern of its value"
    )
    accounts: tuple[str, ...] = Field((), description="account ids or names")
    services: tuple[str, ...] = Field((), description="service names or codes")
    usage_types: tuple[str, ...] = Field((), description="usage types")
    operations: tuple[str, ...] = Field((), description="operations")
    resources: tuple[str, ...] = Field((), description="resource ids or names")
    creators: tuple[str, ...] = Field(
        (), description="principals, where the bill keeps its created-by tag"
    )
    categories: tuple[str, ...] = Field((), description="Usage, Purchase, Tax, Credit, Adjustment")
    commitment_status: tuple[str, ...] = Field((), description="Used or Unused")
    idle: bool = Field(False, description="only resources that a check found idle")

    @field_validator(
        "accounts", "services", "usage_types", "operations", "resources", "creators",
        "categories", "commitment_status", mode="before",
    )  # fmt: skip
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        values = [value] if isinstance(value, (str, int)) else value or ()
        return tuple(str(v) for v in values)


class TaxonomyRule(Charges):
    """An owner for some charges; "{key}" stands for the charge's own tag of the policy's `key`."""

    name: str = Field(description="what a statement shows as the deciding rule")
    team: str | None = Field(None, description="the team; empty: the rule decides no team")
    project: str | None = Field(None, description="the project; empty: it decides no project")


class Pool(Charges):
    """Charges that several teams bear together, and how they are split."""

    name: str = Field(description="what a statement calls the pool")
    method: SplitMethod = Field(
        "proportional", description="by own cost, evenly, by fixed shares or by a metric"
    )
    teams: tuple[str, ...] = Field((), description="teams that bear it; empty: every one")
    shares: dict[str, float] = Field(
        default_factory=dict,
        description="fixed: team to share of the pool; what is missing to 1 stays unallocated",
    )
    metric: str | None = Field(None, description="metric: the business metric to split by")
    includes_owned: bool = Field(
        False, description="take charges that a rule gave to a team into the pool as well"
    )

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> Self:
        if self.method == "fixed":
            if not self.shares or min(self.shares.values()) < 0:
                raise ValueError(f"pool '{self.name}' is fixed and needs shares of zero or more")
            if sum(self.shares.values()) > 1 + 1e-9:
                raise ValueError(f"the shares of pool '{self.name}' add up to more than 1")
        if self.method == "metric" and not self.metric:
            raise ValueError(f"pool '{self.name}' is split by a metric and must name one")
        return self


def default_rules() -> tuple[TaxonomyRule, ...]:
    """The owner is whom the tags name."""
    return (
        TaxonomyRule(name="team tag", team="{team}"),
        TaxonomyRule(name="project tag", project="{project}"),
    )


def default_pools() -> tuple[Pool, ...]:
    """What nobody can tag: commitments, tax, support, networks and the account's own services."""
    return (
        Pool(name="unused commitments", commitment_status=("Unused",)),
        Pool(name="tax", categories=("Tax",)),
        Pool(name="support", services=("*Support*",)),
        Pool(name="commitment fees", categories=("Purchase",)),
        Pool(name="NAT gateways", usage_types=("*NatGateway*",)),
        Pool(
            name="data transfer",
            usage_types=("*DataTransfer*", "*-AWS-In-Bytes", "*-AWS-Out-Bytes", "*-Out-Bytes", "*-In-Bytes"),
        ),
        Pool(
            name="account services",
            method="even",
            services=(
                "*CloudTrail*", "*Config", "*GuardDuty*", "*Security Hub*", "*Cost Explorer*",
                "*Inspector*", "*Macie*",
            ),
        ),
    )  # fmt: skip


class Serverless(Section):
    """What serverless inference would be for the endpoints, where nothing is measured."""

    seconds_per_request: float | None = Field(
        None, gt=0, description="time of a request, for endpoints without the metric ModelLatency"
    )
    memory_gib: float | None = Field(
        None, gt=0, le=6, description="memory, for endpoints without the metric MemoryUtilization"
    )
    price_per_gib_second: float | None = Field(
        None, gt=0, description="empty: the price book's, https://aws.amazon.com/sagemaker/pricing/"
    )


class AllocationPolicy(Section):
    """How a bill becomes statements."""

    rules: tuple[TaxonomyRule, ...] = Field(
        default_factory=default_rules,
        description="in order: the first that gives a charge a team (a project) decides it",
    )
    pools: tuple[Pool, ...] = Field(
        default_factory=default_pools, description="in order: the first that fits takes the charge"
    )
    team_aliases: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="the right team: the spellings that mean it"
    )
    project_aliases: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="the right project: the spellings that mean it"
    )
    cost_centers: dict[str, str] = Field(
        default_factory=dict,
        description="team to cost center; a team that is not here has the one its tags name most",
    )
    target_share: float = Field(
        0.95, gt=0, le=1, description="share of cost that should carry every required tag"
    )
    business_metrics: str = Field(
        "", description="CSV of business metrics: month, metric, value and, if split, team"
    )
    serverless: Serverless = Serverless()
    team_addresses: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="team to the apprise addresses of its digest (https://appriseit.com/services/)",
    )
    statement_reports: int = Field(
        12, ge=0, description="teams, dearest first, that get a report of their own; 0: none"
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, named in (("rules", self.rules), ("pools", self.pools)):
            twice = [name for name, n in Counter(item.name for item in named).items() if n > 1]
            if twice:
                raise ValueError(f"two {what} have the name {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _aliases_mean_one_thing(self) -> Self:
        for what, aliases in (("team", self.team_aliases), ("project", self.project_aliases)):
            meant = Counter(
                text.casefold()
                for head, others in aliases.items()
                for text in {text.casefold() for text in (head, *others)}
            )
            if twice := sorted(text for text, n in meant.items() if n > 1):
                raise ValueError(
                    f"{what}_aliases give {', '.join(twice)} to two names: leave it with one"
                )
        return self
