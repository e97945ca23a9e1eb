"""The base of every group of parameters, and the words in which a wrong one is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from finops_lib.errors import ParameterError

S = TypeVar("S", bound="Section")


class Section(BaseModel):
    """A group of parameters: unknown names are errors, values never change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def validated(model: type[S], values: dict[str, Any], where: str) -> S:
    """`values` as the model; raises ParameterError that names each wrong one and the nearest right name."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [_sentence(model, e) for e in error.errors()]
        raise ParameterError(f"{where}: " + " ".join(lines)) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint like "Did you mean 'month'?" or, where nothing is near, the list of known names."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"Did you mean '{close[0]}'?" if close else f"Known are: {', '.join(names)}."


def _sentence(model: type[Section], error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = _fields_at(model, error["loc"][:-1])
        return f"There is no parameter '{path}'. {nearest(str(error['loc'][-1]), known)}"
    words = error["msg"].removeprefix("Value error, ")
    return f"Parameter '{path}' is wrong: {words} (given: {error['input']!r})."


def _fields_at(model: type[BaseModel], loc: Sequence[Any]) -> list[str]:
    for part in loc:
        field = model.model_fields.get(str(part))
        nested = _model_in(field.annotation) if field else model
        model = nested or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `list[Budget]` or `Budget | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found), None)
