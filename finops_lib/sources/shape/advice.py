"""AWS's own recommendations, of whichever of its services, as records of the advice table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from finops_lib.sources.shape import Page, Record, items

KINDS = {
    "ec2instance": "instance", "ebsvolume": "volume", "lambdafunction": "function",
    "rdsdbinstance": "database", "rdsdbinstancestorage": "database", "natgateway": "nat_gateway",
    "sagemakerendpoint": "endpoint",
}  # fmt: skip
"""What AWS's services call a kind, without case, to ours; others keep AWS's word."""

REMOVING = ("Stop", "Delete", "Terminate")
"""Action types of the Cost Optimization Hub after which the resource no longer bills."""

LOOKBACK_DAYS = {"SEVEN_DAYS": 7, "THIRTY_DAYS": 30, "SIXTY_DAYS": 60}


def instances(pages: Iterable[Page]) -> list[Record]:
    """GetEC2InstanceRecommendations."""
    return [
        _optimizer(raw, "instance", raw["instanceArn"], raw.get("recommendationOptions"))
        | {"current": raw.get("currentInstanceType")}
        for raw in items(pages, "instanceRecommendations")
    ]


def volumes(pages: Iterable[Page]) -> list[Record]:
    """GetEBSVolumeRecommendations; a configuration reads like "gp3 100 GiB 3000 IOPS"."""
    return [
        _optimizer(raw, "volume", raw["volumeArn"], raw.get("volumeRecommendationOptions"))
        | {"current": _configuration(raw.get("currentConfiguration") or {})}
        for raw in items(pages, "volumeRecommendations")
    ]


def functions(pages: Iterable[Page]) -> list[Record]:
    """GetLambdaFunctionRecommendations; the version that the ARN names is left out of the id."""
    return [
        _optimizer(
            raw, "function", ":".join(raw["functionArn"].split(":")[:7]),
            raw.get("memorySizeRecommendationOptions"),
        )
        | {"current": _text(raw.get("currentMemorySize"))}
        for raw in items(pages, "lambdaFunctionRecommendations")
    ]  # fmt: skip


def databases(pages: Iterable[Page]) -> list[Record]:
    """GetRDSDatabaseRecommendations, of the instance (not of its storage)."""
    return [
        _optimizer(
            {**raw, "finding": raw.get("instanceFinding")}, "database", raw["resourceArn"],
            raw.get("instanceRecommendationOptions"),
        )
        | {"current": raw.get("currentDBInstanceClass")}
        for raw in items(pages, "rdsDBRecommendations")
    ]  # fmt: skip


def idle(pages: Iterable[Page]) -> list[Record]:
    """GetIdleRecommendations of Compute Optimizer."""
    return [
        {
            **_where(raw["resourceArn"], raw["accountId"]), "source": "compute_optimizer",
            "kind": _kind(raw["resourceType"]), "finding": raw["finding"], "action": "remove",
            **_saving(raw), "lookback_days": raw.get("lookBackPeriodInDays"),
            "refreshed_at": raw.get("lastRefreshTimestamp"),
        }
        for raw in items(pages, "idleRecommendations")
    ]  # fmt: skip


def hub(pages: Iterable[Page]) -> list[Record]:
    """ListRecommendations of the Cost Optimization Hub; purchases name no resource and are left out."""
    return [
        {
            **_where(raw.get("resourceArn") or raw["resourceId"], raw["accountId"]),
            "region": raw.get("region") or "global", "source": "cost_optimization_hub",
            "kind": _kind(raw["currentResourceType"]), "finding": raw["actionType"],
            "action": "remove" if raw["actionType"] in REMOVING else "resize",
            "current": raw.get("currentResourceSummary"),
            "target": raw.get("recommendedResourceSummary"),
            "monthly_cost": raw.get("estimatedMonthlyCost"),
            "monthly_saving": raw.get("estimatedMonthlySavings"), "saving_basis": "billed",
            "currency": raw.get("currencyCode"),
            "lookback_days": raw.get("recommendationLookbackPeriodInDays"),
            "refreshed_at": raw.get("lastRefreshTimestamp"),
        }
        for raw in items(pages, "items") if raw.get("resourceArn") or raw.get("resourceId")
    ]  # fmt: skip


def cost_explorer(pages: Iterable[Page], regions: Mapping[str, str]) -> list[Record]:
    """GetRightsizingRecommendation; `regions` tells an instance's region code, which AWS spells out."""
    return [
        _rightsized(raw, regions, page.get("Metadata") or {})
        for page in pages
        for raw in page.get("RightsizingRecommendations") or []
    ]


