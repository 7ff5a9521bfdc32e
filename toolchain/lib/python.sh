# shellcheck shell=sh
# The project's virtual environment, made by uv exactly as uv.lock says.

find_uv() {
    uv=$(command -v uv) || uv=
    if [ -n "$uv" ] && at_least "$(version_of "$uv" --version)" "$UV_MINIMUM_VERSION"; then
        return 0
    fi
    uv=$toolchain/uv-$UV_VERSION/bin/uv
    [ ! -x "$uv" ] || return 0
    python3 -m venv "$work/uv" || die 'python3: must be able to make virtual environments; install python3-venv'
    step "installing uv $UV_VERSION" "$work/uv/bin/python" -m pip install --disable-pip-version-check "uv==$UV_VERSION" ||
        die 'toolchain: installing uv failed; its last lines are above'
    # Only the program: it needs nothing of the environment that it came in, whose scripts could not be moved.
    mkdir -p "${uv%/*}"
    mv "$work/uv/bin/uv" "$uv"
}

venv_is_current() {
    [ -e "$root/.venv/.kvmlab" ] &&
        [ -z "$(find "$root/uv.lock" "$root/pyproject.toml" -newer "$root/.venv/.kvmlab")" ]
}

use_venv() {
    find_uv
    step 'installing the Python packages of uv.lock' "$uv" sync --directory "$root" --frozen ||
        die 'toolchain: installing the Python packages failed; its last lines are above'
    touch "$root/.venv/.kvmlab"
    say 'changed: .venv is as uv.lock says'
}
