"""`upa config`: the connector file before anything runs, and what changed in it between two runs."""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.registry import command, group
from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import is_run_id
from upa_core.domain.language.expressions import Attribute, expression_text
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.sources.joined.cost import cost_of
from upa_core.services.admin.connector_files import ConnectorFile, digest_of, file_of, read_file

SHOWN = 50
MIND_CASE = frozenset({"EQUALS", "NOT EQUALS", "INCLUDES", "ENDS_WITH", "&", "!&"})

group("config", "The connector file: check it, print its schema, compare it with an earlier one.")


@command(
    "config check",
    examples=["upa config check", "upa config check upa.yaml --json"],
    shape={
        "file": "the connector file",
        "valid": "true where it has no problems and every example holds",
        "connectors": "name, mappings (active), proposed, order (of the file: property, type, state, from, on_empty), "
        "scope, graph_calls (what each source costs, by name), select, fingerprint, staging",
        "problems": "line, column, where, message, suggestion",
        "warnings": "as problems: allowed, and probably not wanted",
        "examples": "connector, target, line, passed, expected, actual",
    },
    exit_codes=(exits.OK, exits.CONFIG),
)
def check(
    cli: Cli, file: Annotated[Path | None, typer.Argument(help="The connector file; default as --config.")] = None
) -> int:
    """Check the connector file without calling anybody: shape, meaning, expressions, and the examples beside
    mappings.

    It lists every problem at once, with file, line, the wrong value and a suggestion. Roles, tokens and properties
    are for `upa doctor`.
    """
    from upa_core.config import ConfigFileError, check_examples, load_config  # pydantic is slow

    name = str(file) if file is not None else cli.config_name
    try:
        loaded = load_config(Path(name), cli.environ) if not name.startswith("blob:") else cli.app.config
    except ConfigFileError as exc:
        if not cli.options.json:
            raise
        problems = [_problem(problem) for problem in exc.problems]
        document = {
            "file": name,
            "valid": False,
            "connectors": [],
            "problems": problems,
            "warnings": [],
            "examples": [],
        }
        cli.print_json(document)
        return exits.CONFIG
    results = check_examples(loaded)
    failed = [result for result in results if not result.passed]

    def render(out: Console) -> None:
        for connector in loaded.connectors:
            proposed = sum(mapping.state == "proposed" for mapping in connector.mappings)
            more = f" and {proposed} proposed" if proposed else ""
            mode = ", staging mode" if connector.staging else ""
            out.print(f"{connector.name}: {count(len(connector.active), 'mapping')}{more}, {_scope(connector)}{mode}")
            written = [mapping for mapping in connector.mappings if mapping.state != "retired"]
            if any(clause.operator in MIND_CASE for group in connector.scope.groups for clause in group):
                out.print("  letter case counts: EQUALS Sales isn't met by sales")
            for source, cost in _costs(connector):
                out.print(clean(f"  {source} asks Graph: {cost}"))
            rows = [(m.target, _kind(m), _from(m), m.on_empty) for m in written[:SHOWN]]
            out.print(table(("property", "type", "from", "on_empty"), rows))
            if len(written) > len(rows):
                out.print(f"and {len(written) - len(rows):,} more (--json has all)")
        for warning in loaded.warnings:
            hint = f" (did you mean {warning.suggestion}?)" if warning.suggestion else ""
            text = f"{name}:{warning.line}:{warning.column}: warning: {warning.where}: {warning.message}{hint}"
            out.print(clean(text), style="yellow")
        for result in failed:
            difference = f"expected {result.expected}, got {result.actual}"
            out.print(clean(f"{name}:{result.line}: the example of {result.target} fails: {difference}"), style="red")
        held = f"{count(len(results) - len(failed), 'example')} of {len(results)} hold" if results else "no examples"
        verdict = "is fine" if not failed else "isn't right"
        out.print(f"{name} {verdict}: {count(len(loaded.connectors), 'connector')}, {held}. Next: upa doctor")

    document = {
        "file": name,
        "valid": not failed,
        "connectors": [
            {
                "name": connector.name,
                "mappings": list(connector.targets),
                "proposed": sorted(m.target for m in connector.mappings if m.state == "proposed"),
                "order": [
                    {"property": m.target, "type": m.type, "state": m.state, "from": _from(m), "on_empty": m.on_empty}
                    for m in connector.mappings
                ],
                "scope": connector.scope.describe(),
                "graph_calls": dict(_costs(connector)),
                "select": list(connector.select),
                "fingerprint": connector.fingerprint,
                "staging": connector.staging,
            }
            for connector in loaded.connectors
        ],
        "problems": [],
        "warnings": [_problem(warning) for warning in loaded.warnings],
        "examples": [
            {name: getattr(r, name) for name in ("connector", "target", "line", "passed", "expected", "actual")}
            for r in results
        ],
    }
    cli.show(document, render)
    return exits.CONFIG if failed else exits.OK


