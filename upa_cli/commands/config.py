"""`upa config check`, `upa config schema`: the connector file before anything runs."""

from __future__ import annotations

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

group("config", "The connector file: check it, print its schema.")


@command(
    "config check",
    examples=["upa config check", "upa config check upa.yaml --json"],
    shape={
        "file": "the connector file",
        "valid": "true where it has no problems and every example holds",
        "connectors": "name, mappings (active and proposed), scope, select, fingerprint, staging",
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

    Every problem is told at once, with file, line, the offending value and a suggestion. Roles, tokens and properties
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
            rows = [(m.target, m.type, ", ".join(m.inputs) or "constant", m.on_empty) for m in connector.active[:20]]
            out.print(table(("property", "type", "from", "on_empty"), rows))
            if len(connector.active) > len(rows):
                out.print(f"and {len(connector.active) - len(rows):,} more")
        for warning in loaded.warnings:
            hint = f" (did you mean {warning.suggestion}?)" if warning.suggestion else ""
            text = f"{name}:{warning.line}:{warning.column}: warning: {warning.where}: {warning.message}{hint}"
            out.print(clean(text), style="yellow")
        for result in failed:
            told = f"expected {result.expected}, got {result.actual}"
            out.print(clean(f"{name}:{result.line}: the example of {result.target} fails: {told}"), style="red")
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
                "scope": connector.scope.describe(),
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


def _problem(problem: object) -> dict[str, object]:
    return {name: getattr(problem, name) for name in ("line", "column", "where", "message", "suggestion")}


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
