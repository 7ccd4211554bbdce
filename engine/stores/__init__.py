"""Where batches end."""
