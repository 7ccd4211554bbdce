"""Specs prove themselves: samples, cases beside the spec, arrival orders, round trips, coverage.

No server and no file but those of the specs: a case runs through the real pipeline into a real
store in memory, and what the store then holds is compared.
"""
