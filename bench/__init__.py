"""Measurements of the pipeline: `python -m bench` in minutes, `python -m bench --full` with a million people."""
