"""Other sources of a connector: from the file to the domain, with the checks that a shape can't express."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from upa_core.config.problems import shown
from upa_core.config.result import RowsOf
from upa_core.config.sources.graph import as_file, build_graph_source, refuse_others
from upa_core.config.sources.models import ClearAfterModel, PrimaryModel, RowsModel, SecondaryModel
from upa_core.config.sources.query import build_query
from upa_core.config.yaml_tree import Items, Record
from upa_core.domain.people.attributes import (
    ATTRIBUTES,
    AttributeRefusedError,
    resolve_attribute,
    type_of_attribute,
)
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.encodings import encoding_named
from upa_core.domain.sources.joined.secondary import MEMBER, Secondary

Add = Callable[..., None]

_ROWS = ("file", "sql")
"""Kinds of source that are rows."""
_SQL = ("driver", "server", "database", "user", "password", "query", "changes", "cursor")
_ONLY_FOR = (
    (("items", "total"), ("json",), "format"),
    (("delimiter", "trailer"), ("csv",), "format"),
    (("sheet",), ("xlsx",), "format"),
    (("at",), ("file", "names"), "kind"),
    (_SQL, ("sql",), "kind"),
)
"""Keys that only some formats or kinds have."""
_PARTS = 5
"""Of the shortest address of a file in a library, https://host/library/file, between slashes."""
_NO_FILE = re.compile(r"#|[?&]\w+=|/:\w+:/|/\.\.?(/|$)|/$")
"""In an address as a browser shows or shares it, and none of a file itself."""
_BLOB = re.compile(
    r"https://[a-z0-9]{3,24}\.(z[0-9]{2}\.blob\.storage\.azure\.net"
    r"|blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn))/[a-z0-9-]{3,63}/[^?#]+",
    re.ASCII,
)
"""Azure's own names alone: the function app's token goes there."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The facts about its connector that a source needs."""

    app: str | None
    """The application that owns the directory extensions written as `ext:Name`."""
    site_url: str = ""
    """The target's site: libraries are read on its host alone; "" where it has problems of its own."""
    primary: str = ""
    """Name of a file or query that is the source itself."""


def kinds_of(listed: Any) -> dict[str, str]:
    """Return the kind of each secondary source by its name, as far as the file says both."""
    entries = listed if isinstance(listed, Items) else ()
    return {str(each["as"]): str(each.get("kind", "")) for each in entries if isinstance(each, Record) and "as" in each}


def names_of(listed: Any) -> tuple[str, ...]:
    """Return the names of the secondary sources, also of sources with problems."""
    entries = listed if isinstance(listed, Items) else ()
    return tuple(str(each["as"]) for each in entries if isinstance(each, Record) and "as" in each)


def primary_of(raw: Any) -> str:
    """Return the name of the file or query that is the source itself, "" where the directory is."""
    kind = str(raw.get("kind", "")) if isinstance(raw, Record) else ""
    return str(raw.get("as", kind)) if kind in _ROWS else ""


def build_primary(model: PrimaryModel | None, raw: Any, known: Surroundings, add: Add) -> list[RowsOf]:
    """Build the file or query that is the connector's own source: one, or none where the directory is the source."""
    if model is None:
        return []
    if model.kind == "entra":
        for name in sorted(model.model_fields_set & (RowsModel.model_fields.keys() | {"as_"})):
            key = RowsModel.model_fields[name].alias or name if name in RowsModel.model_fields else "as"
            add((key,), "is for a source that is a file or a query", "kind: file")
        return []
    return _not_an_attribute(_Builder(model, model.as_ or model.kind, raw, (), add, primary=True).build(known), add)


def _not_an_attribute(one: RowsOf | None, add: Add) -> list[RowsOf]:
    if one is not None and any(path.partition(".")[0] == one.secondary.name for path in ATTRIBUTES):
        add(("as",), f"{shown(one.secondary.name)} is an attribute of the directory; take another name")
        return []
    return [one] if one is not None else []


def build_secondaries(
    models: Sequence[SecondaryModel | None], listed: Any, known: Surroundings, add: Add
) -> list[RowsOf]:
    """Build the sources; a source with a problem isn't returned."""
    built: list[RowsOf] = []
    for number, model in enumerate(models):
        if model is None:
            continue
        if model.as_ == known.primary or any(one.secondary.name == model.as_ for one in built):
            add((number, "as"), f"{shown(model.as_)} is the name of another source already")
        elif any(path.partition(".")[0] == model.as_ for path in ATTRIBUTES):
            add((number, "as"), f"{shown(model.as_)} is an attribute of the directory; take another name")
        elif one := _secondary(model, listed[number], number, known, add):
            built.append(one)
    return built


def _secondary(model: SecondaryModel, raw: Record, number: int, known: Surroundings, add: Add) -> RowsOf | None:
    def under(path: tuple[str | int, ...], message: str, suggestion: str = "") -> None:
        add((number, *path), message, suggestion)

    if refuse_others(model, under):
        return None
    if model.kind in ("group", "manager"):
        return build_graph_source(model, under)
    return _Builder(as_file(model) if model.kind == "names" else model, model.as_, raw, (number,), add).build(known)


_UNPROVEN = "its writer never ends the last line, so nobody can see whether it was cut. Write a `trailer` or a `total`"


