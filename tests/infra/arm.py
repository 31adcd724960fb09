"""Checks Bicep bodies against the published ARM schemas (../shared/data/arm-schemas), offline."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tests.infra.bicep import SHARED, Bicep, unquote

SCHEMAS = SHARED / "data" / "arm-schemas"
EXPRESSION = "\0expression"
_COMMON = "https://schema.management.azure.com/schemas/common/definitions.json"
_NOT_IN_BODY = {"parent", "scope", "dependsOn", "depends_on"}
_NODES = {"operator", "function", "condition_expression", "conditional"}


@cache
def _document(name: str) -> dict[str, Any]:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


def schema_file(resource: dict[str, Any]) -> str:
    """Return the file that holds a resource's schema."""
    provider = resource["type"].partition("/")[0]
    return f"{resource['api_version']}_{provider}.json"


def problems(found: Bicep, symbol: str) -> list[str]:
    """Return what doesn't fit: unknown properties, missing ones, wrong literals."""
    resource = found.resources[symbol]
    document = _document(schema_file(resource))
    key = resource["type"].partition("/")[2].replace("/", "_")
    schema = document["resourceDefinitions"].get(key)
    if schema is None:
        return [f"{symbol}: {resource['type']} isn't in {schema_file(resource)}"]
    symbols = set(found.declared)
    body = {name: _plain(one, symbols) for name, one in found.body(symbol).items() if name not in _NOT_IN_BODY}
    return _check(schema, body, document, symbol)


def _plain(value: Any, symbols: set[str]) -> Any:
    """Replace everything that isn't a literal."""
    if isinstance(value, dict):
        return EXPRESSION if _is_expression(value) else {k: _plain(v, symbols) for k, v in unquote(value).items()}
    if isinstance(value, list):
        return [_plain(one, symbols) for one in value]
    if isinstance(value, str) and (
        value in symbols or "${" in value or ("." in value and value.split(".")[0] in symbols)
    ):
        return EXPRESSION
    return value


def _is_expression(value: dict[str, Any]) -> bool:
    """Tell pycep's nodes from objects, which may have a property of the same name (`operator` of an alert)."""
    return "loop_type" in value or (
        len(value) == 1 and isinstance(next(iter(value.values())), dict) and bool(_NODES & set(value))
    )


def _resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any] | None:
    while "$ref" in schema:
        base, _, pointer = schema["$ref"].partition("#/")
        if pointer.endswith("/expression"):
            return None
        schema = _document("common.json") if base == _COMMON else document
        for step in pointer.split("/"):
            schema = schema[step]
    return schema


def _check(schema: dict[str, Any], value: Any, document: dict[str, Any], path: str) -> list[str]:
    resolved = _resolve(schema, document)
    if resolved is None or value == EXPRESSION or value is None:
        return []
    alternatives = resolved.get("oneOf") or resolved.get("anyOf") or []
    shapes = [shape for one in alternatives if (shape := _resolve(one, document)) is not None]
    own = {key: one for key, one in resolved.items() if key not in ("oneOf", "anyOf")}
    found = [_check(_merged(own, shape), value, document, path) for shape in shapes]
    return min(found, key=len) if found else _check_here(own, value, document, path)


def _merged(base: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    """Return a shape that has what its base has too (site configurations, polymorphic criteria)."""
    both = {**base, **shape}
    if "properties" in base and "properties" in shape:
        both["properties"] = {**base["properties"], **shape["properties"]}
    both["required"] = [*base.get("required", []), *shape.get("required", [])]
    return both


def _check_here(schema: dict[str, Any], value: Any, document: dict[str, Any], path: str) -> list[str]:
    out: list[str] = []
    if "enum" in schema and value not in schema["enum"]:
        out.append(f"{path} is {value!r}, not one of {schema['enum'][:8]}")
    if not _fits(schema.get("type"), value):
        out.append(f"{path} is {value!r}, not of type {schema['type']}")
    if isinstance(value, dict) and "properties" in schema:
        for name, one in value.items():
            if name in schema["properties"]:
                out += _check(schema["properties"][name], one, document, f"{path}.{name}")
            elif "additionalProperties" not in schema:
                out.append(f"{path}.{name} is unknown")
        required = set(schema.get("required", [])) - {"type", "apiVersion", "name"}
        out += [f"{path} lacks {name}" for name in sorted(required - set(value))]
    if isinstance(value, list) and "items" in schema:
        for number, one in enumerate(value):
            out += _check(schema["items"], one, document, f"{path}[{number}]")
    return out


def _fits(kind: str | None, value: Any) -> bool:
    if kind is None:
        return True
    kinds: dict[str, tuple[type, ...]] = {
        "object": (dict,),
        "array": (list,),
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
    }
    return isinstance(value, kinds[kind]) and not (isinstance(value, bool) and kind != "boolean")
