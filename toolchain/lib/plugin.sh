# shellcheck shell=sh
# Installs a plugin into our PULUMI_HOME, where the engine finds it without a warning.

# install_plugin NAME VERSION FILE
install_plugin() {
    step "installing plugin $1 $2" env PULUMI_HOME="$toolchain/home" PULUMI_SKIP_UPDATE_CHECK=true \
        "$toolchain/bin/pulumi" plugin install resource "$1" "$2" --file "$3" --reinstall
}
