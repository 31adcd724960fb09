"""In-memory implementations of the ports: they keep the ports' promises, record calls, and fail when told to."""

from tests.fakes.change_source import FakeChangeSource
from tests.fakes.clock import CountingIds, FakeClock
from tests.fakes.events import RecordingEvents, RecordingWaker
from tests.fakes.hooks import Call, Hooks
from tests.fakes.import_jobs import FakeImportJobs
from tests.fakes.library import FakeLibrary
from tests.fakes.memory_store import MemoryStore
from tests.fakes.row_source import FakeRowSource
from tests.fakes.tokens import FakeTokens
from tests.fakes.transport import ScriptedTransport, reply

__all__ = [
    "Call",
    "CountingIds",
    "FakeChangeSource",
    "FakeClock",
    "FakeImportJobs",
    "FakeLibrary",
    "FakeRowSource",
    "FakeTokens",
    "Hooks",
    "MemoryStore",
    "RecordingEvents",
    "RecordingWaker",
    "ScriptedTransport",
    "reply",
]
