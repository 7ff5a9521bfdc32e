# shellcheck shell=sh
# shellcheck disable=SC2154 # record is setup.sh's
# Packages of Debian and its relatives: only what is missing is installed, and nothing else upgraded. What comes is noted, so
# that remove_packages takes that away again and nothing else.

missing() {
    for package in ${PACKAGES:-}; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s ' "$package"
    done
}

installed() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u; }

# What is there now and was not before, also where a run was killed between the two.
note_packages() {
    [ -e "$record/before" ] || return 0
    installed | comm -13 "$record/before" - >>"$record/packages"
    rm "$record/before"
}

# apt DOING ARGUMENT...: with a line every 10 s, and with its own errors where it fails.
apt() {
    doing=$1
    shift
    log=$(mktemp)
    progress "$doing"
    failed=
    DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >"$log" 2>&1 </dev/null || failed=yes
    stop_progress
    reason=$(grep -E '^(E|Err|W):?' "$log" | tail -n 5) || reason=
    rm -f "$log"
    [ -n "$failed" ] || return 0
    note_packages
    die "packages: apt-get could not go on with: $doing
$reason"
}

packages() {
    command -v apt-get >/dev/null ||
        die "packages: this machine has no apt-get; install QEMU, libvirt, dnsmasq and xorriso by hand and run again"
    wanted=$(missing)
    [ -n "$wanted" ] || { note_packages; ok "packages"; return; }
    mkdir -p "$record"
    [ -e "$record/before" ] || { installed >"$record/before.new" && mv "$record/before.new" "$record/before"; }
    apt "installing $wanted" update
    # shellcheck disable=SC2086 # a list of names
    apt "installing $wanted" install --no-install-recommends $wanted
    note_packages
    changed "installed $wanted"
}

remove_packages() {
    note_packages
    [ -s "$record/packages" ] || return 0
    installed >"$record/now"
    ours=$(sort -u "$record/packages" | comm -12 - "$record/now")
    # shellcheck disable=SC2086 # a list of names
    would=$(apt-get -s purge $ours | sed -n 's/^\(Remv\|Purg\) \([^ ]*\) .*/\2/p' | sort -u)
    others=$(printf '%s\n' "$ours" | sort -u >"$record/ours" && printf '%s\n' "$would" | comm -13 "$record/ours" -)
    if [ -n "$others" ]; then
        changed "packages stay, since these need them: $(printf '%s' "$others" | tr '\n' ' ')"
        return
    fi
    # shellcheck disable=SC2086 # a list of names
    apt "removing $(printf '%s\n' "$ours" | grep -c .) packages" purge $ours
    changed "packages removed"
}
