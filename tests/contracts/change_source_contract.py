"""What the port `ChangeSource` promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pytest

from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import (
    AccessDeniedError,
    ForeignLinkError,
    RefusedError,
    ResyncRequiredError,
    RetryLaterError,
    ThrottledError,
)
from upa_core.ports.change_source import ChangeSource

SELECT = ("city", "department", "id")


class SourceWorld(Protocol):
    """A change source and the directory behind it."""

    source: ChangeSource

    def add(self, **attributes: Any) -> str:
        """Add a person, return the id."""

    def edit(self, person: str, **attributes: Any) -> None:
        """Change a person; None clears."""

    def remove(self, person: str) -> None:
        """Let a person leave."""

    def expire(self) -> None:
        """Void all positions."""

    def throttle(self, seconds: int) -> None:
        """Let the next call be answered by a pause of so many seconds."""

    def fail(self) -> None:
        """Let calls fail until further notice."""

    def deny(self) -> None:
        """Take our rights away."""

    untracked: str
    """An attribute whose changes can't be tracked."""


class ChangeSourceContract:
    """Subclass it with a fixture `world` whose directory is empty and whose pages are small (at most 3)."""

    def test_begin_is_initial(self, world: SourceWorld) -> None:
        """A full round begins with an initial link, the same for any order of the attributes."""
        links = {world.source.begin(order) for order in (SELECT, SELECT[::-1], (*SELECT, "id"))}

        assert [link.kind for link in links] == ["initial"]

    def test_full_round_names_everybody(self, world: SourceWorld) -> None:
        """A full round names everybody at least once, over several pages, and ends with a delta link."""
        people = {world.add(city=f"C{n}") for n in range(8)}
        records, links = follow(world.source, world.source.begin(SELECT))

        assert {record["id"] for record in records} == people
        assert [link.kind for link in links[:-1]] == ["next"] * (len(links) - 1)
        assert (len(links) >= 3, links[-1].kind) == (True, "delta")

    def test_empty_directory(self, world: SourceWorld) -> None:
        """A full round of nobody ends at once with a watermark."""
        records, links = follow(world.source, world.source.begin(SELECT))

        assert (records, [link.kind for link in links]) == ([], ["delta"])

    def test_delta_round_names_the_changed(self, world: SourceWorld) -> None:
        """From a watermark on, only those come who changed since, as they are now."""
        anna, bert, _ = (world.add(city="Old", department="D") for _ in range(3))
        watermark = drain(world.source, world.source.begin(SELECT))
        world.edit(anna, city="New")
        carl = world.add(city="Joined")
        world.edit(bert, city="Twice")
        world.edit(bert, city="Thrice")
        records, _ = follow(world.source, watermark)

        assert {r["id"]: r["city"] for r in records} == {anna: "New", bert: "Thrice", carl: "Joined"}

    def test_watermarks_can_be_followed_again(self, world: SourceWorld) -> None:
        """A watermark that was followed once can be followed again: nothing is used up."""
        watermark = drain(world.source, world.source.begin(SELECT))
        anna = world.add(city="A")
        twice = [{r["id"] for r in follow(world.source, watermark)[0]} for _ in range(2)]

        assert twice == [{anna}, {anna}]

    def test_pages_can_be_fetched_again(self, world: SourceWorld) -> None:
        """After a crash the last page's link leads on from the same place."""
        people = {world.add(city="A") for _ in range(7)}
        first = world.source.page(world.source.begin(SELECT))
        rest = [{r["id"] for r in follow(world.source, first.link)[0]} for _ in range(2)]

        assert rest[0] == rest[1]
        assert rest[0] | {r["id"] for r in first.records} == people

    def test_no_change_is_no_record(self, world: SourceWorld) -> None:
        """A round without changes has no records and a watermark that goes on."""
        anna = world.add(city="A")
        watermark = drain(world.source, world.source.begin(SELECT))
        records, links = follow(world.source, watermark)
        world.edit(anna, city="B")

        assert records == []
        assert [r["id"] for r in follow(world.source, links[-1])[0]] == [anna]

    def test_null_and_absent(self, world: SourceWorld) -> None:
        """A cleared attribute is null, one that was never set is absent, one that wasn't asked for doesn't come."""
        anna = world.add(city="A", jobTitle="T")
        watermark = drain(world.source, world.source.begin(SELECT))
        world.edit(anna, city=None)
        (record,) = follow(world.source, watermark)[0]

        assert record == {"id": anna, "city": None}

    def test_leavers_are_marked(self, world: SourceWorld) -> None:
        """Whoever leaves comes as a record with `@removed`."""
        anna = world.add(city="A")
        watermark = drain(world.source, world.source.begin(SELECT))
        world.remove(anna)
        (record,) = follow(world.source, watermark)[0]

        assert (record["id"], "@removed" in record) == (anna, True)

    def test_void_position(self, world: SourceWorld) -> None:
        """A position that the source forgot is a resync; a full round works as ever."""
        anna = world.add(city="A")
        watermark = drain(world.source, world.source.begin(SELECT))
        world.expire()
        with pytest.raises(ResyncRequiredError):
            world.source.page(watermark)

        assert anna in {r["id"] for r in follow(world.source, world.source.begin(SELECT))[0]}

    def test_untracked_attribute(self, world: SourceWorld) -> None:
        """An attribute that can't be tracked is refused and named."""
        with pytest.raises(RefusedError) as caught:
            world.source.page(world.source.begin([*SELECT, world.untracked]))

        assert caught.value.details == (world.untracked,)

    @pytest.mark.parametrize(
        "url", ["https://evil.example/v1.0/users/delta?x=1", "http://graph.microsoft.com/v1.0/users"]
    )
    def test_foreign_link(self, world: SourceWorld, url: str) -> None:
        """A link to another host, or without encryption, isn't followed."""
        with pytest.raises(ForeignLinkError):
            world.source.page(Link(url, "next"))

    def test_long_pause_is_named(self, world: SourceWorld) -> None:
        """A long pause that the service asks for is raised with its length."""
        world.throttle(600)
        with pytest.raises(ThrottledError) as caught:
            world.source.page(world.source.begin(SELECT))

        assert caught.value.retry_after == 600

    def test_failing_source(self, world: SourceWorld) -> None:
        """A source that fails is to be asked later, by every method."""
        anna = world.add(city="A")
        world.fail()
        with pytest.raises(RetryLaterError):
            world.source.page(world.source.begin(SELECT))
        with pytest.raises(RetryLaterError):
            world.source.read([anna], SELECT)

    def test_missing_rights(self, world: SourceWorld) -> None:
        """Without the right to read people, both methods are access denied."""
        world.deny()
        with pytest.raises(AccessDeniedError):
            world.source.page(world.source.begin(SELECT))
        with pytest.raises(AccessDeniedError):
            world.source.read(["00000000-0000-4000-8000-000000000001"], SELECT)

    def test_read_tells_today(self, world: SourceWorld) -> None:
        """Reading people gives today's record of each, None for a stranger and for a leaver."""
        people = [world.add(city=f"C{n}", jobTitle="T") for n in range(25)]
        gone, stranger = world.add(city="X"), "00000000-0000-4000-8000-000000000001"
        world.remove(gone)
        found = world.source.read([*people, gone, stranger], SELECT)

        assert {p: r["city"] for p, r in found.items() if r} == {p: f"C{n}" for n, p in enumerate(people)}
        assert [p for p, r in found.items() if r is None] == [gone, stranger]
        assert all("jobTitle" not in record for record in found.values() if record)

    def test_read_takes_user_principal_names_too(self, world: SourceWorld) -> None:
        """The answer bears the name as it was asked for, the record its object id; a name nobody has is None."""
        ada = world.add(userPrincipalName="ada@contoso.onmicrosoft.com", city="Bonn")
        found = world.source.read(["ada@contoso.onmicrosoft.com", "bo@contoso.onmicrosoft.com"], SELECT)

        assert found["bo@contoso.onmicrosoft.com"] is None
        record = found["ada@contoso.onmicrosoft.com"]
        assert record is not None
        assert (record["id"], record["city"]) == (ada, "Bonn")


def follow(source: ChangeSource, link: Link) -> tuple[list[dict[str, Any]], Sequence[Link]]:
    """Follow links to the end of the round; return all records and all links."""
    records: list[dict[str, Any]] = []
    links: list[Link] = []
    while not links or links[-1].kind != "delta":
        page = source.page(links[-1] if links else link)
        records += page.records
        links.append(page.link)
        assert len(links) < 100
    return records, links


def drain(source: ChangeSource, link: Link) -> Link:
    """Follow links to the end of the round; return the watermark."""
    return follow(source, link)[1][-1]
