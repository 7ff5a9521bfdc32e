# shellcheck shell=sh
# Guests' names on the host itself: systemd-resolved asks a lab's network for the lab's domain, and nothing else of it.
# What resolved is told of a bridge goes with the bridge, so a hook of libvirt's tells it again whenever the network starts.
# libvirt looks for hooks when its daemon starts, which is early enough for that: https://libvirt.org/hooks.html

hooks=/etc/libvirt/hooks/network.d

# part XML ELEMENT ATTRIBUTE
part() { printf '%s\n' "$1" | sed -n "s/.*<$2 .*$3=[\"']\([^\"']*\)[\"'].*/\1/p" | head -n 1; }

# resolve_names NETWORK XML: once it has started.
resolve_names() {
    [ -d /run/systemd/system ] && systemctl -q is-active systemd-resolved || return 0
    hook=$hooks/kvmlab-$1
    bridge=$(part "$2" bridge name)
    domain=$(part "$2" domain name)
    [ -n "$domain" ] || return 0 # nothing is served there
    mkdir -p "$hooks"
    cat >"$hook.new" <<EOF
#!/bin/sh
# Of kvmlab's lab $1, and gone with it: the host finds the lab's guests by name.
[ "\$1 \$2" = '$1 started' ] || exit 0
resolvectl dns '$bridge' '$(part "$2" ip address)'
resolvectl domain '$bridge' '~$domain'
resolvectl default-route '$bridge' no
exit 0 # a network without names is better than none
EOF
    chmod 0755 "$hook.new"
    cmp -s "$hook.new" "$hook" || changed "names in $domain are asked of network $1"
    mv "$hook.new" "$hook"
    "$hook" "$1" started begin -
}

forget_names() { # forget_names NETWORK
    rm -f "$hooks/kvmlab-$1" "$hooks/kvmlab-$1.new"
    rmdir "$hooks" 2>/dev/null || true
}
