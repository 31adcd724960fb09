"""Rows of secondary sources, joined to the people of the directory by a key."""
