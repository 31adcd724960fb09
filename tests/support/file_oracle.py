"""The oracle of a joined file, in the plainest way and without the domain's code: what each profile must hold.

A row is whose key it bears, if that is one person. An empty cell clears. Whoever no row names keeps what they have. A
value that was rejected isn't sent until the source says another one.
"""

from __future__ import annotations

Rows = dict[str, str]


class FileOracle:
    """Told of each accepted file, each change of the directory and each decision, it says what profiles hold."""

    def __init__(self, keys: dict[str, str]) -> None:
        """Begin with everybody's key; no file was accepted yet, and no profile holds anything."""
        self.keys = dict(keys)
        self.rows: Rows = {}
        self.held = dict.fromkeys(keys, "")
        """What each profile holds."""
        self._rejected: Rows = {}
        """By person."""

    def accept(self, file: Rows) -> None:
        """Take a whole file; rows that it lacks stay in force for whomever they belong to."""
        kept = {key: cost for key, cost in self.rows.items() if key not in file and self._holder(key)}
        self.rows = kept | file

    def pending(self) -> Rows:
        """Return who would get another value now; a rejection ends with the source's next value."""
        wanted = {person: self.rows[key] for key in self.rows if (person := self._holder(key))}
        self._rejected = {p: cost for p, cost in self._rejected.items() if p not in wanted or wanted[p] == cost}
        return {p: cost for p, cost in wanted.items() if self.held[p] != cost and self._rejected.get(p) != cost}

    def deliver(self) -> None:
        """Let what is pending reach the profiles."""
        self.held |= self.pending()

    def reject(self) -> None:
        """Let somebody reject what is pending."""
        self._rejected |= self.pending()

    def _holder(self, key: str) -> str:
        holders = [person for person, one in self.keys.items() if one == key]
        return holders[0] if len(holders) == 1 else ""
