"""Laws of the floor plan: a package imports from those before it, and nothing imports the tools."""

import ast
from pathlib import Path

import leukgan

ROOT = Path(leukgan.__file__).parent
ORDER = (
    *("errors", "home", "arguments", "config", "run_folder", "parent_process", "memory", "statistics", "features"),
    *("presentation", "tracking", "data", "metrics", "gans", "generation", "classification", "study", "report"),
    *("review", "search", "cli", "tools"),
)


def imports_of(path):
    """Packages and top-level modules of leukgan that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"leukgan.{alias.name}" for alias in node.names] if node.module == "leukgan" else [node.module]
        yield from (name.split(".")[1] for name in names if name.startswith("leukgan."))


def test_a_package_imports_from_those_before_it_only():
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in ROOT.rglob("*.py")
        for own in [path.relative_to(ROOT).parts[0].removesuffix(".py")]
        for name in imports_of(path)
        if own != "__init__" and ORDER.index(name) > ORDER.index(own)
    }
    assert wrong == set()


def test_few_modules_stand_at_the_top():
    assert len(list(ROOT.glob("*.py"))) <= 6
    found = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in ROOT.rglob("*.py")}
    assert found - {"__init__"} == set(ORDER)
