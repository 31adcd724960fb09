"""What every command shares: context, output, exit codes."""
