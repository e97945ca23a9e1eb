"""What keeps costs where they are: limits of a plan, budgets, schedules, alerts and guardrails."""

from __future__ import annotations

from datetime import date
from typing import Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from finops_lib.params.section import Section


class Limits(Section):
    """How much one run of a plan may do, and what it never touches."""

    max_steps: int = Field(100, ge=1, description="approved steps that one run may carry out")
    max_percent: float = Field(
        25.0, gt=0, le=100, description="share of the resources of one kind that may be acted on"
    )
    max_monthly_saving: float | None = Field(
        None, gt=0, description="savings a month above which a plan is not believed; empty: any"
    )
    protected_tags: dict[str, tuple[str, ...]] = Field(
        {"finops:protected": (), "do-not-delete": ()},
        description="tag keys, with values, that protect a resource; no values: any value",
    )
    warn_days: int = Field(3, ge=0, description="days before the act on which owners are warned")


class Budget(Section):
    """One AWS budget."""

    name: str
    limit: float = Field(gt=0, description="a month's limit in USD, or percent for use and cover")
    kind: Literal["COST", "RI_UTILIZATION", "RI_COVERAGE", "SAVINGS_PLANS_UTILIZATION",
                  "SAVINGS_PLANS_COVERAGE"] = "COST"  # fmt: skip
    service: str = Field(
        "Amazon Elastic Compute Cloud - Compute",
        description="whose reservations an RI_ budget is about",
    )
    tag: tuple[str, ...] | None = Field(
        None, min_length=2,
        description="cost allocation tag and its values, as spelled; empty: the whole bill",
    )  # fmt: skip
    thresholds_pct: tuple[float, ...] = (80.0, 100.0, 120.0)
    forecast: bool = Field(True, description="whether forecasts warn too")
    period: Literal["MONTHLY", "DAILY"] = "MONTHLY"
    daily_alarm: float | None = Field(
        None, gt=0, description="alarm on a day above so many times its even share of the limit"
    )
    emails: tuple[str, ...] = ()
    sns_topic: str | None = None


class Schedule(Section):
    """When tagged resources run, in the hours of a place."""

    name: str
    timezone: str = "Etc/UTC"
    weekdays: tuple[int, ...] = Field((0, 1, 2, 3, 4), description="0 is Monday")
    start_hour: int = Field(8, ge=0, le=23)
    stop_hour: int = Field(18, ge=1, le=24)
    holidays: tuple[date, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not an IANA time zone such as Europe/Berlin")
        return name


class Alerts(Section):
    """Who is told of anomalies, and from what size on."""

    emails: tuple[str, ...] = ()
    sns_topic: str | None = None
    urls: tuple[str, ...] = Field((), description="Apprise URLs, for example of Slack")
    min_impact: float = Field(100.0, ge=0, description="USD above the expected")
    monitor_key: str = Field("team", description="cost allocation tag of the teams' monitors")
    monitor_values: tuple[str, ...] = Field(
        (), description="its values with a monitor of their own"
    )
    smtp: str = Field(
        "",
        description="host:port that takes the weekly mail, or ses:region for Amazon SES; empty: none is sent",
    )
    sender: str = "finops@localhost"


class Detector(Section):
    """Our own anomaly detector, run by a schedule in the account; it tells `alerts.urls`."""

    bill: tuple[str, ...] = Field(
        (), description="s3:// places of the billing export that it reads; empty: none is deployed"
    )
    cron: str = Field(
        "cron(0 7 * * ? *)", description="when it runs, as EventBridge Scheduler says"
    )


class WeeklyMail(Section):
    """The weekly mail, sent by a schedule in the account to `alerts.emails` through `alerts.smtp`."""

    bill: tuple[str, ...] = Field(
        (), description="s3:// places of the billing export that it reads; empty: none is deployed"
    )
    cron: str = Field(
        "cron(0 7 ? * MON *)", description="when it is sent, as EventBridge Scheduler says"
    )
    subject: str = Field("", description="what its subject begins with; empty: the report's title")


class Guardrails(Section):
    """What the organization refuses."""

    gpu_families: tuple[str, ...] = ("p3", "p3dn", "p4d", "p4de", "p5", "p5e", "p5en")
    approval_tag: str = "finops:approved-by"
    regions: tuple[str, ...] = Field((), description="allowed regions; empty: all")
    attach_to: tuple[str, ...] = Field(
        (),
        description="roots, units or accounts that the policies hold for; empty: none is deployed",
    )
    config_rules: bool = Field(False, description="deploy the AWS Config rules on required tags")


class Governance(Section):
    """Everything above; empty lists deploy nothing."""

    region: str = Field("us-east-1", description="where the off-hours stack and Config rules live")
    artifacts: str = Field("", description="S3 bucket of the stacks' zips; empty: no stack")
    limits: Limits = Limits()
    budgets: tuple[Budget, ...] = ()
    schedules: tuple[Schedule, ...] = (Schedule(name="office-hours"),)
    alerts: Alerts = Alerts()
    detector: Detector = Detector()
    weekly_mail: WeeklyMail = WeeklyMail()
    guardrails: Guardrails = Guardrails()
