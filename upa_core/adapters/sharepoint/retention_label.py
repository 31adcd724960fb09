"""The retention label that new files of a library get, read as pnp's CLI reads it (never tried live)."""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.library_wire import url_of
from upa_core.ports.inspection import RetentionLabel

_CALL = "SP_CompliancePolicy_SPPolicyStoreProxy_GetListComplianceTag"
_JSON = {"Accept": "application/json;odata=nometadata", "Content-Type": "application/json;odata=nometadata"}


class LibraryLabel:
    """The label of the library that a folder is in."""

    def __init__(self, service: Service, site_url: str, folder: str) -> None:
        """Use the service of the site's host; the folder is server-relative, e.g. /sites/upa/Imports/today."""
        self._service = service
        site = urlsplit(site_url).path.rstrip("/")
        self._call = f"{quote(site, safe='/%')}/_api/{_CALL}"
        self._library = url_of(service.root, f"{site}/{folder.removeprefix(f'{site}/').partition('/')[0]}")

    def read(self) -> RetentionLabel | None:
        """Return it, None where the library has none; raises as every call of `Service`."""
        body = json.dumps({"listUrl": self._library}).encode()
        answer = self._service.request("POST", self._call, _CALL, headers=_JSON, body=body, json=True)
        if not answer.ok:
            raise answer.refused()
        found = answer.document
        if not isinstance(found, dict):
            raise answer.garbled("the body isn't an object")
        if found.get("odata.null") or not found.get("TagName"):
            return None
        keeps = any(found.get(key) is True for key in ("HasRetentionAction", "BlockDelete", "SuperLock"))
        return RetentionLabel(str(found["TagName"]), keeps)
