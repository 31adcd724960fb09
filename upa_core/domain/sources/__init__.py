"""Files and queries of a line-of-business system: what is accepted of them, row by row."""
