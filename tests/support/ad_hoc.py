"""Ad hoc runs in a `World`: a canary and an import, begun as the command line begins them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.support.world import World
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.runs import Report, Run
from upa_core.domain.people.mapping import direct
from upa_core.domain.plan.entry import Entry
from upa_core.ports.bundle import Ports
from upa_core.services.plan.ad_hoc import begin_ad_hoc
from upa_core.services.plan.one_person import plan_person
from upa_core.state.reports import reports_of


def ad_hoc_reports(world: World) -> list[Report]:
    """Return the reports of ad hoc runs, the newest first."""
    return [report for report in reports_of(world.store, world.connector.name) if report.ad_hoc is not None]


def begun(world: World) -> bool:
    """Return whether an ad hoc run was begun."""
    run = world.state.run
    return (run is not None and run.ad_hoc is not None) or bool(ad_hoc_reports(world))


def canary(world: World, ports: Ports, person: str) -> Run:
    """Begin a canary."""
    record = ports.source.read([person], world.connector.select)[person] or {}
    entry = plan_person(ports, world.connector, person, record, resend=True).entry
    assert entry is not None
    return begin_ad_hoc(ports, world.connector, [entry], AdHoc("canary", "anna"))


def import_values(world: World, ports: Ports, people: Mapping[str, Mapping[str, str]]) -> Run:
    """Begin an import of values by person and property."""
    targets = sorted({target for values in people.values() for target in values})
    mappings = tuple(direct(target, target) for target in targets)
    entries = [Entry(person, values, {}) for person, values in people.items()]
    made = replace(world.connector, mappings=mappings)
    return begin_ad_hoc(ports, made, entries, AdHoc("import", "anna", "people.csv"))
