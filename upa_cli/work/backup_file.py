"""The file of `upa state export`, on this machine's disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from upa_cli.shell.exits import USAGE, CommandError
from upa_core.services.admin.backup import NotABackupError


@contextmanager
def new_backup(file: Path) -> Iterator[BinaryIO]:
    """Create a file, which must not exist; it is deleted again if the caller fails."""
    try:
        stream = file.open("xb")
    except FileExistsError as exc:
        raise CommandError(f"{file} exists already: name another file", USAGE) from exc
    except OSError as exc:
        raise _unwritable(file, exc) from exc
    try:
        with stream:
            yield stream
    except OSError as exc:
        file.unlink(missing_ok=True)
        raise _unwritable(file, exc) from exc
    except BaseException:
        file.unlink(missing_ok=True)
        raise


@contextmanager
def backup_to_read(file: Path) -> Iterator[BinaryIO]:
    """Open a file; a file that can't be read or isn't a backup is a mistake of the command line."""
    try:
        stream = file.open("rb")
    except OSError as exc:
        raise CommandError(f"{file} can't be read ({exc.strerror})", USAGE) from exc
    with stream:
        try:
            yield stream
        except NotABackupError as exc:
            raise CommandError(str(exc), USAGE) from exc


def _unwritable(file: Path, exc: OSError) -> CommandError:
    return CommandError(f"{file} can't be written ({exc.strerror}): name another file", USAGE)
