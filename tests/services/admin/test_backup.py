"""A connector's state in one file: whole, and put back only where it belongs."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.rivals import beside
from tests.support.world import World
from upa_core.domain.documents.codec import instant
from upa_core.domain.errors import CorruptStateError, RefusedError
from upa_core.services.admin import backup

NAME = "b.zip"


def exported(world: World) -> io.BytesIO:
    """Return a backup of a world."""
    stream = io.BytesIO()
    backup.write(world.ports(), world.connector, stream)
    stream.seek(0)
    return stream


def settled(people: int) -> World:
    """Return a tenant at rest."""
    world = World(people)
    world.sync()
    return world


def restored(world: World, stream: io.BytesIO, *, trust_shadow: bool) -> int:
    """Put a backup back."""
    return backup.restore(world.ports(), world.connector, stream, name=NAME, trust_shadow=trust_shadow)


def test_a_shadow_that_isnt_trusted_is_unknown_and_a_trusted_one_is_kept() -> None:
    """The watermark is back in both; people lie in a fresh generation."""
    world = settled(3)
    stream, person, before = exported(world), world.people[0], world.state
    restored(world, stream, trust_shadow=True)
    trusted = world.shadow(person) or {}
    restored(world, stream, trust_shadow=False)
    unknown = world.shadow(person) or {}

    assert (trusted["UpaDepartment"], unknown["UpaDepartment"]) == ("D0", None)
    assert world.state.watermark == before.watermark
    assert world.state.people.generation == before.people.generation + 2


def test_a_restored_state_stamps_newer_files_than_any_planned_so_far() -> None:
    """Otherwise what is sent next would settle nothing."""
    world = settled(2)
    stream = exported(world)
    world.edit(world.people[0], department="B")
    world.sync()
    before = world.state.sequence
    restored(world, stream, trust_shadow=False)

    assert world.state.sequence > before


def test_a_state_whose_people_are_moved_meanwhile_isnt_exported() -> None:
    """Its shards would be those that the exported state doesn't name: importing it would know nobody."""
    world = settled(3)
    for number in range(14):
        world.join(department=f"N{number}")
    ports = world.ports()

    class Moving:
        def __getattr__(self, name: str) -> Any:
            return getattr(ports.store, name)

        def list(self, prefix: str) -> Any:
            world.sync(full=True, hours=1)
            return ports.store.list(prefix)

    with pytest.raises(RefusedError, match="run it again"):
        backup.write(beside(ports, Moving()), world.connector, io.BytesIO())


def test_nothing_is_restored_while_an_import_job_is_in_flight() -> None:
    """Its run would settle into the restored people."""
    world = settled(2)
    stream = exported(world)
    world.edit(world.people[0], department="B")
    world.pull()
    world.step()

    with pytest.raises(RefusedError, match="in flight"):
        restored(world, stream, trust_shadow=False)


def test_a_file_of_another_connector_or_target_is_refused() -> None:
    """Its people and watermark are somebody else's."""
    world = settled(2)
    stream = exported(world)
    target = replace(world.connector.target, admin_url="https://fabrikam-admin.sharepoint.com")
    for other in (replace(world.connector, name="other"), replace(world.connector, target=target)):
        with pytest.raises(RefusedError, match=NAME):
            backup.rewind(world.ports(), other, stream, name=NAME)


def test_a_file_that_is_no_backup_is_told_apart() -> None:
    """Whoever named it made the mistake."""
    with pytest.raises(backup.NotABackupError, match=NAME):
        backup.rewind(World().ports(), World().connector, io.BytesIO(b"no zip"), name=NAME)


def test_a_file_that_would_unpack_to_gigabytes_isnt_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file can be a bomb."""
    world = settled(2)
    stream = exported(world)
    monkeypatch.setattr(backup, "MAX_BYTES", 10)

    with pytest.raises(backup.NotABackupError, match="unpack"):
        restored(world, stream, trust_shadow=False)


def test_a_file_that_lacks_a_segment_of_its_outbox_is_refused() -> None:
    """The changes in it would be lost without a word."""
    world = settled(2)
    world.edit(world.people[0], department="B")
    world.pull()
    whole, short = exported(world), io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(short, "w") as copy:
        for name in source.namelist():
            if "/rounds/" not in name:
                copy.writestr(name, source.read(name))

    with pytest.raises(CorruptStateError, match="segment"):
        restored(world, short, trust_shadow=False)


def test_an_export_says_whose_it_is_and_from_when() -> None:
    """And holds every blob of the connector as it was: the numbers told are of those."""
    world = settled(3)
    stream = io.BytesIO()
    blobs, size = backup.write(world.ports(), world.connector, stream)
    stored = {key: data for key, data in world.store.blobs.items() if key.startswith("connectors/hr/")}
    with zipfile.ZipFile(stream) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        held = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}

    assert manifest == {
        "version": 1,
        "connector": "hr",
        "target": world.connector.target.lane,
        "made": instant(world.now),
    }
    assert held == stored
    assert (blobs, size) == (len(stored), sum(map(len, stored.values())))
