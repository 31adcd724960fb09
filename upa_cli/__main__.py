"""Runs the command line as `python -m upa_cli`."""

from upa_cli.main import main

main()
