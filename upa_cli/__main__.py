"""Lets `python -m upa_cli` be the command line."""

from upa_cli.main import main

main()
