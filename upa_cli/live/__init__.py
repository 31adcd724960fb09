"""Live checks: assumptions about SharePoint and Graph, tested in a test tenant."""
