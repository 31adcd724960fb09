"""What every fake can do besides its port: record calls, fail when told to, and let a test die at any call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a port's method; `subject` is what it was about (a key, an URL, an id)."""

    operation: str
    subject: str = ""


def nothing(_: Call) -> None:
    """Do nothing: the default of a hook."""


@dataclass
class Hooks:
    """Calls of a fake, in order, and what happens around them.

    A hook that raises is a death or a failure: in `before` the call has no effect, in `after` it has had its effect.
    """

    before: Callable[[Call], None] = nothing
    after: Callable[[Call], None] = nothing
    calls: list[Call] = field(default_factory=list)
    _failures: list[tuple[str, Exception, bool]] = field(default_factory=list)

    def fail(self, operation: str, error: Exception, *, times: int = 1, late: bool = False) -> None:
        """Let the next calls of the operation raise the error; `late`: after they have had their effect."""
        self._failures += [(operation, error, late)] * times

    def count(self, operation: str) -> int:
        """Return how often the operation was called."""
        return sum(call.operation == operation for call in self.calls)

    def subjects(self, operation: str) -> list[str]:
        """Return what the calls of the operation were about."""
        return [call.subject for call in self.calls if call.operation == operation]

    @contextmanager
    def around(self, operation: str, subject: str = "") -> Iterator[None]:
        """Run the body of a port's method as one call."""
        call = Call(operation, subject)
        self.calls.append(call)
        self.before(call)
        failure = next((f for f in self._failures if f[0] == operation), None)
        if failure is not None:
            self._failures.remove(failure)
            if not failure[2]:
                raise failure[1]
        yield
        if failure is not None:
            raise failure[1]
        self.after(call)
