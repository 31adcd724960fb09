"""Limits, threshold and retention of a connector, from the file to the domain's."""

from __future__ import annotations

from typing import Any

from upa_core.config.models import LimitsModel, RetentionModel, RhythmModel, ThresholdModel, ThresholdsModel
from upa_core.domain.connector import ChangeThreshold, Limits, Retention


def limits(model: LimitsModel, rhythm: RhythmModel) -> Limits:
    """Return the sizes and counts that a connector stays within."""
    return Limits(
        max_pairs=model.max_pairs,
        max_file_bytes=model.max_file_size,
        import_jobs_per_day=model.import_jobs_per_day,
        time_budget=model.time_budget,
        full_round_every=rhythm.full_round_every,
    )


def threshold(model: ThresholdsModel) -> ChangeThreshold:
    """Return when a plan is held."""
    usual = ChangeThreshold()

    def limit(part: ThresholdModel | ThresholdsModel, key: str, default: Any) -> Any:
        value = getattr(part, key)
        return default if value is None else None if value == "none" else value

    return ChangeThreshold(
        updates_absolute=limit(model.updates, "absolute", usual.updates_absolute),
        updates_percent=limit(model.updates, "percent", usual.updates_percent),
        clears_absolute=limit(model.clears, "absolute", usual.clears_absolute),
        clears_percent=limit(model.clears, "percent", usual.clears_percent),
        shrink_percent=limit(model, "source_shrank", usual.shrink_percent),
    )


def retention(model: RetentionModel) -> Retention:
    """Return how long archives are kept."""
    return Retention(model.successes, model.failures)
