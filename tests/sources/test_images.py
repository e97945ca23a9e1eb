"""Images that a launch template, a launch configuration or another account keeps."""

from __future__ import annotations

import pytest

from finops_lib.sources.aws.calls import NotReadError
from finops_lib.sources.aws.read import _read
from finops_lib.sources.aws.readers import READERS

IMAGES = ("ami-template", "ami-configuration", "ami-shared", "ami-alone")


class Account:
    """Answers for four images; `denied` is refused."""

    account_id, region = "111122223333", "eu-west-1"

    def __init__(self, denied=""):
        self.denied = denied

    def pages(self, service, operation, **parameters):
        if operation == self.denied:
            raise NotReadError("UnauthorizedOperation", f"{service}:{operation} was refused")
        if operation == "describe_images":
            return [{"Images": [{"ImageId": i, "Public": False} for i in IMAGES]}]
        if operation == "describe_launch_template_versions":
            data = {"LaunchTemplateName": "web", "LaunchTemplateData": {"ImageId": "ami-template"}}
            return [{"LaunchTemplateVersions": [data, {"LaunchTemplateData": {}}]}]
        if operation == "describe_launch_configurations":
            held = {"LaunchConfigurationName": "old", "ImageId": "ami-configuration"}
            return [{"LaunchConfigurations": [held]}]
        shared = parameters["ImageId"] == "ami-shared"
        return [{"LaunchPermissions": [{"UserId": "444455556666"}] if shared else []}]


def _images(account):
    return _read(next(reader for reader in READERS if reader.table == "images"), account)


def test_images_are_told_with_what_may_start_them():
    records, gap = _images(Account())
    assert {r["resource_id"]: r["kept_for"] for r in records} == {
        "ami-template": "the launch template web",
        "ami-configuration": "the launch configuration old",
        "ami-shared": "another account",
        "ami-alone": None,
    }
    assert gap is None


@pytest.mark.parametrize(
    "denied", ["describe_launch_template_versions", "describe_launch_configurations",
               "describe_image_attribute"],
)  # fmt: skip
def test_images_whose_use_is_denied_are_read_with_a_gap(denied):
    records, gap = _images(Account(denied))
    assert [r["resource_id"] for r in records] == list(IMAGES)
    assert (gap["table"], gap["error"]) == ("images", "UnauthorizedOperation")
