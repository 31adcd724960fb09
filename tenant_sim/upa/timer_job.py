"""The UPA timer job: a state machine on the clock that downloads files, reads them and writes profiles.

It advances by `time` (the clock), by `reads` (one state every n reads), or is `immediate`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from uuid import UUID

from tenant_sim.graph.directory import Directory
from tenant_sim.library import Library
from tenant_sim.library_items import SYSTEM, LibraryError
from tenant_sim.schedule import Schedule
from tenant_sim.upa.importer import IdType, JobError, Limits, Outcome, Reading, evaluate
from tenant_sim.upa.jobs import NO_JOB, ImportJob, JobState
from tenant_sim.upa.profiles import Profiles
from tenant_sim.upa.script import Fate, fate

THRESHOLD_TEXT = "The attempted operation is prohibited because it exceeds the list view threshold."
INTERNAL_ERROR_TEXT = "Failed to import the custom properties due to an unexpected error."  # [SP-50]


@dataclass
class Settings:
    """Settings of the timer job, changeable at any time; `names_properties`: the log names refused properties."""

    mode: str = "time"
    """`time`, `reads` or `immediate`."""
    reads: int = 1
    """Reads per state in mode `reads`."""
    download_delay: float = 3600
    """Seconds in Submitted: files are downloaded roughly once an hour [SP-52]."""
    processing: float = 1800
    """Seconds in Processing: the file is read."""
    importing: float = 3600
    """Seconds in Queued: values go into the profiles."""
    import_dates: str = "text"
    """`text`: a value like 2026-06-23T00:00:00Z stays as it is; `reformatted`: it becomes 06/23/2026 00:00:00."""
    names_properties: bool = True
    server_zone_min: int = 0
    """Minutes by which the server's clock is ahead of UTC: date-times with a zone are moved into its zone."""
    most_jobs: int = 5000
    """With more import jobs, neither queue nor status calls work: the list view threshold."""


class TooManyJobsError(Exception):
    """The list of import jobs is past the list view threshold."""


