#!/usr/bin/env bash
# What a user can get wrong ends in one line that says what to do and in the right exit code, on
# one, two and three ranks, without a hang and without files left behind: photos, flags, checkpoints and
# weights. What the machine refuses is in check-limits.sh.
#
#   scripts/check-errors.sh [PROGRAM]      default: $LANDMARK_TRAIN or .build/release/landmark-train
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/scripts/refusals.sh"

# Photos.
everywhere 65 'there is no folder .*nowhere' --data nowhere "${tiny[@]}" --output new
mkdir empty && : >empty/train.csv
everywhere 65 'train.csv is empty' --data empty "${tiny[@]}" --output new
mkdir bare && echo 'id,landmark_id' >bare/train.csv
everywhere 65 'lists no photos' --data bare "${tiny[@]}" --output new
mkdir columns && printf 'name,place\nabc,1\n' >columns/train.csv
everywhere 65 'the columns are name,place' --data columns "${tiny[@]}" --output new
mkdir letters && printf 'id,landmark_id\n0123456789abcdef,tower\n' >letters/train.csv
everywhere 65 'line 2: landmark_id' --data letters "${tiny[@]}" --output new
mkdir missing && cp photos/train.csv missing
everywhere 65 'none is there' --data missing "${tiny[@]}" --output new
cp -r photos holes
find holes/train -name '*.jpg' | sort | sed -n 1,15p | xargs rm
for count in 1 2 3; do
    refused 65 'max-bad-photos' "$count" --data holes "${tiny[@]}" --output holed
    rm -rf holed
done
mkdir -p single/tower && find photos/train -name '*.jpg' -exec cp {} single/tower \;
everywhere 65 'at least two landmarks' --data single "${tiny[@]}" --output new

# Flags.
everywhere 64 'cannot be cut into 6 equal slices; use --batch' \
    --data photos "${tiny[@]}" --batch 10 --slices 6 --output new
for count in 2 3; do
    refused 64 "$count ranks but only 1 slice" "$count" \
        --data photos "${tiny[@]}" --slices 1 --output new
done
everywhere 64 "'resnet19' is invalid.*resnet18, resnet34" --data photos --model resnet19
everywhere 64 'needs at least 32' --data photos "${tiny[@]}" --image-size 16 --output new
for count in 1 2 3; do
    LANDMARK_CPU=abacus refused 64 "LANDMARK_CPU is 'abacus'" "$count" --data photos --output new
done
for count in 1 2; do
    LANDMARK_BLAS=/nowhere.so refused 64 'blas system: LANDMARK_BLAS: .*nowhere.so' "$count" \
        --data photos "${tiny[@]}" --blas system --output new
done
everywhere 64 'slice of one photo and leaves batch norm' \
    --data photos --model resnet18 --image-size 32 --batch 3 --slices 3 --output new
everywhere 64 'checkpoint-minutes is -1' --data photos "${tiny[@]}" --checkpoint-minutes=-1 --output new
everywhere 64 'small has 11 layers with weights; give a number from 1 to 10' \
    --data photos "${tiny[@]}" --freeze 11 --output new
everywhere 64 'layers would stay random' --data photos "${tiny[@]}" --freeze trunk --output new
everywhere 64 "'body' is invalid" --data photos "${tiny[@]}" --freeze body --output new
everywhere 64 'views is for --freeze trunk' --data photos "${tiny[@]}" --views 4 --output new
everywhere 64 'trunk-lr-factor is -1' --data photos "${tiny[@]}" --trunk-lr-factor=-1 --output new
everywhere 64 'threads is 0' --data photos "${tiny[@]}" --threads 0 --output new
everywhere 64 'learning-rate is -1' --data photos "${tiny[@]}" --learning-rate=-1 --output new
echo '{"epoch": 3}' >settings.json
everywhere 64 "unknown setting 'epoch'" --config settings.json --data photos --output new
everywhere 64 'already holds a run' --data photos "${tiny[@]}" --output run
everywhere 64 'batch cannot change' --resume run --batch 24
everywhere 64 'freeze cannot change' --resume run --freeze trunk
everywhere 74 'holds no run' --resume photos

