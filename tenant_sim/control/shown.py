"""The tenant's objects as the control surface shows them: JSON values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenant_sim.clock import iso
from tenant_sim.control.calls import Call
from tenant_sim.control.faults import Fault
from tenant_sim.library import Library
from tenant_sim.login.apps import App
from tenant_sim.upa.jobs import ImportJob


def show_job(job: ImportJob) -> dict[str, Any]:
    """Return an import job with every state that it went through."""
    return {
        "job_id": job.job_id,
        "told_id": job.told_id,
        "nth": job.nth,
        "state": job.state.name,
        "error": job.error.name,
        "error_message": job.error_message,
        "source_uri": job.source_uri,
        "log_folder_uri": job.log_folder_uri,
        "mapping": job.mapping,
        "transitions": [[iso(at), name] for at, name in job.transitions],
        "file_bytes": None if job.file is None else len(job.file),
    }


def show_library(library: Library) -> dict[str, Any]:
    """Return the contents of all document libraries; sizes in bytes."""
    return {
        "items": [{"path": i.path, "folder": i.is_folder, "size": i.size, "author": i.author} for i in library.items()],
        "recycle_bin": [item.path for item in library.recycle_bin],
        "storage_bytes": library.storage_bytes(),
    }


def show_fault(rule: Fault) -> dict[str, Any]:
    """Return a rule by its fields; moments in ISO form, bytes as Python writes them."""
    return {
        k: (v.isoformat() if isinstance(v, datetime) else repr(v) if isinstance(v, bytes) else v)
        for k, v in vars(rule).items()
    }


def show_call(call: Call) -> dict[str, Any]:
    """Return a logged call."""
    return {
        "time": call.time.isoformat(),
        "surface": call.surface,
        "operation": call.operation,
        "status": call.status,
        "app": call.app,
    }


def show_app(app: App) -> dict[str, Any]:
    """Return an application or managed identity with its roles."""
    return {
        "name": app.name,
        "app_id": app.app_id,
        "object_id": app.object_id,
        "kind": app.kind,
        "roles": {resource: sorted(names) for resource, names in app.roles.items()},
    }
