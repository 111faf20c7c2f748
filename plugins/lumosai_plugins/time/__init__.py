"""What time it is, here and elsewhere."""
