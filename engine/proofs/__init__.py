"""Proofs about specs: that no record can be claimed by two record kinds."""
