"""Types as JSON Schema, as pydantic writes it, and what several of them share once, under `components`."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema
from typing_extensions import get_original_bases, is_typeddict

from hub.records.types import NOT_BLANK

REFERENCE = "#/components/schemas/{model}"


class _Generator(GenerateJsonSchema):
    """Leave out what only repeats a name, and say of a text what pydantic does before it looks at its length."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        """Return a type that may be null as one with two types, where it is no choice of its own."""
        inner = self.generate_inner(schema["schema"])
        is_plain = isinstance(inner.get("type"), str) and "enum" not in inner
        return {**inner, "type": [inner["type"], "null"]} if is_plain else super().nullable_schema(schema)

    def str_schema(self, schema: core_schema.StringSchema) -> dict[str, Any]:
        """Return a text's schema; one that must have a character when it is trimmed must have one that is no blank."""
        found = super().str_schema(schema)
        blank_is_short = schema.get("strip_whitespace") and schema.get("min_length")
        return {"pattern": NOT_BLANK, **found} if blank_is_short else found

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> dict[str, Any]:
        """Return a TypedDict's schema; what its own members do not say of themselves is what those of its bases say."""
        found = super().typed_dict_schema(schema)
        for base in _meaning_of(schema.get("cls")):
            said = TypeAdapter(base).json_schema(schema_generator=_Generator)["properties"]
            for name, each in found.get("properties", {}).items():
                if "description" in said.get(name, {}):
                    each.setdefault("description", said[name]["description"])
        return found


def _meaning_of(kind: Any) -> list[Any]:
    """Return the TypedDicts that say what members of a TypedDict mean: its bases, and its `meanings`."""
    bases = [base for base in get_original_bases(kind) if is_typeddict(base)]
    return [base for base in (*bases, getattr(kind, "meanings", None)) if base and base.__annotations__]


class Components:
    """The schemas that are named, as they are found."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}
        self._known: dict[
            int, tuple[Any, dict[str, Any]]
        ] = {}  # by id of a type, and the type, so that the id stays its own

    def schema(self, kind: Any) -> dict[str, Any]:
        """Return the JSON Schema of a type, with references to the TypedDicts and models in it.

        Raises TypeError for two types of one name.
        """
        if id(kind) not in self._known:
            self._known[id(kind)] = kind, self._schema(kind)
        return self._known[id(kind)][1]

    def _schema(self, kind: Any) -> dict[str, Any]:
        found = TypeAdapter(kind).json_schema(ref_template=REFERENCE, schema_generator=_Generator)
        for name, schema in found.pop("$defs", {}).items():
            self._add(name, schema)
        if title := found.pop("title", None):  # it has a name: a TypedDict or a model
            self._add(title, found)
            return {"$ref": REFERENCE.format(model=title)}
        return found

    def inlined(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a parameter, which is neither null nor blank, the choices that it has written out."""
        found: dict[str, Any] = dict(self._looked_up(self.schema(kind)))
        if isinstance(found.get("type"), list):
            found["type"] = found["type"][0]
        if found.get("type") == "string" and "enum" not in found:
            found |= {"pattern": NOT_BLANK, "minLength": 1, **found}
        return found

    def _looked_up(self, schema: Any) -> Any:
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._looked_up(self.schemas[schema["$ref"].rpartition("/")[2]])
        return {name: self._looked_up(inner) for name, inner in schema.items()}

    def _add(self, name: str, schema: dict[str, Any]) -> None:
        schema.pop("title", None)
        if self.schemas.setdefault(name, schema) != schema:
            raise TypeError(f"two schemas are called {name}")
