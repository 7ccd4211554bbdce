"""lognormalizer as a peer."""
