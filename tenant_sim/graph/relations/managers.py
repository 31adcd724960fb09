"""Who reports to whom. Knows nothing of HTTP."""

from __future__ import annotations

from tenant_sim.graph.directory import Directory


class Managers:
    """The manager of each person who has one; a change of it is a change of the person [GR-58]."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._of: dict[str, str] = {}

    def set(self, person: str, manager: str | None) -> None:
        """Give somebody a manager, or none."""
        if manager is not None:
            manager = str(self._directory.get(manager)["id"])
        if self._of.get(person) == manager:
            return
        self._directory.touch(person, "manager")
        if manager is None:
            del self._of[person]
        else:
            self._of[person] = manager

    def of(self, person: str) -> str | None:
        """Return the id of somebody's manager.

        ASSUMED [GR-59]: a manager who is deleted is nobody's manager, and is again when restored; in neither case does
        delta show the reports as changed.
        """
        manager = self._of.get(person.lower())
        return manager if manager is not None and self._directory.find(manager) is not None else None

    def add_to(self, names: tuple[str, ...], shown: bytes, person: str) -> bytes:
        """Return a record of delta as JSON; the manager is in it where it was selected."""
        if "manager" not in names:
            return shown
        manager = self.of(person)
        inner = f'{{"@odata.type":"#microsoft.graph.user","id":"{manager}"}}' if manager is not None else ""
        return shown[:-1] + f',"manager@delta":[{inner}]}}'.encode()
