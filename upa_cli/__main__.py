"""Starts the command line: `upa`, and `python -m upa_cli`."""

import sys


def main() -> None:
    """Run the command line; whoever presses Ctrl-C while its modules still load gets a sentence too."""
    try:
        from upa_cli.main import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("stopped before anything was done\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