# What users of timm and torchvision type: other names of the same flags, or a sentence.
# settled ARGUMENTS…: the settings that a run would have.
settled() { launch 1 "$@" --dry-run --output new 2>err || echo "exit code $?"; }
same() {
    checks=$((checks + 1))
    [ "$1" = "$2" ] && [ "${1:0:1}" = '{' ] && return
    failures=$((failures + 1))
    echo "FAILED: $3"
    diff <(echo "$1") <(echo "$2") | head -12
}
named=$(settled --data photos --model small --image-size 32 --batch 12 --optimizer adamw --learning-rate 0.02 \
    --weight-decay 0.001 --schedule step --step-epochs 3 --step-factor 0.5 --warmup-epochs 2 --flip 0.25 \
    --colour-jitter 0.3 --erasing 0.2 --label-smoothing 0.05 --clip 1 --ema 0.99 --dropout 0.1)
same "$named" "$(settled --data-dir photos --arch small --img-size 32 -b 12 --opt adamw --lr 0.02 --wd 0.001 \
    --sched step --decay-epochs 3 --decay-rate 0.5 --lr-warmup-epochs 2 --hflip 0.25 --color-jitter 0.3 \
    --reprob 0.2 --smoothing 0.05 --clip-grad 1 --model-ema-decay 0.99 --drop 0.1)" 'names of timm mean something else'
same "$named" "$(settled --data-path photos --model small --image-size 32 --batch-size 12 --opt adamw --lr 0.02 \
    --weight-decay 0.001 --lr-scheduler step --lr-step-size 3 --lr-gamma 0.5 --warmup-epochs 2 --flip 0.25 \
    --color-jitter 0.3 --random-erase 0.2 --label-smoothing 0.05 --clip-grad-norm 1 --ema 0.99 --dropout 0.1)" \
    'names of torchvision mean something else'
same "$(settled --data photos "${tiny[@]}" --min-scale 1 --flip 0 --erasing 0 --colour-jitter 0)" \
    "$(settled --data photos "${tiny[@]}" --hflip 0.5 --no-aug --reprob 0.2)" '--no-aug leaves an augmentation'
every=$(settled --data photos --model vgg11_bn --image-size 40 --preprocessing crop --mean 0.5,0.4,0.3 \
    --std 0.25 --crop-fraction 0.9 --min-steps 2 --min-scale 0.5 --flip 0.1 \
    --colour-jitter 0.1 --erasing 0.1 --hold-out 0.3 --inspect-at-most 1000 --max-bad-photos 0.02 --balance weights \
    --dropout 0.2 --no-ignore-surplus --convolution exact --blas own --optimizer sgd --learning-rate 0.01 --reference-batch 0 \
    --momentum 0.8 --nesterov --rho 0.8 --beta1 0.8 --beta2 0.99 --epsilon 1e-6 --weight-decay 0.01 --schedule cosine \
    --warmup-epochs 0.5 --inverse-time-decay 0.1 --step-epochs 2 --step-factor 0.3 --label-smoothing 0.2 --clip 2 \
    --ema 0.9 --batch 6 --slices 3 --epochs 2 --steps 3 --no-drop-last --seed 18446744073709551615 \
    --checkpoint-every 2 --checkpoint-minutes 1 --keep 1 --evaluate-every 0 --evaluate-at-most 10)
echo "$every" >every.json
same "$every" "$(settled --config every.json)" 'the settings of all flags do not come back as --config'
everywhere 64 '--device: there is no device to choose.*--threads' --data photos "${tiny[@]}" --device cuda --output new
everywhere 64 '--workers: each rank.s threads decode photos.*--threads' \
    --data photos "${tiny[@]}" --workers=8 --output new
everywhere 64 '--amp: it computes in single precision' --data photos "${tiny[@]}" --amp --output new
refused 64 '--amp: it computes' 1 evaluate run --amp
for relative in '-j 8' --pretrained '--num-classes 5' '--dist-url env://' '--model-ema' '--opt-betas 0.9 0.99'; do
    # shellcheck disable=SC2086
    refused 64 "${relative%% *}: " 1 --data photos "${tiny[@]}" $relative --output new
done
refused 64 "Did you mean '--batch-size'" 1 --data photos --batchsize 8 --output new
refused 64 "'many' is invalid for '--batch-size <batch>'" 1 --data photos --batch-size many --output new

# Ranks that would round differently.
if grep -q avx2 /proc/cpuinfo; then
    refused 64 'different instruction sets.*LANDMARK_CPU=baseline' unlike \
        --data photos "${tiny[@]}" --output new
fi

# Checkpoints.
everywhere 65 'another model.*it fits small: give --model small' \
    --data photos "${tiny[@]}" --model resnet18 --weights "$checkpoint" --output new
