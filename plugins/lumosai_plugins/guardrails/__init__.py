"""What stands between people, models and tools: personal data, secrets, injections, rules, and who must be asked."""
