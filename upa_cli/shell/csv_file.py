"""A CSV file that somebody asked for by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from upa_cli.shell import exits
from upa_cli.shell.exits import CommandError
from upa_core.domain.spreadsheet import SafeCsv


def save_csv(place: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to a file that a spreadsheet shows and doesn't execute; raises `CommandError` where it can't be."""
    try:
        with place.open("w", encoding="utf-8-sig", newline="") as stream:
            csv = SafeCsv(stream, columns)
            for row in rows:
                csv.row(row[name] for name in columns)
    except OSError as exc:
        raise CommandError(f"{place} can't be written ({exc.strerror}): name another file", exits.USAGE) from exc