def check_proof(files: Sequence[RowsOf], mappings: Sequence[tuple[int, Mapping]], add: Add) -> None:
    """Refuse mappings, by their position, that clear by a file of which nobody can know whether it was cut."""
    for one in files:
        for number, mapping in () if _is_proven(one.contract) else mappings:
            reads = [path for path in mapping.inputs if path.startswith(one.secondary.prefix)]
            if reads and mapping.on_empty == "clear":
                add((number, "on_empty"), f"clears by the source {one.secondary.name}: {_UNPROVEN}", "keep")


def _is_proven(contract: Contract) -> bool:
    return contract.ends_with_newline or contract.proves_completeness or contract.format in ("json", "xlsx")


class _Builder:
    """Builds one source and adds its problems."""

    def __init__(
        self,
        model: SecondaryModel | PrimaryModel,
        name: str,
        raw: Record,
        base: tuple[int, ...],
        add: Add,
        *,
        primary: bool = False,
    ) -> None:
        """Keep them. Six parameters: the model, its name, and its place in the file."""
        self._model, self._name, self._raw, self._base, self._add = model, name, raw, base, add
        self._primary = primary
        self._failed = False

    def build(self, known: Surroundings) -> RowsOf | None:
        model = self._model
        keys = [self._key(number, known.app) for number in range(len(model.match))]
        encoding = encoding_named(model.encoding)
        if not encoding:
            self._refuse(("encoding",), f"{shown(model.encoding)} isn't the name of an encoding", "utf-8")
        for names, only, of in _ONLY_FOR:
            for name in names:
                if getattr(model, name) is not None and getattr(model, of) not in only:
                    self._refuse((name,), f"is for {' and '.join(only)}, not for {getattr(model, of)}")
        if not model.match:
            self._refuse((), "needs `match`: the columns that name the person")
        query = build_query(model, self._raw.get("password"), self._refuse) if model.kind == "sql" else None
        if model.kind in ("file", "names"):
            self._check_place(known.site_url)
        if self._failed:
            return None
        contract = Contract(
            keys=tuple(key for key in keys if key is not None),
            format="jsonl" if model.kind == "sql" else model.format,
            encoding=encoding,
            delimiter=model.delimiter or "",
            header=MEMBER if model.kind == "names" else "",
            nulls=model.nulls,
            not_damaged=model.not_damaged,
            min_rows=model.min_rows,
            max_drop=model.max_drop,
            trailer=model.trailer or "",
            ends_with_newline=model.ends_with_newline == "always",
            items=model.items or "",
            total=model.total or "",
            sheet=model.sheet or "",
            max_rows=model.max_rows,
            max_unmatched=model.max_unmatched,
        )
        settle = timedelta(0) if model.kind == "sql" else model.settle
        clear_after = model.on_missing.clear_after if isinstance(model.on_missing, ClearAfterModel) else 0
        if (clear_after or model.on_missing == "leave") and not _is_proven(contract):
            self._refuse(("on_missing",), f"needs proof that the file is complete: {_UNPROVEN}", "keep")
            return None
        if self._primary and model.on_missing == "leave":
            text = "is for a source under `with`; here a person without a row takes no part anyway"
            self._refuse(("on_missing",), text, "keep")
            return None
        secondary = Secondary(
            self._name,
            contract.keys,
            model.max_unmatched,
            on_missing="clear" if isinstance(model.on_missing, ClearAfterModel) else model.on_missing,
            clear_after=clear_after,
            expect=model.expect,
            primary=self._primary,
        )
        return RowsOf(secondary, contract, settle, model.at or "", query)

    def _check_place(self, site_url: str) -> None:
        at, site = self._model.at, "/".join(site_url.split("/")[:3])
        if at is None:
            self._refuse((), "a file needs `at`: its path or address")
            return
        in_library = bool(site) and at.lower().startswith(f"{site.lower()}/")
        if in_library and (_NO_FILE.search(unquote(at)) or len(at.split("/")) < _PARTS):
            text = f"{shown(at)} isn't the address of a file in a library"
            self._refuse(("at",), text, f"{site}/sites/hr/Shared Documents/people-*.csv")
        elif "://" in at and not in_library and not (_BLOB.fullmatch(at) or not site):
            text = "must be a path, or https://<account>.blob.core.windows.net/<container>/<name>"
            self._refuse(("at",), f"{shown(at)} {text}, or the address of a file in a library on {site}")
        elif "*" in _folder(at) or "?" in _folder(at):
            self._refuse(("at",), f"{shown(at)}: only the last part may hold * and ?")

    def _key(self, number: int, app: str | None) -> KeyPart | None:
        part, where = self._model.match[number], ("match", number, "to")
        try:
            path = resolve_attribute(part.to, app)
        except AttributeRefusedError as error:
            self._refuse(where, str(error), error.suggestion)
            return None
        if type_of_attribute(path) not in ("text", "any"):
            self._refuse(where, f"{part.to} isn't a text, so no column can equal it")
            return None
        return KeyPart(part.column, path, part.pad)

    def _refuse(self, path: tuple[str | int, ...], message: str, suggestion: str = "") -> None:
        self._failed = True
        self._add((*self._base, *path), message, suggestion)


def _folder(at: str) -> str:
    """Return the part of a place before its last part."""
    return re.split(r"[/\\\\](?=[^/\\\\]*$)", at)[0] if re.search(r"[/\\\\]", at) else ""