def _rightsized(
    raw: dict[str, Any], regions: Mapping[str, str], metadata: dict[str, Any]
) -> Record:
    now = raw["CurrentInstance"]
    details = (now.get("ResourceDetails") or {}).get("EC2ResourceDetails") or {}
    ends = raw["RightsizingType"] == "TERMINATE"
    targets = (raw.get("ModifyRecommendationDetail") or {}).get("TargetInstances") or [{}]
    first = next((t for t in targets if t.get("DefaultTargetInstance")), targets[0])
    target = (first.get("ResourceDetails") or {}).get("EC2ResourceDetails") or {}
    stated = (raw.get("TerminateRecommendationDetail") or {}) if ends else first
    return {
        "account_id": raw["AccountId"],
        "region": regions.get(now["ResourceId"]) or details.get("Region") or "unknown",
        "resource_id": now["ResourceId"], "source": "cost_explorer", "kind": "instance",
        "finding": raw["RightsizingType"].title(), "action": "remove" if ends else "resize",
        "current": details.get("InstanceType"),
        "target": None if ends else target.get("InstanceType"),
        "monthly_cost": now.get("MonthlyCost"),
        "monthly_saving": stated.get("EstimatedMonthlySavings"), "saving_basis": "billed",
        "currency": stated.get("CurrencyCode"),
        "lookback_days": LOOKBACK_DAYS.get(metadata.get("LookbackPeriodInDays", "")),
        "refreshed_at": metadata.get("GenerationTimestamp"),
    }  # fmt: skip


def _optimizer(
    raw: dict[str, Any], kind: str, arn: str, options: list[dict[str, Any]] | None
) -> Record:
    """A recommendation of Compute Optimizer with its first option; of what is well sized, without one."""
    ranked = sorted(options or [], key=lambda option: option.get("rank", 0))
    first = ranked[0] if ranked and raw.get("finding") != "Optimized" else {}
    target = first.get("instanceType") or first.get("dbInstanceClass") or first.get("memorySize")
    if "configuration" in first:
        target = _configuration(first["configuration"])
    return {
        **_where(arn, raw["accountId"]), "source": "compute_optimizer", "kind": kind,
        "finding": raw.get("finding"), "action": "resize" if first else None,
        "target": _text(target), **_saving(first), "performance_risk": first.get("performanceRisk"),
        "lookback_days": raw.get("lookBackPeriodInDays", raw.get("lookbackPeriodInDays")),
        "refreshed_at": raw.get("lastRefreshTimestamp"),
    }  # fmt: skip


def _saving(raw: dict[str, Any]) -> Record:
    """The saving after discounts where AWS knows it, else the one at list."""
    after = raw.get("savingsOpportunityAfterDiscounts")
    stated = (after or raw.get("savingsOpportunity") or {}).get("estimatedMonthlySavings") or {}
    basis = None if not stated else "billed" if after else "list"
    return {
        "monthly_saving": stated.get("value"), "currency": stated.get("currency"),
        "saving_basis": basis,
    }  # fmt: skip


def _where(arn: str, account: str) -> Record:
    """Account, region and id as the inventory spells it: EC2's own things by their plain id."""
    parts = arn.split(":")
    is_arn = parts[0] == "arn" and len(parts) > 5
    plain = arn.split("/")[-1] if is_arn and parts[2] == "ec2" else arn
    return {
        "account_id": account, "region": (parts[3] if is_arn else "") or "global",
        "resource_id": plain,
    }  # fmt: skip


def _kind(word: str) -> str:
    return KINDS.get(word.lower(), word)


def _configuration(raw: dict[str, Any]) -> str | None:
    known = [
        (raw.get("volumeType"), ""), (raw.get("volumeSize"), " GiB"),
        (raw.get("volumeBaselineIOPS"), " IOPS"),
        (raw.get("volumeBaselineThroughput"), " MiB/s"),
    ]  # fmt: skip
    return " ".join(f"{value}{unit}" for value, unit in known if value) or None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
