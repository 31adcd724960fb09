"""Bring the register of facts up to date: who relies on each fact, and the table that the simulator carries.

The register is `docs/facts/*.md`. Run `python scripts/facts.py` (`make facts`) after a citation or a fact has changed;
`tests/docs/test_facts.py` holds register, citations and table together.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("sharepoint", "graph", "azure")
CERTAINTIES = ("verified", "documented", "reported", "assumed")
ID = re.compile(r"\b(?:SP|GR|AZ)-\d+\b")
CITING = ("upa_core", "upa_cli", "tenant_sim", "functions_host", "tests", "bench", "scripts", "infra")
TABLE = ROOT / "tenant_sim" / "control" / "facts_table.py"
HEAD = '''"""The facts that the simulator relies on: id | certainty | fact | source. Written by scripts/facts.py.

The register is docs/facts; this copy travels with the package.
"""

TABLE = r"""
'''


@dataclass(frozen=True)
class Entry:
    """One line of the register."""

    id: str
    text: str
    certainty: str
    source: str
    relied_on_by: tuple[str, ...]
    """Folders whose files cite the id; a file where it lies at the top."""


def page(name: str) -> Path:
    """Return the file of one page of the register."""
    return ROOT / "docs" / "facts" / f"{name}.md"


def read(text: str) -> Iterator[Entry]:
    """Read the tables of a page."""
    for line in text.splitlines():
        if ID.match(line.removeprefix("| ")):
            id_, fact, certainty, source, who = (part.strip() for part in line.strip().strip("|").split("|"))
            yield Entry(id_, fact, certainty, source, tuple(re.findall("`([^`]+)`", who)))


def register() -> list[Entry]:
    """Read the whole register, page by page."""
    return [entry for name in PAGES for entry in read(page(name).read_text(encoding="utf-8"))]


def citing_files() -> Iterator[Path]:
    """Find the files that may cite facts: code, tests and infrastructure, but not what this script writes."""
    yield ROOT / "function_app.py"
    for folder in CITING:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".bicep", ".js") and path != TABLE:
                yield path


def citations() -> dict[str, set[str]]:
    """Return the folders that cite each id."""
    found: dict[str, set[str]] = {}
    for path in citing_files():
        place = path.parent if path.parent != ROOT else path
        for id_ in ID.findall(path.read_text(encoding="utf-8")):
            found.setdefault(id_, set()).add(place.relative_to(ROOT).as_posix())
    return found


def with_citations(text: str, cited: dict[str, set[str]]) -> str:
    """Return the page with its last column written anew."""
    lines = []
    for line in text.splitlines():
        if ID.match(line.removeprefix("| ")):
            cells = line.strip().strip("|").split("|")
            places = ", ".join(f"`{place}`" for place in sorted(cited.get(cells[0].strip(), ())))
            line = "|" + "|".join([*cells[:4], f" {places} " if places else " "]) + "|"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def table(entries: list[Entry]) -> str:
    """Return the simulator's module: the facts that its own code cites."""
    rows = [
        f"{entry.id} | {entry.certainty} | {entry.text} | {entry.source}"
        for entry in entries
        if any(place.startswith("tenant_sim") for place in entry.relied_on_by)
    ]
    return HEAD + "\n".join(rows) + '\n"""\n'


def main() -> int:
    """Rewrite the pages and the table; complain about ids that the register doesn't have."""
    cited = citations()
    for name in PAGES:
        path = page(name)
        path.write_text(with_citations(path.read_text(encoding="utf-8"), cited), encoding="utf-8")
    entries = register()
    TABLE.write_text(table(entries), encoding="utf-8")
    unknown = sorted(set(cited) - {entry.id for entry in entries})
    for id_ in unknown:
        sys.stderr.write(f"facts: {id_} is cited by {', '.join(sorted(cited[id_]))} and isn't in docs/facts\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
