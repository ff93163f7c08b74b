# Shared by the scripts of this folder: `source` it after `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# `--help` prints the comment at the head of the script, and nothing else is done.
for argument in "$@"; do
    case "$argument" in
        -h | --help)
            awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
            exit 0
            ;;
    esac
done

say() { printf '\n== %s\n' "$*"; }

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# must WHAT COMMAND…: runs a command that has to succeed. Its standard error goes to the file `log`, which is
# printed if it fails.
must() {
    local what=$1 code=0
    shift
    "$@" 2>log || code=$?
    [ "$code" -eq 0 ] || { cat log >&2; fail "$what ended with code $code"; }
}

# aside NAME COMMAND…: starts a check that runs beside others; what it writes is kept for `together`.
aside_names=() aside_processes=() aside_logs=""
aside() {
    local name=$1
    shift
    if [ -z "$aside_logs" ]; then
        aside_logs=$(mktemp -d)
        trap end_asides EXIT
    fi
    "$@" >"$aside_logs/${#aside_names[@]}" 2>&1 &
    aside_processes+=($!)
    aside_names+=("$name")
}

# together: waits for the checks of `aside`, prints what they wrote in the order of their start, and fails if one of them
# did.
together() {
    local index code failed=()
    say "side by side: ${aside_names[*]/%/;} each is told when all before it have ended"
    for index in "${!aside_names[@]}"; do
        code=0
        wait "${aside_processes[$index]}" || code=$?
        say "${aside_names[$index]}"
        cat "$aside_logs/$index"
        [ "$code" -eq 0 ] || failed+=("'${aside_names[$index]}' with code $code")
    done
    aside_names=() aside_processes=()
    [ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
}

# Ends what `together` did not wait for.
end_asides() {
    local process
    for process in ${aside_processes[@]+"${aside_processes[@]}"}; do
        kill "$process" 2>/dev/null || true
    done
    wait
    rm -rf "$aside_logs"
}

# Fails unless Swift 6.2 or newer is on the PATH; package manager, test library and formatter come with it.
need_swift() {
    local version
    command -v swift >/dev/null || fail "no Swift toolchain on the PATH; install Swift 6.3 from" \
        "https://www.swift.org/install/linux and start this script again"
    version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | sed -n 1p)
    version=${version##* }
    if [ "${version%%.*}" -lt 6 ] || { [ "${version%%.*}" -eq 6 ] && [ "${version##*.}" -lt 2 ]; }; then
        fail "Swift $version is too old; install Swift 6.3 from https://www.swift.org/install/linux"
    fi
}

# Installs those of the given Debian packages that are missing, or says how to.
need_packages() {
    local missing=() package sudo=()
    command -v dpkg-query >/dev/null || fail "this script installs Debian or Ubuntu packages;" \
        "elsewhere install Open MPI, libjpeg-turbo (with headers) and pkg-config by hand" \
        "and call: swift build -c release --static-swift-stdlib"
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' \
            || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || fail "packages are missing and this is not root;" \
            "ask an administrator for: apt-get install ${missing[*]}"
        sudo=(sudo -n)
    fi
    "${sudo[@]}" apt-get update -qq || fail "apt-get update failed; check the network, then start again"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
        || fail "apt-get could not install ${missing[*]}; the lines above say why"
}

build_packages=(libopenmpi-dev openmpi-bin libjpeg-dev pkg-config)
# Loaded at run time when needed: for PNG photos, WebP photos, and --blas system.
optional_packages=(libpng16-16 libwebp7 libopenblas0)

# Open MPI runs as root, which is usual in containers, only with both of these variables.
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# ranks N COMMAND …: runs the command on N ranks of this machine, even if it has fewer cores.
ranks() {
    local count=$1
    shift
    mpirun --oversubscribe -np "$count" "$@"
}
