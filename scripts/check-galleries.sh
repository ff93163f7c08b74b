#!/usr/bin/env bash
# Galleries and thresholds: what they refuse, what two writers and kill -9 leave behind, and that photos of no known
# landmark are told from others.
#
#   scripts/check-galleries.sh [PROGRAM]      default: $LANDMARK_TRAIN or .build/release/landmark-train
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/scripts/refusals.sh"

# holds COUNT GALLERY: photos of a gallery.
holds() {
    local got
    checks=$((checks + 1))
    got=$("$program" gallery list "$2" --json 2>&1 | sed -n 's/^  "photos" : \([0-9]*\),*$/\1/p')
    [ "$got" = "$1" ] && return
    failures=$((failures + 1))
    echo "FAILED: $2 holds '$got' photos instead of $1"
}
# output PATTERN, errors PATTERN: a line of what `works` ran last.
output() { found out "$1"; }
errors() { found err "$1"; }
found() {
    checks=$((checks + 1))
    grep -q -- "$2" "$1" && return
    failures=$((failures + 1))
    echo "FAILED: no line of '$2' in:"
    sed -n '1,12s/^/  | /p' "$1"
}

photo=$(find photos/test -name '*.jpg' | sort | sed -n 1p)
second=$(find photos/test -name '*.jpg' | sort | sed -n 2p)
"$program" dataset synthesize others --landmarks 5 --photos 50 --test-photos 10 --image-size 48 --seed 9 \
    >/dev/null 2>&1
"$program" --data others "${tiny[@]}" --slices 3 --seed 5 --output other >/dev/null 2>&1 \
    || fail "cannot train the other network"

# What is refused.
everywhere 74 'there is no gallery at nowhere' gallery add nowhere "$photo" --name Petra
everywhere 74 'there is no gallery at nowhere' predict --gallery nowhere "$photo"
everywhere 74 'no checkpoint or run folder at nowhere' gallery create g --weights nowhere
works 1 gallery create g --weights run
output 'an empty gallery for small at 32 px'
everywhere 64 'there is a file at g already' gallery create g --weights run
everywhere 65 'g holds no photos' predict --gallery g "$photo"
everywhere 65 'is no gallery' gallery add "$checkpoint" "$photo" --name Petra
everywhere 64 'is no folder of landmarks; say with --name' gallery add g "$photo"
everywhere 64 '--name is empty' gallery add g "$photo" --name ' '
everywhere 64 'cannot be added; give files' gallery add g - --name Petra
everywhere 64 '--id is the id of the landmark' gallery add g photos --id 5
everywhere 64 'give either photos to take out, or a landmark' gallery remove g
everywhere 65 'g has no landmark Petra; it is empty' gallery remove g --name Petra
everywhere 65 'is not in g, neither by its path nor by its content' gallery remove g "$photo"
everywhere 64 'weights is for --gallery' predict run "$photo" --weights run
everywhere 64 'gallery brings its network along; leave out run' predict run "$photo" --gallery g
everywhere 64 'heat-map shows where' predict --gallery g "$photo" --heat-map looked.jpg
everywhere 64 'false-positives is 1' calibrate run --unknown others --false-positives 1
everywhere 74 'there is no folder of photos at nowhere' calibrate run --unknown nowhere
everywhere 65 'no photo of a known landmark is left' calibrate g --unknown others

# One photo makes a landmark.
works 2 gallery add g "$photo" --name Petra
output '^g: 1 photo added; 1 photo of 1 landmark$'
works 1 predict --gallery g "$photo"
output '100.0 %  Petra$'
output "near 1.000  $photo  Petra"
works 1 gallery add g "$photo" --name Petra
output 'nothing to add'
errors '1 photo not added: the same landmark has one of the same content'
code=0
launch 2 gallery add g "$photo" "$second" --name 'Big Ben' >out 2>err || code=$?
[ "$code" -eq 65 ] || { failures=$((failures + 1)); echo "FAILED: a photo under two names ends with code $code"; }
errors "1 photo not added: another landmark has one of the same content.*($photo as Big Ben and $photo as Petra)"
holds 2 g
code=0
: >empty.jpg
launch 1 gallery add g empty.jpg nowhere.jpg --name Petra >out 2>err || code=$?
[ "$code" -eq 65 ] || { failures=$((failures + 1)); echo "FAILED: photos that cannot be read end with code $code"; }
errors 'cannot read empty.jpg'
errors 'cannot read nowhere.jpg'
holds 2 g
works 1 gallery remove g --name 'Big Ben'
cp "$photo" copy.jpg
works 1 gallery remove g copy.jpg
output '^g: 1 photo taken out; 0 photos of 0 landmarks$'

# A folder of landmarks, a threshold, photos of others.
works 3 gallery add g photos
output '^g: 48 photos added; 48 photos of 4 landmarks$'
errors '12 photos of other parts of photos are left out'
works 2 calibrate g --unknown others/train
output '^AUROC'
errors 'are few: on others the shares may lie anywhere in the ranges told'
works 1 gallery list g
output '^threshold  similarity'
works 2 predict --gallery g others/test --json
output '"known" : \(true\|false\)'
works 1 predict --gallery g others/test --submission table.csv
checks=$((checks + 1))
[ "$(wc -l <table.csv)" -eq 11 ] || { failures=$((failures + 1)); echo "FAILED: a row is missing in table.csv"; }
cp -r others/train known && cp "$(find photos/train -name '*.jpg' | sort | sed -n 1p)" known
works 1 calibrate g --unknown known
errors '1 photo of --unknown are among g and left out'
works 1 gallery remove g "$(find photos/train -name '*.jpg' | sort | sed -n 1p)"

