"""The contents of a document library: files, folders, labels; its settings, and its refusals."""

from __future__ import annotations

from dataclasses import dataclass, field

SYSTEM = "System Account"


class LibraryError(Exception):
    """SharePoint refuses an operation on a file or folder."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def not_found() -> LibraryError:
    """The error for a folder that isn't there.

    ASSUMED [SP-81]: codes and texts of library errors are the well-known ones of the SharePoint API,
    not recorded by us.
    """
    return LibraryError(404, "-2147024894, System.IO.FileNotFoundException", "File Not Found.")


def is_record(item: Item) -> LibraryError:
    """The error for deleting a record.

    ASSUMED [SP-80]: a label that makes records forbids deleting, with 403 and a text of this kind.
    """
    text = f"\"{item.path}\" can't be deleted because it's locked as a record."
    return LibraryError(403, "-2147024891, System.UnauthorizedAccessException", text)


@dataclass(eq=False)
class Item:
    """A folder or a file."""

    path: str
    """Server-relative path."""
    unique_id: str
    created: float
    modified: float
    author: str = "SharePoint App"
    content: bytes | None = None
    """None for a folder."""
    version: int = 1
    locked_until: float = 0.0
    unreadable: bool = False
    """The lock keeps readers out too."""
    swapped_for: bytes | None = None
    """The bytes that replace it as soon as it was read."""
    retained: bool = False
    label: RetentionLabel | None = None
    checked_out: bool = False
    draft: bool = False
    """Waits for approval, or is a minor version."""
    minor: int = 0
    """Minor versions since the last major one; 0: a major version."""
    published: bytes | None = None
    """What readers see while a draft is hidden from them; None: nothing yet."""
    unseen: bool = False
    """Was never checked in: only its uploader sees it."""
    uploads: dict[str, bytearray] = field(default_factory=dict)
    """Chunked uploads that have begun, by upload id."""

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def parent(self) -> str:
        """Path of the folder that holds it."""
        return self.path.rsplit("/", 1)[0]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.content is None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content or b"")


@dataclass(frozen=True)
class RetentionLabel:
    """A label that new files of a library get by default."""

    name: str
    tag_id: str
    days: int = 0
    """Days for which a deleted file is kept; 0: the label only marks."""
    record: bool = False
    """Makes files records: nobody can delete them."""


@dataclass(frozen=True)
class LibrarySettings:
    """The settings of a library that an owner may change."""

    force_checkout: bool = False
    """A new file is checked out to its uploader until it is checked in [SP-112]."""
    moderation: bool = False
    """Files wait for approval."""
    minor_versions: bool = False
    """Each upload is a minor version: a draft until it is published [SP-132]."""
    draft_visibility: int = 0
    """Who sees drafts: 0 readers, 1 authors, 2 approvers."""
    required: tuple[str, ...] = ()
    """Columns that have to be filled in."""
