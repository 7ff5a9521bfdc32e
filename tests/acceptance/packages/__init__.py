"""Packages come and go by four package managers, the real ones; `make packages`."""
