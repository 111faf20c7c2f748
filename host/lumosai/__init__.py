"""The LumosAI host: it finds plugins, runs agents with what they contribute, and serves them."""