# Another network, other preparation, weights that were moved.
everywhere 65 'g was made with small at 32 px .* is small at 32 px .*other weights' \
    predict --gallery g "$photo" --weights other
everywhere 65 'g was made with small at 32 px .* is small at 64 px' predict --gallery g "$photo" --image-size 64
everywhere 65 'photos prepared otherwise' predict --gallery g "$photo" --mean 0.4
cp -r run elsewhere
works 1 gallery create h --weights elsewhere
works 1 gallery add h "$photo" --name Petra
rm -r elsewhere
everywhere 74 'the weights that h was made with are not at .*elsewhere.*say with --weights' predict --gallery h "$photo"
works 1 predict --gallery h "$photo" --weights run
output '100.0 %  Petra$'
head -c 20000 g >cut
everywhere 65 'cut: it is not a whole safetensors file' predict --gallery cut "$photo"

# A threshold of a run, and one for other weights.
works 2 calibrate run --unknown others/train --false-positives 0.2
output 'run/calibration.safetensors: [0-9]* photos of 4 landmarks'
works 1 predict run others/test --json
output '"known" : '
works 1 predict run others/test --json --name-all
checks=$((checks + 1))
grep -q '"known"' out && { failures=$((failures + 1)); echo "FAILED: --name-all leaves verdicts"; }
works 2 evaluate run --unknown others/train
output '^no landmark  *50 photos'
output '^threshold  .* known photos not named, .* of 50 others named'
cp run/calibration.safetensors other/calibration.safetensors
works 1 predict other "$photo"
errors 'calibration.safetensors was found for small at 32 px .*every photo gets a name; calibrate again'
head -c 5000 run/calibration.safetensors >other/calibration.safetensors
everywhere 65 'calibration.safetensors: it is not a whole safetensors file' predict other "$photo"
rm other/calibration.safetensors
cp "$checkpoint" loose.safetensors
everywhere 64 'data is missing' calibrate loose.safetensors --unknown others
works 2 calibrate loose.safetensors --unknown others/train --data photos
output '^loose.calibration.safetensors: '
works 2 predict loose.safetensors "$photo" --json
output '"known" : '
everywhere 65 'none of the photos to learn from shows a landmark' \
    calibrate loose.safetensors --unknown photos/train --data others
works 1 --data others --weights run --freeze trunk --batch 12 --steps 3 --output tuned
cp run/calibration.safetensors tuned
works 1 predict tuned "$photo"
errors 'calibration.safetensors was found for other landmarks than those that are named here'

# Two writers at once: nothing is lost.
works 1 gallery create two --weights run
mapfile -t pictures < <(find photos/train -name '*.jpg' | sort | head -12)
for half in 0 6; do
    (
        for picture in "${pictures[@]:half:6}"; do
            "$program" gallery add two "$picture" --name "half $half" --threads 1 >/dev/null 2>&1 || exit 1
        done
    ) &
    writers[half]=$!
done
checks=$((checks + 1))
wait "${writers[0]}" && wait "${writers[6]}" || { failures=$((failures + 1)); echo "FAILED: one of two writers"; }
holds 12 two

# Killed at any moment, a gallery is the old one or the new one.
works 1 gallery create one --weights run
works 1 gallery add one "$photo" --name Petra
cp one full
begin=$(date +%s%N)
works 1 gallery add full photos --threads 1
length=$((($(date +%s%N) - begin) / 1000000))
old=0 fresh=0 killed=0
for round in $(seq 24); do
    cp one victim
    "$program" gallery add victim photos --threads 1 >/dev/null 2>&1 &
    writer=$!
    # Most of the kills in the last third, where the file is written.
    sleep "$(printf '%d.%03d' $((length * (12 + round) / 36000)) $((length * (12 + round) / 36 % 1000)))"
    # One that is through already cannot be killed; wait tells which it was.
    kill -9 "$writer" 2>/dev/null || true
    code=0
    wait "$writer" 2>/dev/null || code=$?
    case $code in
        0) ;;
        137) killed=$((killed + 1)) ;;
        *)
            failures=$((failures + 1))
            echo "FAILED: adding to a gallery ended by itself with code $code" ;;
    esac
    if [ $code -eq 0 ] && ! cmp -s victim full; then
        failures=$((failures + 1))
        echo "FAILED: a writer that was through left another gallery"
    fi
    if cmp -s victim one; then
        old=$((old + 1))
    else
        fresh=$((fresh + 1))
        cmp victim full || {
            failures=$((failures + 1))
            echo "FAILED: a gallery whose writer was killed is neither the old one nor the new one"
        }
    fi
done
checks=$((checks + 25))
[ $killed -gt 0 ] || { failures=$((failures + 1)); echo "FAILED: all writers were through before they were killed"; }
rm -f victim.partial
echo "killed $killed times of 24 while adding: $old times the old gallery, $fresh times the new one"

verdict "galleries and thresholds"
