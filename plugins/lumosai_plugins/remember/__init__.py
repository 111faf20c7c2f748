"""Memories of agents: windows, working memory, semantic recall, observations, titles; and deleting all of it."""
