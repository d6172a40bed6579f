"""The drop-in for kube-bench: its controls, how it judges them, and its outputs."""
