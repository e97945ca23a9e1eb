"""What carrying out an action consists of: read the resource, make calls, revert them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

State = dict[str, Any]
Results = dict[str, State]
"""What every call of a step returned so far, by the call's name."""

STEP_TAG = "finops:step"
"""The tag on whatever a step creates, by which a resumed step finds it again."""

MARK_TAG = "finops:mark"
"""The tag that says what is going to be done with a resource, and from when on."""

NOT_FOUND = ("NotFound", "NoSuch", "ResourceNotFoundException", "Malformed", "404")
"""Parts of the error codes with which services say that a resource is gone."""


@dataclass(frozen=True)
class Step:
    """One approved row of a plan, in plain values."""

    id: str
    action: str
    account_id: str
    region: str
    resource_id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    before_state: Mapping[str, Any] = field(default_factory=dict)


def carried_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's row as it is done: a machine of an Auto Scaling group is scheduled by its group, which would replace it."""
    given = row["parameters"]
    group = given.get("asg_name") if isinstance(given, Mapping) else None
    if row["action"] == "schedule_instance" and group:
        return {**row, "action": "schedule_group", "resource_id": group}
    return dict(row)


@dataclass(frozen=True)
class Call:
    """One change: `do` makes it; `found` returns its result where it is there already, else None."""

    name: str
    do: Callable[[Any, Step, Results], State]
    found: Callable[[Any, Step, Results], State | None]


@dataclass(frozen=True)
class Executor:
    """How one action is done: `read` gives the state that must still hold, None where the resource is gone.

    `revert` brings the state before back and says what it did; None where nothing can.
    `rolls_back` says that a step which fails half way is reverted at once; `needs` are the parameters without
    which it cannot be done.
    """

    service: str
    read: Callable[[Any, str], State | None]
    calls: tuple[Call, ...]
    revert: Callable[[Any, Step, Results], State] | None = None
    rolls_back: bool = False
    needs: tuple[str, ...] = ()


def absent(error: ClientError) -> bool:
    """Whether the service says that the resource does not exist."""
    return any(part in error.response["Error"]["Code"] for part in NOT_FOUND)


def missing(error: ClientError) -> bool:
    """`absent` of SageMaker too, which says "Could not find" in a ValidationException instead of a code."""
    words = error.response["Error"].get("Message", "").lower()
    return absent(error) or "could not find" in words or "not found" in words


NO_CREDENTIALS = ("Expired", "InvalidClientTokenId", "UnrecognizedClient", "AuthFailure")
"""Parts of the error codes with which services refuse the credentials themselves."""


def in_words(error: Exception) -> str:
    """What went wrong with a step, and what to do where that is the same for all."""
    if isinstance(error, KeyError | IndexError | TypeError | ValueError):
        return f"its parameters or its state are not what the action needs: {type(error).__name__} {error}"
    code = (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
    if any(part in code for part in (*NO_CREDENTIALS, "Credential")):
        return (
            f"{error} Get new credentials. Run the same command again: it goes on from the journal."
        )
    if code in ("400", "403"):  # a HEAD request has no body to say why
        return f"{error} The credentials expired or lack the permission. Run the same command again with others."
    return str(error)


def missing_is_none(
    find: Callable[[Any, Step, Results], State | None],
) -> Callable[[Any, Step, Results], State | None]:
    """`find` of SageMaker that returns None where nothing is there instead of raising."""

    def found(client: Any, step: Step, results: Results) -> State | None:
        try:
            return find(client, step, results)
        except ClientError as error:
            if missing(error):
                return None
            raise

    return found


def or_none(read: Callable[[Any, str], State | None]) -> Callable[[Any, str], State | None]:
    """`read` that returns None where the resource is gone instead of raising."""

    def wrapped(client: Any, resource_id: str) -> State | None:
        try:
            return read(client, resource_id)
        except ClientError as error:
            if absent(error):
                return None
            raise

    return wrapped


def gone(
    read: Callable[[Any, str], State | None],
) -> Callable[[Any, Step, Results], State | None]:
    """`found` of a deletion: an empty result once the resource cannot be read any more."""

    def found(client: Any, step: Step, results: Results) -> State | None:
        return {} if read(client, step.resource_id) is None else None

    return found


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """A list of Key and Value as a dict."""
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A dict as a list of Key and Value; AWS's own keys are left out, nobody else may write them."""
    return [{"Key": k, "Value": v} for k, v in tags.items() if not k.startswith("aws:")]
