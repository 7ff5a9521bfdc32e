"""`make lock-images`: moves the pins of images/catalogue.yaml to the newest images of their publishers."""


class LockError(Exception):
    """Why a pin stays as it is, in the words of a report: `<rule>, got <value>; <what to do>`."""
