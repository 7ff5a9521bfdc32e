"""What AppArmor and SELinux make of the rules that a pool gets."""
