"""The servers that nodes get Kubernetes from, played on this machine under their true names."""
