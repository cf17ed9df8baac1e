"""The import rule: hub <- tenants <- customers | orders | products, and every import at the top of its file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
APPS = ("hub", "tenants", "customers", "orders", "products")
FILES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))


def test_imports_go_downwards_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    broken = lint_imports(config_filename="pyproject.toml", no_cache=True)

    assert broken == 0, capsys.readouterr().out


def test_nothing_is_imported_inside_a_function() -> None:
    found = [f"{path.relative_to(ROOT)}:{line}" for path in FILES for line in _inner_imports(path.read_text())]

    assert FILES
    assert found == []


def test_an_import_inside_a_function_would_be_found() -> None:
    code = (
        "import a\nif a:\n    import b\ndef f():\n    def g():\n        from c import d\nasync def h():\n    import e\n"
    )

    assert sorted(_inner_imports(code)) == [6, 8]


def _inner_imports(code: str) -> Iterator[int]:
    """Yield the line of each import inside a function, once."""
    functions = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    inner = (node for function in functions for node in ast.walk(function))
    yield from {node.lineno for node in inner if isinstance(node, ast.Import | ast.ImportFrom)}
