# shellcheck shell=sh
# What dnf and zypper have in common: their packages.

# A name may be another package's to provide: curl is curl-minimal's on relatives of RHEL, and both cannot be.
missing() {
    for name in "$@"; do
        rpm -q --whatprovides "$name" >/dev/null 2>&1 || printf '%s\n' "$name"
    done
}

# Keys of repositories are listed as packages, and are none.
installed() { rpm -qa --qf '%{NAME}\n' | grep -vx gpg-pubkey | sort -u; }

needing() { rpm -e --test --allmatches "$@" 2>&1 | sed -n 's/.* is needed by (installed) \(.*\)-[^-]*-[^-]*$/\1/p'; }

recover() { :; }
