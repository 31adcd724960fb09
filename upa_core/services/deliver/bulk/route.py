"""The bulk route: import files, one import job at a time for the whole target tenant."""

from __future__ import annotations

from collections.abc import Mapping

from upa_core.domain.bulk import batch
from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.next_step import Step
from upa_core.domain.people.verdict import Verdict
from upa_core.domain.plan.batch import BatchForm
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.judge import judge_archive
from upa_core.services.deliver.bulk.send import send


class BulkRoute:
    """Implements `Route`: an import file is uploaded, queued, watched, archived, settled."""

    form: BatchForm = batch

    def prepare(self, ports: Ports, connector: Connector) -> Connector:  # noqa: ARG002 - other routes ask storage
        """Return the connector unchanged: SharePoint itself judges the map when a file is queued."""
        return connector

    def advance(self, ports: Ports, connector: Connector) -> Step:
        """Send the run's next import file; the watcher of the lane continues a file that is in it."""
        return send(ports, connector)

    def judge(self, ports: Ports, outcome: Outcome, people: Mapping[str, bytes]) -> Verdict:
        """Judge the archived logs."""
        return judge_archive(ports, outcome, people)
