"""SharePoint behind our ports: library, import jobs, profiles."""
