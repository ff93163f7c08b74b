#!/usr/bin/env bash
# Runs end well: pipes that close, streams that are closed, signals, a second process in the same folder,
# `landmark-train stop`; and what such ends leave behind is gone on with.
#
#   scripts/check-stops.sh [PROGRAM]      default: $LANDMARK_TRAIN or .build/release/landmark-train
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Under nohup the program would rightly ignore SIGHUP as well, and a shell cannot undo that for itself.
[ -z "$(trap -p HUP)" ] || exec env --default-signal=HUP "$0" "$@"

program=$(realpath "${1:-${LANDMARK_TRAIN:-$root/.build/release/landmark-train}}")
[ -x "$program" ] || fail "there is no program at $program; build it or name it as argument"
work=$(mktemp -d)
launcher=
trap 'kill -9 $launcher 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

# launch RANKS ARGUMENTS…: one rank is started without mpirun, as a user does.
launch() {
    local count=$1
    shift
    if [ "$count" -eq 1 ]; then
        timeout -k 5 60 "$program" "$@"
    else
        timeout -k 5 60 mpirun --oversubscribe -np "$count" "$program" "$@"
    fi
}

steps() { if [ -e "$1/metrics.jsonl" ]; then wc -l <"$1/metrics.jsonl"; else echo 0; fi; }

# within TENTHS COMMAND…: waits until the command succeeds.
within() {
    local tries=$1
    shift
    until "$@"; do
        [ "$tries" -gt 0 ] || return 1
        tries=$((tries - 1))
        sleep 0.1
    done
}

came() { [ "$(steps "$1")" -ge "$2" ] || ! kill -0 "$launcher" 2>/dev/null; }
isGone() { ! kill -0 "$launcher" 2>/dev/null; }

# begin RUN RANKS: starts a run in the background that goes on until it is stopped, or resumes it, and
# returns after two steps. Its lines go to the file `log`.
begin() {
    local run=$1 count=$2 at arguments
    at=$(steps "$run")
    arguments=("${endless[@]}" --output "$run")
    [ ! -e "$run/config.json" ] || arguments=(--resume "$run")
    if [ "$count" -eq 1 ]; then
        "$program" "${arguments[@]}" >out 2>"${log:-log}" &
    else
        mpirun --oversubscribe -np "$count" "$program" "${arguments[@]}" >out 2>"${log:-log}" &
    fi
    launcher=$!
    within 300 came "$run" $((at + 2)) || fail "$run does not come to its second step"
    ! isGone || { cat log >&2; fail "$run ended before it was stopped"; }
}

# ended CODE WHAT: the run that was started last ends with that code.
ended() {
    local code=0
    within 300 isGone || fail "the run goes on 30 s after $2"
    wait "$launcher" 2>/dev/null || code=$?
    [ "$code" -eq "$1" ] || { cat log >&2; fail "$2 ends with code $code instead of $1"; }
}

# kept RUN WHAT: the last step of the run has a checkpoint, and the folder is given back.
kept() {
    local at
    at=$(printf 'step-%08d.safetensors' "$(steps "$1")")
    [ "$(readlink "$1/checkpoints/latest")" = "$at" ] || fail "no checkpoint of the last step after $2"
    [ ! -e "$1/lock.json" ] || fail "$1 is still taken after $2"
}

# told PATTERN WHAT [FILE]
told() { grep -q -- "$1" "${3:-log}" || { cat "${3:-log}" >&2; fail "no word of '$1' after $2"; }; }

# refused CODE PATTERN COMMAND…: the command ends with that code and one line.
refused() {
    local code=$1 pattern=$2 got=0
    shift 2
    "$@" >other.out 2>other || got=$?
    [ "$got" -eq "$code" ] || { cat other >&2; fail "code $got instead of $code: $*"; }
    [ "$(grep -c '^landmark-train: rank [0-9]*: ' other)" -eq 1 ] \
        || { cat other >&2; fail "not one line: $*"; }
    told "$pattern" "$*" other
}

"$program" dataset synthesize photos --landmarks 4 --photos 48 --test-photos 12 --image-size 48 \
    >/dev/null 2>&1 || fail "cannot draw the photos to check with"
settings=(--data photos --model small --image-size 32 --batch 12 --slices 3 --threads 1
    --evaluate-every 0)
endless=("${settings[@]}" --steps 100000)

