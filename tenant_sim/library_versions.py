"""Check-out, minor versions and approval: which version of a file is seen by whom."""

from __future__ import annotations

from dataclasses import replace

from tenant_sim.library_items import Item, LibraryError, LibrarySettings, not_found

MAJOR = 1
"""The kind of check-in that makes a major version."""
_NOT_CHECKED_OUT = "-2147024738, Microsoft.SharePoint.SPFileCheckOutException"


def begin(item: Item, settings: LibrarySettings) -> None:
    """Begin a version: a draft where the library keeps drafts."""
    item.minor = item.minor + 1 if settings.minor_versions else 0
    item.draft = settings.moderation or settings.minor_versions
    if not item.draft:
        item.published = item.content


def check_out(item: Item) -> None:
    """Check a file out."""
    if item.checked_out:
        text = f'The file "{item.path}" is checked out for editing by {item.author}.'
        raise LibraryError(423, _NOT_CHECKED_OUT, text)
    item.checked_out = True


def check_in(item: Item, settings: LibrarySettings, kind: int = MAJOR) -> None:
    """Check a file in: everybody sees it, or those who see drafts; a major version (1) is published."""
    if not item.checked_out:
        raise LibraryError(400, _NOT_CHECKED_OUT, f'The file "{item.path}" is not checked out.')
    if settings.required:  # ASSUMED [SP-128]: nobody fills columns in here
        text = "You must fill out all required properties before checking in this document."
        raise LibraryError(400, "-2130575251, Microsoft.SharePoint.SPException", text)
    item.checked_out = item.unseen = False
    if kind == MAJOR and item.minor:
        publish(item, settings)


def publish(item: Item, settings: LibrarySettings) -> None:
    """Make a minor version a major one, which waits for approval where that is asked for [SP-132].

    ASSUMED [SP-133]: text of the refusal.
    """
    if not settings.minor_versions:
        text = "You can only publish, unpublish documents in a minor version enabled list."
        raise LibraryError(400, "-2130575243, Microsoft.SharePoint.SPException", text)
    item.minor = 0
    if not settings.moderation:
        approve(item)


def approve(item: Item) -> None:
    """Let everybody see a draft."""
    item.draft, item.minor, item.published = False, 0, item.content


def seen_by_readers(item: Item, settings: LibrarySettings) -> Item:
    """Return a file as readers see it; fail where they don't see it.

    ASSUMED [SP-113]: so does the timer job. A file that was never checked in, and a draft that readers don't see, don't
    exist for it; of a file with an older version that they see, it reads that one.
    """
    if item.unseen:
        raise not_found()
    if not item.draft or settings.draft_visibility == 0:
        return item
    if item.published is None:
        raise not_found()
    return replace(item, content=item.published)
