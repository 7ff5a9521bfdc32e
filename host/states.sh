# shellcheck shell=sh
# shellcheck disable=SC2154 # marks: set by probe.sh
# Guests as they are, for probe.sh: what somebody may have done to them by hand shows in what runs and in what is stored.

# states DOMAINS...: one "state DOMAIN WORDS", one "autostart DOMAIN yes|no", and "live" and "stored" lines of each, in KiB and
# by MAC and path.
states() {
    questions=
    for domain; do
        questions="${questions}echo @@$domain@@; domstate $domain; dominfo $domain; dumpxml $domain; dumpxml --inactive $domain; "
    done
    [ -z "$questions" ] || virsh -q "echo; $questions" | sed "$marks" | awk '
        function has(key, value) { if (value != "") print which, domain, key, value }
        function inside(text) { gsub(/^ *<[^>]*>|<.*/, "", text); return text }
        function attribute(text, name) { return match(text, " " name "=[\042\047][^\042\047]*") ? substr(text, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : "" }
        /^@@/ { domain = $0; gsub("@@", "", domain); asked = 1; documents = 0; next }
        asked { print "state", domain, $0; asked = 0; next }
        $1 == "Autostart:" { print "autostart", domain, $2 == "enable" ? "yes" : "no" }
        /^<domain / { which = ++documents == 1 ? "live" : "stored"; most = ""; part = "" }
        /<kvmlab:guest / { has("definition", attribute($0, "definition")) }
        /^  <memory / { most = inside($0); has("most", most) }
        /^  <currentMemory / { has("memory", inside($0)) }
        /^  <vcpu/ { has("cpus", attribute($0, "current") != "" ? attribute($0, "current") : inside($0)) }
        /<interface / { part = "nic" }
        # What is in a CD drive is taken out by whoever likes, as an installer at its end.
        /<disk / { part = attribute($0, "device") == "cdrom" ? "" : "disk" }
        /<\/(interface|disk)>|<backingStore/ { part = "" }
        part == "nic" && /<mac / { has("nic", attribute($0, "address")) }
        part == "disk" && /<source / { has("disk", attribute($0, "file") != "" ? attribute($0, "file") : attribute($0, "dev")) }'
}
