"""The Responses and Conversations of OpenAI's API, told in runs, threads and calls of models."""
