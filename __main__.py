"""The program: make the lab that the selected stack's config describes."""

import signal

from stacks.compose import compose

# The engine interrupts a program whose run has failed; that is no error of the program, and no stack trace.
signal.signal(signal.SIGINT, signal.SIG_DFL)
compose()
