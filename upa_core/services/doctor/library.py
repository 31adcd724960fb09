"""The doctor's check of the library: it exists, can be written and cleaned, and neither hides nor keeps files."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from upa_core.domain.connector import Connector
from upa_core.domain.errors import AccessDeniedError, RefusedError
from upa_core.ports.bundle import Ports
from upa_core.ports.inspection import Inspection
from upa_core.ports.library import NOT_CHECKED_IN
from upa_core.services.doctor.finding import PROBE, Finding

APPLY = "Apply label to items in this list or library"
"""The place in SharePoint where a library's label is set."""
VERSIONING = "library settings > Versioning settings"
"""The place where check-out, approval and drafts are set."""


def check_library(ports: Ports, connector: Connector, inspection: Inspection) -> Iterator[Finding]:
    """Write a small file to the library folder, read its size, delete it; ask for the library's settings and label."""
    target = connector.target
    if urlsplit(target.site_url).netloc == urlsplit(target.admin_url).netloc:
        fix = "name a site of the tenant as site_url: import files on the admin site aren't found"
        yield Finding("library", "error", f"{target.site_url} is on the admin site", fix)
        return
    try:
        items = ports.library.items()
    except (AccessDeniedError, RefusedError) as exc:
        yield Finding("library", "error", f"{target.folder} can't be listed: {exc}", "see roles; check site_url")
        return
    if items is None:
        fix = f"make the document library {target.folder.rpartition('/')[2]!r} on {target.site_url}, or correct folder"
        yield Finding("library", "error", f"there is no library folder {target.folder}", fix)
        return
    yield from _settings(connector, inspection)
    name = f"upa-doctor-{ports.ids.token()}.txt"
    url = ports.library.url_of(name)
    try:
        ports.library.upload(name, PROBE)
        size = ports.library.size(url)
        gone = ports.library.delete_file(url)
    except (AccessDeniedError, RefusedError) as exc:
        hidden = isinstance(exc, RefusedError) and exc.code == NOT_CHECKED_IN
        fix = "see roles"
        if hidden:
            fix = "see above" if ports.library.delete_file(url) else f"see above; delete {name} by hand"
        yield Finding("library", "error", f"{target.folder} can't be written: {exc}", fix)
        return
    if size != len(PROBE):
        fix = "look for columns that must be filled, check-out or approval in the library's settings"
        yield Finding("library", "error", f"a file of {len(PROBE)} bytes was stored as {size}", fix)
    if not gone:
        fix = "take the retention label or check-out requirement off this library: import files hold personal data"
        yield Finding("library", "warning", f"{name} can't be deleted again from {target.folder}", fix)
    if size == len(PROBE) and gone:
        yield Finding("library", "ok", f"{target.folder} can be written and cleaned; it holds {len(items)} item(s)")
    yield from _label(connector, inspection)


def _settings(connector: Connector, inspection: Inspection) -> Iterator[Finding]:
    """Report settings that would hide new files from import jobs [SP-113]."""
    library = connector.target.folder
    try:
        found = inspection.library_settings()
    except (AccessDeniedError, RefusedError) as exc:
        fix = f"look by hand: {VERSIONING}; no approval, no drafts, no check-out"
        yield Finding("library", "info", f"the settings of {library} couldn't be asked: {exc}", fix)
        return
    columns = ", ".join(found.required)
    give_up = f"make the columns {columns} optional (library settings > Columns)"
    if found.check_out:
        evidence = f"{library} requires check-out: new files are hidden until they are checked in"
        off = f"switch off 'Require documents to be checked out' ({VERSIONING})"
        if columns:
            evidence += f", which the empty columns {columns} forbid: no import job would find its file"
            yield Finding("library", "error", evidence, f"{off}, or {give_up}")
        else:
            yield Finding("library", "warning", f"{evidence}; each upload does that", f"better {off}")
    elif columns:
        evidence = f"{library} has columns that must be filled: {columns}; import files leave them empty"
        yield Finding("library", "warning", evidence, give_up)
    if found.approval:
        off = f"switch off 'Require content approval' ({VERSIONING})"
        if found.drafts_hidden:
            evidence = f"{library} requires approval and hides drafts: import jobs would end DataFileNotExist"
            yield Finding("library", "error", evidence, off)
        else:
            yield Finding("library", "warning", f"{library} requires approval: import files stay drafts", off)
    elif found.drafts_hidden and found.minor_versions and not found.check_out:
        evidence = f"{library} keeps minor versions and hides drafts: new files are hidden until they are published"
        fix = f"better keep major versions only, or let readers see drafts ({VERSIONING})"
        yield Finding("library", "warning", f"{evidence}; each upload does that", fix)


def _label(connector: Connector, inspection: Inspection) -> Iterator[Finding]:
    """Report whether SharePoint would keep deleted import files."""
    library = connector.target.folder
    try:
        label = inspection.retention_label()
    except (AccessDeniedError, RefusedError) as exc:
        fix = f"look by hand: library settings > {APPLY}; it should be None"
        yield Finding("library", "info", f"whether {library} has a retention label couldn't be asked: {exc}", fix)
        return
    if label is None:
        yield Finding("library", "ok", f"{library} has no retention label")
    elif label.keeps:
        evidence = f"{library} has the retention label {label.name!r}, which retains what is deleted"
        fix = f"take it off (library settings > {APPLY}): import files hold personal data"
        yield Finding("library", "warning", evidence, fix)
    else:
        yield Finding("library", "info", f"{library} has the label {label.name!r}, which retains nothing")
