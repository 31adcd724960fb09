"""Live checks: what was believed about SharePoint and Graph, tried against a test tenant."""
