# shellcheck shell=sh
# shellcheck disable=SC2154 # set by guest.sh and look.sh
# The password of a guest's screen, for guest.sh: it came by stdin, and is in files that root alone reads.

# put_password: into the definition that libvirt is given. libvirt shows it to nobody who does not ask for secrets.
put_password() {
    awk -v from="$work/password" '
        BEGIN {
            getline password <from
            gsub(/&/, "\\&amp;", password)
            gsub(/</, "\\&lt;", password)
            gsub(/"/, "\\&quot;", password)
        }
        at = index($0, "<graphics ") {
            $0 = substr($0, 1, at + 9) "passwd=\"" password "\" " substr($0, at + 10)
        }
        { print }' "$work/definition.xml" >"$work/with_password.xml"
    mv "$work/with_password.xml" "$work/definition.xml"
}

# apply_password: to a guest that runs. A viewer that is there already stays.
apply_password() {
    grep -F '<graphics ' "$work/definition.xml" >"$work/graphics.xml"
    virsh -q update-device "$DOMAIN" "$work/graphics.xml" --live >/dev/null
    [ "$seen_password" = "$wanted_password" ] || changed "password of the screen of $DOMAIN"
}
