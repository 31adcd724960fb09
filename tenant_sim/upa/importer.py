"""The effect of an import file on profiles: pure rules, no clock, no library [SP-41, SP-36, SP-38]."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import IntEnum
from typing import Any

from tenant_sim.graph.directory import Directory
from tenant_sim.upa import newtonsoft
from tenant_sim.upa.profiles import Profiles
from tenant_sim.upa.values import BadValueError, stored


class IdType(IntEnum):
    """How the file names people [SP-3]."""

    EMAIL = 0
    CLOUD_ID = 1
    PRINCIPAL_NAME = 2


class JobError(IntEnum):
    """Error numbers of an import job [SP-3]."""

    NO_ERROR = 0
    INTERNAL_ERROR = 1
    DATA_FILE_NOT_EXIST = 20
    DATA_FILE_NOT_IN_TENANT = 21
    DATA_FILE_TOO_BIG = 22
    INVALID_DATA_FILE = 23
    IMPORT_COMPLETE_WITH_ERROR = 30


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log: kind, identity and message, separated by tabs."""

    kind: str
    identity: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}\t{self.identity}\t{self.message}"


@dataclass
class Outcome:
    """The values that an import will write, and the lines of its log."""

    error: JobError = JobError.NO_ERROR
    writes: list[tuple[int, str, str]] = field(default_factory=list)
    """(slot, property, value), in the order of the file."""
    lines: list[LogLine] = field(default_factory=list)

    def log_lines(self, names_properties: bool) -> list[LogLine]:
        """Return the lines of the log; `names_properties`: those of a refused value name its property.

        ASSUMED [SP-67]: whether a line names the property isn't known; both forms are reported.
        """
        if names_properties:
            return self.lines
        text = "The value could not be set."
        return [replace(one, message=text) if one.kind == "GenericError" else one for one in self.lines]


@dataclass(frozen=True)
class Limits:
    """Limits of one file [SP-26]."""

    max_bytes: int = 2 * 1024**3
    max_pairs: int = 500_000


@dataclass(frozen=True)
class Reading:
    """How values are understood.

    ASSUMED [SP-108]: a text that looks like a date-time stays a text; with `dates` it is read with Newtonsoft's
    default settings, becomes a date, and comes back as 06/23/2026 00:00:00.
    ASSUMED [SP-109]: the server's zone is UTC, `offset` says otherwise: a date with a zone is moved into it, one
    without a zone is taken as it stands.
    """

    dates: bool = False
    offset: timedelta = timedelta()

    def text(self, value: Any) -> str:
        """Write a scalar of the file as .NET does.

        ASSUMED [SP-96]: numbers and booleans are taken and written as .NET writes them.
        """
        return newtonsoft.as_text(value, self.offset)


def evaluate(
    data: bytes,
    id_type: IdType,
    id_property: str,
    mapping: dict[str, str],
    directory: Directory,
    profiles: Profiles,
    limits: Limits,
    reading: Reading,
) -> Outcome:
    """Return the effect of a file, without applying it.

    ASSUMED [SP-100]: a file over 500,000 name/value pairs ends as DataFileTooBig.
    ASSUMED [SP-107]: the file is read as JObject.Parse reads it, but for dates.

    Eight parameters: the result of an import depends on all of them.
    """
    if len(data) > limits.max_bytes:
        return Outcome(JobError.DATA_FILE_TOO_BIG)
    try:
        document = newtonsoft.parse(newtonsoft.decode(data), dates=reading.dates)
    except newtonsoft.BadJsonError as exc:
        return _invalid("DataFileNotJson", "", str(exc))
    entries = document.get("value")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        # ASSUMED [SP-90]: valid JSON of another shape ends like bad JSON.
        return _invalid("DataFileNotJson", "", "The data file has no array of objects named 'value'.")
    if sum(len(entry) - (id_property in entry) for entry in entries) > limits.max_pairs:
        return Outcome(JobError.DATA_FILE_TOO_BIG)
    for entry in entries:
        for name in entry:
            # ASSUMED [SP-87]: the keys are compared exactly.
            if name != id_property and name not in mapping:
                # ASSUMED [SP-104]: the abort is documented, its error number isn't.
                text = f"Property '{name}' is not mapped to any property in the user profile application."
                return _invalid("InvalidProperty", _identity(entry.get(id_property), reading), text)
    return _people(entries, id_type, id_property, mapping, directory, profiles, reading)


