"""Agent Skills: folders of instructions that an agent opens when it needs them."""
