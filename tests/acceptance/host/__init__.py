"""A guest of ours plays a bare machine, and becomes a hypervisor over SSH."""
