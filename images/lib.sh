# Shared by images/build and bundle/build: messages, checks of the machine, a Debian tree, and one way to run a long step.
# Sourced, never run.
# shellcheck shell=sh disable=SC2154 # program, here and work are the caller's

say() { echo "$program: $*"; }
die() { echo "$program: $*" >&2; exit 1; }

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }

# One digest over the names, modes and contents of all that decides what an image holds.
recipe_hash() {
	(cd "$here" && find "$@" \( -type f -o -type l \) -printf '%P %m %l\n' -exec sha256sum {} + | LC_ALL=C sort | sha256sum | cut -d' ' -f1)
}

check_machine() {
	[ "$(id -u)" -eq 0 ] || die "user: must be root, got '$(id -un)'; run with sudo"
	command -v apt-get >/dev/null || die "machine: must be Debian or Ubuntu, got one without apt-get; fetch the official image instead"
	[ "$(dpkg --print-architecture)" = amd64 ] ||
		die "machine: must be amd64, got '$(dpkg --print-architecture)'; fetch the official image instead"
}

check_space() { # DIR MIB
	free=$(($(df -Pk "$1" | awk 'NR == 2 {print $4}') / 1024))
	[ "$free" -ge "$2" ] || die "$1: must have $2 MiB free, got $free MiB; free some space or write OUTPUT elsewhere"
}

# The uri of a Debian archive ("debian", "debian-security") in this machine's own apt configuration, else Debian's.
find_mirror() {
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | sed 's,/*$,,' | grep -m1 "/$1\$" ||
		echo "http://deb.debian.org/$1"
}

# Through apt, so that its proxies and certificates count; a mirror that does not answer is known in seconds.
mirror_answers() {
	/usr/lib/apt/apt-helper -o Acquire::http::Timeout=5 -o Acquire::https::Timeout=5 -o Acquire::Retries=0 \
		download-file "$1" "$work/probe" >"$work/log" 2>&1
}

install_tools() {
	# shellcheck disable=SC2046 # one word a package
	set -- $(for p in "$@"; do dpkg-query -Wf '${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' || echo "$p"; done)
	[ $# -gt 0 ] || return 0
	run "refreshing package lists" apt-get -q update
	run "installing $*" apt-get -qy install --no-install-recommends "$@"
}

# A root tree of Debian from the machine's own mirror, with updates. Documentation stays out; python's binfmt entry would only make
# each boot start a service more.
debian_tree() { # SUITE TREE "PACKAGE,..." HOOK...
	suite=$1 tree=$2 packages=$3
	shift 3
	for hook in "$@"; do
		set -- "$@" --customize-hook="$hook"
		shift
	done
	mirror=$(find_mirror debian)
	mirror_answers "$mirror/dists/$suite/InRelease" ||
		die "mirror: must serve $suite, got no answer from $mirror; check the network, or apt's sources and proxy"
	security=$(find_mirror debian-security)
	set -- "$@" "$suite" "$tree" "deb $mirror $suite main" "deb $mirror $suite-updates main"
	if mirror_answers "$security/dists/$suite-security/InRelease"; then
		set -- "$@" "deb $security $suite-security main"
	else
		say "without security updates: $security does not answer"
	fi
	run "installing Debian packages from $mirror" mmdebstrap --mode=root --variant=minbase --format=directory \
		--include="$packages" --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/lib/binfmt.d/python3*.conf' "$@"
	rm -rf --one-file-system "${tree:?}/dev"
	mkdir "$tree/dev"
}

# Runs a command with its output in a log and a progress line every five seconds. The command, and all that it started, ends when
# this script does, even by SIGKILL: it gets a pid and mount namespace of its own where the machine permits.
run() {
	what=$1 begun=$(date +%s)
	shift
	if unshare --mount-proc --pid --fork true 2>/dev/null; then
		set -- unshare --mount-proc --pid --fork --kill-child "$@"
	fi
	say "$what"
	setpriv --pdeathsig KILL "$@" >"$work/log" 2>&1 </dev/null &
	child=$! ticks=0
	while kill -0 "$child" 2>/dev/null; do
		sleep 0.5
		ticks=$((ticks + 1))
		[ $((ticks % 10)) -ne 0 ] || say "$what ($(($(date +%s) - begun)) s): $(tail -n 1 "$work/log" | tr -d '\r' | cut -c1-100)"
	done
	status=0
	wait "$child" || status=$?
	child=
	[ "$status" -eq 0 ] || { tail -n 20 "$work/log" >&2; die "$what: failed with exit code $status; the lines above say why"; }
}
