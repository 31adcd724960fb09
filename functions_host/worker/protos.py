"""Stand-ins for the worker's protobuf messages.

The worker library gets its message classes handed in (`protos`) and only builds them by keyword and reads
attributes, so plain objects do: no protobuf, no gRPC, no .NET host.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """Built by keyword; a field that wasn't set reads as None."""

    def __getattr__(self, name: str) -> Any:
        """Return None for an unset field."""
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class TypedData:
    """One value for a function, or from it."""

    KINDS = ("string", "json", "bytes", "stream", "http", "int", "double")

    def __init__(self, **fields: Any) -> None:
        self.kind = next((kind for kind in self.KINDS if fields.get(kind) is not None), None)
        self.value = fields[self.kind] if self.kind else None
        if self.kind:
            setattr(self, self.kind, self.value)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        """Return the kind of value that is set, as protobuf does."""
        return self.kind


class ParameterBinding(Message):
    """A named value."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        """Values always travel in the message here, never in shared memory."""
        return "data"


class BindingInfo(Message):
    """A binding's type, direction and data type."""

    undefined, string, binary, stream = 0, 1, 2, 3
    out, inout = 1, 2


class StatusResult(Message):
    """The result of a request."""

    Failure, Success, Cancelled = 0, 1, 2


class _SameSite:
    Lax, Strict, ExplicitNone = 1, 2, 3


setattr(_SameSite, "None", 0)


class RpcHttpCookie(Message):
    """A cookie of an HTTP response."""

    SameSite = _SameSite


PLAIN = (
    "WorkerInitResponse",
    "FunctionMetadataResponse",
    "FunctionLoadResponse",
    "InvocationResponse",
    "RpcFunctionMetadata",
    "RpcException",
    "RpcHttp",
    "RpcRetryOptions",
    "WorkerMetadata",
    "FunctionEnvironmentReloadResponse",
    "NullableString",
    "NullableBool",
    "NullableDouble",
    "NullableTimestamp",
)


def make_protos() -> SimpleNamespace:
    """Return the namespace that the worker uses as its protobuf module."""
    protos = SimpleNamespace(
        TypedData=TypedData,
        ParameterBinding=ParameterBinding,
        BindingInfo=BindingInfo,
        StatusResult=StatusResult,
        RpcHttpCookie=RpcHttpCookie,
    )
    for name in PLAIN:
        setattr(protos, name, type(name, (Message,), {"__doc__": f"The worker's {name}."}))
    return protos
