"""Events: the bus, those who follow it, and the monitors it feeds."""
