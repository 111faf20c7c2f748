"""What a call into the sandbox costs, beside the ways others isolate tools. See bench/README.md."""
