# shellcheck shell=sh disable=SC2034 # read by packages.sh
# The packages of openSUSE and SUSE.
. host/packages_rpm.sh

processes=zypper,rpm
locked='System management is locked|create transaction lock'
full='[Nn]o space left|needs .* more space|more space needed|[Nn]ot enough .*space'
offline='Download \(curl\) error|Failed to (download|retrieve)|[Cc]ould not resolve|Skipping repository|Valid metadata not found|not found on medium|[Tt]imeout'
unknown='No provider of|not found in package names'
refresh='zypper refresh'

# 100 to 107 but for 104, "not found", are remarks on what was done. https://manpages.opensuse.org/zypper.8 (EXIT CODES)
zypper_yes() {
    answer=0
    zypper --non-interactive "$@" || answer=$?
    case $answer in 0 | 10[0-35-7]) ;; *) return "$answer" ;; esac
}

install_packages() { zypper_yes install --no-recommends "$@"; }

uninstall() { zypper_yes remove --no-clean-deps "$@"; }
