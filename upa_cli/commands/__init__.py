"""The commands of `upa`, a module per family; importing one registers its commands."""