everywhere 65 'holds a small, not a resnet18' evaluate run --model resnet18
"$program" dataset synthesize others --landmarks 5 --photos 50 --test-photos 10 --image-size 48 \
    --seed 9 >/dev/null 2>&1
everywhere 65 'photos that the run learns from are no longer in' --resume run --data others --epochs 2
everywhere 65 'none of the landmarks' evaluate run --data others
head -c 100000 "$checkpoint" >cut.safetensors
everywhere 65 'cut.safetensors' evaluate cut.safetensors --data photos
everywhere 65 'cut.safetensors' predict cut.safetensors photos/test
echo 'no checkpoint at all' >text.safetensors
everywhere 65 'text.safetensors' evaluate text.safetensors --data photos
cp -r run torn
head -c 100000 "$checkpoint" >"torn/checkpoints/$(basename "$checkpoint")"
everywhere 65 'safetensors' --resume torn --epochs 2
everywhere 74 'no checkpoint or run folder at nowhere' evaluate nowhere --data photos
everywhere 65 'cannot read nowhere.jpg' predict run nowhere.jpg
# Standard input, a photo or not; ranks but the first are given what it reads.
photo=$(find photos/test -name '*.jpg' | sort | sed -n 1p)
"$program" predict run "$photo" --json >out 2>err || { cat err >&2; fail "predict fails on a good photo"; }
sed 's/"photo" : .*/"photo" : "standard input",/' out >expected
for count in 1 2 3; do
    refused 65 'cannot read standard input: it is empty' "$count" predict run - </dev/null
    refused 65 'cannot read standard input: this is text' "$count" predict run - <settings.json
    refused 64 'standard input) is named twice' "$count" predict run - "$photo" - <"$photo"
    checks=$((checks + 1))
    launch "$count" predict run - --json <"$photo" >out 2>err && cmp -s expected out || {
        failures=$((failures + 1))
        echo "FAILED on $count ranks: predict of a photo on standard input"
        sed -n '1,12s/^/  | /p' err
    }
done
# Folders: what is no photo is left out and said, what looks like one is told.
mkdir -p mixed/deep && cp "$photo" mixed/deep/photo && cp "$photo" mixed/.hidden.jpg
printf '\1\2\3' >mixed/numbers.bin
for count in 1 2; do
    checks=$((checks + 1))
    launch "$count" predict run mixed >out 2>err && [ "$(grep -c '^mixed/deep/photo$' out)" -eq 1 ] \
        && [ "$(grep -c '^mixed' out)" -eq 1 ] \
        && grep -q '1 file below mixed of which the content is no photo (numbers.bin)' err \
        && grep -q '1 hidden file below' err || {
        failures=$((failures + 1))
        echo "FAILED on $count ranks: predict of a folder with other files"
        sed -n '1,12s/^/  | /p' out err
    }
done
: >mixed/broken.png
everywhere 65 'cannot read mixed/broken.png: it is empty' predict run mixed
rm -r mixed/deep mixed/broken.png
everywhere 65 'no photo in mixed; .*numbers.bin' predict run mixed
# Heat maps: not of a network without a global pool, nor of no photo; what is left out is told.
"$program" --data photos --model tutorial --image-size 32 --batch 12 --steps 1 --output pool-less >/dev/null 2>&1 \
    || fail "cannot train a network without a global pool"
everywhere 64 'tutorial has no global average pool' predict pool-less "$photo" --heat-map looked.jpg
[ ! -e looked.jpg ] || { failures=$((failures + 1)); echo "FAILED: a heat map of a network without a pool"; }
refused 65 'cannot read nowhere.jpg' 2 predict run nowhere.jpg --heat-map looked.jpg
mkdir -p many && for number in $(seq 61); do cp "$photo" "many/$number.jpg"; done
works 2 predict run many --heat-map looked.jpg
grep -q 'looked.jpg shows the first 60 of 61 photos' err && [ -s looked.jpg ] \
    || { failures=$((failures + 1)); echo "FAILED: photos that a heat map leaves out are not told"; }
