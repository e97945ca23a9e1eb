"""pyproject.toml is the truth about the environment; the lock and environment.yml are held to it."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(lines) -> dict[str, str]:
    """Package (normalised) to version, of lines like `name[extra]==1.2 ; marker`."""
    found = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", line) for line in lines)
    return {re.sub(r"[-_.]+", "-", m[1]).lower(): m[2] for m in found if m}


def wanted() -> dict[str, str]:
    return pins(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"])


def test_every_direct_dependency_is_pinned_exactly():
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    every = PROJECT["dependencies"] + extras
    assert len(pins(every)) == len(every)


def test_lock_has_every_direct_dependency_at_its_version():
    locked = pins((ROOT / "requirements.lock").read_text().splitlines())
    assert {name: locked.get(name) for name in wanted()} == wanted()


def test_conda_environment_installs_the_same_lock_on_a_supported_python():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    names = [d for d in environment["dependencies"] if isinstance(d, str)]
    pip = next(d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    assert pip == ["-r requirements.lock", "-e ."]
    assert any(name.startswith("python=3.11") for name in names)
    assert PROJECT["requires-python"] == ">=3.11"


def test_given_packages_are_all_direct_dependencies():
    given = {"jupyterlab", "papermill", "pandas", "boto3", "matplotlib", "seaborn", "ipywidgets",
             "nbconvert", "nbval", "pytest"}  # fmt: skip
    assert given <= set(wanted())
