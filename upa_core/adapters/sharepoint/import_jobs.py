"""SharePoint's bulk import service over CSOM's ProcessQuery [SP-1]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint import csom
from upa_core.adapters.sharepoint.csom_request import APPLICATION
from upa_core.adapters.sharepoint.process_query import process_query
from upa_core.domain.bulk.import_job import ImportJob

ID_PROPERTY = "IdName"
"""The JSON name that holds a person's object id in an import file."""


class SharePointImportJobs:
    """Implements the port `ImportJobs` for one tenant."""

    def __init__(self, service: Service, *, application: str = APPLICATION) -> None:
        """Use the service of the admin site's host, https://contoso-admin.sharepoint.com."""
        self._service = service
        self._application = application

    def queue(self, source_uri: str, property_map: Mapping[str, str]) -> str | None:
        """Queue the file matched by CloudId; return the import job's id, None where SharePoint named none."""
        body = csom.encode_queue(
            csom.UserIdType.CLOUD_ID, ID_PROPERTY, property_map, source_uri, application=self._application
        )
        answer, results = self._call("QueueImportProfileProperties", body, idempotent=False)
        try:
            return csom.guid_of(results.get(csom.CALL_ACTION))
        except ValueError as error:
            raise answer.garbled("no import job id in it") from error

    def get(self, job_id: str) -> ImportJob | None:
        """Return the import job, None where SharePoint doesn't know it."""
        body = csom.encode_get(job_id, application=self._application)
        answer, results = self._call("GetImportProfilePropertyJob", body)
        value = results.get(csom.QUERY_ACTION)
        exists = results.get(csom.OBJECT_ACTION)
        if value is None and isinstance(exists, dict) and "IsNull" in exists:
            return None
        job = _import_job(value, answer)
        return job if job.id else None

    def list(self) -> Sequence[ImportJob]:
        """Return all import jobs that SharePoint still lists."""
        answer, results = self._call("GetImportProfilePropertyJobs", csom.encode_list(application=self._application))
        value = results.get(csom.QUERY_ACTION)
        children = value.get("_Child_Items_") if isinstance(value, dict) else None
        if not isinstance(children, list):
            raise answer.garbled("no list of import jobs in it")
        return [_import_job(child, answer) for child in children]

    def cancel(self, job_id: str) -> bool:
        """Delete an import job that hasn't started; False where SharePoint wouldn't."""
        _, results = self._call(
            "DeleteImportProfilePropertiesJob", csom.encode_delete(job_id, application=self._application)
        )
        return results.get(csom.CALL_ACTION) is True

    def _call(self, name: str, body: bytes, *, idempotent: bool = True) -> tuple[Answer, Mapping[int, Any]]:
        return process_query(self._service, name, body, idempotent=idempotent)


def _import_job(value: Any, answer: Answer) -> ImportJob:
    """Read one import job; `LogFileUri` is the documentation's name of `LogFolderUri` [SP-4]."""
    try:
        return ImportJob(
            id=csom.guid_of(value["JobId"]) or "",
            state=int(value["State"]),
            error=int(value.get("Error") or 0),
            message=csom.whole(str(value.get("ErrorMessage") or "")),
            source_uri=csom.whole(str(value.get("SourceUri") or "")),
            log_folder_uri=csom.whole(str(value.get("LogFolderUri") or value.get("LogFileUri") or "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise answer.garbled("an import job in it can't be read") from error