# What an export is to be.
everywhere 64 'with --torch, --onnx or both' export run
everywhere 64 'keep-batch-norms is for ONNX' export run --torch w --keep-batch-norms
everywhere 64 'external-data is for ONNX' export run --torch w --external-data
refused 64 'would write the same file' 1 export run --torch ./w --onnx w
refused 64 'would write the same file' 1 export run --torch w.data --onnx w --external-data
[ ! -e w ] || { failures=$((failures + 1)); echo "FAILED: a file of an export that is refused"; }
works 2 export run --torch w.safetensors --onnx w.onnx
[ -s w.safetensors ] && [ -s w.onnx ] && [ "$(cat out)" = "$(printf 'w.safetensors\nw.onnx')" ] \
    || { failures=$((failures + 1)); echo "FAILED: two exports at once"; }
everywhere 64 'batch is 0; give at least 1' bench evaluate --batch 0
everywhere 64 'repetitions is 0' bench layers --repetitions 0
everywhere 64 'needs at least 32' bench step --batch 6 --image-size 7
everywhere 74 'no .jpg or .jpeg file' bench decode nowhere

# Weights.
# told PATTERN ARGUMENTS…: the command succeeds on two ranks and says something once.
told() {
    local pattern=$1 lines=0 code=0
    shift
    checks=$((checks + 1))
    launch 2 "$@" >out 2>err || code=$?
    lines=$(grep -c "^landmark-train: .*$pattern" err || true)
    if [ "$code" -ne 0 ] || [ "$lines" -ne 1 ]; then
        failures=$((failures + 1))
        printf 'FAILED: code %s, %s lines of "%s"\n  %s\n' "$code" "$lines" "$pattern" "$*"
        sed -n '1,12s/^/  | /p' err
    fi
    rm -rf new
}
# says PATTERN ARGUMENTS…: a line at the start of a run.
says() {
    local pattern=$1
    shift
    checks=$((checks + 1))
    launch 2 "$@" --dry-run --output new >out 2>err && grep -q -- "^$pattern" err && return
    failures=$((failures + 1))
    printf 'FAILED: no line of "%s"\n  %s\n' "$pattern" "$*"
    sed -n '1,12s/^/  | /p' err
}
# figures COMMAND…: what an evaluation prints below the line that names the file.
figures() { launch 1 "$@" 2>err | tail -n +2; }
# reheaded FILE SED…: a safetensors file with its header edited by sed.
reheaded() {
    local file=$1 length place
    shift
    length=$(od -An -t u8 -N 8 "$file" | tr -d ' ')
    head -c $((8 + length)) "$file" | tail -c "$length" | LC_ALL=C sed "$@" >header
    for place in 0 8 16 24 32 40 48 56; do
        printf "\\x$(printf %02x $(($(stat -c %s header) >> place & 255)))"
    done
    cat header
    tail -c +$((9 + length)) "$file"
}
fixtures=$root/Tests/TrainingTests/Fixtures
"$program" --data photos "${tiny[@]}" --slices 3 --preprocessing stretch --output stretched >/dev/null 2>&1 \
    || fail "cannot train the network to export"
"$program" export stretched --torch weights.safetensors >/dev/null 2>&1
checks=$((checks + 1))
if [ "$(figures evaluate stretched)" != "$(figures evaluate weights.safetensors --data photos)" ]; then
    failures=$((failures + 1))
    echo "FAILED: an exported network is not the run's"
fi
cp -r stretched exported
cp weights.safetensors "$(realpath exported/checkpoints/latest)"
reheaded weights.safetensors 's/"bn1.num_batches_tracked"/"layer9.weight"/' >surplus.safetensors
reheaded weights.safetensors -e 's/landmark_train_export/other/' -e 's/"architecture"/"a"/' \
    -e 's/"image_size"/"b"/' -e 's/"preprocessing"/"c"/' -e 's/"mean"/"d"/' -e 's/"std"/"e"/' \
    -e 's/"resize"/"f"/' >foreign.safetensors
# Those of no network here, and a trunk whose head is called otherwise.
reheaded foreign.safetensors 's/"conv1.weight"/"conv9.weight"/' >unknown.safetensors
reheaded foreign.safetensors -e 's/"fc.weight"/"head.weight"/' -e 's/"fc.bias"/"head.bias"/' >trunk.safetensors
reheaded foreign.safetensors -e 's/"d":"[^"]*"/"mean":"[0.5,0.5,0.5]"/' -e 's/"e":"[^"]*"/"std":"[0.25,0.25,0.25]"/' \
    -e 's/"b":"[^"]*"/"input_size":"[3, 40, 40]"/' -e 's/"bilinear"/"bicubic"/' >timm.safetensors
reheaded weights.safetensors 's/\\"training_counts\\":\[[0-9,]*\]/\\"training_counts\\":[1]/' \
    >counts.safetensors
