"""From a PnP command to a connector file; each change comes with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from upa_cli.pnp.cmdlet import Pasted
from upa_core.config.odata import clauses_of
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.people.attributes import (
    ATTRIBUTES,
    AttributeRefusedError,
    other_name,
    resolve_attribute,
    type_of_attribute,
)
from upa_core.domain.plan.core_properties import why_core

_TARGET = re.compile(r"[^\W\d_][\w-]*")
_LISTS = {"phone": "businessPhones", "telephonenumber": "businessPhones", "businessphones": "businessPhones"}
_BY_GROUP = 'the clause "pilot.member IS NOT NULL" (docs/how-to/sync-by-group.md)'
DEFAULT_FOLDER = "Shared Documents"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference from the pasted text."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Translated:
    """Parts of a connector file."""

    mappings: Sequence[tuple[str, str]]
    """Property and attribute, or `=` and an expression."""
    left_out: Sequence[tuple[str, str, str]]
    """Property, attribute as pasted, and why it can't be mapped."""
    clauses: Sequence[str]
    folder: str
    changes: Sequence[Change]
    sharepoint: str = ""
    site: str = ""


def translate(pasted: Pasted, extension_app: str | None = None) -> Translated:
    """Return parts of a connector file with the same meaning; what can't be translated is left out, with a reason."""
    changes: list[Change] = []
    mappings: list[tuple[str, str]] = []
    left_out: list[tuple[str, str, str]] = []
    for target, name in pasted.mapping:
        if refusal := _bad_target(target):
            left_out.append((target, name, refusal))
            continue
        try:
            mappings.append((target, _source(target, name, extension_app, changes)))
        except AttributeRefusedError as error:
            hint = f"; did you mean {error.suggestion}?" if error.suggestion else ""
            left_out.append((target, name, f"{error}{hint}"))
    changes += [Change(f"{target} from {name} is left out", why) for target, name, why in left_out]
    clauses = _scope(pasted, changes)
    folder = _folder(pasted, changes)
    _rest(pasted, changes)
    sharepoint, site = _site(pasted.url)
    return Translated(mappings, left_out, clauses, folder, list(dict.fromkeys(changes)), sharepoint, site)


def _bad_target(target: str) -> str:
    if reason := why_core(target):
        return f"{reason}; PnP reports success and nothing changes"
    if not _TARGET.fullmatch(target):
        return "it isn't a property's internal name (letters, digits, - and _, first a letter)"
    return ""


def _source(target: str, name: str, app: str | None, changes: list[Change]) -> str:
    """Return the attribute, or an expression after `=`; PnP ignores letter case in its own names."""
    folded = {known.lower(): known for known in ATTRIBUTES}
    path = _LISTS.get(name.lower()) or folded.get(name.lower()) or other_name(name) or name
    if name.lower().startswith("ext_") and app:
        path = f"ext:{name[4:]}"
        changes.append(Change(f"{name} is {path}", "a directory extension is named by its owner, source.extension_app"))
    elif name.lower().startswith("ext_"):
        raise AttributeRefusedError(
            f"{name} isn't the full name of a directory extension, extension_<32 digits>_<name>: PnP leaves it out "
            "and says nothing. upa extensions lists the names; with --extension-app it becomes ext:<name>"
        )
    resolved = resolve_attribute(path, app)
    if type_of_attribute(resolved) == "several":
        why = "it is a list, and a property takes one value: joined with a comma, as PnP does"
        changes.append(Change(f"{target} is Join of {path}" + (f" ({name})" if path != name else ""), why))
        return f'=Join(",", [{path}])'
    if path != name and not path.startswith("ext:"):
        changes.append(Change(f"{name} is {path}", "this is Graph's spelling; names are case-sensitive here"))
    if type_of_attribute(resolved) == "datetime":
        why = "PnP writes a date as the computer's language has it; here it is yyyy-MM-dd everywhere"
        changes.append(Change(f"{target} has type: date", why))
    return path


def _scope(pasted: Pasted, changes: list[Change]) -> list[str]:
    if pasted.users_delta:
        changes.append(
            Change("-Users and the delta token are gone", "upa keeps the token by itself, and remembers who failed")
        )
        return []
    if pasted.users_filter:
        clauses = _clauses(pasted.users_filter)
        if clauses:
            changes.append(
                Change(
                    f"-Users became the scope {' and '.join(clauses)}",
                    "EQUALS minds letter case, which Graph's eq doesn't",
                )
            )
            return clauses
        why = "a part of it can't be written as clauses: everybody takes part until you write a scope"
        changes.append(Change(f"the filter {pasted.users_filter[:120]!r} is left out", why))
    elif pasted.users:
        changes.append(Change(f"-Users {pasted.users[:60]} is left out", _who(pasted)))
    return []


def _who(pasted: Pasted) -> str:
    """Return why `-Users` is left out, and how a connector file says the same."""
    until = f"everybody takes part until you write a scope: {_BY_GROUP}"
    if pasted.users_group is not None:
        group = pasted.users_group.lower() if is_guid(pasted.users_group) else "OBJECT-ID"
        return f"it is a group's members: write `with: [{{as: pilot, kind: group, group: {group}}}]`; {until}"
    if pasted.users_listed:
        return f"it is a list in a file: write `with: [{{as: pilot, kind: names, at: PATH}}]`; {until}"
    return f"the text doesn't say who is in it; a group (`kind: group`) or a file of names (`kind: names`) may; {until}"


def _clauses(text: str) -> list[str]:
    folded = {known.lower(): known for known in ATTRIBUTES}
    found = []
    for clause in clauses_of(text):
        name, _, rest = clause.partition(" ")
        if name.lower() not in folded:
            return []
        found.append(f"{folded[name.lower()]} {rest}")
    return found


def _folder(pasted: Pasted, changes: list[Change]) -> str:
    if not pasted.folder:
        why = "PnP's default; import files hold people's values: a library that only administrators read is better"
        changes.append(Change(f"the folder is {DEFAULT_FOLDER!r}", why))
        return DEFAULT_FOLDER
    folder = pasted.folder.replace("\\", "/")
    if folder != pasted.folder:
        changes.append(Change(f"the folder is {folder!r}", "addresses have slashes"))
    return folder


def _rest(pasted: Pasted, changes: list[Change]) -> None:
    if pasted.id_type.lower() != "cloudid":
        given = pasted.id_type or "its default, PrincipalName"
        changes.append(
            Change(
                f"-IdType ({given}) is gone", "people are named by their object id (CloudId) alone: user names change"
            )
        )
    changes.append(
        Change(
            "an empty attribute leaves the property as it is",
            "PnP sends an empty text for it: on_empty: clear does that",
        )
    )
    if pasted.what_if:
        changes.append(
            Change("-WhatIf is staging mode", "upa plan shows old → new for each person; nothing is sent before upa go")
        )
    if pasted.waits:
        changes.append(Change("-Wait is gone", "an import job is watched until it ends, and its log is read"))
    if pasted.thumbprint:
        changes.append(
            Change(
                "-Thumbprint is left out",
                "name the certificate's PEM or PFX file, or its Key Vault address: --certificate",
            )
        )
    if pasted.secret:
        changes.append(Change("a password or secret in the text wasn't kept", "the connector file holds none"))
    changes += [
        Change(f"-{name[:40]} is left out", "it isn't a parameter that is known here") for name in pasted.unknown
    ]


def _site(url: str) -> tuple[str, str]:
    """Return SharePoint's name and the site's path from the address that was connected to."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path.rstrip("/")
    if not host:
        return "", ""
    own = "" if host.partition(".")[0].endswith("-admin") else path
    return host, own
