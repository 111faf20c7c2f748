"""Memories of agents: windows, working memory, semantic recall, observations, titles; and a person's right to all of it."""
