# shellcheck shell=sh
# The way `download`: the official releases, each archive checked against the checksum file of its own release.

# fetch WHAT CHECKSUMS ARCHIVE: unpacks it into $work/unpacked.
fetch() {
    mkdir -p "$work/unpacked"
    status=0
    step "downloading $1" python3 "$root/toolchain/lib/download.py" "$2" "$3" "$work/unpacked" 2>/dev/null ||
        status=$?
    case $status in
    0) say "toolchain: verified $(tail -n 1 "$work/log")" ;;
    3 | 4) reason=$(tail -n 1 "$work/log") ;;
    *) die "$(tail -n 1 "$work/log")" ;;
    esac
    return "$status"
}

# fetch_plugin NAME VERSION
fetch_plugin() {
    release=$github/pulumi-$1/releases/download/v$2
    fetch "plugin $1 $2" "$release/pulumi-$1_$2_checksums.txt" "$release/pulumi-resource-$1-v$2-linux-$go_arch.tar.gz"
}

use_download() {
    case $(uname -s)-$(uname -m) in
    Linux-x86_64) pulumi_arch=x64 go_arch=amd64 ;;
    Linux-aarch64) pulumi_arch=arm64 go_arch=arm64 ;;
    *)
        reason="download: must run on Linux x86_64 or aarch64, got $(uname -s) $(uname -m); set KVMLAB_TOOLCHAIN=build"
        return 3
        ;;
    esac
    # One base for both, for a mirror that keeps the paths; the tests serve from it.
    sdk=${KVMLAB_DOWNLOAD_BASE:-https://get.pulumi.com}/releases/sdk
    github=${KVMLAB_DOWNLOAD_BASE:-https://github.com}/pulumi
    # Everything is fetched before anything is installed: a release that lacks one part leaves no mixture.
    fetch "pulumi $PULUMI_VERSION" "$sdk/pulumi-$PULUMI_VERSION-checksums.txt" \
        "$sdk/pulumi-v$PULUMI_VERSION-linux-$pulumi_arch.tar.gz" || return
    fetch_plugin command "$COMMAND_PLUGIN_VERSION" || return
    rm -rf "${toolchain:?}/bin" "$toolchain/libexec" "$toolchain/stamps"
    mkdir "$toolchain/stamps"
    mv "$work/unpacked/pulumi" "$toolchain/bin"
    install_plugin command "$COMMAND_PLUGIN_VERSION" "$work/unpacked/pulumi-resource-command" || die 'toolchain: see above'
    say "changed: downloaded pulumi $PULUMI_VERSION and plugin command $COMMAND_PLUGIN_VERSION"
}
