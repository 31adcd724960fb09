"""SharePoint Online: the library, ProcessQuery and the profile service on the site host and the admin host."""
