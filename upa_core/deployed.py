"""The Python for which the deployment package was built: its libraries run on no other version.

The standard library alone: this runs before anything of the package's libraries may be imported.
"""

import json
import platform
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1] / "upa_package.json"
"""Written by scripts/build-package; a checkout and a wheel have none."""


def wrong_python(package: Path = PACKAGE, running: str = "") -> str:
    """Return a sentence about a package for another Python; "" where it is the right one or there is no package.

    Args:
        package: the file that says `{"python": "3.13", …}`.
        running: the Python that runs, `3.13`; default: this one.
    """
    running = running or ".".join(platform.python_version_tuple()[:2])
    try:
        built_for = json.loads(package.read_text(encoding="utf-8"))["python"]
    except FileNotFoundError:
        return ""
    if built_for == running:
        return ""
    return (
        f"This package was built for Python {built_for} and runs on Python {running}: set UPA_PYTHON_VERSION to the "
        "Python that the app is to have, then azd up, which changes the app and builds its package anew."
    )


class Refusing:
    """Replaces a module that can't be imported here: any use of it raises `RuntimeError` with the reason."""

    def __init__(self, why: str) -> None:
        """Take the reason."""
        self._why = why

    def __getattr__(self, _: str) -> Any:
        """Refuse."""
        raise RuntimeError(self._why)
