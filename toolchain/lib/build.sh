# shellcheck shell=sh
# The way `build`: everything from Go modules, each verified by its go.sum.

# Each part is rebuilt only when what it is made of has changed.
part_is_current() { [ "$(cat "$toolchain/stamps/$1" 2>/dev/null)" = "$2" ]; }

# hash_of DIRECTORY: over everything that goes into the part.
hash_of() {
    (cd "$root/toolchain" && find "$1" versions.env lib/build.sh -type f ! -name '*_test.go' ! -name '*.md' -exec sha256sum {} + |
        sort -k 2 | sha256sum | cut -d ' ' -f 1)
}

# go_build WHAT DIRECTORY LDFLAGS OUTPUT PACKAGE
go_build() {
    step "building $1" env GOWORK=off \
        go build -C "$root/toolchain/$2" -trimpath -buildvcs=false -ldflags "-s -w $3" -o "$4" "$5"
}

build_cli() {
    go_build "pulumi $PULUMI_VERSION (some minutes the first time)" cli \
        "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$PULUMI_VERSION" \
        "$work/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi || return
    mv "$work/pulumi" "$toolchain/bin/pulumi"
}

build_language_python() {
    go_build "the Python language host $LANGUAGE_HOST_VERSION" language-python \
        "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$LANGUAGE_HOST_VERSION" \
        "$work/pulumi-language-python" github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python || return
    # The host starts this script, which it expects beside itself; the module holds it but Go does not install it.
    module=$(GOWORK=off go list -C "$root/toolchain/language-python" -m -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3) || return
    install -m 0755 "$module/python/cmd/pulumi-language-python-exec" "$work/"
    install -m 0755 "$root/toolchain/language-python/pulumi-language-python" "$work/wrapper"
    mv "$work/pulumi-language-python-exec" "$work/pulumi-language-python" "$toolchain/libexec/"
    mv "$work/wrapper" "$toolchain/bin/pulumi-language-python"
}

build_command() {
    go_build "plugin command $COMMAND_PLUGIN_VERSION" command '' "$work/pulumi-resource-command" . || return
    install_plugin command "$COMMAND_PLUGIN_VERSION" "$work/pulumi-resource-command"
}

use_build() {
    command -v go >/dev/null || {
        reason='go: must be on PATH to build the toolchain, got none; install Go (https://go.dev/dl), or install Pulumi'
        return 3
    }
    result=ok
    for part in cli language_python command; do
        part_hash=$(hash_of "$(echo "$part" | tr _ -)")
        part_is_current "$part" "$part_hash" && continue
        "build_$part" || die "toolchain: building $part failed; its last lines are above"
        echo "$part_hash" >"$toolchain/stamps/$part"
        result=changed
    done
    say "$result: built pulumi $PULUMI_VERSION, plugin command $COMMAND_PLUGIN_VERSION"
}
