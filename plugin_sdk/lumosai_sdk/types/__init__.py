"""The frozen types of the contract. Plain dataclasses, JSON-shaped, the same for trusted and sandboxed plugins."""
