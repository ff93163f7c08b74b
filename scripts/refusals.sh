# Shared by the checks of what is refused: `source` it after lib.sh, with the program as argument. It makes a
# folder to work in, with photos and a small run on them.

program=$(realpath "${1:-${LANDMARK_TRAIN:-$root/.build/release/landmark-train}}")
[ -x "$program" ] || fail "there is no program at $program; build it or name it as argument"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
checks=0

# A command that starts the program, such as one that limits it; empty = none.
through=()

# launch RANKS ARGUMENTS…: one rank is started without mpirun, as a user does; "unlike" ranks are two
# of which one is held to the instruction set that every CPU has.
launch() {
    local count=$1
    shift
    set -- "${through[@]}" "$program" "$@"
    if [ "$count" = unlike ]; then
        timeout -k 5 60 mpirun --oversubscribe -np 1 "$@" : -np 1 -x LANDMARK_CPU=baseline "$@"
    elif [ "$count" -eq 1 ]; then
        timeout -k 5 60 "$@"
    else
        timeout -k 5 60 mpirun --oversubscribe -np "$count" "$@"
    fi
}

# refused CODE PATTERN RANKS ARGUMENTS…
refused() {
    local code=$1 pattern=$2 count=$3 got=0 lines wrong=""
    shift 3
    checks=$((checks + 1))
    launch "$count" "$@" >out 2>err || got=$?
    lines=$(grep -c '^landmark-train: rank [0-9]*: ' err || true)
    [ "$got" -eq 124 ] && wrong="it hangs"
    [ -z "$wrong" ] && [ "$got" -ne "$code" ] && wrong="exit code $got instead of $code"
    [ -z "$wrong" ] && [ "$lines" -ne 1 ] && wrong="$lines lines instead of one"
    [ -z "$wrong" ] && ! grep -q -- "^landmark-train: rank [0-9]*: .*$pattern" err \
        && wrong="no word of '$pattern'"
    [ -z "$wrong" ] && grep -qE 'Fatal error|Backtrace|Segmentation' err && wrong="a crash"
    [ -z "$wrong" ] && [ -e new ] && wrong="a run folder left behind"
    rm -rf new
    if [ -n "$wrong" ]; then
        failures=$((failures + 1))
        printf 'FAILED on %s ranks: %s\n  %s\n' "$count" "$wrong" "$*"
        sed -n '1,12s/^/  | /p' err
    fi
}

# everywhere CODE PATTERN ARGUMENTS…: on one, two and three ranks.
everywhere() {
    local code=$1 pattern=$2 count
    shift 2
    for count in 1 2 3; do refused "$code" "$pattern" "$count" "$@"; done
}

# works RANKS ARGUMENTS…: the command succeeds; its output is in `out` and `err` then.
works() {
    checks=$((checks + 1))
    launch "$@" >out 2>err && return
    failures=$((failures + 1))
    printf 'FAILED on %s ranks: %s\n' "$1" "$*"
    sed -n '1,12s/^/  | /p' err
}

# verdict WHAT: nothing may be left behind; says how many things were checked.
verdict() {
    local left
    left=$(find . -name '*.partial' -o -name '*.link' -o -name '*.unfinished' -o -name '.dat.*')
    [ -z "$left" ] || { failures=$((failures + 1)); echo "FAILED: left behind: $left"; }
    [ "$failures" -eq 0 ] || fail "$failures of $checks checks failed"
    echo "$checks $1 are told as they should be"
}

"$program" dataset synthesize photos --landmarks 4 --photos 48 --test-photos 12 --image-size 48 \
    >/dev/null 2>&1 || fail "cannot draw the photos to check with"
tiny=(--model small --image-size 32 --batch 12 --epochs 1)
"$program" --data photos "${tiny[@]}" --slices 3 --output run >/dev/null 2>&1 \
    || fail "cannot train the network to check with"
checkpoint=$(realpath run/checkpoints/latest)
