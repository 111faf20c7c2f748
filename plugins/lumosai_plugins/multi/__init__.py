"""Models of other vendors (Anthropic, Google, Bedrock, Mistral, …) through pydantic-ai."""
