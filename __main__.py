"""The program: make the lab that the selected stack's config describes."""

import gc
import signal

gc.disable()  # a run of a second makes much and frees little: collecting costs a tenth of it
from stacks.compose import compose  # noqa: E402 (what it imports is what is made)

# The engine interrupts a program whose run has failed; that is no error of the program, and no stack trace.
signal.signal(signal.SIGINT, signal.SIG_DFL)
compose()
