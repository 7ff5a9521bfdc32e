"""Amounts of bytes for people."""

UNITS = (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024))


def about(amount: int) -> str:
    """Bytes as people say them."""
    for unit, length in UNITS:
        if amount >= length:
            return f"{amount / length:.1f}".removesuffix(".0") + unit
    return in_bytes(amount)


def in_bytes(amount: int) -> str:
    """Exactly."""
    return f"{amount} bytes" if amount else "0"
