# shellcheck shell=sh
# shellcheck disable=SC2154 # record is setup.sh's
# Libvirt's daemons: libvirtd, one for all, or one for each of its parts. https://libvirt.org/daemons.html
# What was changed is noted in $record: limits, daemons that were started, and units that were enabled.

has_systemd() { [ -d /run/systemd/system ]; }

# The one for all is taken where it is in use, and where the distribution has no other; together they get in each other's way.
is_single() {
    if has_systemd; then
        systemctl is-enabled --quiet libvirtd.service libvirtd.socket 2>/dev/null ||
            systemctl is-active --quiet libvirtd.service libvirtd.socket ||
            ! systemctl cat virtqemud.service >/dev/null 2>&1
    else
        command -v libvirtd >/dev/null || ! command -v virtqemud >/dev/null
    fi
}

# virtproxyd is for those who come by libvirtd's socket.
daemons() { if is_single; then echo libvirtd; else echo virtnetworkd virtstoraged virtqemud virtproxyd; fi; }

# One connection carries every call of a run: libvirt's default of 5 at a time makes guests queue behind each other.
# https://libvirt.org/manpages/libvirtd.html (libvirtd.conf: max_client_requests)
own_limits() { printf '\n# kvmlab: calls of one connection at a time\nmax_client_requests = 32\n'; }

# Sets limited: daemons whose limits are others now.
limits() {
    for daemon in $(daemons); do
        conf=/etc/libvirt/$daemon.conf
        [ -f "$conf" ] || { ok "no $conf"; continue; }
        if grep -q '^max_client_requests' "$conf"; then
            ok "max_client_requests"
            continue
        fi
        mkdir -p "$record"
        cp -p "$conf" "$record/$daemon.conf"
        own_limits >>"$conf"
        limited="$limited $daemon"
        changed "max_client_requests in $conf"
    done
}

undo_limits() {
    for kept in "$record"/*.conf; do
        conf=/etc/libvirt/${kept##*/}
        if [ -e "$kept" ] && [ -e "$conf" ]; then
            if own_limits | cat "$kept" - | cmp -s - "$conf"; then
                cp -p "$kept" "$conf"
            else
                # Somebody has edited it since.
                sed -i '/^# kvmlab: calls of one connection/,+1d' "$conf"
            fi
            ! has_systemd || systemctl try-restart "$(basename "$conf" .conf).service"
        fi
        rm -f "$kept"
    done
}

answers() { timeout 10 virsh -q uri >/dev/null 2>&1; }

# The service, too, so that what is to start with the machine does: https://libvirt.org/daemons.html#switching-to-modular-daemons
under_systemd() {
    for daemon in $(daemons); do
        systemctl cat "$daemon.service" >/dev/null 2>&1 || continue
        if ! systemctl is-enabled --quiet "$daemon.service" "$daemon.socket" 2>/dev/null; then
            mkdir -p "$record"
            echo "$daemon" >>"$record/enabled"
            systemctl enable --quiet "$daemon.service" "$daemon.socket"
        fi
        systemctl start "$daemon.socket"
        case " $limited " in *" $daemon "*) systemctl try-restart "$daemon.service" ;; esac
    done
}

without_systemd() {
    for daemon in virtlogd $(daemons); do
        command -v "$daemon" >/dev/null || continue
        if ! runs "$daemon"; then
            mkdir -p "$record"
            echo "$daemon" >>"$record/started"
        else
            case " $limited " in *" $daemon "*) end "$daemon" ;; *) continue ;; esac
        fi
        "$daemon" -d </dev/null >/dev/null 2>&1 || die "libvirt: $daemon must start, got exit status $?; see its log"
    done
}

end() {
    pkill -x "$1" || true
    while runs "$1"; do sleep 1; done
}

bring_up() {
    if has_systemd; then under_systemd; else without_systemd; fi
    tries=0
    until answers; do
        tries=$((tries + 1))
        [ "$tries" -lt 30 ] || die "libvirt: started, but does not answer at $LIBVIRT_DEFAULT_URI; see its log"
        sleep 1
    done
    changed "libvirt is running"
}

# The last that was started first. Older versions noted only that they had started something.
bring_down() {
    if [ -e "$record/started" ]; then
        [ -s "$record/started" ] || printf 'virtlogd\nlibvirtd\n' >"$record/started"
        for daemon in $(tac "$record/started"); do end "$daemon"; done
        rm "$record/started"
    fi
    [ ! -e "$record/enabled" ] || while read -r daemon; do
        for unit in "$daemon.socket" "$daemon-ro.socket" "$daemon-admin.socket" "$daemon.service"; do
            ! systemctl cat "$unit" >/dev/null 2>&1 || systemctl disable --now --quiet "$unit"
        done
    done <"$record/enabled"
    rm -f "$record/enabled"
}
