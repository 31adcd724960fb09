"""Relations of directory objects: groups and their members, people and their managers."""
