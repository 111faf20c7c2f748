"""One contribution of each kind a guest can give; the tests run it natively and as a component."""
