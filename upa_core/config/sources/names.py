"""The meaning of a name in a mapping, an expression or a clause: an attribute, or a column of another source."""

from __future__ import annotations

from dataclasses import dataclass

from upa_core.config.grammar import closest
from upa_core.domain.people.attributes import AttributeRefusedError, resolve_attribute


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a connector knows."""

    extension_app: str | None
    """The application that owns the directory extensions written as `ext:Name`."""
    sources: tuple[str, ...] = ()
    """Names of the secondary sources."""
    primary: str = ""
    """The file or query that is the connector's own source: a name that is no other source's column is its column."""

    def resolve(self, name: str) -> str:
        """Return the dotted path of a name; `hr.CostCenter` is a column of the source `hr`.

        Raises `AttributeRefusedError` with the reason, and a suggestion where there is one.
        """
        source, dot, column = name.partition(".")
        if dot and source in (*self.sources, self.primary):
            if not column.strip():
                raise AttributeRefusedError(f"{name} names no column of the source {source}")
            return f"{source}.{column.strip()}"
        if self.primary:
            return f"{self.primary}.{name.strip()}"
        try:
            return resolve_attribute(name, self.extension_app)
        except AttributeRefusedError as error:
            near = closest(source, self.sources) if dot and not error.suggestion else ""
            if near:
                raise AttributeRefusedError(str(error), f"{near}.{column}") from None
            raise
