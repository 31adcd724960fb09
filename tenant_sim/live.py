"""Stores of a tenant that are up to date at each access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

Store = TypeVar("Store")


class Live(Generic[Store]):
    """A store of the tenant: everything that is due on the clock happens before it is returned."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, sim: TenantSim, owner: type) -> Store:
        sim.tick()
        return cast("Store", getattr(sim, self._name))
