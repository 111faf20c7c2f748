"""The processes that share one data folder: how they find each other, and what they ask and tell each other."""
