"""Vector as a peer of the speed benchmark."""
