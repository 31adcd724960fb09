"""The individual route: single profiles over PeopleManager, for what the bulk import can't do."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.gates import closed_for_all
from upa_core.domain.individual import batch
from upa_core.domain.individual.judge import judge
from upa_core.domain.individual.proof import Proof, Proofs, why_not
from upa_core.domain.individual.record import Progress, read_records
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import is_early
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.people.verdict import Verdict
from upa_core.domain.plan.batch import BatchForm
from upa_core.ports.bundle import Ports
from upa_core.ports.single_profiles import SingleProfiles
from upa_core.services.deliver.archive import load_outcome, write_outcome
from upa_core.services.deliver.delivery import Delivery, next_delivery
from upa_core.services.deliver.finish import close_route, finish
from upa_core.services.deliver.individual.counted import Counted
from upa_core.services.deliver.individual.person import Writer, site_host_of
from upa_core.services.deliver.individual.slices import MAX_FAILURES, DeniedError, Slices
from upa_core.state.document import state_of
from upa_core.state.individual import proofs_of
from upa_core.state.plan_reader import people_in


class IndividualRoute:
    """Implements `Route` on the profiles of one connector's target."""

    form: BatchForm = batch

    def __init__(self, profiles: SingleProfiles) -> None:
        self.profiles = profiles

    def prepare(self, ports: Ports, connector: Connector) -> Connector:
        """Mark what the probe hasn't proven: nothing is planned or written for it, and the mapping holds the reason."""
        if not any(mapping.route == INDIVIDUAL for mapping in connector.active):
            return connector
        proof, now = self.proof(ports, connector), ports.clock.now()

        def prepared(mapping: Mapping) -> Mapping:
            if mapping.route != INDIVIDUAL:
                return mapping
            why = why_not(proof, mapping.target, mapping.type, now)
            known = proof.properties.get(mapping.target) if proof is not None else None
            return replace(mapping, unproven=why, clears=known is not None and known.clear != "")

        return replace(connector, mappings=tuple(prepared(mapping) for mapping in connector.mappings))

    def advance(self, ports: Ports, connector: Connector) -> Step:
        """Write the next slice of the run's first unsettled batch, or settle a batch that is written."""
        state = state_of(ports.store, connector.name).load().value
        delivery = next_delivery(ports, connector, state.run, INDIVIDUAL) if state.run is not None else None
        if delivery is None:
            return Step("idle", "nothing is to be written")
        outcome = load_outcome(ports, delivery.run.id, delivery.file.name)
        if outcome is not None:
            return finish(delivery, outcome).step
        if (gate := closed_for_all(state)) is not None:
            return Step("idle", f"between two slices: {gate.why}", run=delivery.run.id)
        return self._write(delivery)

    def judge(self, ports: Ports, outcome: Outcome, people: Collection[str]) -> Verdict:
        """Judge the archived answers; raises `CorruptStateError` where some are missing or damaged."""
        pieces = people_in(ports, outcome.run, outcome.file, INDIVIDUAL)
        tasks = [task for task in batch.tasks(pieces.values()) if task.person in people]
        records = []
        for log in outcome.logs:
            blob = ports.store.get(log.key)
            if blob is None:
                raise CorruptStateError(f"{log.key} is missing from the archive")
            if hashlib.sha256(blob.data).hexdigest() != log.sha256:
                raise CorruptStateError(f"{log.key} is damaged: its hash isn't that of the answers that were archived")
            records += read_records(blob.data)
        return judge(tasks, records, given_up=outcome.given_up, batch=f"{outcome.run} {outcome.file}")

    def _write(self, delivery: Delivery) -> Step:
        ports, connector = delivery.ports, delivery.connector
        slices, now = Slices(delivery, self._writer(delivery)), ports.clock.now()
        stored = slices.load()
        progress = stored.value
        if is_early(progress.claimed_until, now):
            return Step("poll", "another instance writes", at=progress.claimed_until, run=delivery.run.id)
        unproven = [one.unproven for one in self.prepare(ports, connector).active if one.route == INDIVIDUAL]
        if why := next(filter(None, unproven), ""):
            return self._end(delivery, slices, progress, why)
        if is_early(progress.not_before, now):
            return Step("poll", "the budget of calls, or a pause", at=progress.not_before, run=delivery.run.id)
        try:
            work = slices.work()
        except CorruptStateError as exc:
            return close_route(delivery, str(exc)).step
        if progress.done >= len(work):
            return self._end(delivery, slices, progress)
        if progress.failures >= MAX_FAILURES:
            return self._end(delivery, slices, progress, "SharePoint didn't answer for too long")
        try:
            progress = slices.run(stored, work)
        except DeniedError as exc:
            self.deny(ports, connector, str(exc))
            return self._end(delivery, slices, slices.load().value, f"SharePoint denies single writes: {exc}")
        if progress.not_before is not None and progress.done < len(work):
            return Step("poll", "the budget of calls, or a pause", at=progress.not_before, run=delivery.run.id)
        return Step("again", f"{progress.done} of {len(work)} people written", run=delivery.run.id)

    def _end(self, delivery: Delivery, slices: Slices, progress: Progress, given_up: str = "") -> Step:
        """Archive what is known, and settle it; with `given_up`, people without answers stay unknown."""
        outcome = Outcome(
            version=Outcome.VERSION,
            connector=delivery.connector.name,
            run=delivery.run.id,
            file=delivery.file.name,
            sequence=delivery.file.sequence,
            ended=delivery.ports.clock.now(),
            jobs=(),
            logs=slices.logs(progress) if given_up else progress.logs,
            intact=True,
            given_up=given_up,
            route=INDIVIDUAL,
        )
        return finish(delivery, write_outcome(delivery.ports, outcome)).step

    def _writer(self, delivery: Delivery) -> Writer:
        ports, connector = delivery.ports, delivery.connector
        proof = self.proof(ports, connector) or Proof(ports.clock.now())
        mappings = {one.target: one for one in connector.active if one.route == INDIVIDUAL}
        profiles = Counted(self.profiles)
        return Writer(ports, profiles, connector.name, delivery.run.id, mappings, proof, site_host_of(connector))

    def proof(self, ports: Ports, connector: Connector) -> Proof | None:
        """Return the probe's result for the app with which we write; raises as the port's `app`."""
        return proofs_of(ports.store, connector).load().value.apps.get(self.profiles.app())

    def deny(self, ports: Ports, connector: Connector, code: str) -> None:
        """Take the proof back: nothing is planned individually until a probe passes again."""
        app = self.profiles.app()

        def void(proofs: Proofs) -> Proofs:
            proof = proofs.apps.get(app)
            if proof is None:
                return proofs
            denied = {
                name: replace(one, found="denied", code=code[:80]) if one.found == "works" else one
                for name, one in proof.properties.items()
            }
            return proofs.plus(app, replace(proof, properties=denied))

        proofs_of(ports.store, connector).update(void)
