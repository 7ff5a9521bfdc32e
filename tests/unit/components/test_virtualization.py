"""What is in the way of KVM is named, with what to do about it."""

import pytest

from components.bios import bios_hint
from components.machine_facts import parse
from components.virtualization import Virtualization, virtualization

INTEL = "cpu_vendor GenuineIntel\n"
AMD = "cpu_vendor AuthenticAMD\n"
WHOLE = "kernel_log whole\n"
SAYS = "bios_says kvm: disabled by bios\n"


@pytest.mark.parametrize(
    ("output", "state", "todo"),
    [
        ("", "NONE", "enable Intel VT-x or AMD-V (SVM) in the BIOS/UEFI setup if it has that and see"),
        (
            INTEL + WHOLE,
            "NONE",
            "enable 'Intel Virtualization Technology (VT-x)' in the BIOS/UEFI setup if it has that",
        ),
        (INTEL + "bios_says x86/cpu: VMX (outside TXT) disabled by BIOS", "BIOS", "enable 'Intel Virtualization"),
        (AMD + "bios_says SVM disabled (by BIOS) in MSR_VM_CR", "BIOS", "enable 'SVM Mode' in the BIOS/UEFI setup"),
        (AMD + "cpu_flag svm\nkvm_module kvm\n" + SAYS, "BIOS", "enable 'SVM Mode' in the BIOS/UEFI setup"),
        ("cpu_vendor Shanghai\n" + SAYS, "BIOS", "enable Intel VT-x or AMD-V (SVM) in the BIOS/UEFI setup"),
        (AMD + "cpu_flag hypervisor", "NESTED", "enable nested virtualization for it on its own host"),
        (AMD + "cpu_flag hypervisor\nkvm_device 660 root kvm", "NESTED", "enable nested virtualization"),
        (INTEL + "cpu_flag vmx\nkvm_module kvm", "MODULE", "`sudo modprobe kvm_intel`"),
        (AMD + "cpu_flag svm", "MODULE", "`sudo modprobe kvm_amd`"),
        (AMD + "cpu_flag svm\nkvm_module kvm\nkvm_module kvm_amd", "HIDDEN", "run on the machine itself"),
        ("cpu_flag svm\nkvm_device 600 root root", "PERMISSION", "nothing where there is a group kvm"),
        ("cpu_flag svm\nkvm_device 660 root root", "PERMISSION", "nothing where there is a group kvm"),
        ("cpu_flag svm\nkvm_device 640 root kvm", "PERMISSION", "nothing where there is a group kvm"),
        ("cpu_flag svm\nkvm_device  root kvm", "PERMISSION", "nothing where there is a group kvm"),
        ("cpu_flag svm\nkvm_device 660 root kvm", "WORKS", ""),
        ("cpu_flag svm\nkvm_device 666 root root", "WORKS", ""),
        ("cpu_flag vmx\ncpu_flag hypervisor\nkvm_device 1660 root kvm\n" + SAYS, "WORKS", ""),
    ],
)
def test_states(output: str, state: str, todo: str) -> None:
    """The first thing that is in the way is the one that is told."""
    found = virtualization(parse(output))
    assert found.state is Virtualization[state]
    assert found.todo.startswith(todo)
    assert bool(found.todo) == bool(todo)


def test_every_state_is_one_sentence_of_its_own() -> None:
    """Two states never read the same."""
    assert len({state.value for state in Virtualization}) == len(Virtualization.__members__)
    assert bios_hint() in bios_hint("unheard of")
