"""The bulk route: the import file, the import job and what its log says."""
