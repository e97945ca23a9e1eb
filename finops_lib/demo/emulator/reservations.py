"""Reservations of EC2, RDS and ElastiCache: the planted ones, and what is offered for purchase."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.reserved_instances import ReservedInstances
from moto.elasticache.responses import ElastiCacheResponse
from moto.rds.responses import RDSResponse

from finops_lib.demo.emulator.state import State


def serve(state: State) -> None:
    """Answer from `state`: moto has offerings of its own for EC2 and nothing for the other two."""
    own: dict[str, Any] = {
        "describe_reserved_instances": _held(state, "ec2", "ReservedInstances"),
        "describe_reserved_instances_offerings": _instance_offerings(state),
    }
    databases: dict[str, Any] = {
        "describe_reserved_db_instances": _held(state, "rds", "ReservedDBInstances"),
        "describe_reserved_db_instances_offerings": _offerings(
            state, "rds", "ReservedDBInstancesOfferings",
            ("DBInstanceClass", "ProductDescription", "MultiAZ", "OfferingType"),
        ),
    }  # fmt: skip
    caches: dict[str, Any] = {
        "describe_reserved_cache_nodes": _held(state, "elasticache", "ReservedCacheNodes"),
        "describe_reserved_cache_nodes_offerings": _offerings(
            state, "elasticache", "ReservedCacheNodesOfferings",
            ("CacheNodeType", "ProductDescription", "OfferingType"),
        ),
    }  # fmt: skip
    pairs = ((ReservedInstances, own), (RDSResponse, databases), (ElastiCacheResponse, caches))
    for responses, methods in pairs:
        for name, method in methods.items():
            setattr(responses, name, method)


def _held(state: State, service: str, key: str) -> Any:
    def respond(self: Any) -> ActionResult:
        return ActionResult({key: state.reservations[service, self.current_account, self.region]})

    return respond


def _instance_offerings(state: State) -> Any:
    """EC2 takes filters; the marketplace's offerings are left out, as there are none here."""
    fields = {
        "instance-type": "InstanceType", "product-description": "ProductDescription",
        "scope": "Scope", "offering-class": "OfferingClass",
    }  # fmt: skip

    def respond(self: Any) -> ActionResult:
        filters = self._filters_from_querystring()
        found = [
            offer
            for offer in state.reserved_offerings["ec2", self.region]
            if all(offer[fields[name]] in values for name, values in filters.items())
        ]
        return ActionResult({"ReservedInstancesOfferings": found})

    return respond


def _offerings(state: State, service: str, key: str, fields: tuple[str, ...]) -> Any:
    def respond(self: Any) -> ActionResult:
        asked = {name: self._get_param(name) for name in fields}
        found = [
            offer
            for offer in state.reserved_offerings[service, self.region]
            if all(str(value) == str(offer[name]) for name, value in asked.items() if value is not None)
        ]  # fmt: skip
        return ActionResult({key: found})

    return respond
