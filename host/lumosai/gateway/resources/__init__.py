"""What is served, one file a resource: its operations, what they take, and what they answer."""
