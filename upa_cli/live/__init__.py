"""Live checks: beliefs about SharePoint and Graph, tried with a test tenant."""