class TimerJob:
    """The import jobs, and their progress."""

    def __init__(
        self,
        rng: random.Random,
        now: Callable[[], float],
        schedule: Schedule,
        directory: Directory,
        profiles: Profiles,
        library: Library,
        site_bases: Callable[[], set[str]],
    ) -> None:
        """Start with no jobs. Seven parameters: the parts of the tenant that the timer job works on."""
        self._rng, self._now, self._schedule = rng, now, schedule
        self._directory, self._profiles, self._library = directory, profiles, library
        self._site_bases = site_bases
        self.settings, self.limits = Settings(), Limits()
        self.script: dict[int, Fate] = {}
        """What happens to the n-th job, counted from 1."""
        self.jobs: list[ImportJob] = []
        self.log_base = ""
        self._queued = 0

    # -- control -----------------------------------------------------------------------------------------------------

    def plan(self, nth: int | str, outcome: str | Fate | None = None, **fields: object) -> Fate:
        """Set what happens to the n-th job from now on (`next` = the next one): a preset's name and/or fields."""
        number = self._queued + 1 if nth == "next" else int(nth)
        self.script[number] = outcome if isinstance(outcome, Fate) else fate(outcome, **fields)
        return self.script[number]

    # -- the four calls ----------------------------------------------------------------------------------------------

    def queue(self, id_type: IdType, id_property: str, mapping: dict[str, str], source_uri: str) -> str:
        """Queue a job; return the id of the answer."""
        self._require_list()
        self._queued += 1
        job_id = str(UUID(int=self._rng.getrandbits(128), version=4))
        job = ImportJob(job_id, self._queued, id_type, id_property, dict(mapping), source_uri, self._now())
        what = self._fate(job)
        job.told_id = NO_JOB if what.empty_job_id else job_id
        self.jobs.append(job)
        if what.unknown and self.settings.mode == "time":
            # ASSUMED [SP-102]: Unknown is what a job's state reads before it reads Submitted.
            job.enter(JobState.UNKNOWN, job.submitted_at)
            self._schedule.at(job.submitted_at + what.unknown, lambda at: self._submit(job, at))
        else:
            self._submit(job, job.submitted_at)
        return job.told_id

    def _require_list(self) -> None:
        """Fail when the list of jobs is too long for its view, as after a year of daily jobs [SP-59].

        ASSUMED [SP-79]: the number is that of list views, and queueing, listing and reading one job all fail.
        """
        if len(self.jobs) > self.settings.most_jobs:
            raise TooManyJobsError(THRESHOLD_TEXT)

    def read(self, job_id: str) -> ImportJob | None:
        """Find a job by id; in mode `reads` this may advance it by one state."""
        self._require_list()
        job = next((j for j in self.jobs if j.job_id == job_id.lower()), None)
        if job is not None:
            self._count_read(job)
        return job

    def read_all(self) -> list[ImportJob]:
        """Return all jobs, old and waiting ones [SP-58].

        ASSUMED [SP-78]: jobs are kept for ever, and the list is in the order of submission.
        """
        self._require_list()
        for job in self.jobs:
            self._count_read(job)
        return list(self.jobs)

    def delete(self, job_id: str) -> bool:
        """Cancel a job that has not started; no tidy-up of history [SP-11].

        ASSUMED [SP-69]: a cancelled job is no longer listed.
        """
        job = next((j for j in self.jobs if j.job_id == job_id.lower()), None)
        if job is None or job.state not in (JobState.UNKNOWN, JobState.SUBMITTED):
            return False
        job.cancelled = True
        self.jobs.remove(job)
        return True

    # -- progress ----------------------------------------------------------------------------------------------------

    def _fate(self, job: ImportJob) -> Fate:
        return self.script.get(job.nth) or Fate()

    def _submit(self, job: ImportJob, moment: float) -> None:
        """Put a job into the queue of files to be downloaded."""
        if job.cancelled:
            return
        job.enter(JobState.SUBMITTED, moment)
        what = self._fate(job)
        if self.settings.mode == "immediate":
            self._run_now(job)
        elif self.settings.mode == "time" and what.hang != "Submitted":
            delay = (self.settings.download_delay + what.extra_delay) * what.slow
            self._schedule.at(moment + delay, lambda at: self._download(job, at))
        elif self.settings.mode == "time" and what.wake_after is not None:
            self._schedule.at(moment + what.wake_after, lambda at: self._download(job, at))

    def _run_now(self, job: ImportJob) -> None:
        moment = job.submitted_at
        what = self._fate(job)
        for state, step in (
            ("Submitted", self._download),
            ("Processing", self._start_import),
            ("Queued", self._finish),
        ):
            if what.hang == state or job.state.terminal:
                return
            step(job, moment)

    def _count_read(self, job: ImportJob) -> None:
        if self.settings.mode != "reads" or job.state.terminal:
            return
        job.reads += 1
        what, steps = self._fate(job), job.reads // max(1, self.settings.reads)
        moves = {1: ("Submitted", self._download), 2: ("Processing", self._start_import), 3: ("Queued", self._finish)}
        wanted = {JobState.SUBMITTED: 1, JobState.PROCESSING: 2, JobState.QUEUED: 3}[job.state]
        if steps >= wanted and moves[wanted][0] != what.hang:
            moves[wanted][1](job, self._now())

    def _download(self, job: ImportJob, moment: float) -> None:
        """Submitted → Processing, or Error when there is no file to be had."""
        if job.cancelled or job.state is not JobState.SUBMITTED:
            return
        what = self._fate(job)
        parts = urlsplit(job.source_uri)
        if f"{parts.scheme}://{parts.netloc}".lower() not in self._site_bases():
            self._fail(job, JobError.DATA_FILE_NOT_IN_TENANT, "The data file is not in the tenant.", moment)
            return
        try:
            job.file = self._library.seen_by_system(unquote(parts.path)).content
        except LibraryError:
            # the file has to be there when it is downloaded [SP-57]
            self._fail(job, JobError.DATA_FILE_NOT_EXIST, "The data file does not exist.", moment)
            return
        # [SP-53]: Processing (the file is read) comes before Queued (waits for its import).
        job.enter(JobState.PROCESSING, moment)
        if self.settings.mode != "time":
            return
        if what.hang != "Processing":
            wait = self.settings.processing * what.slow if what.processing is None else what.processing
            self._schedule.at(moment + wait, lambda at: self._start_import(job, at))
        elif what.wake_after is not None:
            self._schedule.at(moment + what.wake_after, lambda at: self._start_import(job, at))

    def _start_import(self, job: ImportJob, moment: float) -> None:
        """Processing → Queued, or Error when the file is bad."""
        what = self._fate(job)
        job.outcome = self._evaluate(job)
        if job.outcome.error not in (JobError.NO_ERROR, JobError.IMPORT_COMPLETE_WITH_ERROR):
            self._end(job, job.outcome.error, moment)
            return
        if what.error is not None and what.fails_in == "Processing":
            self._end(job, what.error, moment)
            return
        job.enter(JobState.QUEUED, moment)
        if self.settings.mode != "time":
            return
        if what.hang != "Queued":
            self._schedule.at(moment + self.settings.importing * what.slow, lambda at: self._finish(job, at))
        elif what.wake_after is not None:
            self._schedule.at(moment + what.wake_after, lambda at: self._finish(job, at))

    def _evaluate(self, job: ImportJob) -> Outcome:
        settings = self.settings
        return evaluate(
            job.file or b"",
            job.id_type,
            job.id_property,
            job.mapping,
            self._directory,
            self._profiles,
            self.limits,
            Reading(settings.import_dates == "reformatted", timedelta(minutes=settings.server_zone_min)),
        )

    def _finish(self, job: ImportJob, moment: float) -> None:
        """Queued → Succeeded or Error: the values are in the profiles.

        ASSUMED [SP-106]: people are resolved and values appear when the job ends, all at once.
        """
        what = self._fate(job)
        job.outcome = outcome = self._evaluate(job)
        share = 1.0 if what.applied is None else what.applied
        for slot, name, value in outcome.writes[: round(len(outcome.writes) * share)]:
            self._profiles.write(slot, name, value, f"import {job.job_id}", moment)
        self._end(job, outcome.error if what.error is None else what.error, moment)

    def _end(self, job: ImportJob, error: JobError, moment: float) -> None:
        if error is JobError.NO_ERROR:
            job.enter(JobState.SUCCEEDED, moment)
            return
        text = {
            JobError.INTERNAL_ERROR: INTERNAL_ERROR_TEXT,
            JobError.DATA_FILE_TOO_BIG: "The data file is too big.",
        }.get(error, "The import has errors, see the log in the log folder.")
        self._fail(job, error, text, moment)
        self._write_log(job, job.outcome or Outcome(), moment)

    def _fail(self, job: ImportJob, error: JobError, text: str, moment: float) -> None:
        # ASSUMED [SP-75]: only InternalError's text was ever seen; the others are ours.
        job.error, job.error_message = error, text
        job.enter(JobState.ERROR, moment)

    # -- logs --------------------------------------------------------------------------------------------------------

    def _write_log(self, job: ImportJob, outcome: Outcome, moment: float) -> None:
        what = self._fate(job)
        if what.log == "none" or not outcome.lines:
            return  # ASSUMED [SP-85]: no folder when there is nothing to write into it
        if what.log == "late":
            self._schedule.at(moment + what.log_delay, lambda at: self._put_log(job, outcome, at))
        else:
            self._put_log(job, outcome, moment)

    def _put_log(self, job: ImportJob, outcome: Outcome, moment: float) -> None:
        """Write the log beside the data file [SP-43, SP-45].

        ASSUMED [SP-84]: UTF-8 without BOM, CRLF, no header line, extension .log.
        """
        parts = urlsplit(job.source_uri)
        parent, _, name = unquote(parts.path).rpartition("/")
        folder = f"{parent}/{name.rsplit('.', 1)[0]}-{job.job_id}-Logs"
        stamp = datetime.fromtimestamp(moment, UTC)
        log_name = (
            f"ImportProfileProperties-{job.job_id}-{stamp:%Y%m%d}-{stamp:%H%M%S}-{stamp.microsecond // 1000:03d}.log"
        )
        text = "".join(f"{line}\r\n" for line in outcome.log_lines(self.settings.names_properties))
        try:
            self._library.add_folder(folder, SYSTEM)
            self._library.add_file(folder, log_name, text.encode(), overwrite=True, author=SYSTEM)
        except LibraryError:
            return  # the library is gone: no log
        job.log_folder_uri = f"{parts.scheme}://{parts.netloc}{folder}"
