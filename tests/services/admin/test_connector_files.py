"""Connector files are kept once by their hash, and each run names the one that it was planned with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.config import load_config
from upa_core.domain.documents.connector_keys import connector_file_key, connector_files_prefix
from upa_core.domain.errors import CorruptStateError
from upa_core.services.admin import backup
from upa_core.services.admin.connector_files import ConnectorFile, digest_of, file_hash_of, file_of
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.reports import reports_of

OTHER = "version: 1 # with another mapping\n"


def kept(world: World) -> list[str]:
    """Return the hashes of the files that are kept."""
    prefix = connector_files_prefix(world.connector.name)
    return [key.removeprefix(prefix).removesuffix(".yaml") for key in world.store.blobs if key.startswith(prefix)]


def runs(world: World) -> list[str]:
    """Return the runs that ended, the newest first."""
    return [report.run for report in reports_of(world.store, world.connector.name)]


def file_in(world: World, run: str) -> ConnectorFile | None:
    return file_of(world.ports(), world.connector, run)


@pytest.fixture
def world() -> World:
    """Return a tenant with runs of two connector files, the second in force."""
    made = settled(2)
    made.connector_file = OTHER
    made.edit(made.people[0], department="changed")
    made.settle_down()
    return made


def test_a_run_tells_the_file_that_it_was_planned_with(world: World) -> None:
    """The text is what stood there then, whatever is in force now."""
    first, last = runs(world)[-1], runs(world)[0]

    assert file_in(world, last) == ConnectorFile(digest_of(OTHER), OTHER)
    assert file_in(world, first) == ConnectorFile(digest_of(World().connector_file), World().connector_file)
    assert sorted(kept(world)) == sorted({digest_of(OTHER), digest_of(World().connector_file)})


def test_a_file_is_written_once(world: World) -> None:
    """Further runs leave its blob as it is."""
    key = connector_file_key("hr", digest_of(OTHER))
    before = world.store.get(key)
    world.edit(world.people[1], department="changed too")
    world.settle_down()

    assert world.store.get(key) == before
    assert file_hash_of(world.ports(), world.connector, runs(world)[0]) == digest_of(OTHER)


def test_an_open_run_names_its_file_before_anything_is_sent() -> None:
    """It is named with the run's intent."""
    world = World(2)
    world.pull()
    assert world.step().why == "planned"
    run = world.state.run
    assert run is not None

    assert file_hash_of(world.ports(), world.connector, run.id) == digest_of(world.connector_file)
    assert world.queued() == []


@pytest.mark.parametrize("run", ["20200101T000000Z-abcd", "no run", ""])
def test_a_run_that_named_none_has_none(world: World, run: str) -> None:
    """A run of an earlier release, or none at all."""
    assert file_in(world, run) is None


def test_another_connectors_run_isnt_told(world: World) -> None:
    """The name is looked for under the connector's own."""
    other = world.connect("other")

    assert file_of(world.ports(), other, runs(world)[0]) is None


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda world, key: world.store.delete(key), "lost"),
        (lambda world, key: world.store.put(key, b"version: 1\n"), "damaged"),
        (lambda world, key: world.store.put(key, b"\xff"), "damaged"),
    ],
    ids=["deleted", "changed", "no text"],
)
def test_a_file_that_isnt_as_it_was_kept_is_an_error(
    world: World, harm: Callable[[World, str], object], told: str
) -> None:
    """Another mapping than the run's is never shown for it; the error names the blob."""
    key = connector_file_key("hr", digest_of(OTHER))
    harm(world, key)

    with pytest.raises(CorruptStateError, match=f"{key} is {told}"):
        file_in(world, runs(world)[0])


def test_a_file_is_kept_as_long_as_a_run_names_it(world: World) -> None:
    """It goes with the last run that does; the one in force stays though no run names it."""
    first = digest_of(World().connector_file)
    for days, expected in ((20, {first, digest_of(OTHER)}), (80, {digest_of(OTHER)})):
        world.sim.advance(days * 86_400)
        housekeeping(world.ports(), world.connector)

        assert set(kept(world)) == expected
    assert runs(world) == []


def test_a_name_without_a_run_is_swept(world: World) -> None:
    """What a crash left between naming the file and writing the run."""
    digest = digest_of(OTHER)
    run = "20261101T101500Z-abcd"
    key = f"runs/2026/11/{run}/config/hr/{digest}"
    world.store.put(key, b"")
    world.sim.advance(timedelta(days=4).total_seconds())
    housekeeping(world.ports(), world.connector)

    assert key not in world.store.blobs


def test_an_import_of_state_brings_files_back(world: World, tmp_path: Path) -> None:
    """They are part of what is exported."""
    with (tmp_path / "state.zip").open("xb") as stream:
        backup.write(world.ports(), world.connector, stream)
    before = set(kept(world))
    for digest in before:
        world.store.delete(connector_file_key("hr", digest))
    with (tmp_path / "state.zip").open("rb") as stream:
        backup.restore(world.ports(), world.connector, stream, name="state.zip", trust_shadow=True)

    assert set(kept(world)) == before
    assert file_in(world, runs(world)[0]) == ConnectorFile(digest_of(OTHER), OTHER)


def test_a_file_that_isnt_what_its_name_says_isnt_brought_back(world: World, tmp_path: Path) -> None:
    """The import is refused, by name, before the state is written."""
    key = connector_file_key("hr", digest_of(OTHER))
    world.store.put(key, b"version: 1 # somebody else's\n")
    with (tmp_path / "state.zip").open("xb") as stream:
        backup.write(world.ports(), world.connector, stream)
    before = world.state
    with (tmp_path / "state.zip").open("rb") as stream, pytest.raises(CorruptStateError, match=digest_of(OTHER)):
        backup.restore(world.ports(), world.connector, stream, name="state.zip", trust_shadow=True)

    assert world.state == before


FILE = """\
version: 1
# {comment}
notifications: {{webhook: "${{HOOK}}"}}
connectors:
  - name: staff
    source: {{tenant: contoso.onmicrosoft.com}}
    target:
      admin_url: https://contoso-admin.sharepoint.com
      site_url: https://contoso.sharepoint.com/sites/upa
      folder: Imports
    mappings: [{{target: CostCenter, source: department}}]
"""
ENVIRON = {"HOOK": "https://hook.example/very-secret"}


def test_references_stay_references() -> None:
    """What the environment holds is never kept."""
    text = load_config(FILE.format(comment="why CostCenter: asked for by HR"), ENVIRON).text

    assert text == FILE.format(comment="why CostCenter: asked for by HR")
    assert "very-secret" not in text


@pytest.mark.parametrize(
    "comment",
    [
        "password: hunter2",
        "the old client_secret = abc",
        '"webhook_token": "abc"',
        "https://x.blob.core.windows.net/c/f?sv=1&sig=abcdefghijklmnop1234",
        "-----BEGIN PRIVATE KEY-----",
        "DefaultEndpointsProtocol=https;AccountKey=abcdefghijk==",
    ],
)
def test_a_comment_that_looks_like_a_secret_takes_all_comments_away(comment: str) -> None:
    """The file means the same without them."""
    config = load_config(FILE.format(comment=comment), ENVIRON)

    assert "#" not in config.text
    assert comment not in config.text
    assert load_config(config.text, ENVIRON).connectors == config.connectors
