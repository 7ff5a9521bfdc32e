# shellcheck shell=sh
# What a preview must know of the bundle in GUEST_BUNDLE that a cluster is made from, for probe.sh. Reads only.

probe_bundle() {
    fact bundle_machine "$(uname -m)"
    # In one line; one that is so large is none.
    [ ! -r "$GUEST_BUNDLE/bundle.json" ] || fact bundle "$(head -c 65536 "$GUEST_BUNDLE/bundle.json" | tr '\n\r' '  ')"
    for file in node.qcow2 volume.img; do
        [ ! -f "$GUEST_BUNDLE/$file" ] || fact bundle_file "$file $(stat -L -c %s "$GUEST_BUNDLE/$file")"
    done
}
