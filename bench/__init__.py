"""Benchmarks: this program against the bare work and against an empty Pulumi program, in one run, as ratios."""
