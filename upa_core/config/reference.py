"""The published schema and the tables of docs/reference/configuration.md, made from the models.

`python -m upa_core.config.reference` writes both; a test holds them to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from upa_core.config.models import json_schema

DOCS = Path(__file__).parents[2] / "docs" / "reference"
BEGIN, END = "<!-- keys: begin (made by upa_core.config.reference) -->", "<!-- keys: end -->"


def schema_text() -> str:
    """Return the JSON Schema as it is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def tables() -> str:
    """Return one table of keys for each part of the file, in the order in which parts first appear."""
    schema = json_schema()
    order: list[str] = []
    queue: list[dict[str, Any]] = [schema]
    while queue:
        for name in _references(queue.pop(0).get("properties", {})):
            if name not in order:
                order.append(name)
                queue.append(schema["$defs"][name])
    parts = [("The file", schema), *((_title(name), schema["$defs"][name]) for name in order)]
    return "\n\n".join(_table(title, part, schema) for title, part in parts)


def with_tables(text: str) -> str:
    """Return the reference page with current tables between its markers."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)


def _title(name: str) -> str:
    return name.removesuffix("Model").lower()


def _meaning(value: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return the referred part's own description."""
    names = list(_references(value))
    return str(schema["$defs"][names[0]].get("description", "")) if names else ""


def _table(title: str, part: dict[str, Any], schema: dict[str, Any]) -> str:
    required = set(part.get("required", ()))
    lines = [
        f"### {title}",
        "",
        part.get("description", ""),
        "",
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for key, value in part["properties"].items():
        default = "**required**" if key in required else _default(value.get("default"))
        text = str(value.get("description") or _meaning(value, schema)).replace("\n", " ").replace("|", "\\|")
        lines.append(f"| `{key}` | {_type(value)} | {default} | {text} |")
    return "\n".join(lines)


def _default(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return "see its keys"
    return f"`{json.dumps(value)}`" if value != [] else "none"


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        title = _title(value["$ref"].rpartition("/")[2])
        return f"[{title}](#{title})"
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(each) for each in value["anyOf"] if each.get("type") != "null"))
    if value.get("type") == "array":
        if "prefixItems" in value:
            return "two texts"
        return f"list of {_type(value.get('items', {}))}"
    if str(value.get("pattern", "")).endswith("[smhdw]$"):
        return "duration"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}.get(
        str(value.get("type")), "anything"
    )


def main(docs: Path = DOCS) -> None:
    """Write the schema and the tables."""
    (docs / "upa.schema.json").write_text(schema_text(), encoding="utf-8")
    page = docs / "configuration.md"
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":  # pragma: no cover
    main()
