#!/usr/bin/env bash
# The same checkpoint, byte for byte, on any number of ranks and threads, and whatever interrupts a
# run: kill -9 at a random step, a signal to stop; the same evaluation on any number of ranks.
#
#   scripts/check-ranks.sh [PROGRAM]      default: $LANDMARK_TRAIN or .build/release/landmark-train
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=$(realpath "${1:-${LANDMARK_TRAIN:-$root/.build/release/landmark-train}}")
[ -x "$program" ] || fail "there is no program at $program; build it or name it as argument"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# launch RANKS ARGUMENTS…: one rank is started without mpirun, as a user does.
launch() {
    local count=$1
    shift
    if [ "$count" -eq 1 ]; then
        timeout -k 5 120 "$program" "$@"
    else
        timeout -k 5 120 mpirun --oversubscribe -np "$count" "$program" "$@"
    fi
}

final() { realpath "$1/checkpoints/latest"; }

same() {
    cmp "$(final "$1")" "$(final "$2")" || fail "$3"
    echo "equal: $3"
}

must "drawing photos" "$program" dataset synthesize photos --landmarks 5 --photos 120 \
    --test-photos 31 --image-size 64 >/dev/null
# Batch norm, dropout and every augmentation; a last batch of an epoch that the slices share unevenly.
settings=(--data photos --model small --image-size 32 --batch 16 --slices 8 --dropout 0.3
    --min-scale 0.4 --flip 0.5 --colour-jitter 0.3 --erasing 0.5 --ema 0.9 --clip 1)

say "ranks and threads"
for count in 1 2 3 4 8; do
    must "the run on $count ranks" \
        launch "$count" "${settings[@]}" --steps 12 --output "ranks-$count" >/dev/null
    same ranks-1 "ranks-$count" "1 and $count ranks"
done
must "the run with 3 threads" \
    launch 1 "${settings[@]}" --steps 12 --threads 3 --output threads >/dev/null
same ranks-1 threads "the machine's threads and 3"

say "the system's BLAS"
if "$program" doctor | grep -q 'no CBLAS'; then
    echo "left out: this machine has no CBLAS; install libopenblas0"
else
    for count in 1 2 3; do
        must "the run with --blas system on $count ranks" launch "$count" "${settings[@]}" \
            --steps 12 --blas system --output "system-$count" >/dev/null
        same system-1 "system-$count" "--blas system on 1 and $count ranks"
    done
    for threads in 1 2; do
        must "the run with --blas system and $threads threads" launch 1 "${settings[@]}" \
            --steps 12 --blas system --threads "$threads" --output "system-threads-$threads" >/dev/null
        same system-1 "system-threads-$threads" "--blas system with the machine's threads and $threads"
    done
    "$program" "${settings[@]}" --steps 1 --blas system --output system-header 2>&1 >/dev/null \
        | grep '^kernels .*matrices by' || fail "the run's first lines do not tell the library"
fi

say "depthwise convolutions, gates, and blocks skipped at random"
for model in mobilenet_v2 efficientnet_b0; do
    for count in 1 2 3; do
        must "$model on $count ranks" launch "$count" "${settings[@]}" --model $model --drop-path 0.3 \
            --steps 6 --output "$model-$count" >/dev/null
        same "$model-1" "$model-$count" "$model on 1 and $count ranks"
    done
done
must "mobilenet_v2 with 3 threads" launch 1 "${settings[@]}" --model mobilenet_v2 --drop-path 0.3 --steps 6 \
    --threads 3 --output mobilenet-threads >/dev/null
same mobilenet_v2-1 mobilenet-threads "mobilenet_v2 with the machine's threads and 3"

say "interruptions"
long=(--epochs 15 --checkpoint-every 7 --keep 1)
must "the run without an interruption" \
    launch 1 "${settings[@]}" "${long[@]}" --output whole >/dev/null

steps() { if [ -e "$1/metrics.jsonl" ]; then wc -l <"$1/metrics.jsonl"; else echo 0; fi; }

# begin RUN RANKS STEPS ARGUMENTS…: starts a run in the background and returns after so many steps.
begin() {
    local run=$1 count=$2 until=$3 tries=0
    shift 3
    mpirun --oversubscribe -np "$count" "$program" "$@" >/dev/null 2>log &
    launcher=$!
    while [ "$(steps "$run")" -lt "$until" ]; do
        kill -0 "$launcher" 2>/dev/null || break
        tries=$((tries + 1))
        [ "$tries" -lt 3000 ] || fail "$run does not come to step $until"
        sleep 0.02
    done
}

# gone RUN: waits until no rank of a run is left.
gone() {
    local tries=0
    while pgrep -f -- "$work/$1" >/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || fail "ranks of $1 go on 30 seconds after mpirun was killed"
        sleep 0.1
    done
}

# strike: kills the launcher, which must still have been running.
strike() {
    local code=0
    kill -9 "$launcher"
    wait "$launcher" 2>/dev/null || code=$?
    [ "$code" -eq 137 ] || fail "the run had ended with code $code before it was killed"
}

