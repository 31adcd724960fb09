"""The individual route: single profiles, read, written and read back, in slices that one worker claims at a time."""