def _invalid(kind: str, identity: str, message: str) -> Outcome:
    return Outcome(JobError.INVALID_DATA_FILE, lines=[LogLine(kind, identity, message)])


def _people(
    entries: list[dict[str, Any]],
    id_type: IdType,
    id_property: str,
    mapping: dict[str, str],
    directory: Directory,
    profiles: Profiles,
    reading: Reading,
) -> Outcome:
    """Judge each person of the file. Seven parameters: see `evaluate`."""
    outcome = Outcome()
    times: dict[int, int] = {}
    resolved: list[tuple[int | None, str, dict[str, Any]]] = []
    for entry in entries:
        identity = _identity(entry.get(id_property), reading)
        slot = _resolve(identity, id_type, directory, profiles) if identity else None
        if slot is not None:
            times[slot] = times.get(slot, 0) + 1
        resolved.append((slot, identity, entry))
    for slot, identity, entry in resolved:
        if id_property not in entry:
            # both kinds are known from logs [SP-47]
            outcome.lines.append(LogLine("MissingIdentity", "", "The identity is missing for the user object"))
        elif slot is None:
            outcome.lines.append(LogLine("IdentityNotResolvable", identity, "User identity cannot be resolved"))
        elif times[slot] > 1:
            # ASSUMED [SP-73]: only the person named twice fails, the rest of the file is imported.
            outcome.lines.append(LogLine("GenericError", identity, _DUPLICATE.format(record=2_000_000 + slot)))
        else:
            _values(outcome, slot, identity, entry, id_property, mapping, profiles, reading)
    if outcome.lines:
        outcome.error = JobError.IMPORT_COMPLETE_WITH_ERROR
    return outcome


_DUPLICATE = (
    "System.Data.SqlClient.SqlException (0x80131904): Input data contains multiple instances of the same "
    "single-value property for RecordId [{record}]\r\n"
    "   at System.Data.SqlClient.SqlConnection.OnError(SqlException exception, Boolean breakConnection)\r\n"
    "   at Microsoft.Office.Server.UserProfiles.UserProfileManager.UpdateProfile(Int64 recordId)"
)


def _values(
    outcome: Outcome,
    slot: int,
    identity: str,
    entry: dict[str, Any],
    id_property: str,
    mapping: dict[str, str],
    profiles: Profiles,
    reading: Reading,
) -> None:
    """Judge the values of one person. Eight parameters: see `evaluate`."""
    writes = []
    for name, raw in entry.items():
        # null: the property is skipped [SP-37]
        # ASSUMED [SP-110]: a value that isn't there is skipped as null is.
        if name == id_property or raw is None or raw is newtonsoft.UNDEFINED:
            continue
        prop = profiles.property(mapping[name])
        try:
            if prop is None:
                raise BadValueError(f"Property '{mapping[name]}' does not exist.")
            if isinstance(raw, list | dict | newtonsoft.Constructor):
                raise BadValueError(f"The value of property '{prop.name}' is not a string.")
            writes.append((slot, prop.name, stored(prop, reading.text(raw), reading.offset)))
        except BadValueError as exc:
            # ASSUMED [SP-67]: a value that doesn't fit its property costs the person, as GenericError.
            outcome.lines.append(LogLine("GenericError", identity, str(exc)))
            return
    outcome.writes.extend(writes)


def _identity(value: Any, reading: Reading) -> str:
    return "" if isinstance(value, list | dict | newtonsoft.Constructor) else reading.text(value)


def _resolve(identity: str, id_type: IdType, directory: Directory, profiles: Profiles) -> int | None:
    """Find the person.

    ASSUMED [SP-89]: somebody without a profile is not resolved.
    """
    if id_type is IdType.CLOUD_ID:
        slot = directory.slot_of(identity.strip("{} "))
    else:
        slot = directory.by_name("mail" if id_type is IdType.EMAIL else "userPrincipalName", identity)
    return slot if slot is not None and profiles.has(slot) else None
