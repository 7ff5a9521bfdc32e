"""The program: load the lab of the selected stack, make it real, export how to reach it."""

from stacks.compose import compose

compose()
