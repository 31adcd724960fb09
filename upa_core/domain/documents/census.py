"""How many people full rounds named, over thirty days: what a new full round is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Census:
    """People that the full rounds of one day named, less those who were seen to leave since."""

    at: datetime
    people: int


@dataclass(frozen=True, slots=True)
class Censuses:
    """The full rounds of the last thirty days.

    A document of its own, so that earlier releases still read the state: losing it only loosens a limit, since the
    state itself knows how many people the last full round named.
    """

    VERSION: ClassVar[int] = 1

    version: int = 1
    rounds: tuple[Census, ...] = ()
    """Oldest first."""


def counted(censuses: Iterable[Census], people: int, now: datetime) -> tuple[Census, ...]:
    """Return the censuses with a new full round. Each day keeps its largest number, for thirty days."""
    recent = [one for one in censuses if now - one.at < KEPT]
    today = [one.people for one in recent if one.at.date() == now.date()]
    return (*(one for one in recent if one.at.date() != now.date()), Census(now, max([people, *today])))


def without_leavers(censuses: Iterable[Census], left: int) -> tuple[Census, ...]:
    """Return the censuses after people left: the next full round isn't expected to name them."""
    return tuple(replace(one, people=max(0, one.people - left)) for one in censuses)
