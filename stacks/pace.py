"""What keeps a short run short, and a stopped one quiet. The figures are in docs/decisions/0006."""

import atexit
import gc
import os
import signal

import pulumi
from pulumi.runtime import resource, settings
from pulumi.runtime.proto import source_pb2


def set_pace() -> None:
    """To be called before the heavy imports."""
    # A run of a second makes much and frees little, so collecting finds nothing, neither on the way nor at the end.
    gc.disable()
    atexit.register(gc.freeze)
    # Looking for plugins of pydantic means reading the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # The SDK sends five debug lines a resource to the engine, and waits for the answer to each.
    if not settings.excessive_debug_output:
        pulumi.log.debug = _drop
    # With each resource the SDK sends where in the program it was made: it reads the sources for it, twenty frames a
    # resource, and the state then holds paths of this machine, which another one's run would change.
    setattr(resource, "_get_stack_trace", source_pb2.StackTrace)  # noqa: B010 (a private name)
    # The engine interrupts a program whose run has failed; that is no error of the program, and no stack trace.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _drop(*_args: object, **_kwargs: object) -> None:
    """Nobody reads these; PULUMI_EXCESSIVE_DEBUG_OUTPUT brings them back."""