# At a step of the first third, of the middle, and of the last third, on another count each time.
run=$work/killed
begin killed 3 $((3 + RANDOM % 30)) "${settings[@]}" "${long[@]}" --output "$run"
strike
gone killed
echo "killed at step $(steps killed) on 3 ranks"
begin killed 2 $((40 + RANDOM % 30)) --resume "$run"
strike
gone killed
echo "killed at step $(steps killed) on 2 ranks"
must "resuming on 4 ranks" launch 4 --resume "$run" >/dev/null
same whole killed "never interrupted, and killed on 3 and 2 ranks, finished on 4"
for file in metrics evaluations; do
    [ "$(wc -l <killed/$file.jsonl)" -eq "$(wc -l <whole/$file.jsonl)" ] \
        || fail "$file.jsonl of the killed run has other lines than that of the whole run"
done

depthwise=("${settings[@]}" --model efficientnet_b0 --steps 16 --checkpoint-every 3)
must "efficientnet_b0 without an interruption" \
    launch 1 "${depthwise[@]}" --output whole-depthwise >/dev/null
run=$work/killed-depthwise
begin killed-depthwise 2 $((4 + RANDOM % 6)) "${depthwise[@]}" --output "$run"
strike
gone killed-depthwise
echo "killed efficientnet_b0 at step $(steps killed-depthwise) on 2 ranks"
must "resuming on 3 ranks" launch 3 --resume "$run" >/dev/null
same whole-depthwise killed-depthwise "efficientnet_b0 never interrupted, and killed on 2 ranks, finished on 3"

run=$work/stopped
begin stopped 2 $((3 + RANDOM % 50)) "${settings[@]}" "${long[@]}" --output "$run"
kill -USR1 "$launcher"
code=0
wait "$launcher" || code=$?
[ "$code" -eq 75 ] || { cat log >&2; fail "SIGUSR1 to mpirun ends with code $code instead of 75"; }
at=$(steps stopped)
[ "$(basename "$(final stopped)")" = "$(printf 'step-%08d.safetensors' "$at")" ] \
    || fail "stopped after step $at, but the last checkpoint is $(final stopped)"
echo "stopped by SIGUSR1 after step $at on 2 ranks"
"$program" --resume "$run" >/dev/null 2>log &
launcher=$!
while [ "$(steps stopped)" -le "$((at + 5))" ] && kill -0 "$launcher" 2>/dev/null; do sleep 0.02; done
kill -TERM "$launcher"
code=0
wait "$launcher" || code=$?
[ "$code" -eq 75 ] || { cat log >&2; fail "SIGTERM ends with code $code instead of 75"; }
echo "stopped by SIGTERM after step $(steps stopped) on 1 rank"
must "resuming on 8 ranks" launch 8 --resume "$run" >/dev/null
same whole stopped "never interrupted, and stopped on 2 and 1 ranks, finished on 8"

say "a frozen trunk"
# Features that are computed once, by a trunk that was trained before.
frozen=(--data photos --weights whole --freeze trunk --batch 16 --slices 8 --learning-rate 0.02 --steps 300)
for count in 1 2 3; do
    must "the run with a frozen trunk on $count ranks" \
        launch "$count" "${frozen[@]}" --output "frozen-$count" >/dev/null
    same frozen-1 "frozen-$count" "a frozen trunk on 1 and $count ranks"
done
# Steps take well under a millisecond, so that only a long run is still going on when it is killed.
many=2000
must "a long run with a frozen trunk" \
    launch 1 "${frozen[@]}" --steps "$many" --output frozen-long >/dev/null
run=$work/frozen-killed
begin frozen-killed 3 50 "${frozen[@]}" --steps "$many" --checkpoint-every 20 --output "$run"
kill -9 "$launcher" || fail "the run with a frozen trunk ended before it was killed"
wait "$launcher" 2>/dev/null || true
gone frozen-killed
[ "$(steps frozen-killed)" -lt "$many" ] \
    || fail "the run with a frozen trunk was through before it was killed"
echo "killed at step $(steps frozen-killed) on 3 ranks"
must "resuming with the features in the run folder" launch 1 --resume "$run" >/dev/null
grep -q 'the features of all photos are in' log || fail "a run that goes on computes its features again"
same frozen-long frozen-killed "a frozen trunk without an interruption, and killed on 3 ranks, finished on 1"
must "the run without features" \
    launch 2 "${frozen[@]}" --no-aug --views 0 --steps 20 --output frozen-anew >/dev/null
must "the run with features" launch 3 "${frozen[@]}" --no-aug --steps 20 --output frozen-once >/dev/null
# tensors RUN: the checkpoint behind its header, which holds the settings.
tensors() {
    local file length
    file=$(final "$1")
    length=$(od -An -tu8 -N8 "$file" | tr -d ' ')
    tail -c "+$((length + 9))" "$file"
}
cmp <(tensors frozen-anew) <(tensors frozen-once) \
    || fail "features that are computed once change the checkpoint"
