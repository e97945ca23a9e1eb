"""SageMaker Studio's apps, which moto has not."""

from __future__ import annotations

from typing import Any

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]
PAGE = 10
LISTED = ("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName", "Status",
          "CreationTime", "ResourceSpec")  # fmt: skip
KEYS = ("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName")


def list_apps(state: State, request: Asked, body: Body) -> Body:
    """The apps of the account and region, of one domain or all, in pages of ten."""
    wanted = {"DomainId": "DomainIdEquals", "UserProfileName": "UserProfileNameEquals",
              "SpaceName": "SpaceNameEquals"}  # fmt: skip
    found = [
        {key: app[key] for key in LISTED if key in app}
        for app in state.apps[(request.account, request.region)]
        if all(body.get(asked) in (None, app.get(key)) for key, asked in wanted.items())
    ]
    size = int(body.get("MaxResults") or PAGE)
    listed, token = page(found, body.get("NextToken"), size, "ValidationException")
    return with_token({"Apps": list(listed)}, "NextToken", token)


def describe_app(state: State, request: Asked, body: Body) -> Body:
    """One app."""
    return _app(state, request, body)


def delete_app(state: State, request: Asked, body: Body) -> Body:
    """Stop an app: SageMaker goes on listing it for a day as deleted."""
    _app(state, request, body)["Status"] = "Deleted"
    return {}


def _app(state: State, request: Asked, body: Body) -> Body:
    for app in state.apps[(request.account, request.region)]:
        if all(body.get(key) == app.get(key) for key in KEYS if key in body):
            return app
    raise RefusedError("ResourceNotFound", f"App {body.get('AppName')} does not exist.")


class TaggedApp:
    """An app as moto keeps what can be tagged: it puts another list of tags where some are taken off."""

    def __init__(self, app: Body) -> None:
        self._app = app

    @property
    def tags(self) -> list[dict[str, str]]:
        """The app's own list."""
        tags: list[dict[str, str]] = self._app.setdefault("Tags", [])
        return tags

    @tags.setter
    def tags(self, tags: list[dict[str, str]]) -> None:
        self._app["Tags"] = tags


def tags_of(state: State, account: str, region: str, arn: str) -> TaggedApp | None:
    """The app of an ARN; None where it is no app's ARN."""
    path = arn.rpartition(":app/")[2]
    for app in state.apps[(account, region)]:
        owner = app.get("UserProfileName", app.get("SpaceName"))
        if path == f"{app['DomainId']}/{owner}/{app['AppType']}/{app['AppName']}":
            return TaggedApp(app)
    return None


OPERATIONS = {
    "ListApps": list_apps,
    "DescribeApp": describe_app,
    "DeleteApp": delete_app,
}
