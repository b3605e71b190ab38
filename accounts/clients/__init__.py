"""Services outside this machine."""
