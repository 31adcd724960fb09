"""The line of azure-functions-durable that an app uses: with 2.x every durable binding says `durableRequiresGrpc`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from functions_host.durable.line import Call, DurableLine
from functions_host.durable.v1 import DurableV1
from functions_host.durable.v2.work_items import DurableV2
from functions_host.worker.function import Function


def line_of(functions: Iterable[Function], *, call: Call, user_function: Callable[[str], Any]) -> DurableLine:
    """Return the line that the app's durable bindings ask for.

    Args:
        functions: of the app.
        call: runs a function through the worker and raises InvocationFailedError.
        user_function: returns the Python function of a name.
    """
    if any(function.over_grpc for function in functions):
        return DurableV2(call)
    return DurableV1(user_function)
