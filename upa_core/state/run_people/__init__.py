"""The people of a run behind an offset table: written with the plan and with each result, read in a few pieces."""
