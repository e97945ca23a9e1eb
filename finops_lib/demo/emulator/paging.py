"""Pages as AWS cuts them: a limit, and a token that says where the next page begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from finops_lib.demo.emulator.answers import RefusedError

Item = TypeVar("Item")


def page(
    items: Sequence[Item], token: Any, size: int, code: str = "InvalidNextTokenException"
) -> tuple[Sequence[Item], str | None]:
    """The page that begins at `token`, and the next token; None on the last page.

    Raises RefusedError for a token that no earlier page gave.
    """
    if token is not None and not (str(token).isdigit() and int(token) <= len(items)):
        raise RefusedError(code, "The NextToken is not valid.")
    first = int(token or 0)
    following = first + size
    return items[first:following], str(following) if following < len(items) else None


def with_token(content: dict[str, Any], name: str, token: str | None) -> dict[str, Any]:
    """The content with the token under its name, left out on the last page as AWS does."""
    return content if token is None else {**content, name: token}
