"""The keys that were met in a file, numbered; keys that rise from row to row are new without a look at the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from operator import lt

from upa_core.domain.fingerprints import Fingerprints


class MetKeys:
    """Numbers different keys from 0, in the order in which they come."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known = Fingerprints()
        self._last = ""
        """The last of all keys in the order of texts."""

    def __len__(self) -> int:
        """Return how many different ones came."""
        return len(self._known)

    def number(self, key: str) -> int:
        """Return the number of a key; a new one takes the next number."""
        self._last = max(self._last, key)
        return self._known.number(hash(key))

    def add_new(self, keys: Sequence[str]) -> bool:
        """Add keys, at least one, that are all new and all different; return False, and add none, where they aren't."""
        if keys[0] > self._last and all(map(lt, keys, islice(keys, 1, None))):
            self._known.append(list(map(hash, keys)))
            self._last = keys[-1]
            return True
        if not self._known.add_new(list(map(hash, keys))):
            return False
        self._last = max(self._last, *keys)
        return True
