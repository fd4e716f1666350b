"""Benchmarks: `python -m bench`. Never part of the timed tests; figures go to docs/performance.json."""
