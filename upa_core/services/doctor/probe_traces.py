"""What a probe leaves behind: in our books before the first set, in the profile if it is cut off, at a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from upa_core.domain.connector import Connector
from upa_core.domain.errors import RetryLaterError, UpaError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.individual.answer import Profile, Value
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.ports.single_profiles import SingleProfiles
from upa_core.state.change_people import change_people_between_runs, next_sequence

CUT_OFF: Final = timedelta(hours=1)
"""After this time the values of a probe that was cut off are put right by the next run."""
_TRIES: Final = 3
_PAUSE: Final = 5.0


def expect_traces(ports: Ports, connector: Connector, person: str, tests: Mapping[str, str], due: datetime) -> None:
    """Make the probed properties of a known person unknown, and due at a moment: a run may write beside the probe.

    The test values count as ours. Whoever was never delivered is left alone. Raises `ConflictError` where too many
    write, `RetryLaterError` where the storage can't be reached.
    """
    now, sequence = ports.clock.now(), next_sequence(ports, connector)

    def change(shard: Shard, one: str) -> None:
        if shard.shadow(one) is None:
            return
        shard.keep_ours(one, {name: test for name, test in tests.items() if name in connector.single}, (), sequence)
        shard.doubt(one, tests, now=now, sequence=sequence, reason=EscrowReason.REQUESTED)
        for target, entry in list(shard.escrow.of(one).items()):
            shard.escrow.put(one, target, replace(entry, due=due))

    change_people_between_runs(ports, connector, [person], change)


def restored(ports: Ports, profiles: SingleProfiles, account: str, person: str, old: Mapping[str, Value]) -> bool:
    """Put a person's old values back after a probe was cut off; return whether SharePoint took them.

    Nothing is sent where the account name leads to somebody else. Five parameters: the means, and whose values.
    """
    for left in reversed(range(_TRIES)):
        try:
            now = profiles.read({account: list(old)})[account]
            if not isinstance(now, Profile) or now.object_id != person:
                return False
            written = profiles.write(account, old, list(old))
        except RetryLaterError as exc:
            if left:
                ports.clock.sleep(exc.retry_after if exc.retry_after is not None else _PAUSE)
        except UpaError:
            return False
        else:
            return not any(written.sets.values())
    return False


def help_stranger(
    ports: Ports,
    connector: Connector,
    profiles: SingleProfiles,
    account: str,
    before: Profile,
    old: Mapping[str, Value],
) -> None:
    """Put back what a profile held before a probe's set, if it is still behind the account name, and report it.

    Six parameters: the means, the stranger and their values.
    """
    done = restored(ports, profiles, account, before.object_id, old)
    fields = {"properties": len(old), "put_back": int(done)}
    ports.events.emit(Event(EventName.STRANGER_WRITTEN, connector.name, "", Level.ERROR, fields))