def _kind(mapping: Mapping) -> str:
    return mapping.type if mapping.state == "active" else f"{mapping.type}, {mapping.state}"


def _from(mapping: Mapping) -> str:
    """Return the source of the values: an attribute by its path, else the expression."""
    if isinstance(mapping.expression, Attribute):
        return mapping.expression.path
    return expression_text(mapping.expression)


def _problem(problem: object) -> dict[str, object]:
    return {name: getattr(problem, name) for name in ("line", "column", "where", "message", "suggestion")}


def _costs(connector: Connector) -> list[tuple[str, str]]:
    """Return what each source that asks Graph costs, by name."""
    found = [(one.name, cost_of(one, connector.limits.full_round_every)) for one in connector.secondaries]
    return [(name, cost) for name, cost in found if cost]


def _scope(connector: Connector) -> str:
    groups = connector.scope.groups
    if not groups:
        return "everybody in scope"
    return "in scope: " + " or ".join("(" + " and ".join(map(str, group)) + ")" for group in groups)


@command(
    "config schema",
    examples=["upa config schema > upa.schema.json", "upa config schema --out upa.schema.json"],
    shape={"$schema": "the JSON Schema itself, as published in docs/reference/upa.schema.json", "…": "its keys"},
)
def schema(
    cli: Cli, *, out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.")] = None
) -> int:
    """Print the JSON Schema of the connector file, for editors that complete and check YAML.

    In VS Code put `# yaml-language-server: $schema=upa.schema.json` on the first line of upa.yaml.
    """
    from upa_core.config.reference import schema_text  # pydantic is slow

    if out is None:
        cli.out.file.write(schema_text())
        return exits.OK
    try:
        out.write_text(schema_text(), encoding="utf-8")
    except OSError as exc:
        raise CommandError(f"{out} can't be written ({exc.strerror}): name another file", exits.USAGE) from exc
    cli.note(f"wrote {out}")
    return exits.OK


@command(
    "config diff",
    examples=["upa config diff 20261122T101500Z-7f3k 20261123T101500Z-9d2m", "upa config diff 20261122T101500Z-7f3k"],
    shape={
        "connector": "its name",
        "old": "hash of the first",
        "new": "hash of the second",
        "diff": "lines, as diff -u",
    },
    exit_codes=(exits.OK, exits.CHANGES),
)
def diff(
    cli: Cli,
    old: Annotated[str, typer.Argument(metavar="A", help="A run's id, or the hash of a kept connector file.")],
    new: Annotated[str | None, typer.Argument(metavar="[B]", help="Another; default: the file of today.")] = None,
) -> int:
    """Show what differs between the connector files of two runs, or of a run and today.

    Each run names the file that it was planned with, and files are kept by their hash while a run names them.
    Exit code 2 where something differs.
    """
    before = _kept(cli, old)
    if new is not None:
        after = _kept(cli, new)
    else:
        text = cli.ports.connector_file
        after = ConnectorFile(digest_of(text), text)
    lines = list(unified_diff(before.text.splitlines(), after.text.splitlines(), old, new or "today", lineterm=""))
    document = {"connector": cli.connector.name, "old": before.digest, "new": after.digest, "diff": lines}

    def render(out: Console) -> None:
        for line in lines:
            out.print(clean(line), style="green" if line.startswith("+") else "red" if line.startswith("-") else "")
        if not lines:
            out.print(f"Nothing differs: {before.digest[:12]}")

    cli.show(document, render)
    return exits.CHANGES if lines else exits.OK


def _kept(cli: Cli, name: str) -> ConnectorFile:
    """Return a kept connector file by the run that names it, or by its hash."""
    if is_run_id(name):
        found = file_of(cli.ports, cli.connector, name)
        if found is None:
            raise CommandError(f"run {name} of {cli.connector.name} names no connector file. See upa runs")
        return found
    if re.fullmatch("[0-9a-f]{64}", name):
        return read_file(cli.ports, cli.connector, name)
    raise CommandError(f"{clean(name)[:80]!r} is neither a run's id nor a hash of 64 digits", exits.USAGE)
