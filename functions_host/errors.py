"""Errors of the host itself, each with the next step for the person who started it.

HostError
├── PythonTooOldError    the worker library needs a newer Python
├── MissingPackageError  a package the host needs is not installed
├── AppError             the folder is no function app, or the worker could not index it
├── SettingsError        host.json, local.settings.json, a schedule or the clock can't be read
├── StateLockedError     another host runs on the same state directory
├── PortTakenError       the port is in use
├── AzureTriggersError   Microsoft's triggers are not there, or did not start
├── OneAppError          a second function app in one process
├── UnknownFunctionError no function (or no queue, no orchestration) of that name
└── InvocationFailedError  a function failed, timed out or used a binding that isn't run here
    └── StoppingError    the host stops, so the function was not run to its end
"""

from __future__ import annotations


class HostError(Exception):
    """The host can't go on; `next_step` says what to do about it."""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step

    def one_line(self) -> str:
        """Return message and next step as the command line prints them."""
        text = " ".join(str(self).split())
        return f"{text} -> {self.next_step}" if self.next_step else text


class PythonTooOldError(HostError):
    """The real worker library is published for Python 3.13 and later only."""


class MissingPackageError(HostError):
    """A package that the host needs is not installed."""


class AppError(HostError):
    """The folder holds no function app, or the worker refused it."""


class SettingsError(HostError):
    """host.json, local.settings.json, a schedule, a route or the clock can't be understood."""


class StateLockedError(HostError):
    """Another host works on this state directory."""


class PortTakenError(HostError):
    """The port is taken by another process."""


class AzureTriggersError(HostError):
    """The program with Microsoft's triggers can't be started here, or can't run this app."""


class OneAppError(HostError):
    """A process can host one function app: the worker keeps its registries in modules."""


class UnknownFunctionError(HostError):
    """No function of that name (or not of that kind) in this app."""


class InvocationFailedError(HostError):
    """A function invocation failed; `stack` holds the worker's stack trace."""

    def __init__(self, message: str, stack: str = "") -> None:
        super().__init__(message)
        self.stack = stack


class StoppingError(InvocationFailedError):
    """The host stops; the next host runs the function."""
