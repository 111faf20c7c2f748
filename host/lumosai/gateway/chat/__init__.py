"""Chat completions as OpenAI's clients speak them: with an agent as the model, or with a model directly."""
