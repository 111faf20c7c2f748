"""The embedded models: a chat model and an embedding model that need no key and, once pulled, no network."""
