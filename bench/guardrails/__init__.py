"""What guardrails find of a labelled set, and what they cost."""
