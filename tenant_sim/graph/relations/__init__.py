"""How objects of the directory belong together: groups and their members, people and their managers."""
