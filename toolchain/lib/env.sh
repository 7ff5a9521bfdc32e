# shellcheck shell=sh
# Writes .toolchain/env, which a shell sources to have the toolchain.

# A word for the shell, whatever it contains.
quote() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

write_env() {
    {
        echo '# Written by toolchain/bootstrap; to be sourced by sh, bash or zsh, as often as you like.'
        echo "KVMLAB_ROOT=$(quote "$root")"
        if [ "$1" = path ]; then
            # Said outright: Pulumi finds the home directory by the user's id and a shell by $HOME, which may differ.
            echo "export PULUMI_HOME=$(quote "$user_home")"
        else
            # shellcheck disable=SC2016 # expanded by the shell that sources it
            echo 'export PULUMI_HOME="$KVMLAB_ROOT/.toolchain/home"'
            # A plugin that lies on the user's PATH would win over ours, with a warning on every run.
            echo 'export PULUMI_IGNORE_AMBIENT_PLUGINS=true'
        fi
        cat "$root/toolchain/lib/env.in"
    } >"$work/env"
    mv "$work/env" "$toolchain/env"
}
