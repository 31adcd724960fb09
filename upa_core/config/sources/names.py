"""The meaning of a name in a mapping, an expression or a clause: an attribute, or a column of another source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from upa_core.config.grammar import closest
from upa_core.domain.people.attributes import AttributeRefusedError, resolve_attribute
from upa_core.domain.sources.joined.secondary import MEMBER


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a connector knows."""

    extension_app: str | None
    """The application that owns the directory extensions written as `ext:Name`."""
    sources: tuple[str, ...] = ()
    """Names of the secondary sources."""
    primary: str = ""
    """The file or query that is the connector's own source: a name that is no other source's column is its column."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Kind of each secondary source, by name."""

    def resolve(self, name: str) -> str:
        """Return the dotted path of a name; `hr.CostCenter` is a column of the source `hr`.

        Raises `AttributeRefusedError` with the reason, and a suggestion where there is one.
        """
        source, dot, column = name.partition(".")
        if dot and source in (*self.sources, self.primary):
            if not column.strip():
                raise AttributeRefusedError(f"{name} names no column of the source {source}")
            return f"{source}.{self._column(source, column.strip())}"
        if self.primary:
            return f"{self.primary}.{name.strip()}"
        try:
            return resolve_attribute(name, self.extension_app)
        except AttributeRefusedError as error:
            near = closest(source, self.sources) if dot and not error.suggestion else ""
            if near:
                raise AttributeRefusedError(str(error), f"{near}.{column}") from None
            raise

    def _column(self, source: str, column: str) -> str:
        """Return the column that is meant; of a file nobody knows which it has."""
        match self.kinds.get(source, ""):
            case "group" | "names" if column != MEMBER:
                raise AttributeRefusedError(f"{source} has one column, `member`, and no other", f"{source}.{MEMBER}")
            case "manager":
                try:
                    return resolve_attribute(column, self.extension_app)
                except AttributeRefusedError as error:
                    near = f"{source}.{error.suggestion}" if error.suggestion else ""
                    raise AttributeRefusedError(f"{source}.{column}: {error}", near) from None
        return column
