"""Pages and fragments of conversations, by noun."""
