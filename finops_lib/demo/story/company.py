"""The whole story in one call: everything the company has, placed in time and carelessly tagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from finops_lib.demo.story.buckets import buckets
from finops_lib.demo.story.disks import attached_volumes, images, snapshots, unattached_volumes
from finops_lib.demo.story.fleet import commitments, instances
from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.managed import managed
from finops_lib.demo.story.network import network
from finops_lib.demo.story.teams import careless_tags, tag_qualities
from finops_lib.demo.story.timeline import START, moment_of_size, patterns

UNTAGGABLE = ("account",)
"""The kind that stands for charges without a resource."""

GROWING = ("traffic", "shifted", "leaking", "stored", "scaled3", "scaled4")
"""Patterns that grow with the company by themselves."""


def company(seed: int = 42) -> Ledger:
    """The ledger of the invented company; the same seed gives the same ledger."""
    machines = _placed(list(instances()), seed)
    volumes = list(attached_volumes(machines)) + _placed(list(unattached_volumes()), seed + 1)
    others = _placed([*network(), *managed()], seed + 2)
    rest = [*snapshots(volumes, seed), *images(), *buckets()]
    resources = [*machines, *volumes, *rest, *others]
    return Ledger(seed, tuple(_tagged(resources, seed)), commitments())


def _placed(resources: Sequence[Resource], seed: int) -> list[Resource]:
    """The resources with their start: those of the group add up to the company's size at any time.

    In a shuffled order each starts when the company reaches the share of the group's cost that it
    completes, so the group's cost follows the growth curve. Charges that grow by themselves, and
    starts that the story fixes, are left alone.
    """
    rng = np.random.default_rng(seed)
    means = {name: float(values[-24 * 28 :].mean()) for name, values in patterns(seed).items()}
    free = [i for i, r in enumerate(resources) if r.start is None and not _grows(r)]
    order = rng.permutation(free)
    costs = np.array(
        [sum(c.rate * c.amount * means[c.pattern] for c in resources[i].charges) for i in order]
    )
    shares = np.clip((np.cumsum(costs) - costs / 2) / costs.sum(), 1e-9, 1.0)
    placed = [replace(r, start=START - timedelta(days=30)) if _grows(r) else r for r in resources]
    for index, share in zip(order, shares, strict=True):
        earlier = START - timedelta(days=int(rng.integers(20, 300)))
        placed[index] = replace(resources[index], start=moment_of_size(float(share)) or earlier)
    return placed


def _grows(item: Resource) -> bool:
    """Whether it was there from the start and its use grows; instances come one by one instead."""
    return item.kind != "instance" and any(c.pattern in GROWING for c in item.charges)


def _tagged(resources: Sequence[Resource], seed: int) -> list[Resource]:
    """The resources with their tags; within each kind the company's shares of careful and careless."""
    rng = np.random.default_rng(seed)
    counts = Counter(r.kind for r in resources)
    qualities = {kind: iter(tag_qualities(n, seed)) for kind, n in counts.items()}
    return [
        r if r.kind in UNTAGGABLE else _dressed(r, next(qualities[r.kind]), rng) for r in resources
    ]


def _dressed(item: Resource, quality: str, rng: np.random.Generator) -> Resource:
    tags = careless_tags(item.owner, quality, rng)
    named = (
        {"Name": item.name}
        if item.kind in ("instance", "volume", "nat_gateway", "snapshot")
        else {}
    )
    if item.kind in ("volume", "snapshot") and quality == "bare":
        named = {}
    return replace(item, tags={**named, **tags, **item.tags})