say "pipes that close"
for count in 1 2; do
    code=0
    launch "$count" "${settings[@]}" --steps 30 --output "head-$count" 2>&1 | sed -n 1q || code=$?
    # Under mpirun it is mpirun that finds nobody reading.
    [ "$code" -eq $((count == 1 ? 74 : 0)) ] \
        || fail "a run on $count ranks whose last words nobody reads ends with code $code"
    [ "$(steps "head-$count")" -eq 30 ] \
        || fail "a closed pipe ended the run on $count ranks at step $(steps "head-$count")"
done
# Ctrl-C ends `tee` as well as the run.
mkfifo pipe
cat pipe >/dev/null &
reader=$!
log=pipe begin tee 1
kill "$reader"
code=0
wait "$reader" || code=$?
[ "$code" -eq 143 ] || fail "the reader had ended with code $code before it was killed"
kill -INT "$launcher"
: >log
ended 75 "Ctrl-C with a closed pipe"
kept tee "Ctrl-C with a closed pipe"
mkfifo answers
sed -n 1q answers &
launch 1 evaluate head-1 --predictions answers.csv >/dev/null 2>answers || fail "a closed pipe ends evaluate"
[ "$(wc -l <answers.csv)" -eq 13 ] || fail "a closed pipe loses answers"

say "streams that are closed"
for count in 1 2; do
    code=0
    launch "$count" "${settings[@]}" --steps 8 --output "closed-$count" <&- >&- 2>&- || code=$?
    # What came out is in the folder; that its last lines could not be shown may be told.
    [ "$code" -eq 0 ] || [ "$code" -eq 74 ] || fail "closed streams end a run with code $code"
    [ "$(steps "closed-$count")" -eq 8 ] || fail "the run on $count ranks did not come to its end"
    if grep -qv '^{.*}$' "closed-$count/metrics.jsonl"; then fail "other lines among the metrics"; fi
    if grep -q 'landmark-train' "closed-$count"/events.*; then fail "words among the events"; fi
done

say "signals"
for signal in HUP XCPU USR2; do
    begin "signal-$signal" 1
    kill -$signal "$launcher"
    ended 75 "SIG$signal"
    kept "signal-$signal" "SIG$signal"
    told "stopped by SIG$signal after step" "SIG$signal"
done
begin signal-2 2
kill -USR2 "$launcher"
ended 75 "SIGUSR2 to mpirun"
kept signal-2 "SIGUSR2 to mpirun"
(trap '' HUP; begin nohup 1; kill -HUP "$launcher"; sleep 0.3; ! isGone || fail "nohup does not help"
    kill -TERM "$launcher"; ended 75 "SIGTERM after SIGHUP"; told "SIGTERM" "both")

say "mpirun interrupted within a step of seconds"
quick=("${endless[@]}")
endless=(--data photos --model resnet18 --image-size 96 --batch 48 --slices 2 --threads 1
    --evaluate-every 0 --steps 100000)
for signal in INT TERM; do
    begin slow 2
    sleep 0.7
    kill -s "$signal" "$launcher"
    # Its own code, two seconds later, whenever the ranks were through.
    ended 1 "SIG$signal to mpirun"
    at=$(steps slow)
    [ "$(readlink slow/checkpoints/latest)" = "$(printf 'step-%08d.safetensors' "$at")" ] \
        || fail "mpirun's SIG$signal lost the work after $(readlink slow/checkpoints/latest): $at steps"
done
endless=("${quick[@]}")

say "two processes in one folder"
for count in 1 3; do
    run=owned-$count
    begin "$run" "$count"
    for other in 1 2; do
        refused 73 "$run belongs to process [0-9]* of .* landmark-train stop $run" \
            launch "$other" --resume "$run"
    done
    refused 64 'already holds a run' launch 2 "${endless[@]}" --output "$run"
    must "evaluating a run that is trained" launch 1 evaluate "$run" --latest >/dev/null 2>&1
    "$program" report "$run" >/dev/null 2>other || fail "a run that is trained has no report"

    say "landmark-train stop on $count ranks"
    "$program" stop "$run" >answer 2>other || { cat other; fail "stop fails"; }
    told "$run ended after step $(steps "$run"); go on with --resume $run" stop answer
    ended 75 "landmark-train stop"
    kept "$run" "landmark-train stop"
    told "stopped by landmark-train stop after step" stop
done

# Two that begin at the same moment: one has the folder, and its run is whole.
for count in 1 2; do
    run=race-$count
    (code=0; launch "$count" "${settings[@]}" --steps 8 --output "$run" >/dev/null 2>first || code=$?
        echo "$code" >first.code) &
    first=$!
    code=0
    launch "$count" "${settings[@]}" --steps 8 --output "$run" >/dev/null 2>second || code=$?
    wait "$first"
    case "$(cat first.code) $code" in
        '0 73' | '73 0' | '0 64' | '64 0') ;;
        *) cat first second >&2; fail "of two runs that begin in one folder the codes are $(cat first.code) and $code" ;;
    esac
    [ "$(steps "$run")" -eq 8 ] || fail "two runs that begin in one folder spoil it"
