"""The text of a new connector file, with comments about further settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from upa_cli.shell.output import clean
from upa_cli.start.proposals import SOURCE, FileProposal
from upa_core.domain.people.attributes import type_of_attribute


@dataclass(frozen=True, slots=True)
class Starter:
    """An administrator's answers."""

    name: str
    tenant: str
    cloud: str
    admin_url: str
    site_url: str
    folder: str
    mappings: Sequence[tuple[str, str]]
    """Property and attribute; an expression begins with `=`."""
    client_id: str | None = None
    certificate: str | None = None
    extension_app: str | None = None
    graph: str | None = None
    authority: str | None = None
    joined: FileProposal | None = None
    """A file whose rows are joined, with its own mappings."""
    clauses: Sequence[str] = ()
    """Of the scope; none: everybody."""
    left_out: Sequence[tuple[str, str, str]] = ()
    """Impossible mappings: property, what was given, why. They are comments in the file."""
    notes: Sequence[str] = ()
    """Comments at the head of the file."""


def starter_text(answers: Starter) -> str:
    """Return the file; every answer is quoted, so that YAML can't read it as anything else."""
    return f"""\
# The connector file of upa-sync. Check it with: upa config check
# Every key is described in docs/reference/configuration.md; editors know them with: upa config schema
{_comments(answers.notes)}version: 1

# How to sign in. There are no secrets here: a managed identity has none, a certificate is named by its place.
# What must be granted, and why: upa grant --dry-run
credentials:
{_credentials(answers)}
connectors:
  - name: {_quote(answers.name)}

    # Staging mode: people are pulled and planned, nothing is sent until `upa go`; again whenever mappings or scope
    # change. With false a change goes live at once, and the change threshold below alone can stop it.
    staging: true

    # Where people are read.
    source:
      tenant: {_quote(answers.tenant)}
      cloud: {_quote(answers.cloud)}
{_extension_app(answers)}{_endpoints(answers)}
    # Where profiles are written: the admin site takes import jobs, the library holds import files for a few hours.
    target:
      admin_url: {_quote(answers.admin_url)}
      site_url: {_quote(answers.site_url)}
      folder: {_quote(answers.folder)}

{_joined(answers.joined)}\
    # Who takes part; without clauses, everybody. For a group see docs/how-to/sync-by-group.md.
{_scope(answers.clauses)}
    # What is written: profile property from Entra attribute. Also possible: `expression:` in Entra's syntax,
    # `constant:`, `type: date`, `on_empty: clear` (default: keep), `redact: true` for what logs must not show, and
    # `examples:` that `upa config check` runs.
    mappings:
{_mappings(answers.mappings)}{_left_out(answers.left_out)}{_proposed(answers.joined)}
    # More changes than this in 24 hours are held until somebody approves (upa hold show). These are the defaults.
    # threshold:
    #   updates: {{percent: 30}}
    #   clears: {{absolute: 50, percent: 5}}

    # Profiles are read back in the background, within a small share of the tenant's calls, and changes by hand are
    # shown (upa drift). A mapping with `on_drift: repair` has its value sent again too.
    # drift: {{}}
"""


def _credentials(answers: Starter) -> str:
    if not answers.client_id:
        return "  graph: managed_identity\n  sharepoint: managed_identity\n"
    place = answers.certificate or "upa-sync.pem"
    kind = "keyvault" if place.startswith("https://") else "path"
    one = f"    certificate:\n      client_id: {_quote(answers.client_id)}\n      {kind}: {_quote(place)}\n"
    return f"  graph:\n{one}  sharepoint:\n{one}"


def _extension_app(answers: Starter) -> str:
    return f"      extension_app: {_quote(answers.extension_app)}\n" if answers.extension_app else ""


def _endpoints(answers: Starter) -> str:
    if not (answers.graph or answers.authority):
        return ""
    lines = ["      endpoints:"]
    lines += [
        f"        {key}: {_quote(url)}"
        for key, url in (("graph", answers.graph), ("authority", answers.authority))
        if url
    ]
    return "\n".join(lines) + "\n"


def _joined(file: FileProposal | None) -> str:
    if file is None:
        return ""
    key, contract = file.key, file.contract
    pad = f", pad: {key.pad}" if key.pad else ""
    lines = [
        "    # Rows of another system, joined to Entra's people by a key. The function app needs it where it can",
        "    # be reached: https://<account>.blob.core.windows.net/<container>/<name>",
        "    with:",
        f"      - as: {SOURCE}",
        "        kind: file",
        f"        at: {_quote(file.at)}",
        f"        match: [{{column: {_quote(key.column)}, to: {_quote(key.to)}{pad}}}]",
    ]
    lines += [f"        format: {contract.format}"] if contract.format != "csv" else []
    lines += [f"        encoding: {_quote(contract.encoding)}"] if contract.encoding != "utf-8" else []
    lines += [f"        delimiter: {json.dumps(contract.delimiter)}"] if contract.delimiter else []
    return "\n".join(lines) + "\n\n"


def _proposed(file: FileProposal | None) -> str:
    if file is None:
        return ""
    lines = [
        "      # Proposed from the file's header and its first rows: take out what isn't wanted, correct the names."
    ]
    for one in file.mappings:
        lines += [f"      - target: {_quote(one.target)}", f"        source: {_quote(f'{SOURCE}.{one.column}')}"]
        lines += [f"        type: {one.type}"] if one.type != "string" else []
        lines += [f"        # {clean(one.remark)}"] if one.remark else []
    lines += [f"      # Not proposed: {clean(column)} ({clean(why)})" for column, why in file.left_out]
    return "\n".join(lines) + "\n"


def _comments(lines: Sequence[str]) -> str:
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)


def _scope(clauses: Sequence[str]) -> str:
    if clauses:
        return "    scope:\n      clauses:\n" + "".join(f"        - {json.dumps(clause)}\n" for clause in clauses)
    return "    # scope:\n    #   clauses:\n    #     - userType EQUALS Member\n    #     - accountEnabled IS TRUE\n"


def _mappings(pairs: Sequence[tuple[str, str]]) -> str:
    return "".join(f"      - target: {_quote(target)}\n{_from(source)}\n" for target, source in pairs)


def _from(source: str) -> str:
    if source.startswith("="):
        text = source[1:]
        return f"        expression: {json.dumps(text) if not text.isprintable() else _single(text)}\n"
    return f"        source: {_quote(source)}\n{_type(source)}"


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _left_out(pairs: Sequence[tuple[str, str, str]]) -> str:
    return "".join(
        f"      # - target: {json.dumps(target)}\n"
        f"      #   source: {json.dumps(name)}\n"
        f"      #   left out: {' '.join(why.split())}\n\n"
        for target, name, why in pairs
    )


def _type(source: str) -> str:
    """Return the type of an attribute that isn't text; as a string, a date would keep Graph's form."""
    kind = {"datetime": "date", "boolean": "boolean"}.get(type_of_attribute(source))
    return f"        type: {kind}\n" if kind else ""


def _quote(text: str) -> str:
    """Return a text as YAML: plain where that is safe, otherwise as JSON, which YAML understands."""
    plain = text.isascii() and text.replace("-", "").replace("_", "").replace(".", "").isalnum() and text[0].isalpha()
    words = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
    return text if plain and text.lower() not in words else json.dumps(text)
