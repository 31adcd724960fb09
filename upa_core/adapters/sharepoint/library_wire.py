"""Paths and answers of SharePoint's REST library calls, apart from HTTP [SP-30]."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from upa_core.adapters.http.wire_errors import error_codes, error_message
from upa_core.ports.library import LibraryItem

_MISSING = ("-2147024894", "-2130575338", "System.IO.FileNotFoundException", "System.IO.DirectoryNotFoundException")
_LOCKED_CODES = ("SPFileLockException", "-2147018894", "-2130575305")
_KEPT_WORDS = ("locked", "checked out", "retention", "retained", "on hold", "compliance", "as a record")


def literal(text: str) -> str:
    """Return an OData string literal for a URL: quotes doubled, then encoded [SP-34]."""
    return "'" + quote(text.replace("'", "''"), safe="/") + "'"


def folder_call(site_path: str, folder: str) -> str:
    """Return the path of a folder's REST object."""
    return f"{site_path}/_api/web/GetFolderByServerRelativePath(decodedUrl={literal(folder)})"


def file_call(site_path: str, file: str) -> str:
    """Return the path of a file's REST object."""
    return f"{site_path}/_api/web/GetFileByServerRelativePath(decodedUrl={literal(file)})"


def path_of(url: str) -> str:
    """Return the server-relative path in an absolute URL, decoded, as PnP reads `LogFolderUri` [SP-4]."""
    path = url.split("://", 1)[-1]
    path = "/" + path.partition("/")[2]
    for mark in "?#":
        path = path.partition(mark)[0]
    return unquote(path).rstrip("/")


def url_of(root: str, path: str) -> str:
    """Return the absolute URL of a path; only characters that `path_of` would misread are encoded."""
    return root + path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def item_of(entry: Mapping[str, Any], root: str, folder: str, *, is_folder: bool) -> LibraryItem:
    """Read one entry of a folder's listing.

    Raises ValueError for an entry of another form, and for one that lies elsewhere: what is listed may be deleted.
    """
    try:
        name, path = str(entry["Name"]), str(entry["ServerRelativeUrl"])
        if path.casefold() != f"{folder}/{name}".casefold() or name in ("", ".", ".."):
            raise ValueError("an entry lies in another folder")
        return LibraryItem(
            name=name,
            url=url_of(root, path),
            size=0 if is_folder else int(entry["Length"]),
            is_folder=is_folder,
            created=_moment(str(entry["TimeCreated"])),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("not an entry of a folder") from error


def is_checked_out(document: object) -> bool:
    """Return whether a file as SharePoint shows it is hidden until it is checked in [SP-112]."""
    return isinstance(document, Mapping) and (document.get("Level") == 255 or document.get("CheckOutType") in (0, 1))


def is_minor_version(document: object) -> bool:
    """Return whether a file as SharePoint shows it is a draft until it is published [SP-132]."""
    minor = document.get("MinorVersion") if isinstance(document, Mapping) else None
    return isinstance(minor, int) and minor > 0


def next_link(document: Mapping[str, Any]) -> str | None:
    """Return the link to a listing's next page, in the spelling of any metadata level."""
    link = document.get("@odata.nextLink") or document.get("odata.nextLink")
    return link if isinstance(link, str) else None


def is_missing(status: int, content: bytes) -> bool:
    """Return whether an error says that there is no such file or folder."""
    return status == 404 or any(mark in code for code in error_codes(content) for mark in _MISSING)


def is_too_long(content: bytes) -> bool:
    """Return whether an error says that a folder exceeds the list view threshold: asking again won't help."""
    return any("SPQueryThrottledException" in code for code in error_codes(content))


def is_kept(status: int, content: bytes) -> bool:
    """Return whether an error says that SharePoint won't delete it now: locked, checked out, retained."""
    if status in (409, 423):
        return True
    if any(mark in code for code in error_codes(content) for mark in _LOCKED_CODES):
        return True
    message = error_message(content).lower()
    return status in (400, 403, 500) and any(word in message for word in _KEPT_WORDS)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
