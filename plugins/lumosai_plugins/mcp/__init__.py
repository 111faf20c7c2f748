"""The Model Context Protocol both ways: tools of MCP servers for agents, and the host's tools and agents for others."""
