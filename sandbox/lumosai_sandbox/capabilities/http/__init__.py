"""``http``: requests to what the owner granted, and never around a corner to somewhere else."""
