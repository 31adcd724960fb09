"""A query of a connector's source: one SELECT, the database that answers it, and who signs in there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from upa_core.config.problems import shown
from upa_core.config.result import Query
from upa_core.config.sources.models import RowsModel
from upa_core.config.yaml_tree import Text
from upa_core.domain.sources.joined.since import Cursor, split_at_since
from upa_core.domain.sources.joined.statement import refusal_of

_PORTS = {"postgresql": 5432, "sql-server": 1433}
_LABEL = "[a-z0-9]([a-z0-9_-]*[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.IGNORECASE | re.ASCII)
_AZURE_SQL = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9]+)?\.(database\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn))", re.I
)
"""The name of a server, or of a managed instance with its zone; the rest is whom a token is for."""

Refuse = Callable[..., None]


def build_query(model: RowsModel, password: Any, refuse: Refuse) -> Query | None:
    """Build a query; `password` is the one in the file, as it was written. None where something can't be told."""
    driver = model.driver or "sqlite"
    needed = ("driver", "query", "database") + (("server",) if driver != "sqlite" else ())
    needed += ("user", "password") if _needs_user(model) else ()
    if missing := [name for name in needed if getattr(model, name) is None]:
        refuse((), f"a query needs {', '.join(missing)}")
        return None
    if isinstance(password, Text) and not password.raw.startswith("${"):
        refuse(("password",), "is a secret (not shown) and must be a reference", "${NAME_OF_A_SETTING}")
    text, changes = _statement(model.query), _statement(model.changes)
    for key, one in (("query", text), ("changes", changes)):
        if one and (reason := refusal_of(one, by_words=driver == "sql-server")):
            refuse((key,), reason)
    _check_changes(model, text, changes, refuse)
    host, _, port = (model.server or "").partition(":")
    if "\\" in host:
        text = "isn't a host: a named instance is written with its port, as host:port"
        refuse(("server",), f"{shown(model.server)} {text}")
        return None
    if (host and not _HOST.fullmatch(host)) or not _is_port(port or "1"):
        refuse(("server",), f"{shown(model.server)} isn't a host, or a host with a port")
        return None
    azure = _AZURE_SQL.fullmatch(host)
    if driver == "sql-server" and model.user is None and azure is None:
        text = "isn't a server of Azure SQL, and a managed identity can sign in only there: write `user` and `password`"
        refuse(("server",), f"{shown(host)} {text}")
        return None
    return Query(
        driver=driver,
        text=text,
        database=model.database or "",
        host=host,
        port=int(port or _PORTS.get(driver, 0)),
        user=model.user or "",
        password=model.password or "",
        audience=f"https://{azure[1].lower()}" if azure and model.user is None and driver == "sql-server" else "",
        changes=changes,
        cursor=Cursor(model.cursor.column, model.cursor.lag, model.cursor.back) if model.cursor else None,
        full_every=model.full_every,
    )


def _needs_user(model: RowsModel) -> bool:
    """Only at SQL Server both may be left out."""
    return model.driver == "postgresql" or (
        model.driver == "sql-server" and (model.user, model.password) != (None, None)
    )


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536


def _statement(written: str | None) -> str:
    return (written or "").strip().removesuffix(";").rstrip()


def _check_changes(model: RowsModel, text: str, changes: str, refuse: Refuse) -> None:
    cursor = model.cursor
    if bool(changes) != (cursor is not None):
        refuse(("cursor" if cursor else "changes",), "`changes` and `cursor` need each other: write both")
    if len(split_at_since(text)) > 1:
        refuse(("query",), "reads everybody; `:since` belongs in `changes`")
    if changes and len(split_at_since(changes)) == 1:
        refuse(("changes",), "needs `:since`, and not in a text or a comment")
