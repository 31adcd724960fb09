"""The doctor's look at files and queries: the place, the driver, the statement, and the columns that are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upa_core.domain.connector import Connector
from upa_core.domain.errors import AccessDeniedError, ConfigError, FatalError, RetryLaterError
from upa_core.domain.sources.header import folded, nearest
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.bundle import Ports
from upa_core.ports.inspection import Inspection
from upa_core.ports.row_source import ExaminedRows
from upa_core.services.doctor.finding import Finding

CHECK = "rows"
_RIGHTS = "grant the right to read there, and correct user and password where the source has them"
_CORRECT = "correct this source in the connector file; upa source check FILE judges a file by itself"


def check_sources(ports: Ports, connector: Connector, _: Inspection) -> Iterator[Finding]:
    """Examine each source beside the directory; no row is kept, and no value is shown."""
    for one in connector.secondaries:
        yield _examined(ports, connector, one)


def _examined(ports: Ports, connector: Connector, one: Secondary) -> Finding:
    source: object = ports.rows.get(one.name)
    if not isinstance(source, ExaminedRows):
        fix = f"upa run, then upa source list: {one.name} is read with the directory"
        return Finding(CHECK, "info", f"{one.name}: not checked: Graph answers it, not a file or a query", fix)
    try:
        header = source.header()
    except ConfigError as exc:
        fix = "install it; in Azure add the package to requirements.txt and deploy"
        return Finding(CHECK, "error", f"{one.name}: {exc}", fix)
    except AccessDeniedError as exc:
        return Finding(CHECK, "error", f"{one.name}: {exc}", _RIGHTS)
    except FatalError as exc:
        return Finding(CHECK, "error", f"{one.name}: {exc}", _CORRECT)
    except RetryLaterError as exc:
        return Finding(CHECK, "warning", f"{one.name}: {exc}", "check name and network, then run upa doctor again")
    if header is None:
        fix = "have it delivered, then run upa doctor again"
        return Finding(CHECK, "info", f"{one.name}: not checked: the place can be read, and holds no such file", fix)
    return _compared(one, header, connector.columns_of(one))


def _compared(one: Secondary, header: Sequence[str], columns: Sequence[str]) -> Finding:
    wanted = {folded(name): name for name in (*(part.column for part in one.match), *columns)}
    missing = [name for key, name in wanted.items() if key not in set(map(folded, header))]
    if not header:
        return Finding(CHECK, "error", f"{one.name}: its first line can't be read", _CORRECT)
    if missing:
        # only a name that is near is shown: where the header was forgotten, the others are somebody's values
        near = {name: found for name in missing if (found := nearest(name, header))}
        meant = f"write {', '.join(f'{found} for {name}' for name, found in near.items())}" if near else ""
        evidence = f"{one.name}: has no column {', '.join(missing)}"
        return Finding(CHECK, "error", evidence, meant or "have it delivered with a header that names these columns")
    return Finding(CHECK, "ok", f"{one.name}: can be read, and has all {len(wanted)} columns that are used")
