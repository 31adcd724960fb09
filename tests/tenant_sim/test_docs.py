"""docs/simulator.md: its examples run, and nothing that exists is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tenant_sim import Fault, main
from tenant_sim.control import surface as control
from tenant_sim.upa.script import PRESETS

TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_run(example):
    """Each Python block of the page runs as it stands."""
    exec(compile(example, "docs/simulator.md", "exec"), {})

    assert EXAMPLES


def test_every_command_line_option_is_documented(capsys):
    """What --help names is on the page."""
    with pytest.raises(SystemExit):
        main.main(["--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}

    assert {option for option in options if option not in TEXT} == set()


def test_every_control_is_documented():
    """Each route of the control surface is on the page."""
    source = Path(control.__file__).read_text(encoding="utf-8")
    heads = set(re.findall(r'\("(?:GET|POST|PATCH|DELETE)", "(\w+)"\)', source))

    assert len(heads) > 15
    assert {head for head in heads if f"/_sim/{head}" not in TEXT} == set()


def test_every_outcome_and_fault_field_is_documented():
    """The presets of import jobs and the fields of a fault are on the page."""
    fields = {name for name in Fault.__dataclass_fields__ if name not in ("seen", "fired")}

    assert {name for name in PRESETS if f"`{name}`" not in TEXT} == set()
    assert {name for name in fields if name not in TEXT} == set()
