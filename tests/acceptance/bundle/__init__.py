"""What `make kubernetes-bundle` makes."""
