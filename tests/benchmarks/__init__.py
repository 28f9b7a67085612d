"""Benchmarks: each prints what it measures; none is part of the test run."""
