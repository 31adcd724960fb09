"""Run live checks to their end, or as far as possible today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from upa_cli.live.catalog import Batch, lacking, next_batch
from upa_cli.live.check import Check, DirectCheck, Ended, ImportCheck, Verdict, differs, untried
from upa_cli.live.imports import file_of
from upa_cli.live.record import Flight, Record, save
from upa_cli.live.tenant import LiveTenant
from upa_core.adapters.http.call_log import CallLog
from upa_core.domain.bulk.batch import ID_PROPERTY
from upa_core.domain.bulk.import_job import ImportJob, state_name
from upa_core.domain.bulk.job_log import decode_log
from upa_core.domain.errors import AccessDeniedError, ConfigError, RefusedError, RetryLaterError, UpaError

POLL = 300.0
"""Seconds between two looks at an import job."""
RESTORE = "put-back"
"""The name of the flight that writes the old values back; it is no check."""
_STATE_ERRORS = (AccessDeniedError, RefusedError, RetryLaterError, ConfigError)


@dataclass
class LiveRun:
    """One invocation: a tenant, the record, and a channel for messages."""

    tenant: LiveTenant
    record: Record
    path: Path
    calls: CallLog
    tell: Callable[[str], None]

    def go(self, checks: Sequence[Check], *, wait: bool) -> bool:
        """Run the checks that aren't decided yet; return whether all are decided and cleaned up.

        A check that the service didn't answer stays open. With `wait` false it looks at an import job once.
        """
        for check in checks:
            if isinstance(check, DirectCheck) and not self._decided(check):
                self._decide(check, partial(check.ask, self.tenant))
        imports = [check for check in checks if isinstance(check, ImportCheck)]
        for check in imports:
            lack = lacking(check, self.tenant.properties)
            if lack and not self._decided(check):
                self._note(check, untried(lack), [])
        while True:
            if self.record.flight is not None:
                if not self._land(imports, wait=wait):
                    return False
                continue
            tried = [check for check in imports if not lacking(check, self.tenant.properties)]
            open_ = [check for check in tried if not self._decided(check)]
            done = {check.id for check in imports if check not in open_}
            batch = next_batch(open_, self.tenant.properties, done)
            if not batch.checks:
                if self._put_back():
                    continue
                break
            if not self._launch(batch):
                return False
        self.record.left += [f"{name} in the library" for name in self.tenant.left]
        self.tenant.left.clear()
        self._save()
        return all(self._decided(check) for check in checks)

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def _decided(self, check: Check) -> bool:
        return check.id in self.record.results

    def _decide(self, check: Check, ask: Callable[[], Verdict]) -> None:
        before = self.calls.total
        try:
            verdict = ask()
        except RetryLaterError as error:
            self.tell(f"{check.id}: {error}; it stays open")
            return
        except ConfigError as error:
            verdict = untried(str(error))
        except (AccessDeniedError, RefusedError) as error:
            verdict = differs(str(error))
        self._note(check, verdict, [call.request_id for call in self.calls.since(before) if call.request_id])

    def _note(self, check: Check, verdict: Verdict, requests: list[str]) -> None:
        now = self.tenant.ports.clock.now()
        self.record.note(check.id, verdict, now.isoformat(timespec="seconds"), requests[-10:])
        self._save()
        self.tell(f"{check.id}: {verdict.result}: {verdict.evidence}")

    def _save(self) -> None:
        save(self.path, self.record)

    # -- import jobs -------------------------------------------------------------------------------------------------

    def _launch(self, batch: Batch) -> bool:
        """Upload and queue the file of a batch; return whether to continue."""
        tenant, fallback = self.tenant, next(iter(self.tenant.probe_map))
        before = self.calls.total
        try:
            profile = tenant.profile()
            content = batch.content(tenant.person_id, fallback)
            flight = self._queue(content, batch.mapping(fallback), [check.id for check in batch.checks], profile)
        except RetryLaterError as error:
            self.tell(f"SharePoint doesn't take a file now: {error}")
            return False
        except (AccessDeniedError, RefusedError, ConfigError) as error:
            requests = [call.request_id for call in self.calls.since(before) if call.request_id]
            for check in batch.checks:
                self._note(check, untried(f"no import job could be queued: {error}"), requests)
            return True
        flight.properties = {name: list(given) for name, given in batch.properties.items()}
        for given in batch.properties.values():
            for name in given:
                self.record.original.setdefault(name, profile.get(name, ""))
        self._save()
        return True

    def _queue(self, content: bytes, mapping: dict[str, str], checks: list[str], profile: dict[str, str]) -> Flight:
        tenant, name = self.tenant, self.tenant.new_name()
        url = tenant.ports.library.url_of(name)
        tenant.ports.library.upload(name, content)
        job = tenant.ports.import_jobs.queue(url, mapping) or self._looked_up(url)
        now = tenant.ports.clock.now().timestamp()
        touched = {key: profile.get(key, "") for key in mapping}
        flight = self.record.flight = Flight(name, job, now, checks, {}, touched)
        self.tell(f"import job {job} is queued for {', '.join(checks)}")
        return flight

    def _looked_up(self, url: str) -> str:
        found = [job.id for job in self.tenant.ports.import_jobs.list() if job.source_uri == url]
        if not found:
            raise RefusedError("the queue call answered no id, and the list of import jobs doesn't have the file")
        return found[0]

    def _land(self, checks: Sequence[ImportCheck], *, wait: bool) -> bool:
        """Watch the import job to its end, and judge; return False where it must be watched again later."""
        flight, ports = self.record.flight, self.tenant.ports
        assert flight is not None
        while True:
            try:
                job = ports.import_jobs.get(flight.job)
                if job is not None:
                    self._seen(flight, job)
                if job is None or job.ended:
                    self._judge(checks, flight, job)
                    return True
            except RetryLaterError as error:
                self.tell(f"the import job can't be read now: {error}")
            if not wait:
                self.tell(f"import job {flight.job} is still under way")
                return False
            ports.clock.sleep(POLL)

    def _seen(self, flight: Flight, job: ImportJob) -> None:
        name = state_name(job.state)
        if not flight.states or flight.states[-1][0] != name:
            flight.states.append((name, self.tenant.ports.clock.now().timestamp() - flight.queued))
            self._save()
            self.tell(f"import job {flight.job} is {name}")

    def _judge(self, checks: Sequence[ImportCheck], flight: Flight, job: ImportJob | None) -> None:
        mine = [check for check in checks if check.id in flight.checks and not self._decided(check)]
        if job is None:
            for check in mine:
                self._note(check, differs("SharePoint doesn't know the import job any more"), [])
        elif flight.checks != [RESTORE]:
            log, files = self._log(job)
            given = {name: tuple(names) for name, names in flight.properties.items()}
            after = self.tenant.profile()
            ended = Ended(job, flight.states, log, files, flight.before, after, given, self.tenant.person_id)
            for check in mine:
                self._decide(check, partial(check.judge, ended))
        self._clean(flight, job)

    def _log(self, job: ImportJob) -> tuple[str, list[str]]:
        """Read the log files; a missing one is no error."""
        if not job.log_folder_uri:
            return "", []
        library = self.tenant.ports.library
        items = [item for item in library.items(job.log_folder_uri) or () if not item.is_folder]
        texts = [decode_log(library.download(item.url) or b"") for item in items]
        return "\r\n".join(texts), [item.name for item in items]

    def _clean(self, flight: Flight, job: ImportJob | None) -> None:
        try:
            self.tenant.delete(flight.file)
            if job is not None and job.log_folder_uri and flight.file.removesuffix(".json") in job.log_folder_uri:
                self.tenant.ports.library.delete_folder(job.log_folder_uri)
        except UpaError as error:
            self.record.left.append(f"{flight.file} and its log folder: {error}")
        self.record.flight = None
        self._save()

    def _clear_date(self, name: str) -> None:
        """Clear a date by a single write: an import can't [SP-39]."""
        try:
            self.tenant.set_one(name, "")
        except UpaError as error:
            self.record.left.append(f"{name} holds a date of the checks, and it can't be cleared: {error}")

    def _put_back(self) -> bool:
        """Send the old values of properties that imports wrote; return whether that is in progress now."""
        try:
            profile = self.tenant.profile() if self.record.original else {}
            dates = self.tenant.properties.get("date", ())
            changed = {name: old for name, old in self.record.original.items() if profile.get(name, "") != old}
            for name in [name for name, old in changed.items() if not old and name in dates]:
                del changed[name], self.record.original[name]
                self._clear_date(name)
            if not changed:
                return False
            row = {ID_PROPERTY: self.tenant.person_id, **changed}
            self.record.original.clear()
            self._queue(file_of([row]), {name: name for name in changed}, [RESTORE], profile)
        except _STATE_ERRORS as error:
            self.record.left.append(f"the old values couldn't be put back: {error}")
            return False
        self._save()
        return True