done

say "what is left behind"
refused 74 'holds no run' launch 1 stop photos
"$program" stop race-1 >answer || fail "stop fails where nothing is to be stopped"
told 'nothing to stop in race-1: no process trains in it' stop answer
begin owned-1 1
kill -9 "$launcher"
ended 137 "kill -9"
[ -e owned-1/lock.json ] || fail "a killed process took its lock file along"
"$program" stop owned-1 >answer || fail "stop fails where the owner is gone"
told 'process [0-9]* of .* is gone' stop answer
begin owned-1 1
told 'was left by process [0-9]* of .*, which is gone' "kill -9"
# One that is halted ends when it is woken.
kill -STOP "$launcher"
code=0
"$program" stop owned-1 --timeout 0.3 >answer 2>other || code=$?
[ "$code" -eq 69 ] || fail "stop gives up with code $code instead of 69"
told 'still runs after' "--timeout" other
kill -CONT "$launcher"
ended 75 "landmark-train stop"
kept owned-1 "landmark-train stop"

# A run of ten steps with a checkpoint of each but the first two.
must "a run" launch 1 "${settings[@]}" --steps 10 --checkpoint-every 1 --keep 9 --output whole >/dev/null
rm whole/checkpoints/step-0000000[12].safetensors
last() { readlink "$1/checkpoints/latest"; }

# finished RUN: went on to the very end, with the checkpoint and the lines of a run never touched.
finished() {
    cmp "$1/checkpoints/$(last "$1")" "whole/checkpoints/$(last whole)" || fail "$1 ends otherwise"
    [ "$(steps "$1")" -eq 10 ] || fail "$1 has $(steps "$1") lines"
    [ "$(grep -o '"step":[0-9]*' "$1/metrics.jsonl" | sort -u | wc -l)" -eq 10 ] || fail "$1 has other lines"
}

for count in 1 2; do
    cp -r whole "older-$count"
    must "an older checkpoint" \
        launch "$count" --resume "older-$count/checkpoints/step-00000004.safetensors" >/dev/null
    told 'going on after step 4 of 10' "--resume of an older checkpoint"
    told 'the checkpoints of steps 5, 6, 7, 8, 9 and 1 more went to .*aside' "--resume of an older checkpoint"
    told 'the lines of 6 steps after step 4 are gone' "--resume of an older checkpoint"
    finished "older-$count"
done

cp -r whole torn
head -c 3000 whole/checkpoints/step-00000010.safetensors >torn/checkpoints/step-00000010.safetensors
: >torn/checkpoints/step-00000009.safetensors
launch 1 evaluate torn --latest >answer 2>log || { cat log >&2; fail "evaluate fails with a torn checkpoint"; }
told 'step-00000010.safetensors: it is not a whole .*; .*step-00000008.safetensors is taken instead' "a torn checkpoint"
must "a torn checkpoint" launch 2 --resume torn >/dev/null
told 'step-00000010.safetensors: it is not a whole .*; .*step-00000008.safetensors is taken instead' "a torn checkpoint"
told 'going on after step 8 of 10' "a torn checkpoint"
finished torn

cp -rL whole broken
rm broken/checkpoints/best broken/checkpoints/latest
sed -i -e '3s/.*/{"step": 3, "lo/' -e '5s/$/\r/' broken/metrics.jsonl
printf '\n{"step": 11, "lo\0\0\0\0' >>broken/metrics.jsonl
launch 1 evaluate broken 2>log | grep -q "$(basename "$(readlink whole/checkpoints/best)")" \
    || fail "a copy without links does not know its best checkpoint"
must "a broken line" launch 1 --resume broken --epochs 3 --steps 12 >/dev/null
told 'metrics.jsonl: line 3 cannot be read; kept in .*metrics.jsonl.broken' "a broken line"
grep -q '^{"step": 3, "lo$' broken/metrics.jsonl.broken || fail "the broken line is lost"
[ "$(steps broken)" -eq 11 ] || fail "lines are lost with a broken one"
[ "$(readlink broken/checkpoints/latest)" = step-00000012.safetensors ] || fail "the copy has no links"

[ -z "$(find . -name 'lock.json*')" ] || fail "left behind: $(find . -name 'lock.json*')"
echo "runs end well, and what they leave is gone on with"
