"""Large sets of tools: a model is shown those that fit what is asked, and may search for others."""
