"""A library's settings for new files: its retention label, as pnp's CLI reads it, and others (never tried live)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.library_wire import literal, url_of
from upa_core.ports.inspection import LibrarySettings, RetentionLabel

_CALL = "SP_CompliancePolicy_SPPolicyStoreProxy_GetListComplianceTag"
_JSON = {"Accept": "application/json;odata=nometadata", "Content-Type": "application/json;odata=nometadata"}
_SETTINGS = "ForceCheckout,EnableModeration,EnableMinorVersions,DraftVersionVisibility"
_NAME_COLUMN = "FileLeafRef"
"""Required in every library; every upload fills it."""


class LibraryRules:
    """The rules of the library that a folder is in."""

    def __init__(self, service: Service, site_url: str, folder: str) -> None:
        """Use the service of the site's host; the folder is server-relative, e.g. /sites/upa/Imports/today."""
        self._service = service
        site = urlsplit(site_url).path.rstrip("/")
        self._api = f"{quote(site, safe='/%')}/_api"
        self._library = f"{site}/{folder.removeprefix(f'{site}/').partition('/')[0]}"

    def label(self) -> RetentionLabel | None:
        """Return the label that new files get, None where there is none; raises as every call of `Service`."""
        body = json.dumps({"listUrl": url_of(self._service.root, self._library)}).encode()
        call = f"{self._api}/{_CALL}"
        found = _object(self._service.request("POST", call, _CALL, headers=_JSON, body=body, json=True))
        if found.get("odata.null") or not found.get("TagName"):
            return None
        keeps = any(found.get(key) is True for key in ("HasRetentionAction", "BlockDelete", "SuperLock"))
        return RetentionLabel(str(found["TagName"]), keeps)

    def settings(self) -> LibrarySettings:
        """Return the settings [SP-112]; raises as every call of `Service`."""
        library = f"{self._api}/web/GetList({literal(self._library)})"
        found = self._get(f"{library}?$select={_SETTINGS}", "GetList")
        columns = self._get(f"{library}/fields?$filter={quote('Required eq true')}", "GetList/fields").get("value")
        return LibrarySettings(
            check_out=found.get("ForceCheckout") is True,
            approval=found.get("EnableModeration") is True,
            minor_versions=found.get("EnableMinorVersions") is True,
            drafts_hidden=found.get("DraftVersionVisibility") not in (None, 0),
            required=tuple(str(one.get("Title")) for one in columns or () if _is_to_fill_in(one)),
        )

    def _get(self, url: str, call: str) -> dict[str, Any]:
        return _object(self._service.request("GET", url, call, headers=_JSON, json=True))


def _object(answer: Answer) -> dict[str, Any]:
    if not answer.ok:
        raise answer.refused()
    if not isinstance(answer.document, dict):
        raise answer.garbled("the body isn't an object")
    return answer.document


def _is_to_fill_in(column: object) -> bool:
    if not isinstance(column, dict) or column.get("InternalName") == _NAME_COLUMN:
        return False
    return column.get("Required") is not False and not (column.get("Hidden") or column.get("ReadOnlyField"))
