"""Web requests for agents: to hosts the owner allowed, and never around a corner to somewhere else."""
