"""From a mapping in the file to the domain's, with everything checked that a shape can't say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from upa_core.config.build.route import check_route
from upa_core.config.grammar import ExpressionSyntaxError, parse_expression
from upa_core.config.models_mapping import ExampleModel, MappingModel
from upa_core.config.problems import shown
from upa_core.config.sources.names import Names
from upa_core.domain.bulk.rewritten import may_be_rewritten
from upa_core.domain.errors import ConfigError, InvalidValueError
from upa_core.domain.language.dates import DateFormat
from upa_core.domain.language.expressions import Attribute, Constant, Expression
from upa_core.domain.language.time_zones import zone_of
from upa_core.domain.language.values import LISTS, check_carriable, formatter, utf16_length
from upa_core.domain.people.attributes import (
    EXTRA_PERMISSIONS,
    AttributeRefusedError,
    type_of_attribute,
)
from upa_core.domain.people.mapping import UNPROVEN, Mapping, Problem, compile_mapping
from upa_core.domain.people.mapping_samples import date_formats, samples, time_zones
from upa_core.domain.plan.core_properties import is_property_name, why_core

Add = Callable[..., None]
"""Takes a path below the mapping, a message and a suggestion; keyword `warning=True` for a warning."""

_MISFITS = {
    "boolean": {"date", "datetime", "integer"},
    "datetime": {"boolean", "integer"},
}
"""Types that a source attribute of a known type can never have."""


def build_mapping(model: MappingModel, names: Names, add: Add) -> Mapping | None:
    """Build a mapping; None where a problem was added."""
    failed: list[bool] = []

    def refuse(path: tuple[str | int, ...], message: str, suggestion: str = "") -> None:
        failed.append(True)
        add(path, message, suggestion)

    _check_target(model.target, refuse)
    check_route(model, refuse)
    _check_options(model, refuse)
    expression = _expression(model, names, refuse)
    if expression is None or failed:
        return None
    default = _default(model, refuse)
    mapping = Mapping(
        target=model.target,
        expression=expression,
        type=model.type,
        on_empty=model.on_empty,
        default=default,
        on_invalid=model.on_invalid,
        max_length=model.max_length,
        on_too_long=model.on_too_long,
        format=model.format,
        words=model.words,
        state=model.state,
        redact=model.redact,
        route=model.route,
        on_user_edit=model.on_user_edit,
        on_drift=model.on_drift,
        unproven="" if model.route == "bulk" else UNPROVEN,
    )
    if failed:
        return None
    if model.constant is not None and isinstance(made := compile_mapping(mapping.as_if_proven(), ())(()), Problem):
        refuse(("constant",), f"{shown(model.constant)} {made.reason}")
        return None
    _warn_of_values(mapping, add)
    for name in time_zones(mapping):
        try:
            zone_of(name)
        except InvalidValueError as error:
            add(("expression",), f"{shown(name)} {error}", "Europe/Berlin")
            return None
    for path in mapping.inputs:
        if permission := EXTRA_PERMISSIONS.get(path):
            key = "source" if model.source else "expression"
            add((key,), f"{path} needs the permission {permission} in addition to User.Read.All", warning=True)
    return mapping


def _warn_of_values(mapping: Mapping, add: Add) -> None:
    """Warn of values that stay, that aren't what was meant, or that SharePoint may rewrite."""
    if mapping.on_empty == "clear" and mapping.type != "string" and mapping.route == "bulk":
        add(
            ("on_empty",),
            f"bulk import can't clear a {mapping.type}: a value that is there stays, and the plan "
            "counts it; `route: individual` may clear it",
            warning=True,
        )
    for key, pattern in date_formats(mapping):
        message, suggestion = DateFormat.compile(pattern).doubt()
        if message:
            add((key,), f"date format {shown(pattern)}: {message}", suggestion, warning=True)
    for key, sample in samples(mapping):
        if may_be_rewritten(sample):
            add(
                (key,),
                f"a value like {shown(sample)} may arrive as 06/23/2026 04:05:06: SharePoint's reader can take it for "
                "a date. A form without T, such as yyyy-MM-dd HH:mm:ss, arrives as it is",
                warning=True,
            )


def check_drift(model: MappingModel, add: Add, *, read_back: bool) -> None:
    """Refuse a mapping that repairs drift where no profile is read back."""
    if model.on_drift == "repair" and not read_back:
        add(("on_drift",), "needs profiles to be read back", "drift: {} at the connector")


