#!/usr/bin/env bash
# The report pages of runs that ended in every way, in a real browser, at 400, 800 and 1400 pixels, light and
# dark: nothing beyond the right edge or its box, no empty cards, no broken words, readable contrasts,
# pictures that load, nothing on the console. All of it is measured; see scripts/measure-page.js.
#
#   scripts/check-report.sh [PROGRAM]      default: $LANDMARK_TRAIN or .build/release/landmark-train
#   KEEP=folder scripts/check-report.sh    leaves the pages there, to be looked at
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=$(realpath "${1:-${LANDMARK_TRAIN:-$root/.build/release/landmark-train}}")
[ -x "$program" ] || fail "there is no program at $program; build it or name it as argument"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# Debian's package where it can be installed; elsewhere the check is skipped, and says so.
skip() {
    echo "SKIPPED: the report page was not looked at in a browser: $*"
    exit 0
}
if ! browser >/dev/null; then
    command -v apt-get >/dev/null || skip "there is no Chromium and no apt-get; install Chromium by hand"
    sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || skip "there is no Chromium and this is not root; install chromium"
        sudo=(sudo -n)
    fi
    echo "installing chromium"
    install=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get install -y -qq --no-install-recommends chromium)
    timeout 600 "${install[@]}" >/dev/null 2>&1 \
        || { timeout 120 "${sudo[@]}" apt-get update -qq && timeout 600 "${install[@]}"; } >/dev/null 2>&1 \
        || skip "apt-get cannot install chromium; is there a network?"
fi
browser=$(browser) || skip "chromium was installed and is not on the PATH"

