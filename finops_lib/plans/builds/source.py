"""What a scheduled build runs from: this library and its parameters in one zip."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import finops_lib
from finops_lib.errors import PlanError
from finops_lib.params.section import Section
from finops_lib.params.tags import TagKey
from finops_lib.plans.shutdown.stack import EPOCH

LIBRARY = Path(finops_lib.__file__).parent
PARAMETERS = "params.yaml"


def build_zip(parameters: str) -> bytes:
    """The library, its build files and the parameters; the same source gives the same bytes.

    Raises PlanError where the library was not installed from a clone, which has the build files.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_files(parameters)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _files(parameters: str) -> Iterator[tuple[str, bytes]]:
    yield PARAMETERS, parameters.encode()
    for build_file in ("pyproject.toml", "README.md"):
        path = LIBRARY.parent / build_file
        if not path.exists():
            raise PlanError(f"A scheduled build is deployed from a clone: {path} is not there.")
        yield build_file, path.read_bytes()
    for path in LIBRARY.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(LIBRARY.parent).as_posix(), path.read_bytes()


def parameters(
    bill: Sequence[str],
    tags: Mapping[str, TagKey],
    governance: Mapping[str, Section | Sequence[Section]],
) -> str:
    """JSON, which is YAML too: the bill alone, what names an owner, and these parts of `governance`."""
    given = {
        "source": {"billing": list(bill), "account": False},
        "tags": {key: tag.model_dump(mode="json") for key, tag in tags.items()},
        "governance": {"schedules": [], **{name: _plain(part) for name, part in governance.items()}},
    }  # fmt: skip
    return json.dumps(given, indent=1, sort_keys=True) + "\n"


def _plain(part: Section | Sequence[Section]) -> Any:
    if isinstance(part, Section):
        return part.model_dump(mode="json")
    return [one.model_dump(mode="json") for one in part]
