"""An ad hoc run: a run of a connector whose plan came from an administrator, not from the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class AdHoc:
    """The kind of an ad hoc run and who began it; such a run has no rounds."""

    kind: Literal["canary", "import", "now"]
    """`canary`: one person with the connector's own mappings; `import`: a file, once; `now`: one
    person, written singly beside the open run."""
    by: str
    """Who began it."""
    about: str = ""
    """The file's name, where there is one."""
