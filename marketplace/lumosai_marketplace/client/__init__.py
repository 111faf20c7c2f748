"""An index as a host sees it: found, verified, installed, updated."""
