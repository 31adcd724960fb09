"""From a PnP PowerShell command to a connector file."""
