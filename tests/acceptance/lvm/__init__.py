"""Volume groups, on a kernel that has device mapper: Debian's, in a machine that QEMU emulates."""
