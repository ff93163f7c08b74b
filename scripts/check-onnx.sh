#!/usr/bin/env bash
# What `export --onnx` writes, in the hands of others: onnx's checker accepts the model of every network, and ONNX
# Runtime computes the same logits from the same photos. Its Python packages are installed into .build/onnx-python;
# where they cannot be, it says so and ends well. LANDMARK_TRAIN_PYTHON names a Python that has them.
#
#   scripts/check-onnx.sh [--openvino] [--all] [FOLDER [NETWORK…]]
#
#   --openvino   compare with OpenVINO too, which is a large download
#   --all        compare the larger VGGs too, of 550 MB each, whose layers are those of the smaller ones
#   FOLDER       of landmark-train and onnx-check; default: .build/release
#   NETWORK…     those to compare; default: all
#
# LANDMARK_TRAIN_PHOTOS may name a folder of photos, else built-in landmarks are drawn; LANDMARK_TRAIN_WEIGHTS one of
# published weights, which are compared too.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

wanted=("$root/scripts/onnx/requirements.txt") modules="onnx, onnxruntime, PIL" options=()
while [[ "${1:-}" = --* ]]; do
    case "$1" in
        --openvino)
            modules="$modules, openvino"
            wanted+=("$root/scripts/onnx/requirements-openvino.txt") ;;
        --all) ;;
        *) fail "$1 is not known; give --openvino, --all or neither" ;;
    esac
    options+=("$1")
    shift
done
bin=$(realpath "${1:-$root/.build/release}")
[ $# -eq 0 ] || shift
for program in landmark-train onnx-check; do
    [ -x "$bin/$program" ] || fail "there is no program at $bin/$program; build it or name its folder"
done

not_compared() {
    echo "models for ONNX are not compared with ONNX Runtime: $*"
    exit 0
}

python=${LANDMARK_TRAIN_PYTHON:-$root/.build/onnx-python/bin/python}
has_modules() { "$python" -c "import $modules" >/dev/null 2>&1; }
if ! has_modules; then
    [ -z "${LANDMARK_TRAIN_PYTHON:-}" ] || fail "$python (LANDMARK_TRAIN_PYTHON) lacks one of $modules"
    command -v python3 >/dev/null || not_compared "python3 is missing"
    folder=$root/.build/onnx-python
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # What is left of an installation that was cut short is no use.
    python3 -m venv --clear "$folder" >"$log" 2>&1 \
        || not_compared "python3 cannot make a venv ($(tail -1 "$log")); on Debian install python3-venv"
    requirements=()
    for file in "${wanted[@]}"; do requirements+=(-r "$file"); done
    "$python" -m pip install --quiet --disable-pip-version-check "${requirements[@]}" >"$log" 2>&1 \
        || not_compared "pip cannot install the packages ($(tail -1 "$log"))"
    has_modules || not_compared "the packages that pip installed do not load"
fi
exec "$python" "$root/scripts/onnx/check.py" ${options[@]+"${options[@]}"} "$bin" "$@"
