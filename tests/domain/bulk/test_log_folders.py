"""Which folders of a library are the logs of an import file."""

from __future__ import annotations

import pytest

from upa_core.domain.bulk.import_job import ImportJob
from upa_core.domain.bulk.log_folders import log_folders

GUID = "11111111-2222-3333-4444-555555555555"
UPA = "https://contoso.sharepoint.com/sites/upa/Shared Documents/UPA"
FILE = "https://contoso.sharepoint.com/sites/upa/Shared%20Documents/UPA/f-1.json"


@pytest.mark.parametrize(
    ("folder", "beside"),
    [
        (
            f"{UPA}/f-1-{GUID}-Logs",
            True,
        ),
        (
            f"https://CONTOSO.sharepoint.com/sites/upa/Shared%20Documents/upa/f-1-{GUID}-Logs/",
            True,
        ),
        (
            f"{UPA}/f-1.json-{GUID}-Logs",
            True,
        ),
        (f"{UPA}/Payroll", False),
        (f"{UPA}/f-1-Logs", False),
        (
            f"{UPA}/f-1-x{GUID}-Logs",
            False,
        ),
        (
            f"{UPA}/f-2-{GUID}-Logs",
            False,
        ),
        (f"{UPA}", False),
        (f"{UPA}/", False),
        (f"{UPA}/#x", False),
        (f"{UPA}/?x/y", False),
        (f"{UPA}/..", False),
        (f"{UPA}/%2e%2e", False),
        (
            f"https://contoso.sharepoint.com/sites/upa/Shared Documents/other/f-1-{GUID}-Logs",
            False,
        ),
        (f"{UPA}/a/b", False),
        (f"/sites/upa/Shared Documents/UPA/f-1-{GUID}-Logs", True),
        (f"https://[contoso/f-1-{GUID}-Logs", False),
        ("", False),
    ],
)
def test_a_log_folder_lies_beside_its_file_and_bears_its_name(folder: str, beside: bool) -> None:
    """Whatever way the address is written; nothing else is read, or deleted with all it holds."""
    job = ImportJob(GUID, 3, 0, "", "", folder)

    assert log_folders([job], FILE) == ((folder,) if beside else ())
