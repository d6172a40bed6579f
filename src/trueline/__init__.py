"""trueline audits Kubernetes clusters and Linux nodes against the CIS Benchmarks."""

__version__ = "0.1.0"
