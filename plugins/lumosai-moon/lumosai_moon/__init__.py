"""The moon for LumosAI agents: an example plugin. It imports nothing of LumosAI but ``lumosai_sdk``."""
