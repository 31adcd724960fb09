"""Pure rules of the pipeline: no clock, no ids, no I/O; those come in as arguments."""
