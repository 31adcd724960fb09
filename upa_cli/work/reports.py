"""Reports of runs of the chosen connectors."""

from __future__ import annotations

from itertools import islice

from upa_cli.shell.context import Cli
from upa_core.domain.documents.runs import Report
from upa_core.state.reports import reports_of


def list_reports(cli: Cli, most: int) -> list[Report]:
    """Return the newest reports of the connector."""
    return list(islice(reports_of(cli.ports.store, cli.connector.name), most))
