"""The report of live checks: a table fit for an issue, without people, tenant names and secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from upa_cli.live.check import Check, DirectCheck
from upa_cli.live.record import Record, Result

_WORDS = {"holds": "holds", "differs": "**differs**", "untried": "not tried"}
_FACTS = {"holds": "confirms", "differs": "speaks against"}


def document(checks: Sequence[Check], record: Record | None) -> dict[str, Any]:
    """Return the report as data."""
    results = record.results if record is not None else {}
    return {
        "checks": [_entry(check, results.get(check.id)) for check in checks],
        "open": [check.id for check in checks if check.id not in results],
        "waiting_for": record.flight.job if record is not None and record.flight is not None else None,
        "left_behind": list(record.left) if record is not None else [],
    }


def _entry(check: Check, result: Result | None) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title,
        "decides": check.first,
        "facts": list(check.facts),
        "needs": check.needs,
        "takes": "a call" if isinstance(check, DirectCheck) else "an import job",
        "result": result.result if result else "open",
        "evidence": result.evidence if result else "",
        "at": result.at if result else None,
        "requests": result.requests if result else [],
    }


def markdown(checks: Sequence[Check], record: Record, version: str) -> str:
    """Return the report as Markdown."""
    data = document(checks, record)
    counts = {word: sum(one["result"] == word for one in data["checks"]) for word in ("holds", "differs", "untried")}
    summary = (
        f"Version {version}, begun {record.started[:10]}. {counts['holds']} hold, {counts['differs']} differ, "
        f"{counts['untried']} couldn't be tried, {len(data['open'])} are open."
    )
    lines = [
        "# Live checks of upa-sync",
        "",
        summary,
        "",
        "| check | result | evidence | facts | request ids |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in data["checks"]:
        if one["result"] == "open":
            continue
        verb = _FACTS.get(one["result"], "")
        facts = f"{verb} {', '.join(one['facts'])}" if verb and one["facts"] else ", ".join(one["facts"])
        cells = (f"{one['title']} (`{one['id']}`)", _WORDS[one["result"]], one["evidence"], facts)
        lines.append("| " + " | ".join([*map(_cell, cells), _cell(", ".join(one["requests"][-3:]))]) + " |")
    if data["left_behind"]:
        lines += ["", "Left behind:", "", *(f"- {_cell(text)}" for text in data["left_behind"])]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Return a text for a cell of a table: one line, no bar, no markup."""
    plain = " ".join(text.split())
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
