"""The size limits of CONTRIBUTING.md; an exception needs a decision record and a line in ALLOWED."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "matloop"
MODULE_LINES, FUNCTION_LINES, ARGUMENTS = 400, 40, 6
ALLOWED: dict[str, str] = {}  # "file:function" -> decision record


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_and_its_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    too_large = [] if text.count("\n") <= MODULE_LINES else [f"{path.name}: {text.count(chr(10))} lines"]
    for node in functions(ast.parse(text)):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        positional = [*node.args.posonlyargs, *node.args.args]
        count = len(positional) - (bool(positional) and positional[0].arg in ("self", "cls"))
        name = f"{path.relative_to(SOURCE)}:{node.name}"
        if name not in ALLOWED and (lines > FUNCTION_LINES or count > ARGUMENTS):
            too_large.append(f"{name}: {lines} lines, {count} arguments")
    assert too_large == []


def test_the_loop_still_fits_on_a_page() -> None:
    assert (SOURCE / "loop.py").read_text(encoding="utf-8").count("\n") <= 80


def test_every_exception_names_an_existing_record() -> None:
    records = {path.name[:4] for path in (SOURCE.parents[1] / "docs" / "decisions").glob("*.md")}
    assert set(ALLOWED.values()) <= records
