"""Takes README's pictures from a demo: the page in Chromium, the terminal as SVG. `python scripts/pictures.py`."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
COLUMNS = 96
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Run the demo, keep it up, look at its page, and write both pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="upa-pictures-") as folder:
        command = [sys.executable, "-m", "upa_cli", "demo", "--keep", "--people", "200", "--folder", folder]
        environ = {**os.environ, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "PYTHONUNBUFFERED": "1"}
        environ.pop("NO_COLOR", None)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environ) as demo:  # noqa: S603 - our own program
            if demo.stdout is None:
                raise RuntimeError("the demo has no output")
            lines: list[str] = []
            address = ""
            try:
                for line in demo.stdout:
                    lines.append(line.rstrip("\n"))
                    if found := re.search(r"(http://\S+/api/ui\?code=[^\s\x1b]+)", line):
                        address = found[1]
                        break
                if not address:
                    raise RuntimeError("the demo names no page")
                photograph(address)
            finally:
                demo.send_signal(signal.SIGTERM)
                demo.wait(60)
    (PICTURES / "terminal.svg").write_text(drawn(story(lines), COLUMNS), encoding="utf-8")


def story(lines: list[str]) -> list[str]:
    """Return the part of the demo's output that tells the story, without addresses and places of this machine."""
    plain = [Text.from_ansi(line).plain for line in lines]
    first = next(at for at, line in enumerate(plain) if line.startswith("1."))
    last = next(at for at, line in enumerate(plain) if "equal the oracle" in line)
    kept = [
        line
        for line, text in zip(lines[first : last + 1], plain[first : last + 1], strict=True)
        if "functions indexed" not in text and "→" not in text[:24]
    ]
    return [line for line in kept if not re.search(r"127\.0\.0\.1|/tmp/|localhost", Text.from_ansi(line).plain)]


def drawn(lines: list[str], columns: int) -> str:
    """Draw terminal output as SVG that asks for nothing from elsewhere."""
    console = Console(record=True, width=columns, file=io.StringIO())
    for line in lines:
        console.print(Text.from_ansi(line))
    return _FONT.sub("", console.export_svg(title="make demo", unique_id="demo")).replace("Fira Code", "monospace")


def photograph(address: str) -> None:
    """Take the page as a desk shows it."""
    chromium = os.environ.get("UPA_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1000, "height": 760}, timezone_id="Europe/Berlin")
        page.goto(address)
        page.wait_for_selector("#view[data-view]")
        page.screenshot(path=PICTURES / "page.png")
        browser.close()


if __name__ == "__main__":
    main()