def _check_target(target: str, refuse: Add) -> None:
    if reason := why_core(target):
        refuse(("target",), f"{shown(target)} can't be a target: {reason}", "")
    elif not is_property_name(target):
        text = f"{shown(target)} isn't a profile property's internal name: letters, digits, - and _, first a letter"
        property_, equals, attribute = (part.strip() for part in target.partition("="))
        if equals and is_property_name(property_) and attribute:
            refuse(
                ("target",),
                f"{text}. The property is the target, the attribute ({shown(attribute)}) is the source",
                property_,
            )
            return
        joined = "".join(target.split())
        refuse(("target",), text, joined if is_property_name(joined) else "")


def _check_options(model: MappingModel, refuse: Add) -> None:
    if model.format is not None:
        if model.type not in ("date", "datetime"):
            refuse(("format",), f"is for date and datetime, not for {model.type}")
        else:
            try:
                DateFormat.compile(model.format)
            except ConfigError as error:
                refuse(("format",), str(error))
    if model.words is not None and model.type != "boolean":
        refuse(("words",), f"is for boolean, not for {model.type}")
    if model.words is not None and model.words[0] == model.words[1]:
        refuse(("words",), "true and false need different words")
    if model.default is not None and model.on_empty != "default":
        refuse(("default",), "is only used with on_empty: default", "on_empty: default")
    if model.on_empty == "default" and model.default is None:
        refuse(("on_empty",), "needs a default", "default: <text>")


def _default(model: MappingModel, refuse: Add) -> str | None:
    """Return the default as text, formatted by the mapping's type."""
    if model.default is None:
        return None
    try:
        text = check_carriable(formatter(model.type, model.format, model.words)(model.default))
        if text and utf16_length(text) <= (model.max_length or 2**31):
            return text
        refuse(("default",), f"is longer than max_length ({model.max_length})" if text else "is empty; write a value")
    except InvalidValueError as error:
        refuse(("default",), f"{shown(model.default)} {error}")
    return None


def _expression(model: MappingModel, names: Names, refuse: Add) -> Expression | None:
    given = [key for key in ("source", "expression", "constant") if getattr(model, key) is not None]
    if len(given) != 1:
        found = f"has {' and '.join(given)}" if given else "has none"
        refuse((), f"a mapping has exactly one of source, expression and constant; this one {found}")
        return None
    if model.constant is not None:
        return Constant(model.constant)
    try:
        if model.expression is not None:
            return parse_expression(model.expression, names.resolve)
        return _direct(str(model.source), model.type, names, refuse)
    except AttributeRefusedError as error:
        refuse(("source",), str(error), error.suggestion)
    except ExpressionSyntaxError as error:
        line = f"line {error.line}, " if "\n" in str(model.expression) else ""
        refuse(("expression",), f"at {line}character {error.column}: {error}", error.suggestion)
    return None


def _direct(name: str, kind: str, names: Names, refuse: Add) -> Expression | None:
    path = names.resolve(name)
    holds = type_of_attribute(path)
    if holds == "several" and kind not in LISTS:
        refuse(
            ("source",),
            f"{name} holds several values; a profile property takes one",
            f'expression: Join(", ", [{name}]), or type: strings with route: individual',
        )
        return None
    if kind in _MISFITS.get(holds, ()):
        refuse(("type",), f"{name} is a {holds} and can't be written as {kind}")
        return None
    return Attribute(path)


def example_inputs(
    model: ExampleModel, mapping: Mapping, names: Names, add: Add
) -> tuple[tuple[str, object], ...] | None:
    """Return an example's attributes by path; None where a problem was added."""
    if not isinstance(model.in_, dict):
        if len(mapping.inputs) != 1:
            add(
                ("in",),
                f"must name the attributes and their values: the mapping reads {', '.join(mapping.inputs) or 'none'}",
            )
            return None
        return ((mapping.inputs[0], _value(mapping.inputs[0], model.in_)),)
    values: dict[str, object] = {}
    for name, value in model.in_.items():
        try:
            path = names.resolve(name)
        except AttributeRefusedError as error:
            add(("in", name), str(error), error.suggestion)
            return None
        if path not in mapping.inputs:
            add(("in", name), f"the mapping doesn't read {name}; it reads {', '.join(mapping.inputs)}")
            return None
        values[path] = _value(path, value)
    return tuple(values.items())


def _value(path: str, value: Any) -> object:
    if type_of_attribute(path) == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    if isinstance(value, list):
        return [str(item) for item in value]
    return None if value is None else str(value)
