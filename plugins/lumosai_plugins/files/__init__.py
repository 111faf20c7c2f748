"""Files for agents: in the folders the owner granted, and nowhere else."""
