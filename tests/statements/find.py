"""Finds the statements that the hub sends by itself, wherever a module keeps them: nothing here names one."""

import ast
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

from django.apps import apps

ROOT = Path(__file__).parents[2]
APPS = ("hub", "tenants", "customers", "orders", "products")  # as imports go: what is found first keeps the name
SQL = re.compile(r"(?:\s|--[^\n]*\n)*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\s")
BLANK = re.compile(r"\{\w+\}")
SOURCE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z]\w*)\b(?!\s*[.(])")
CTE = re.compile(r"\b(\w+)(?:\s*\([\w\s,]*\))?\s+AS\s+(?:(?:NOT )?MATERIALIZED\s+)?\(")


def statements() -> dict[str, str]:
    """Return {`<app>.<room>.<module>.<NAME>[.<key>]`: statement} for every statement that stands alone, each once."""
    found: dict[str, str] = {}
    for app in APPS:
        for info in walk_packages([str(ROOT / app)], f"{app}."):
            if ".migrations" not in info.name and info.name != "hub.wsgi":  # which asks the database when imported
                for name, text in _kept_in(import_module(info.name)):
                    if stands_alone(text) and text not in found.values():
                        found[name] = text
    return found


def stands_alone(text: str) -> bool:
    """Tell a statement from a part of one, which has a {blank} or reads what is no table and no CTE of its own."""
    read = {name for name in SOURCE.findall(text) if not name.startswith("pg_")}
    return not BLANK.search(text) and read <= {*tables(), *CTE.findall(text)}


def tables() -> set[str]:
    """Return the names of the hub's own tables."""
    return {model._meta.db_table for model in apps.get_models() if model._meta.app_label in APPS}


def _kept_in(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield what a module itself assigns, not what it imports."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    for name in dict.fromkeys(node.id for node in names):
        if name in vars(module):
            yield from held_by(vars(module)[name], f"{module.__name__}.{name}", set())


def held_by(value: object, name: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Yield the SQL that a value is or holds: a text, a mapping, a sequence, an object of the hub's own classes."""
    if isinstance(value, str):
        if SQL.match(value):
            yield name, value
    elif id(value) not in seen:
        seen.add(id(value))
        for key, held in _parts(value).items():
            yield from held_by(held, f"{name}.{key}", seen)


def _parts(value: object) -> Mapping[object, object]:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    if type(value).__module__.split(".")[0] in APPS:
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        return {**getattr(value, "__dict__", {}), **{name: getattr(value, name, None) for name in slots}}
    return {}
