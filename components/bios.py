"""What the BIOS/UEFI setup calls virtualization. Pure, and small: every preview reads it."""

SETTINGS = {
    "GenuineIntel": "Intel Virtualization Technology (VT-x)",
    "AuthenticAMD": "SVM Mode",
    "HygonGenuine": "SVM Mode",
}
"""The usual name in menus, by the vendor of the CPU."""


def bios_hint(vendor: str = "") -> str:
    """What to change there; by both makers' names for it where the vendor is not known."""
    setting = SETTINGS.get(vendor)
    return f"enable {repr(setting) if setting else 'Intel VT-x or AMD-V (SVM)'} in the BIOS/UEFI setup"
