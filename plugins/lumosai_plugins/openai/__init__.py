"""Chat, embeddings and models of any OpenAI-compatible server."""
