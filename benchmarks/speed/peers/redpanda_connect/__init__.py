"""Redpanda Connect as a peer of the speed benchmark."""
