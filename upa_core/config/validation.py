"""pydantic's findings in an administrator's words, with the place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from upa_core.config.grammar import closest
from upa_core.config.odata import clauses_of, is_odata
from upa_core.config.problems import ConfigProblem, path_text, shown
from upa_core.config.references import Path, is_secret_key
from upa_core.config.yaml_tree import Items, Record, Text, place_of
from upa_core.domain.people.attributes import GROUPS

_QUOTED = re.compile(r"'([^']*)'")
_PLAIN = {
    "string_type": "must be a text",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "model_type": "must hold keys",
    "tuple_type": "must be a list",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


_BOUNDS = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} entries",
}
_CLOUDS = {
    **dict.fromkeys(("gcc", "public", "commercial", "worldwide", "azurecloud"), "global"),
    **dict.fromkeys(("gcchigh", "usgovernment", "azureusgovernment", "l4"), "usgov"),
    **dict.fromkeys(("usgovdod", "usgovl5", "l5"), "dod"),
    **dict.fromkeys(("21vianet", "azurechinacloud", "mooncake"), "china"),
}
"""Other names of the national clouds, in lower-case letters and digits."""


_MEANINGS = {
    "clear": "delete remove erase empty blank null reset",
    "keep": "ignore leave skip none nothing",
    "escrow_value": "retry escrow",
    "fail_run": "fail error stop",
    "string": "text str",
    "integer": "int number long",
    "boolean": "bool flag yesno",
    "datetime": "timestamp date-time dateandtime",
}
_OTHERWISE = {word: meant for meant, words in _MEANINGS.items() for word in words.split()}
"""Usual mistakes for a word of the file."""
_PAIR = re.compile(r"\s*([A-Za-z][\w-]*)\s*[=:]\s*([A-Za-z][\w.]*)\s*")
_PERCENT = re.compile(r"[0-9.]+ *%?")
_LIMITS = {
    "updates": "{{percent: {percent}}}",
    "clears": "{{percent: {percent}}}",
    "threshold": "updates: {{percent: {percent}}}",
    "drift": "{{share: {percent}}}",
    "freshness": "{{share: {percent}%, within: 24h}}",
}
_LISTS = {
    "mappings": "must be a list, a line for each mapping: - {target: Property, source: attribute}",
    "connectors": "must be a list, each connector beginning with a dash: - name: staff",
}
_GROUP_KEYS = frozenset({"group", "memberof", "member_of", "members", "group_id", "groupid"})


def structure_problems(model: type[BaseModel], tree: Record, base: Path = ()) -> list[ConfigProblem]:
    """Validate a part of the file and return the problems of its shape, one for each place."""
    try:
        model.model_validate(tree)
    except ValidationError as error:
        found: dict[tuple[int, int, str], ConfigProblem] = {}
        for each in error.errors(include_url=False, include_input=False):
            node = place_of(tree, each["loc"])[3]
            if each["type"] == "too_short" and node:
                continue  # about a list whose items were all refused
            problem = _problem(model, tree, dict(each), base)
            found.setdefault((problem.line, problem.column, problem.where), problem)
        return list(found.values())
    return []


def _problem(model: type[BaseModel], tree: Record, error: dict[str, Any], base: Path) -> ConfigProblem:
    kind, loc = str(error["type"]), tuple(error["loc"])
    path, line, column, node = place_of(tree, loc)
    if kind == "missing":
        return ConfigProblem(line, column, path_text((*base, *path)), f"{shown(loc[-1])} is missing")
    where = path_text((*base, *path))
    if kind == "extra_forbidden":
        return _unknown_key(model, ConfigProblem(line, column, where, ""), loc)
    if node is None:
        return ConfigProblem(line, column, where, "is empty")
    context = error.get("ctx", {})
    message, suggestion = _PLAIN.get(kind, ""), str(context.get("meant", ""))
    if kind in _BOUNDS:
        message = _BOUNDS[kind].format(**context)
    if kind == "literal_error":
        expected = _QUOTED.findall(str(error["ctx"]["expected"])) or [str(error["ctx"]["expected"])]
        message = f"must be one of {', '.join(expected)}"
        suggestion = _said_otherwise(str(node), expected) if isinstance(node, Text) else ""
        if loc[-1] == "cloud":
            suggestion = _CLOUDS.get(re.sub(r"[^a-z0-9]", "", str(node).lower()), suggestion)
    elif kind == "string_pattern_mismatch" and loc[-1] == "name":
        message = "may only hold lower-case letters, digits and single hyphens"
        suggestion = re.sub(r"[^a-z0-9]+", "-", str(node).lower()).strip("-")
    elif kind == "string_pattern_mismatch":
        message = "has characters that aren't allowed here"
    elif kind in ("model_type", "tuple_type", "string_type"):
        message, suggestion = _wrong_shape(kind, loc, node) or (message, suggestion)
    message = message or str(error["msg"])[:1].lower() + str(error["msg"])[1:]
    value = f"{shown(node.raw)} " if isinstance(node, Text) else ""
    return ConfigProblem(line, column, where, value + message, suggestion)


def _wrong_shape(kind: str, loc: tuple[Any, ...], node: Any) -> tuple[str, str] | None:
    """Return what a value of this place is, and the value that was probably meant; None: nothing more is known."""
    if kind == "string_type":
        one = node[0] if isinstance(node, Items) and len(node) == 1 else None
        return ("must be a text, without brackets", str(one)) if isinstance(one, Text) else None
    if kind == "tuple_type":
        if len(loc) > 1 and loc[-2] == "groups":
            return f"must be a list of clauses, not the name of a group in Entra: {GROUPS}", ""
        return (_LISTS[str(loc[-1])], "") if loc[-1] in _LISTS else None
    if loc[-1] == "scope":
        return _wrong_scope(node)
    if isinstance(node, Text) and loc[-1] in _LIMITS and _PERCENT.fullmatch(node):
        return _PLAIN[kind], _LIMITS[str(loc[-1])].format(percent=node.rstrip("% "))
    if isinstance(node, Text) and "mappings" in loc and (pair := _PAIR.fullmatch(node)):
        return "isn't a mapping", f"{{target: {pair[1]}, source: {pair[2]}}}"
    return None


def _wrong_scope(node: Any) -> tuple[str, str]:
    """Return what a scope is, and the scope that was probably meant."""
    given = node if isinstance(node, Items) else [node]
    found: list[str] = []
    for one in given:
        clauses = (clauses_of(one) if is_odata(one) else [one]) if isinstance(one, Text) else []
        if not clauses:
            found = []
            break
        found += clauses
    text = "must hold `clauses`, a list of conditions that must all be met: {clauses: [department EQUALS Sales]}"
    return text, f"{{clauses: [{', '.join(found)}]}}" if found else ""


def _said_otherwise(text: str, expected: list[str]) -> str:
    meant = _OTHERWISE.get(text.lower(), "")
    return meant if meant in expected else closest(text, expected)


def _unknown_key(model: type[BaseModel], problem: ConfigProblem, loc: tuple[Any, ...]) -> ConfigProblem:
    name = str(loc[-1])
    known = sorted({key for each in _models_at(model, loc[:-1]) for key in _keys(each)})
    message = f"the key {shown(name)} isn't known here"
    if is_secret_key(name):
        message += (
            "; secrets don't belong here, and SharePoint accepts certificates and managed identities only. Name a "
            "certificate by its place (certificate: client_id, and path or keyvault), or write managed_identity"
        )
        known = []
    elif name != name.lstrip():
        message = "this line is indented with a non-breaking space or the like: type plain spaces instead"
        known = []
    elif "scope" in loc and name.lower() in _GROUP_KEYS:
        message += f": {GROUPS}"
        known = []
    elif not closest(name, known):
        message += f"; there are {', '.join(known)}"
    return ConfigProblem(problem.line, problem.column, problem.where, message, closest(name, known))


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name


def _models_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[type[BaseModel]]:
    """Return the models that a path may lead to; a part that names no field leaves them as they are."""
    models = [model]
    for part in loc:
        fields = [
            info.annotation
            for each in models
            for name, info in each.model_fields.items()
            if part == (info.alias or name)
        ]
        if fields:
            models = [inner for annotation in fields for inner in _models_in(annotation)]
    return models


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
