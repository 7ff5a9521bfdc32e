"""A real libvirtd, real guests, and the README's own commands, in this checkout."""
