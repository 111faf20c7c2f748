"""What callers spend on models, and how much they may."""
