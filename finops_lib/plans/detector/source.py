"""What the scheduled detector runs from: this library and its parameters in one zip."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import finops_lib
from finops_lib.errors import PlanError
from finops_lib.params.governance import Alerts
from finops_lib.params.tags import TagKey
from finops_lib.plans.shutdown.stack import EPOCH

LIBRARY = Path(finops_lib.__file__).parent
PARAMETERS = "params.yaml"


def build_zip(bill: tuple[str, ...], alerts: Alerts, tags: Mapping[str, TagKey]) -> bytes:
    """The library, its build files and the parameters of the detector; the same source gives the same bytes.

    Raises PlanError where the library was not installed from a clone, which has the build files.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_files(bill, alerts, tags)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _files(
    bill: tuple[str, ...], alerts: Alerts, tags: Mapping[str, TagKey]
) -> Iterator[tuple[str, bytes]]:
    yield PARAMETERS, _parameters(bill, alerts, tags).encode()
    for build_file in ("pyproject.toml", "README.md"):
        path = LIBRARY.parent / build_file
        if not path.exists():
            raise PlanError(f"The detector is deployed from a clone: {path} is not there.")
        yield build_file, path.read_bytes()
    for path in LIBRARY.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(LIBRARY.parent).as_posix(), path.read_bytes()


def _parameters(bill: tuple[str, ...], alerts: Alerts, tags: Mapping[str, TagKey]) -> str:
    """JSON, which is YAML too: the bill alone, who is told, and what names an owner."""
    given = {
        "source": {"billing": list(bill), "account": False},
        "tags": {key: tag.model_dump(mode="json") for key, tag in tags.items()},
        "governance": {"alerts": alerts.model_dump(mode="json"), "schedules": []},
    }
    return json.dumps(given, indent=1, sort_keys=True) + "\n"
