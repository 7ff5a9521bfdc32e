# shellcheck shell=sh disable=SC2034 # read by packages.sh
# The packages of Fedora, RHEL and their relatives, by dnf 4 or 5.
. host/packages_rpm.sh

processes=dnf,dnf5
locked='already locked by|[Ff]ailed to obtain .*lock|create transaction lock|Waiting for process'
full='No space left|needs .* more space|more space needed|[Nn]ot enough .*space'
offline='Curl error|Cannot download|Failed to download|mirrors were tried|Could not resolve'
unknown='Unable to find a match|No match for argument'
refresh='dnf makecache'

dnf_yes() { dnf -y --setopt=install_weak_deps=False --setopt=clean_requirements_on_remove=False --setopt=exit_on_lock=True "$@"; }

install_packages() { dnf_yes install "$@"; }

uninstall() { dnf_yes remove "$@"; }
