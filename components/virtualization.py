"""Whether a machine can run guests by KVM, and if not, what is in the way. Pure.

It runs before anything is installed, on Pythons as old as 3.9: standard library alone, and no `match`.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from components.bios import bios_hint
from components.machine_facts import KvmDevice, MachineFacts


class Virtualization(Enum):
    """What is so; the value is what it means, in a few words."""

    WORKS = "guests run by KVM"
    BIOS = "the CPU can, and the BIOS/UEFI setup forbids it"
    NONE = "the CPU shows neither vmx nor svm"
    NESTED = "this machine is itself a guest that may have no guests by KVM"
    MODULE = "the kernel's module is not loaded"
    HIDDEN = "the module is loaded, and there is no /dev/kvm, as in a container"
    PERMISSION = "/dev/kvm is not for QEMU, which comes as group kvm"


class Finding(NamedTuple):
    """What is so with one machine, and what to do about it."""

    state: Virtualization
    todo: str
    """A sentence without its full stop; empty where there is nothing to do."""


def virtualization(facts: MachineFacts) -> Finding:
    """The first thing that is in the way, in the order in which they must be cleared."""
    if facts.cpu_flag:
        return _of_an_able_cpu(facts)
    if facts.bios_says:
        return Finding(Virtualization.BIOS, bios_hint(facts.cpu_vendor))
    if facts.in_guest:
        todo = "enable nested virtualization for it on its own host (CPU mode host-passthrough under libvirt)"
        return Finding(Virtualization.NESTED, todo)
    # A kernel hides the flag of what the BIOS disables, and says so once, early.
    doubt = "" if facts.kernel_log == "whole" else " and see `sudo dmesg | grep -iE 'vmx|svm|kvm'`"
    return Finding(Virtualization.NONE, f"{bios_hint(facts.cpu_vendor)} if it has that{doubt}")


def _of_an_able_cpu(facts: MachineFacts) -> Finding:
    module = "kvm_intel" if facts.cpu_flag == "vmx" else "kvm_amd"
    if facts.kvm_device is None:
        if facts.bios_says:
            return Finding(Virtualization.BIOS, bios_hint(facts.cpu_vendor))
        if module not in facts.kvm_modules:
            return Finding(Virtualization.MODULE, f"`sudo modprobe {module}`, and see what the kernel's log says to it")
        return Finding(Virtualization.HIDDEN, "run on the machine itself, or hand /dev/kvm to the container")
    if not _is_for_qemu(facts.kvm_device):
        return Finding(Virtualization.PERMISSION, "nothing where there is a group kvm: `make up` gives it the device")
    return Finding(Virtualization.WORKS, "")


def _is_for_qemu(device: KvmDevice) -> bool:
    """Libvirt starts QEMU as a user of its own, who is in the group kvm."""
    group, others = ("00" + device.mode)[-2:]
    return others in "67" or (device.group == "kvm" and group in "67")
