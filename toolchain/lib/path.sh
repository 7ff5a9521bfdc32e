# shellcheck shell=sh
# The way `path`: what the user has installed already. Sets $reason where that does not do.

user_home=${PULUMI_HOME:-$HOME/.pulumi}

# What must lie where it is used; asked again on every run, so nothing is started for it.
path_is_there() {
    found=$(command -v pulumi) || {
        reason='pulumi: must be on PATH, got none; install it, or set KVMLAB_TOOLCHAIN=download or build'
        return 3
    }
    case $found in "$toolchain"/*)
        reason='pulumi: must be on PATH outside .toolchain, got none; install it, or set KVMLAB_TOOLCHAIN=download or build'
        return 3
        ;;
    esac
    real=$(readlink -f "$found")
    if [ ! -x "${real%/*}/pulumi-language-python" ] && ! command -v pulumi-language-python >/dev/null; then
        reason="pulumi-language-python: must lie beside $found or be on PATH, got neither; reinstall Pulumi"
        return 3
    fi
    # A plugin that is only on PATH has no version that Pulumi knows, and costs a warning on every run.
    if [ ! -x "$user_home/plugins/resource-command-v$COMMAND_PLUGIN_VERSION/pulumi-resource-command" ]; then
        reason="plugin command $COMMAND_PLUGIN_VERSION: must be installed in $user_home, got none; \
run \`pulumi plugin install resource command $COMMAND_PLUGIN_VERSION\`"
        return 3
    fi
}

use_path() {
    path_is_there || return
    have=$(version_of pulumi version)
    at_least "${have:-0}" "$PULUMI_MINIMUM_VERSION" || {
        reason="pulumi: must be at least $PULUMI_MINIMUM_VERSION, got ${have:-no version} ($found); upgrade it"
        return 3
    }
    rm -rf "${toolchain:?}/bin" "$toolchain/libexec" "$toolchain/stamps" "${toolchain:?}/home"
    mkdir -p "$toolchain/bin"
    say "changed: toolchain is pulumi $have at $found"
}
