# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # set for guest.sh, and by it
# One look at a guest, for guest.sh: all that libvirt knows of it, in one call. Few processes, here and there: with sixty
# guests they are what two cores are busy with.

# look [COMMANDS]: sets seen_pool (state), seen_root and seen_seed (capacities), seen_owner, seen_state, seen_autostart, seen_cpus and
# seen_memory (as it runs, in KiB), seen_live, seen_defined, seen_data, seen_nics, seen_size, seen_password and seen_title (what the running and
# the stored domain were defined from, and data disks, further NICs, size, password and title of the latter), each empty where there is no such thing; and
# writes the reservations of the network, of which there are many, to $work/rows (as it runs) and $work/kept (as it is stored),
# the domain as it is to $work/running, and the aliases of its further NICs to $work/aliases. COMMANDS are done once the disks
# have been seen; $work/made has the paths of those that are there then.
look() {
    look_once "$@" || { need_libvirt; look_once "$@"; } ||
        die "$DOMAIN: libvirt must answer at $LIBVIRT_DEFAULT_URI, got '$(sed -n 's/^error: //p' "$work/errors" | tail -n 1)'"
}

look_once() {
    # virsh ends no mark that it echoes with a new line.
    virsh -q "echo @@alive@@; hostname; echo @@pool@@; pool-info $POOL; echo @@root@@; vol-info --bytes --pool $root_pool $root; \
echo @@seed@@; vol-info --bytes --pool $POOL $seed; ${1:+$1; }\
echo @@made@@; vol-path --pool $root_pool $root; vol-path --pool $POOL $seed; echo @@owner@@; desc $DOMAIN; echo @@state@@; domstate $DOMAIN; \
echo @@info@@; dominfo $DOMAIN; echo @@running@@; dumpxml $DOMAIN; \
echo @@live@@; metadata $DOMAIN urn:kvmlab; echo @@defined@@; metadata $DOMAIN urn:kvmlab --config; \
echo @@rows@@; net-dumpxml $NETWORK; echo @@kept@@; net-dumpxml --inactive $NETWORK; echo @@end@@" 2>"$work/errors" |
        awk -v to="$work/" '
            function keep(text) { if (text != "") print text >(to part) }
            function take(text) {
                if (part == "root" || part == "seed") { if ($1 == "Capacity:") keep($2) }
                else if (part == "pool") { if ($1 == "State:") keep($2) }
                else if (part == "info") {
                    if ($1 == "Autostart:") print $2 == "enable" ? "yes" : "no" >(to "autostart")
                    if ($1 == "CPU(s):") print $2 >(to "cpus")
                    if ($1 " " $2 == "Used memory:") print $3 >(to "memory")
                }
                else if (part == "live" || part == "defined") {
                    if (part == "defined")
                        for (number = 1; number <= attributes; number++)
                            if (match(text, " " attribute[number] "=.[0-9a-f-]+"))
                                print substr(text, RSTART + length(attribute[number]) + 3, RLENGTH - length(attribute[number]) - 3) \
                                    >(to "set_" attribute[number])
                    if (match(text, /definition=.[0-9a-f]+/)) keep(substr(text, RSTART + 12, RLENGTH - 12))
                }
                else if (part == "running") {
                    if (match(text, /<alias name=.ua-nic-[a-z0-9-]+/)) print substr(text, RSTART + 13, RLENGTH - 13) >(to "aliases")
                    keep(text)
                }
                else if (part == "rows" || part == "kept") { if ($1 == "<host") { sub(/^ +/, "", text); keep(text) } }
                else keep(text)
            }
            BEGIN {
                attributes = split("data nics size password title", attribute)
                count = split("alive pool root seed made owner state autostart cpus memory running aliases live defined set_data set_nics set_size set_password set_title rows kept", parts)
                for (number = 1; number <= count; number++) printf "" >(to parts[number])
            }
            {
                while (match($0, /@@[a-z]+@@/)) {
                    before = substr($0, 1, RSTART - 1)
                    mark = substr($0, RSTART + 2, RLENGTH - 4)
                    after = substr($0, RSTART + RLENGTH)
                    $0 = before
                    take($0)
                    part = mark
                    $0 = after
                }
                take($0)
            }
            END { exit part != "end" }' && [ -s "$work/alive" ] || return 1
    # At the end of an empty file, read sets nothing to nothing, and says so.
    read -r seen_pool <"$work/pool" || true
    read -r seen_root <"$work/root" || true
    read -r seen_seed <"$work/seed" || true
    read -r seen_owner <"$work/owner" || true
    read -r seen_state <"$work/state" || true
    read -r seen_autostart <"$work/autostart" || true
    read -r seen_cpus <"$work/cpus" || true
    read -r seen_memory <"$work/memory" || true
    read -r seen_live <"$work/live" || true
    read -r seen_defined <"$work/defined" || true
    read -r seen_data <"$work/set_data" || true
    read -r seen_nics <"$work/set_nics" || true
    read -r seen_size <"$work/set_size" || true
    read -r seen_password <"$work/set_password" || true
    read -r seen_title <"$work/set_title" || true
}
