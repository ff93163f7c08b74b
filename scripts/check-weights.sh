#!/usr/bin/env bash
# scripts/fetch-weights against a server of this machine: what is fetched, what is refused, and whether
# landmark-train reads it. Needs no internet.
#
#   scripts/check-weights.sh [PROGRAM]      default: $LANDMARK_TRAIN or .build/release/landmark-train
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=$(realpath "${1:-${LANDMARK_TRAIN:-$root/.build/release/landmark-train}}")
[ -x "$program" ] || fail "there is no program at $program; build it or name it as argument"
if ! command -v python3 >/dev/null; then
    echo "fetching of weights is not checked: python3 is missing"
    exit 0
fi
exec python3 "$root/scripts/weights/check.py" "$program"
