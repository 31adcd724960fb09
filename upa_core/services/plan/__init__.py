"""Make the plan of a run and export it."""
