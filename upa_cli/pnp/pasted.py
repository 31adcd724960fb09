"""The text after `upa init --from-pnp`, as answers to the questions of `upa init`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from upa_cli.pnp.cmdlet import Pasted, read
from upa_cli.pnp.tokens import MAX_SIZE, PowerShellError
from upa_cli.pnp.translate import Change, translate
from upa_cli.shell.exits import USAGE, CommandError
from upa_cli.shell.output import clean


@dataclass(frozen=True, slots=True)
class FromPnp:
    """Answers; None and empty where the text doesn't give them."""

    mappings: Sequence[tuple[str, str]]
    left_out: Sequence[tuple[str, str, str]]
    clauses: Sequence[str]
    folder: str
    changes: Sequence[Change]
    tenant: str | None
    sharepoint: str | None
    site: str | None
    client_id: str | None
    certificate: str | None
    cloud: str | None

    @property
    def notes(self) -> list[str]:
        """Comments for the head of the file."""
        return [
            "Made from a PnP PowerShell command by upa init --from-pnp. What isn't as it was pasted, and why:",
            *(f"- {change.what}: {change.why}" for change in self.changes),
        ]


def pasted_file(given: str, extension_app: str | None) -> FromPnp:
    """Translate a text, a script's path or, for `-`, standard input.

    Raises `CommandError` for what can't be read or understood, and where no mapping is left.
    """
    try:
        pasted = read(_text(given))
    except PowerShellError as error:
        raise CommandError(clean(f"--from-pnp: {error}"), USAGE) from error
    made = translate(pasted, extension_app)
    if not made.mappings:
        reasons = "\n".join(f"  {target} from {name}: {why}" for target, name, why in made.left_out)
        raise CommandError(f"--from-pnp: none of its mappings can be kept\n{reasons}", USAGE)
    certificate = _certificate(pasted)
    return FromPnp(
        mappings=made.mappings,
        left_out=made.left_out,
        clauses=made.clauses,
        folder=made.folder,
        changes=made.changes,
        tenant=pasted.tenant or None,
        sharepoint=made.sharepoint or None,
        site=made.site or None,
        client_id=pasted.client_id if certificate else None,
        certificate=certificate,
        cloud=pasted.cloud or None,
    )


def _certificate(pasted: Pasted) -> str | None:
    return pasted.certificate or None if pasted.client_id else None


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read(MAX_SIZE + 1)
    if not given.strip():
        raise CommandError("--from-pnp is empty: give a script's path, the text itself, or - and paste it", USAGE)
    if "\n" not in given and "{" not in given and len(given) < 1024:
        place = Path(given)
        try:
            return place.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            if place.suffix.lower() in (".ps1", ".psm1", ".txt") or "=" not in given:
                text = (
                    f"--from-pnp: {given[:200]} can't be read; give a script's path, the text itself, or - and paste it"
                )
                raise CommandError(clean(text), USAGE) from error
    return given
