"""Storage in this process's memory, gone when it ends: for tests, demos, and hosts that must keep nothing."""
