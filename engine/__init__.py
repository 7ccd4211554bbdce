"""Logloom: a declarative, config-driven log normalization engine."""

__version__ = "0.1.0"
