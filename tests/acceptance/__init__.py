"""Slow proofs, each with a make target of its own; not part of `make test`."""