cp weights.safetensors nan.safetensors
printf '\x00\x00\xc0\x7f' | dd of=nan.safetensors bs=1 conv=notrunc status=none \
    seek=$((8 + $(od -An -t u8 -N 8 weights.safetensors)))
told 'trained with the preprocessing stretch; --preprocessing crop is taken' \
    evaluate weights.safetensors --data photos --preprocessing crop
told 'trained at 32 pixels; --image-size 64 is taken' \
    predict weights.safetensors "$(find photos/test -name '*.jpg' | sed -n 1p)" --image-size 64
told 'taken from weights.safetensors: small, 32 pixels, the preprocessing stretch' \
    --data photos --weights weights.safetensors --batch 12 --steps 1 --output new
told 'has a head for other classes, 4 instead of 5' \
    --data others --weights weights.safetensors --batch 12 --steps 1 --output new
refused 65 'none of the landmarks' 2 evaluate weights.safetensors --data others
told 'taken from foreign.safetensors: small' \
    --data photos --weights foreign.safetensors --image-size 32 --batch 12 --steps 1 --output new
told 'assumed are the preprocessing crop, ImageNet.s mean and deviation, as small was published' \
    --data photos --weights foreign.safetensors --image-size 32 --batch 12 --steps 1 --output new
told 'taken from timm.safetensors: small, 40 pixels, mean 0.5, std 0.25' \
    --data photos --weights timm.safetensors --batch 12 --steps 1 --output new
told 'resampled bicubic; here it is bilinear' evaluate timm.safetensors --data photos
told 'trained with the mean 0.5; --mean 0.4,0.5,0.6 is taken instead' \
    evaluate timm.safetensors --data photos --mean 0.4,0.5,0.6
told 'has no head that fits: fc.weight, fc.bias start at zero' \
    --data photos --weights trunk.safetensors --image-size 32 --batch 12 --steps 1 --output new
told 'not used is its head, head.weight, head.bias' \
    --data photos --weights trunk.safetensors --image-size 32 --batch 12 --steps 1 --output new
says 'recipe   fine-tune: ' --data photos --weights foreign.safetensors --image-size 32
says 'recipe   landmark: ' --data photos --weights foreign.safetensors --image-size 32 --recipe landmark
everywhere 65 'has no last layer (fc.weight, fc.bias).*--weights' \
    evaluate trunk.safetensors --data photos --image-size 32
everywhere 64 'its tensors are not those of any network here; give --model' \
    --data photos --weights unknown.safetensors --image-size 32 --output new
refused 64 'mean is 2; give numbers from 0 to 1' 1 evaluate timm.safetensors --data photos --mean 2
everywhere 64 'std is 0; give positive numbers' --data photos "${tiny[@]}" --std 0 --output new
refused 64 "'1,2' is invalid for '--mean <mean>'" 1 --data photos "${tiny[@]}" --mean 1,2 --output new
# Few photos get enough steps, once: the settings that came out are a file of settings.
says 'chosen   300 epochs instead of 12, for at least 300 steps' --data photos --weights weights.safetensors
chosen=$(settled --data photos --weights weights.safetensors)
echo "$chosen" >chosen.json
same "$chosen" "$(settled --config chosen.json)" 'the settings that were chosen do not come back as --config'
same "$(settled --data photos --weights weights.safetensors --epochs 2 --batch 12)" \
    "$(settled --data photos --weights weights.safetensors --epochs 2 --batch 12 --min-steps 0)" \
    'epochs that are given are changed'
everywhere 65 'start from it with --weights' --resume exported
everywhere 65 'no place for 1 of its tensors, layer9.weight' evaluate surplus.safetensors --data photos
told 'left out are 1 tensors, layer9.weight' \
    evaluate surplus.safetensors --data photos --ignore-surplus
told 'does not name its network; its tensors are those of small' \
    evaluate foreign.safetensors --data photos --image-size 32
told 'assumed are 224 pixels, the preprocessing crop, ImageNet' evaluate foreign.safetensors --data photos
refused 65 'knows 4 landmarks, the photos show 5' 2 evaluate foreign.safetensors --data others
everywhere 65 'conv1.weight holds nan at element 0' predict nan.safetensors photos/test
refused 65 'training_counts has 1 numbers for 4 classes' 2 evaluate counts.safetensors --data photos
refused 64 'give --model' 2 evaluate "$fixtures/zip.pth" --data photos
refused 65 'has no tensor conv1.weight' 1 \
    --data photos "${tiny[@]}" --weights "$fixtures/legacy.pth" --output new
