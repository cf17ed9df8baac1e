"""The benchmark: the hub over HTTP beside the bare statements, COPY and an idiomatic DRF endpoint, in one run.

`python -m benchmarks` (`make bench`); what it measures and how is in docs/performance.md.
"""