# Runs: names of landmarks that are long, written from right to left, wide, and full of markup.
draw() { must "drawing photos" "$program" dataset synthesize "$@" >/dev/null; }
draw few --landmarks 7 --photos 84 --test-photos 42 --image-size 48
long='Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch'
names=(
    "$long" '%3Cb%3E%26%22quoted%22%3C/b%3E'
    "Église_Notre-Dame-de-l'Assomption_de_Sainte-Marie-du-Lac-Nuisement_près_de_Saint-Rémy-en-Bouzemont"
    'قلعة_حلب' '東京スカイツリー' '%F0%9F%97%BD_Statue_of_Liberty' "Tower%07of%E2%80%AElight"
)
cp few/train_label_to_category.csv old.csv
{
    head -n 1 old.csv
    tail -n +2 old.csv | cut -d, -f1 | while read -r id; do
        echo "$id,http://commons.wikimedia.org/wiki/Category:${names[0]}"
        names=("${names[@]:1}")
    done
} >few/train_label_to_category.csv
draw pair --landmarks 2 --photos 16 --test-photos 4 --image-size 32
draw many --landmarks 64 --photos 192 --test-photos 128 --image-size 32
small=(--model small --image-size 32 --batch 12)
must "the whole run" "$program" --data few "${small[@]}" --epochs 2 --label-smoothing 0.1 --output whole >/dev/null
must "the run of one step" "$program" --data pair "${small[@]}" --steps 1 --output step >/dev/null
must "the run of many landmarks" "$program" --data many "${small[@]}" --epochs 1 --output many >/dev/null
code=0
"$program" --data few "${small[@]}" --epochs 5 --learning-rate 1e18 --output failed >/dev/null 2>&1 || code=$?
[ "$code" -eq 70 ] || fail "a learning rate of 1e18 ends a run with code $code instead of 70"
# A run that is stopped, and one that is killed.
for end in TERM:75 KILL:137; do
    expected=${end#*:} end=${end%:*} code=0
    "$program" --data few "${small[@]}" --epochs 100000 --output "$end" >/dev/null 2>&1 &
    launched=$!
    tries=0
    until [ "$(wc -l 2>/dev/null <"$end/metrics.jsonl" || echo 0)" -ge 8 ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || fail "a run does not come to its eighth step"
        sleep 0.05
    done
    kill -s "$end" "$launched"
    { wait "$launched" || code=$?; } 2>/dev/null
    [ "$code" -eq "$expected" ] || fail "SIG$end ends a run with code $code instead of $expected"
done
"$program" report KILL >/dev/null 2>words || fail "there is no page of a killed run"
grep -q 'Ended unexpectedly: last step [0-9,]* of' words || fail "$(cat words)"
says() { grep -q "$2" "$1/report.html" || fail "the page of $1 does not say '$2'"; }
says whole '<strong>Finished</strong>'
says failed '<strong>Failed</strong>'
says TERM 'by SIGTERM'
says KILL '<strong>Ended unexpectedly</strong>'
says whole '2 epochs'
says step '1 epoch'
says whole 'class="matrix"'
says many 'Most confused pairs'
pages=(whole step many failed TERM KILL)

# A page with one fault of each kind, which have to be found.
sed 's#</header>#</header><section class="card"></section><div class="tile"><span class="value"\
 style="white-space:nowrap">12345678901234567890123456789012345678901234567890</span></div>\
<p style="width:3em;overflow-wrap:anywhere">unbreakable</p><p style="color:\#888">pale</p>\
<img alt="none" src="data:image/jpeg;base64,AAAA"><div style="width:1500px">wide</div>#' \
    whole/report.html >faulty.html
for page in "${pages[@]}"; do mv "$page/report.html" "$page.html"; done
mkdir measured
for page in faulty "${pages[@]}"; do
    {
        sed '/<\/body>/,$d' "$page.html"
        echo '<script>'
        cat "$root/scripts/measure-page.js"
        echo '</script></body></html>'
    } >"measured/$page.html"
done
[ -z "${KEEP:-}" ] || { mkdir -p "$KEEP" && cp -- *.html "$KEEP"; }

# look THEME: loads all pages at all widths, and writes a line for each fault and each page that is done.
look() {
    local page width dark=()
    [ "$1" = light ] || dark=(--force-dark-mode)
    {
        echo '<!DOCTYPE html><html><head><meta charset="utf-8"><style>:root{color-scheme:light dark}'
        echo 'iframe{border:0;display:block;height:600px}</style></head><body><pre id="out"></pre><script>'
        echo 'addEventListener("message",(e)=>{document.getElementById("out").textContent+='
        echo '"\n"+e.data.faults.map((f)=>"FAULT "+e.data.place+" "+f+"\n").join("")'
        echo '+"DONE "+e.data.place+"\n"})</script>'
        for page in faulty "${pages[@]}"; do
            for width in 400 800 1400; do
                echo "<iframe src='$page.html#$1' style='width:${width}px'></iframe>"
            done
        done
        echo '</body></html>'
    } >"measured/all-$1.html"
    timeout -k 5 120 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
        --user-data-dir="$work/browser" --enable-logging=stderr --virtual-time-budget=20000 "${dark[@]}" \
        --window-size=1500,1000 --dump-dom "file://$work/measured/all-$1.html" 2>"console-$1" \
        | grep -E '^(FAULT|DONE) ' >"words-$1" || true
    grep ':CONSOLE' "console-$1" >>"words-$1" || true
}
faults=0
for theme in light dark; do
    look "$theme"
    for page in faulty "${pages[@]}"; do
        for width in 400 800 1400; do
            grep -q "^DONE $page at $width#$theme\$" "words-$theme" \
                || { tail -5 "console-$theme" >&2; fail "$page was not measured at $width pixels, $theme"; }
        done
    done
    for kind in 'page: ' 'edge: ' 'overflow: ' 'empty: ' 'image: ' 'broken word: unbreakable' \
        'contrast 3.*pale'; do
        grep -q "^FAULT faulty at 400#$theme $kind" "words-$theme" || [ "$theme$kind" = "darkcontrast 3.*pale" ] \
            || fail "a page with the fault '$kind' on purpose passes, $theme"
    done
    grep -E '^FAULT|CONSOLE' "words-$theme" | grep -v '^FAULT faulty' || continue
    faults=$((faults + 1))
done
[ "$faults" -eq 0 ] || fail "the lines above say what is wrong with which page at which width"
echo "${#pages[@]} pages are in order at 400, 800 and 1400 pixels, light and dark"
