"""The walls between the rooms, held over the syntax trees of the library."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parent.parent / "finops_lib"
MODULES = sorted(p for p in LIBRARY.rglob("*.py"))

LEVELS = [
    {"units", "period", "schema", "errors", "locks"},
    {"params", "estate"},
    {"sources", "engine", "analysis", "checks", "plans", "figures", "data"},
    {"present"},
    {"examine"},
    {"follow_up"},
    {"collect", "report", "export", "workbook", "demo"},
    {"phases"},
    {"run", "widgets", "dashboards"},
    {"cli"},
]
"""Imports point up this list; rooms of one level do not import each other, but for these."""
ALLOWED_SIDEWAYS = {("checks", "analysis"), ("plans", "analysis"), ("period", "errors"),
                    ("schema", "errors"), ("estate", "params"), ("report", "export"),
                    ("report", "collect"), ("workbook", "collect")}  # fmt: skip


def room(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def level(name: str) -> int:
    return next(i for i, rooms in enumerate(LEVELS) if name in rooms)


def imports(path: Path) -> set[str]:
    """Every module that is imported anywhere in the file, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms_imported(path: Path) -> set[str]:
    ours = (name.split(".") for name in imports(path))
    return {parts[1] for parts in ours if parts[0] == "finops_lib" and len(parts) > 1}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_module_imports_only_rooms_below_its_own(path):
    here = room(path)
    if here == "__init__":
        assert imports(path) == set()
        return
    wrong = {
        there
        for there in rooms_imported(path) - {here}
        if level(there) >= level(here) and (here, there) not in ALLOWED_SIDEWAYS
    }
    assert wrong == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_boto3_is_imported_only_where_an_account_is_read_or_written(path):
    relative = path.relative_to(LIBRARY).as_posix()
    may = relative.startswith(("sources/aws", "sources/metrics", "plans/", "demo/"))
    uses = {name.split(".")[0] for name in imports(path)} & {"boto3", "botocore"}
    assert may or not uses


CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
OUTSIDE = {"os", "requests", "urllib", "socket", "subprocess", "time", "random"}


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if room(p) in ("analysis", "checks", "figures")],
    ids=lambda p: str(p.relative_to(LIBRARY)),
)
def test_pure_rooms_read_no_clock_file_network_or_environment(path):
    tree = ast.parse(path.read_text())
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    clocks = {
        ast.unparse(f)
        for f in calls
        if isinstance(f, ast.Attribute)
        and f.attr in CLOCKS
        and ast.unparse(f.value).split(".")[-1] in {"datetime", "date", "time", "Timestamp"}
    }
    files = {
        ast.unparse(f)
        for f in calls
        if isinstance(f, ast.Name) and f.id in {"open", "input", "print"}
    }
    readers = {
        ast.unparse(f)
        for f in calls
        if isinstance(f, ast.Attribute)
        and f.attr
        in {"read_text", "write_text", "read_csv", "read_parquet", "to_parquet", "savefig"}
    }
    modules = {name.split(".")[0] for name in imports(path)} & OUTSIDE
    assert clocks | files | readers | modules == set()


def test_only_the_command_line_knows_the_demo_account():
    knowing = {
        str(p.relative_to(LIBRARY))
        for p in MODULES
        if room(p) != "demo" and "demo" in rooms_imported(p)
    }
    assert knowing <= {"cli.py"} | {
        str(p.relative_to(LIBRARY)) for p in MODULES if room(p) == "cli"
    }
