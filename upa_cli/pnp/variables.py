"""The variables of a pasted script, as far as their values stand in it."""

from __future__ import annotations

from upa_cli.pnp.statements import Assignment, Table
from upa_cli.pnp.tokens import Template, Variable


class Variables:
    """What each variable holds at a place of the script.

    What a block fills that doesn't always run is unclear, unless it is the first to fill it.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._held: dict[str, object] = {}

    def fill(self, made: Assignment) -> None:
        """Take over an assignment, one key of a hashtable, or what is added to it."""
        name, key, value = made.name.lower(), made.key, self.value(made.value)
        whole, dot, member = made.name.rpartition(".")
        if dot and isinstance(self._held.get(whole.lower()), Table):
            name, key = whole.lower(), member  # `$map.CostCenter = …`
        before = self._held.get(name)
        if key and before is None:
            return  # a key of something that this script doesn't fill
        if made.sometimes and before is not None and before != value:
            self._held[name] = Variable(made.name, unclear=made.line)
        elif key or made.adds:
            self._held[name] = self._added(made, before, key, value)
        else:
            self._held[name] = value

    def _added(self, made: Assignment, before: object, key: str, value: object) -> object:
        if isinstance(before, Variable) and before.unclear:
            return before
        more = ((key, value),) if key else value.pairs if isinstance(value, Table) else None
        if not isinstance(before, Table) or more is None:
            return Variable(made.name, unclear=made.line)
        pairs = {known.lower(): (known, held) for known, held in before.pairs}
        if not key and pairs.keys() & {new.lower() for new, _ in more}:
            return Variable(made.name, unclear=made.line)  # PowerShell refuses to add a key twice
        pairs |= {new.lower(): (new, held) for new, held in more}
        return Table(tuple(pairs.values()), before.line)

    def tables(self) -> list[Table]:
        """Return the hashtables that are held."""
        return [value for value in self._held.values() if isinstance(value, Table)]

    def value(self, value: object) -> object:
        """Return what a value comes to; a variable where the script doesn't say."""
        if isinstance(value, Template):
            parts = [self.value(part) for part in value.parts]
            missing = next((part for part in parts if not isinstance(part, str)), None)
            if missing is None:
                return "".join(str(part) for part in parts)
            return missing if isinstance(missing, Variable) else Variable("(…)")
        for _ in range(4):
            if not isinstance(value, Variable) or value.unclear or value.name.lower() not in self._held:
                break
            value = self._held[value.name.lower()]
        return value
