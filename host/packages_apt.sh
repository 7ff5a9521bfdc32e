# shellcheck shell=sh disable=SC2034 # read by packages.sh
# The packages of Debian, Ubuntu and their relatives.

processes=apt-get,dpkg
locked='Could not get lock|Unable to (acquire|lock)|is locked by another process'
full='No space left|have enough free space'
offline='Failed to fetch|Could not resolve|Could not connect|Unable to connect|does not have a Release file|not available in DVD'
unknown='Unable to locate package|has no installation candidate'
refresh='apt-get update'

# Debian 12 and Ubuntu 22.04 have virtiofsd among QEMU's own files, and no package of that name.
qemus_virtiofsd=/usr/lib/qemu/virtiofsd

# What is provided counts: to install it all the same may take its provider away.
# shellcheck disable=SC2016 # dpkg's
missing() {
    dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' | awk -v wanted="$*" '
        sub(/^installed /, "") {
            gsub(/ *\([^)]*\)/, "")
            count = split($0, names, /, */)
            for (i = 1; i <= count; i++) has[names[i]] = 1
        }
        END {
            count = split(wanted, names, " ")
            for (i = 1; i <= count; i++) if (!(names[i] in has)) print names[i]
        }' | while read -r name; do [ "$name" = virtiofsd ] && [ -e "$qemus_virtiofsd" ] || echo "$name"; done
}

# shellcheck disable=SC2016
installed() {
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed '/^\(not-installed\|config-files\) /d; s/^[^ ]* //' | sort -u
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q -y -o APT::Get::AutomaticRemove=false "$@"; }

# A list that cannot be had is no error yet: what is wanted may be in the others.
install_packages() {
    apt_get update || true
    for name in "$@"; do
        shift
        [ "$name" = virtiofsd ] && [ -z "$(apt-cache madison virtiofsd)" ] || set -- "$@" "$name"
    done
    apt_get --no-install-recommends --no-remove install "$@"
}

needing() { apt_get -s purge "$@" | sed -n 's/^\(Remv\|Purg\) \([^ ]*\) .*/\2/p'; }

uninstall() { apt_get purge "$@"; }

recover() { dpkg --configure -a; }