refused 65 'a whole object of Python' 2 evaluate "$fixtures/whole.pth" --data photos
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 46830571\n' >pointer.pth
everywhere 65 'Git LFS pointer' --data photos "${tiny[@]}" --weights pointer.pth --output new
echo '<!DOCTYPE html><html></html>' >page.pth
refused 65 'web page' 2 predict page.pth photos/test

# Embeddings.
works 2 embed run --data photos --out run.embeddings
works 1 embed weights.safetensors --data photos --part held --image-size 40 --out other.embeddings
works 2 embed weights.safetensors --data photos --csv photos/test.csv --out tabled.embeddings
checks=$((checks + 1))
if grep -q 'have no labels' err; then
    failures=$((failures + 1))
    echo "FAILED: photos of a table with landmarks have no labels"
fi
mkdir flat && cp "$photo" flat/a.jpg
told 'flat has neither class folders nor tables: its photos have no labels' embed run --data flat --out flat.embeddings
echo text >flat/notes.txt
told 'not used: 1 file below flat with endings that photos do not have (1 .txt)' predict run flat
everywhere 64 'out' embed run --data photos
everywhere 74 'cannot write nowhere/new' embed run --data photos --out nowhere/new
everywhere 65 'there is no folder nowhere' embed run --data nowhere --out new
everywhere 64 'csv lists the photos to take; leave out --part' \
    embed run --data photos --csv photos/test.csv --part held --out new
everywhere 64 'data is missing' embed weights.safetensors --out new
mkdir unreadable && for name in 1 2; do mkdir "unreadable/$name" && head -c 300 "$photo" >"unreadable/$name/a.jpg"; done
for count in 1 2 3; do
    refused 65 'none of the 2 photos of unreadable can be embedded' "$count" embed run --data unreadable --out new
done
cp -r unreadable half && cp "$photo" half/1/b.jpg
checks=$((checks + 1))
code=0
launch 2 embed run --data half --out half.embeddings >out 2>err || code=$?
[ "$code" -eq 65 ] && grep -q '^1 photo embedded by small .*; 2 left out$' out \
    && [ "$(grep -c 'cannot read half' err)" -eq 2 ] || {
    failures=$((failures + 1))
    echo "FAILED: photos that cannot be embedded are not told (code $code)"
    sed -n '1,12s/^/  | /p' out err
}
everywhere 65 'other.embeddings holds embeddings by small at 40 px' neighbours run.embeddings other.embeddings
everywhere 65 'has no tensor embeddings' neighbours run.embeddings weights.safetensors
everywhere 74 'cannot open gone' neighbours run.embeddings gone
everywhere 64 'neighbours is 0' neighbours run.embeddings run.embeddings --neighbours 0
head -c 3000 run.embeddings >cut.embeddings
everywhere 65 'cut.embeddings: it is not a whole safetensors file' neighbours run.embeddings cut.embeddings
reheaded run.embeddings 's/"network"/"netwerk"/' >unknown.embeddings
told 'a file does not say which network' neighbours run.embeddings unknown.embeddings
everywhere 64 "'mean' is invalid" evaluate run --classifier mean
everywhere 64 'neighbours is 0' evaluate run --classifier knn --neighbours 0
everywhere 64 'neighbours says how many photos vote' evaluate run --neighbours 3
everywhere 64 'embeddings is for --neighbours' predict run "$photo" --embeddings run.embeddings
everywhere 65 'other.embeddings holds embeddings by small at 40 px' \
    predict run "$photo" --neighbours 2 --embeddings other.embeddings
everywhere 64 'submission has no place for the nearest' predict run "$photo" --neighbours 2 --submission new
works 2 predict run "$photo" --neighbours 2 --embeddings run.embeddings
checks=$((checks + 1))
[ "$(grep -c '^    near 1.000 ' out)" -eq 1 ] || {
    failures=$((failures + 1))
    echo "FAILED: a photo is not its own nearest"
    sed -n '1,12s/^/  | /p' out
}
# Embeddings that are kept are those of the weights at hand.
works 1 predict run "$photo" --neighbours 2
printf 'x' >>run/embeddings/learned.safetensors
told 'learned.safetensors are of other weights, photos or settings, or damaged; they' \
    evaluate run --classifier knn

verdict "errors"
