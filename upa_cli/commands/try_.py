"""`upa try`: shows the result of a mapping or an expression for real people."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, shown, table
from upa_cli.shell.registry import command
from upa_core.domain.connector import Connector
from upa_core.domain.language.expressions import expression_text
from upa_core.domain.people.mapping import Mapping
from upa_core.services.insight.trial import Trial, Tried, try_mapping

WIDE = 34
"""The width of a cell: three of them with gaps fit a terminal of 80 columns."""
Type = Literal["string", "date", "datetime", "boolean", "integer"]


@command(
    "try",
    examples=["upa try CostCenter", """upa try 'Join(", ", [city], [country])' --people 200"""],
    shape={
        "connector": "its name",
        "mapping": "property, expression, type",
        "looked_at": "people whom the source named",
        "in_scope": "of these, people in scope",
        "filled": "people who get a value",
        "empty": "people who get none",
        "invalid": "reason → people",
        "different": "different values",
        "longest": "of the longest value: characters as SharePoint counts them, and whose it is",
        "people": "id, user, in, out, problem",
    },
)
def try_it(
    cli: Cli,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A mapped property, an attribute or an expression.")],
    *,
    people: Annotated[int, typer.Option(min=1, max=2000, help="How many people in scope.")] = 200,
    show: Annotated[
        int, typer.Option(min=0, max=2000, help="How many of them are shown; those with a problem first.")
    ] = 20,
    kind: Annotated[
        Type, typer.Option("--type", help="The property's type, for an attribute or expression.")
    ] = "string",
) -> int:
    """Show the results of a mapping for real people: in → out, fill rate, the longest value, invalid values.

    WHAT is a property that the connector file maps, the name of an attribute, or an expression as the file would have
    it. The people are the first ones of the source who are in scope. Nothing is stored and nothing is sent.
    """
    cli.store_nothing()
    mapping = _meant(cli.connector, what, kind)
    trial = try_mapping(cli.ports, cli.connector, mapping, most=people)
    ordered = sorted(trial.rows, key=lambda one: not one.problem)

    def render(out: Console) -> None:
        out.print(clean(f"{expression_text(mapping.expression)}, {mapping.type}"))
        if not trial.rows:
            sentence = f"nobody of the {trial.looked_at:,} people looked at is in scope: {_scope(cli.connector)}"
            out.print(clean(sentence if trial.looked_at else "the source names no people"))
            return
        rows = [(_cut(one.user or one.person), _cut(_given(one)), _cut(_made(one))) for one in ordered[:show]]
        if rows:
            out.print(table(("person", "in", "out"), rows))
        _summary(out, trial)

    cli.show(_document(cli.connector, mapping, trial, ordered), render)
    return exits.OK


def _summary(out: Console, trial: Trial) -> None:
    number = len(trial.rows)
    rest = number - trial.filled - sum(trial.reasons.values())
    out.print(f"{count(number, 'person', 'people')} in scope of {trial.looked_at:,} looked at")
    sentence = f"fill rate {100 * trial.filled / number:.0f} %: {trial.filled:,} with a value, {rest:,} without"
    out.print(f"{sentence}, {sum(trial.reasons.values()):,} invalid; {count(trial.different, 'different value')}")
    if trial.longest:
        out.print(clean(f"longest: {count(trial.longest, 'character')}, of {trial.longest_of}"))
    for reason, people in trial.reasons.most_common(5):
        out.print(clean(f"invalid for {count(people, 'person', 'people')}: {reason}"))


def _document(connector: Connector, mapping: Mapping, trial: Trial, ordered: list[Tried]) -> dict[str, Any]:
    return {
        "connector": connector.name,
        "mapping": {
            "property": mapping.target,
            "expression": expression_text(mapping.expression),
            "type": mapping.type,
        },
        "looked_at": trial.looked_at,
        "in_scope": len(trial.rows),
        "filled": trial.filled,
        "empty": len(trial.rows) - trial.filled - sum(trial.reasons.values()),
        "invalid": dict(trial.reasons.most_common()),
        "different": trial.different,
        "longest": {"characters": trial.longest, "user": trial.longest_of},
        "people": [
            {"id": one.person, "user": one.user, "in": dict(one.given), "out": one.made, "problem": one.problem}
            for one in ordered
        ],
    }


def _meant(connector: Connector, what: str, kind: Type) -> Mapping:
    """Return the mapping of that property, or a new one for the attribute or expression, as the file would have it."""
    from upa_core.config.build.mapping import build_mapping  # pydantic is slow
    from upa_core.config.models_mapping import MappingModel
    from upa_core.config.sources.names import Names

    named = [mapping for mapping in connector.mappings if mapping.target == what and mapping.state != "retired"]
    if named:
        return named[0]
    problems: list[str] = []

    def add(_: object, message: str, suggestion: str = "", *, warning: bool = False) -> None:
        if not warning:
            problems.append(message + (f" (did you mean {suggestion}?)" if suggestion else ""))

    simple = "(" not in what and "[" not in what and '"' not in what
    owners = (path.split("_")[1] for path in connector.inputs if path.startswith("extension_"))
    names = Names(next(owners, None), tuple(one.name for one in connector.secondaries))
    given = {"source": what.strip()} if simple else {"expression": what}
    made = (
        build_mapping(MappingModel.model_validate({"target": "Tried", "type": kind} | given), names, add)
        if what.strip()
        else None
    )
    if made is None:
        near = [target for target in connector.intended if target.lower() == what.lower()]
        hint = f"; the property is {near[0]}" if near else ""
        sentence = "; ".join(problems) or "WHAT is empty"
        raise CommandError(clean(f"{what[:80]}: {sentence}{hint}"), exits.USAGE)
    return made


def _scope(connector: Connector) -> str:
    groups = (" and ".join(map(str, group)) for group in connector.scope.groups)
    return " or ".join(f"({group})" for group in groups)


def _given(one: Tried) -> str:
    values = ("" if value is None else str(value) for value in one.given.values())
    return " | ".join(values) or "(constant)"


def _made(one: Tried) -> str:
    return f"invalid: {one.problem}" if one.problem else "(nothing)" if one.made is None else shown(one.made)


def _cut(text: str) -> str:
    return text if len(text) <= WIDE else text[: WIDE - 1] + "…"
