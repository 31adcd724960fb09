"""What a run would change: the planner, the change threshold, the properties that are never a target."""
