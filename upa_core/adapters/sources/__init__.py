"""Files of a line-of-business system: where they lie and how they are read; imported by connectors that have one."""
