"""The run of an agent: model, tools, model, …, answer."""
