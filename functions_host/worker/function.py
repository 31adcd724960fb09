"""One indexed function: its trigger and its other bindings, as the worker reported them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RUN_HERE = {
    "httpTrigger",
    "timerTrigger",
    "queueTrigger",
    "orchestrationTrigger",
    "activityTrigger",
}
RUN_OVER_GRPC = {"entityTrigger"}
"""Triggers that are run only where durable functions go over gRPC: azure-functions-durable 2.x."""
INPUTS_HERE = {"durableClient"}
OUTPUTS_HERE = {"queue", "http"}


@dataclass(frozen=True)
class Function:
    """A function of the app."""

    name: str
    trigger: dict[str, Any]
    bindings: list[dict[str, Any]]
    """All bindings, with the trigger."""
    others: list[dict[str, Any]] = field(default_factory=list)
    """The bindings without the trigger."""

    @classmethod
    def of(cls, name: str, bindings: list[dict[str, Any]]) -> Function:
        """Return a function from its bindings: one trigger, and others."""
        trigger = next(b for b in bindings if str(b["type"]).lower().endswith("trigger"))
        return cls(name, trigger, bindings, [b for b in bindings if b is not trigger])

    @property
    def kind(self) -> str:
        """The trigger's type."""
        return str(self.trigger["type"])

    @property
    def clients(self) -> list[str]:
        """Parameters that take a durable client."""
        return [str(b["name"]) for b in self.others if b["type"] == "durableClient"]

    @property
    def over_grpc(self) -> bool:
        """Whether one of its bindings wants durable functions over gRPC, as all of azure-functions-durable 2.x do."""
        return any(str(b.get("durableRequiresGrpc")).lower() == "true" for b in self.bindings)

    def output(self, name: str) -> dict[str, Any] | None:
        """Return the output binding of that parameter name."""
        return next((b for b in self.others if b["name"] == name and _is_output(b)), None)

    def not_run_here(self) -> list[str]:
        """Return the names of the bindings that this host doesn't run."""
        run_here = RUN_HERE | RUN_OVER_GRPC if self.over_grpc else RUN_HERE
        missing = [] if self.kind in run_here else [self.kind]
        for binding in self.others:
            served = OUTPUTS_HERE if _is_output(binding) else INPUTS_HERE
            if binding["type"] not in served:
                missing.append(str(binding["type"]))
        return missing


def _is_output(binding: dict[str, Any]) -> bool:
    return str(binding.get("direction")).lower() in ("out", "inout", "1", "2")
