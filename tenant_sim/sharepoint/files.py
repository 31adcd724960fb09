"""The REST form of folders, files and libraries."""

from __future__ import annotations

from typing import Any

from tenant_sim.clock import iso
from tenant_sim.library_items import Item, LibrarySettings, RetentionLabel


def _literal(text: str) -> str:
    """Write an OData string."""
    return "'" + text.replace("'", "''") + "'"


def show_file(base: str, item: Item) -> dict[str, Any]:
    """Show a file's properties; Length is an Int64 and therefore a string."""
    return {
        "__uri": f"{base}/_api/Web/GetFileByServerRelativePath(decodedurl={_literal(item.path)})",
        "CheckInComment": "",
        "CheckOutType": 0 if item.checked_out else 2,
        "ContentTag": f"{{{item.unique_id.upper()}}},{item.version},1",
        "CustomizedPageStatus": 0,
        "ETag": f'"{{{item.unique_id.upper()}}},{item.version}"',
        "Exists": True,
        "IrmEnabled": False,
        "Length": str(item.size),
        "Level": 255 if item.checked_out else 2 if item.draft else 1,
        "LinkingUri": None,
        "LinkingUrl": "",
        "MajorVersion": item.version - item.minor,
        "MinorVersion": item.minor,
        "Name": item.name,
        "ServerRelativeUrl": item.path,
        "TimeCreated": iso(item.created),
        "TimeLastModified": iso(item.modified),
        "Title": None,
        "UIVersion": 512 * (item.version - item.minor) + item.minor,
        "UIVersionLabel": f"{item.version - item.minor}.{item.minor}",
        "UniqueId": item.unique_id,
    }


def show_folder(base: str, item: Item, count: int) -> dict[str, Any]:
    """Show a folder's properties."""
    return {
        "__uri": f"{base}/_api/Web/GetFolderByServerRelativePath(decodedurl={_literal(item.path)})",
        "Exists": True,
        "ExistsAllowThrowForPolicyFailures": True,
        "ExistsWithException": True,
        "IsWOPIEnabled": False,
        "ItemCount": count,
        "Name": item.name,
        "ProgID": None,
        "ServerRelativeUrl": item.path or "/",
        "TimeCreated": iso(item.created),
        "TimeLastModified": iso(item.modified),
        "UniqueId": item.unique_id,
        "WelcomePage": "",
    }


def show_label(label: RetentionLabel) -> dict[str, Any]:
    """Show a library's retention label as SharePoint does."""
    return {
        "AcceptMessagesOnlyFromSendersOrMembers": False,
        "AccessType": None,
        "AllowAccessFromUnmanagedDevice": None,
        "AutoDelete": False,
        "BlockDelete": label.record or label.days > 0,
        "BlockEdit": label.record,
        "ContainsSiteLabel": False,
        "DisplayName": "",
        "EncryptionRMSTemplateId": None,
        "HasRetentionAction": label.record or label.days > 0,
        "IsEventTag": False,
        "Notes": None,
        "RequireSenderAuthenticationEnabled": False,
        "ReviewerEmail": None,
        "SharingCapabilities": None,
        "SuperLock": False,
        "TagDuration": label.days,
        "TagId": label.tag_id,
        "TagName": label.name,
        "TagRetentionBasedOn": "CreationAgeInDays" if label.days else None,
    }


def show_list(base: str, item: Item, settings: LibrarySettings, count: int) -> dict[str, Any]:
    """Show a library as a list, with its settings."""
    return {
        "__uri": f"{base}/_api/Web/Lists(guid'{item.unique_id}')",
        "BaseTemplate": 101,
        "BaseType": 1,
        "ContentTypesEnabled": False,
        "Created": iso(item.created),
        "Description": "",
        "DraftVersionVisibility": settings.draft_visibility,
        "EnableAttachments": False,
        "EnableMinorVersions": settings.minor_versions,
        "EnableModeration": settings.moderation,
        "EnableVersioning": True,
        "ForceCheckout": settings.force_checkout,
        "Hidden": False,
        "Id": item.unique_id,
        "ItemCount": count,
        "LastItemModifiedDate": iso(item.modified),
        "ParentWebUrl": item.parent or "/",
        "Title": "Documents" if item.name == "Shared Documents" else item.name,
    }


def show_fields(settings: LibrarySettings) -> list[dict[str, Any]]:
    """Show a library's columns: the file's name, its title, and those that have to be filled in."""
    columns = [("FileLeafRef", "Name", True), ("Title", "Title", False), *((n, n, True) for n in settings.required)]
    return [
        {
            "__uri": "",
            "CanBeDeleted": internal not in ("FileLeafRef", "Title"),
            "Hidden": False,
            "InternalName": internal,
            "ReadOnlyField": False,
            "Required": required,
            "Title": title,
            "TypeAsString": "File" if internal == "FileLeafRef" else "Text",
        }
        for internal, title, required in columns
    ]


FIELD_FIELDS = tuple(show_fields(LibrarySettings())[0])
FILE_FIELDS = tuple(show_file("", Item("/file", "", 0, 0, content=b"")))
FOLDER_FIELDS = tuple(show_folder("", Item("/folder", "", 0, 0), 0))
