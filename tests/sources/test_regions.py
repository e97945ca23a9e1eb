"""Which regions of an account are read: those that it has enabled, and the others are named."""

from datetime import datetime

import pytest

from finops_lib.sources.aws import read
from finops_lib.sources.aws.calls import Asker, AwsSource, NotReadError, Session

AS_OF = datetime(2026, 11, 4)
ANSWER = {
    "Regions": [
        {"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"},
        {"RegionName": "eu-south-2", "OptInStatus": "opted-in"},
        {"RegionName": "af-south-1", "OptInStatus": "not-opted-in"},
    ]
}


@pytest.fixture
def asked(monkeypatch):
    """What DescribeRegions is asked with; it answers ANSWER."""
    parameters = []

    def one(self, service, operation, **given):
        parameters.append((service, operation, given))
        return ANSWER

    monkeypatch.setattr(Asker, "one", one)
    return parameters


def regions(source):
    gaps, not_enabled = [], set()
    found = read._regions(Session(source), "1", AS_OF, gaps, not_enabled)
    return [asker.region for asker in found], not_enabled, gaps


def test_regions_that_were_not_opted_in_to_are_skipped_and_named(asked):
    assert regions(AwsSource()) == (["us-east-1", "eu-south-2"], {"af-south-1"}, [])
    assert asked == [("ec2", "describe_regions", {"AllRegions": True})]


def test_regions_that_the_parameters_name_are_read_without_asking(asked):
    assert regions(AwsSource(regions=("af-south-1",))) == (["af-south-1"], set(), [])
    assert asked == []


def test_regions_that_cannot_be_listed_are_a_gap_and_the_first_is_read(monkeypatch):
    def refused(self, *_, **__):
        raise NotReadError("AccessDenied", "ec2:describe_regions was refused")

    monkeypatch.setattr(Asker, "one", refused)
    found, not_enabled, gaps = regions(AwsSource())
    assert (found, not_enabled) == (["us-east-1"], set())
    assert [gap["error"] for gap in gaps] == ["AccessDenied"]
