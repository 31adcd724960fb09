"""Microsoft Graph behind our ports: users, mail, roles, directory extensions."""
