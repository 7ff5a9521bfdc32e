# shellcheck shell=sh
# shellcheck disable=SC2154 # record is setup.sh's, the patterns are the manager's
# Packages by the distribution's own manager: only what is missing is installed, and nothing else upgraded. What comes is noted,
# so that remove_packages takes that away again and nothing else.
#
# packages_*.sh have, for a manager each:
#   missing NAME...           those that no installed package is, or provides
#   installed                 all that is there, also by half, sorted
#   install_packages NAME...  with what they need, and without what is only recommended
#   needing NAME...           what cannot stay without them
#   uninstall NAME...         these and no others, with their configuration
#   recover                   what a killed run has left that keeps the next one from working
#   locked full offline unknown   what the manager says then: extended regular expressions
#   processes, refresh        its names as processes, and what mends a list of packages that is out of date

manager=$(package_manager)
# shellcheck source=/dev/null # one of packages_*.sh
[ -z "$manager" ] || . "host/packages_$manager.sh"

# What is there now and was not before, also where a run was killed between the two.
note_packages() {
    [ -e "$record/before" ] || return 0
    installed | comm -13 "$record/before" - >>"$record/packages" && rm "$record/before"
    [ -s "$record/packages" ] || rm -f "$record/packages"
    rmdir "$record" "${record%/*}" 2>/dev/null || true
}

# A manager whose caller was killed goes on by itself, and what it still installs came by us.
go_on() {
    [ -e "$record/before" ] || return 0
    seconds=0
    while runs "$processes"; do
        [ "$seconds" -lt "$LIBVIRT_SECONDS" ] || die "$(one_at_a_time "$processes")"
        seconds=$((seconds + 1))
        sleep 1
    done
    recover >/dev/null 2>&1 </dev/null 3>&- 8>&- || true
}

one_at_a_time() {
    echo "packages: must be worked on by one run at a time, got '$1' for $LIBVIRT_SECONDS s; let it end and run again"
}

# said PATTERN: the first line of what the manager said that is like that; sets line.
said() {
    line=$(grep -aEm 1 "$1" "$log" | tr -d '\r' | sed 's/^[[:space:]]*//')
    [ -n "$line" ]
}

# One error that says what to do, for all that a manager has to say.
explain() {
    if said "$locked"; then
        one_at_a_time "$line"
    elif said "$full"; then
        echo "packages: must fit the disk, got '$line'; make room and run again"
    elif said "$offline"; then
        echo "packages: must come from repositories that answer, got '$line'; see that the machine reaches them, $refresh and run again"
    elif said "$unknown"; then
        echo "packages: must be in a repository of this machine, got '$line'; add the one that has it, $refresh and run again"
    else
        line=$(tr -d '\r' <"$log" | grep -av '^[[:space:]]*$' | tail -n 1)
        echo "packages: must be what $manager can do, got '$line'; see what it says to: $*"
    fi
}

# manage DOING COMMAND...: with a line every 10 s. Whoever else is at work, such as the daily upgrade, gets its time.
manage() {
    progress "$1"
    shift
    log=$(mktemp)
    seconds=0
    failed=
    until "$@" >"$log" 2>&1 </dev/null 3>&- 8>&-; do
        if ! said "$locked" || [ "$seconds" -ge "$LIBVIRT_SECONDS" ]; then
            failed=yes
            break
        fi
        seconds=$((seconds + 5))
        sleep 5
    done
    stop_progress
    reason=
    [ -z "$failed" ] || reason=$(explain "$@")
    rm -f "$log"
    [ -n "$failed" ] || return 0
    note_packages 2>/dev/null || true
    die "$reason"
}

packages() {
    # Where the distribution is a stranger, all that is needed is there already: stacks/preflight.py has seen to it.
    [ -n "${PACKAGES:-}" ] || { ok "packages"; return; }
    [ -n "$manager" ] ||
        die "packages: must be installed by apt, dnf, zypper or pacman, got none of them; install $PACKAGES by hand and run again"
    exec 8>/run/lock/kvmlab-packages
    flock 8
    go_on
    # shellcheck disable=SC2086 # a list of names
    wanted=$(missing $PACKAGES | paste -sd ' ' -)
    if [ -n "$wanted" ]; then
        mkdir -p "$record"
        [ -e "$record/before" ] || { installed >"$record/before.new" && mv "$record/before.new" "$record/before"; }
        # shellcheck disable=SC2086
        manage "installing $wanted" install_packages $wanted
        note_packages
        changed "installed $wanted"
    else
        note_packages
        ok "packages"
    fi
    exec 8>&-
}

# Where something that came later needs what came by us, all of that stays, and so does the note of it.
remove_packages() {
    go_on
    note_packages
    [ -s "$record/packages" ] || return 0
    sort -u -o "$record/packages" "$record/packages"
    ours=$(installed | comm -12 "$record/packages" -)
    # shellcheck disable=SC2086 # a list of names
    others=$([ -z "$ours" ] || needing $ours | sort -u | comm -13 "$record/packages" - | paste -sd ' ' -)
    if [ -n "$others" ]; then
        changed "packages stay and are remembered, since these need them: $others"
        return
    fi
    # shellcheck disable=SC2086
    [ -z "$ours" ] || manage "removing $(printf '%s\n' "$ours" | grep -c .) packages" uninstall $ours
    rm "$record/packages"
    changed "packages removed"
}
