# shellcheck shell=sh disable=SC2034 # read by packages.sh
# The packages of Arch and its relatives. They are never upgraded in part: a list that is out of date is the user's to renew.

processes=pacman
locked='unable to lock database'
full='too full|not enough free disk space|No space left'
offline='failed retrieving file|failed to retrieve|Could not resolve|failed to synchronize'
unknown='target not found|database file for .* does not exist'
refresh='pacman -Syu'

missing() { pacman -T "$@" || true; }

installed() { pacman -Qq | sort -u; }

install_packages() { pacman -S --needed --noconfirm "$@"; }

needing() { pacman -Rp "$@" 2>&1 | sed -n 's/.* required by //p'; }

uninstall() { pacman -Rn --noconfirm "$@"; }

# Its lock is a file, which outlives it when it is killed.
recover() { rm -f /var/lib/pacman/db.lck; }
