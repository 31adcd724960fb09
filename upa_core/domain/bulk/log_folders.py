"""Which folders of a library are the logs of an import file."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from upa_core.domain.bulk.import_job import ImportJob
from upa_core.domain.documents.ids import is_log_folder_of


def log_folders(jobs: Iterable[ImportJob], source_uri: str) -> tuple[str, ...]:
    """Return the log folders of import jobs: only folders beside the import file and named after it.

    These folders are read, and deleted in the end. So the library itself and folders of others are never returned, even
    where SharePoint names them.
    """
    return tuple(job.log_folder_uri for job in jobs if _is_log_folder(job.log_folder_uri, source_uri))


def _is_log_folder(folder: str, file: str) -> bool:
    place, _, name = _path(folder).rpartition("/")
    beside, _, upload = _path(file).rpartition("/")
    return place == beside and is_log_folder_of(name, upload)


def _path(uri: str) -> str:
    try:
        return unquote(urlsplit(uri).path).rstrip("/").casefold()
    except ValueError:
        return ""
