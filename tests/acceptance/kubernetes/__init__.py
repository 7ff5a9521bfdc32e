"""Kubernetes labs for real, each node a guest that boots; without KVM it takes hours."""
