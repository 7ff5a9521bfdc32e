#!/bin/sh
# Stands before a command on PATH, under its name, and counts how often a script of host/ calls one: that is a step.
# At the step that it is told, it kills what it is told; everywhere else it is the command.
# environment: STEPS (a directory) STEP MOMENT (before|after) STEP_PATH (the PATH behind it) KILL (a shell command, run with $script, the script's pid)
name=${0##*/}
PATH=$STEP_PATH # without the directory of these
is_script() { tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q '^/bin/sh host/[a-z_]*\.sh '; }
is_script "$PPID" || exec "$name" "$@"

number=1
until mkdir "$STEPS/$number" 2>/dev/null; do number=$((number + 1)); done
[ "$number" = "$STEP" ] || exec "$name" "$@"

# The script itself, not a subshell of it.
script=$PPID
while parent=$(awk '{ print $4 }' "/proc/$script/stat") && is_script "$parent"; do script=$parent; done
# shellcheck disable=SC2016 # a trace for the test, with the caller's words
printf '%s: %s %s\n' "$(tr '\0' ' ' <"/proc/$script/cmdline")" "$name" "$*" >"$STEPS/hit"
[ "$MOMENT" = before ] || "$name" "$@"
status=$?
eval "$KILL" || echo 'nobody to kill' >>"$STEPS/hit"
[ "$MOMENT" = after ] || exec "$name" "$@"
exit "$status"