echo "equal: photos through the trunk in each epoch, and features that are computed once"

say "evaluation"
for count in 1 2 3; do
    must "evaluating on $count ranks" \
        launch "$count" evaluate whole --json --predictions "answers-$count.csv" \
        >"result-$count.json"
    cmp answers-1.csv "answers-$count.csv" && cmp result-1.json "result-$count.json" \
        || fail "1 and $count ranks evaluate differently"
done
for count in 1 2 3; do
    must "heat maps on $count ranks" \
        launch "$count" predict whole photos/test --threads "$count" --heat-map "looked-$count.jpg" >/dev/null
    cmp looked-1.jpg "looked-$count.jpg" || fail "1 and $count ranks draw other heat maps"
done
[ "$(wc -l <answers-3.csv)" -eq 32 ] || fail "not every photo has one answer"
echo "equal: evaluations and heat maps on 1, 2 and 3 ranks, each of 31 photos once"

# Last batches of 5 and 3 photos: fewer than a task may have, so that some are cut into parts.
must "training at 96 pixels" launch 1 --data photos --model mobilenet_v2 --image-size 96 --batch 8 --steps 1 \
    --output larger >/dev/null
for threads in 1 2 3; do
    for batch in 31 13 28; do
        must "evaluating with $threads threads, $batch photos at a time" \
            launch 1 evaluate larger --threads "$threads" --batch "$batch" --predictions larger.csv >/dev/null
        [ -e larger-first.csv ] || mv larger.csv larger-first.csv
        [ ! -e larger.csv ] || cmp larger-first.csv larger.csv \
            || fail "mobilenet_v2 answers otherwise with $threads threads and $batch photos at a time"
    done
done
echo "equal: answers of mobilenet_v2 with 1, 2 and 3 threads and 31, 13 and 28 photos at a time"

say "embeddings"
for count in 1 3; do
    must "embedding on $count ranks" \
        launch "$count" embed whole --data photos --out "embedded-$count.safetensors" >/dev/null
    # The first computes the reference, the second finds it in the run folder.
    rm -rf whole/embeddings
    for kind in knn class-mean whitened-mean; do
        must "evaluating by $kind on $count ranks" launch "$count" evaluate whole --classifier "$kind" --json \
            --predictions "$kind-$count.csv" >"$kind-$count.json"
    done
    cp whole/embeddings/learned.safetensors "learned-$count.safetensors"
    must "searching on $count ranks" launch "$count" neighbours "embedded-$count.safetensors" \
        "learned-$count.safetensors" --neighbours 7 --out "nearest-$count.csv" >"nearest-$count.txt"
    sed -i "s/-$count\././g" "nearest-$count.txt"
done
for file in embedded-%.safetensors learned-%.safetensors knn-%.csv knn-%.json class-mean-%.csv class-mean-%.json whitened-mean-%.csv whitened-mean-%.json \
    nearest-%.csv nearest-%.txt; do
    cmp "${file/\%/1}" "${file/\%/3}" || fail "1 and 3 ranks make another ${file/-\%/}"
done
[ "$(wc -l <nearest-3.csv)" -eq $((1 + 7 * 151)) ] || fail "not every photo has 7 neighbours"
echo "equal: embeddings, the reference of a run, evaluations and searches by them on 1 and 3 ranks"

say "galleries and thresholds"
must "drawing other photos" "$program" dataset synthesize others --landmarks 6 --photos 60 --test-photos 12 \
    --image-size 64 --seed 9 >/dev/null
for count in 1 3; do
    must "making a gallery on $count ranks" launch "$count" gallery create "gallery-$count" --weights whole >/dev/null
    must "adding to it on $count ranks" launch "$count" gallery add "gallery-$count" photos >/dev/null
    must "calibrating it on $count ranks" launch "$count" calibrate "gallery-$count" --unknown others >/dev/null
    must "naming by it on $count ranks" \
        launch "$count" predict --gallery "gallery-$count" others/test --json >"named-$count.json"
    must "calibrating a run on $count ranks" launch "$count" calibrate whole --unknown others >"calibrated-$count"
    mv whole/calibration.safetensors "calibration-$count"
done
cmp gallery-1 gallery-3 && cmp named-1.json named-3.json || fail "1 and 3 ranks make different galleries"
cmp calibration-1 calibration-3 && cmp calibrated-1 calibrated-3 || fail "1 and 3 ranks find different thresholds"
must "adding the other way round" "$program" gallery create gallery-parts --weights whole >/dev/null
half=$(find photos/train -name '*.jpg' | sort | tail -1)
must "making a gallery to take from" "$program" gallery add gallery-parts photos >/dev/null
must "taking a photo out" "$program" gallery remove gallery-parts "$half" >/dev/null
must "adding it again" "$program" gallery add gallery-parts photos >/dev/null
must "calibrating" "$program" calibrate gallery-parts --unknown others >/dev/null
cmp gallery-1 gallery-parts || fail "a gallery depends on the order in which photos came"
echo "equal: galleries, answers by them and thresholds on 1 and 3 ranks"
