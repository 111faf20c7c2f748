"""Several processes that serve as one: who accepts, who is restarted, and what they count together."""
