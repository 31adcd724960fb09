"""Output for a terminal, a pipe or a spreadsheet: clean text, tables, CSV that no spreadsheet executes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from upa_core.domain.spreadsheet import UNKNOWN

EMPTY = "(empty)"
PIPE_WIDTH = 160
"""The width without a terminal; COLUMNS changes it."""


def console(*, stderr: bool = False, color: bool = True) -> Console:
    """Return a console that uses colours in a terminal only, and never interprets data as markup."""
    stream = sys.stderr if stderr else sys.stdout
    made = Console(file=stream, markup=False, highlight=False, emoji=False, no_color=not color, soft_wrap=True)
    if not made.is_terminal:
        asked = os.environ.get("COLUMNS", "")
        width = int(asked) if asked.isascii() and asked.isdigit() and 40 <= int(asked) <= 1000 else PIPE_WIDTH
        made = Console(
            file=stream, markup=False, highlight=False, emoji=False, no_color=True, soft_wrap=True, width=width
        )
    return made


def clean(text: object) -> str:
    """Return text from outside in a form that is harmless to a terminal: unprintable characters are escaped."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        char if char.isprintable() else f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
        for char in shown
    )


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = (), title: str = ""
) -> Table:
    """Return a table of clean cells."""
    made = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=title or None,
        title_justify="left",
        show_edge=False,
    )
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(clean(cell)) for cell in row))
    return made


def shown(value: str | None) -> str:
    """Return a property's value for people: unknown and empty are words."""
    return UNKNOWN if value is None else value or EMPTY


def moment(when: datetime | None) -> str:
    """Return a moment for people, in UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when is not None else "-"


def duration(seconds: float) -> str:
    """Return a duration for people."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours < 48 else f"{hours / 24:.1f} days"


def short_duration(seconds: float) -> str:
    """Return a duration for a narrow column."""
    hours = seconds / 3600
    return f"{hours / 24:.0f} d" if hours >= 48 else f"{hours:.1f} h" if hours >= 1 else f"{seconds / 60:.0f} min"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
