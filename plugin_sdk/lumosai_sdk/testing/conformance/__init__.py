"""What every implementation of a kind must do, one test class a kind: subclass it and override its fixtures."""
