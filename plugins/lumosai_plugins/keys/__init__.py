"""API keys: who shows one is who it was made for, and may do what it was made for."""
