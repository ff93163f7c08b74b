// Checks the layout of the page that contains it and posts the faults to the parent window.
// scripts/check-report.sh adds it to copies of report pages, which it shows in frames of several widths.
'use strict';

function measure() {
    const faults = [];
    const all = [...document.body.querySelectorAll('*')].filter(
        (e) => e.checkVisibility() && !e.closest('script'));
    const name = (e) => {
        const words = e.textContent.trim().replace(/\s+/g, ' ').slice(0, 40);
        const style = e.getAttribute('class');
        return e.localName + (style ? '.' + style : '') + ' "' + words + '"';
    };
    // Long names are cut with an ellipsis on purpose, and scrollers may overflow.
    const mayOverflow = (e) => e.closest('.scroll, .name') !== null;

    const wanted = location.hash.slice(1) === 'dark';
    if (matchMedia('(prefers-color-scheme: dark)').matches !== wanted) faults.push('theme: not ' + location.hash);
    if (document.documentElement.scrollWidth > innerWidth) {
        faults.push('page: ' + document.documentElement.scrollWidth + ' pixels in ' + innerWidth);
    }
    for (const e of all) {
        const box = e.getBoundingClientRect();
        if (!mayOverflow(e) && box.right > innerWidth + 0.5) faults.push('edge: ' + name(e));
        if (e.closest('svg') === null && !mayOverflow(e)
            && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1) {
            faults.push('overflow: ' + name(e) + ' ' + e.scrollWidth + ' in ' + e.clientWidth);
        }
        if (e.matches('section, figure, .card, .tile')
            && e.textContent.trim() === '' && e.querySelector('img, svg') === null) {
            faults.push('empty: ' + name(e));
        }
        if (e.matches('img') && !(e.complete && e.naturalWidth > 0 && e.alt)) faults.push('image: ' + e.alt);
        if (e.matches('th') && !e.scope) faults.push('header: ' + name(e));
        if (e.matches('svg') && !(e.getAttribute('role') === 'img' && e.getAttribute('aria-label'))) {
            faults.push('unnamed chart');
        }
        if (e.matches('.scroll') && !(e.tabIndex === 0 && e.getAttribute('aria-label'))) {
            faults.push('scroller: ' + name(e));
        }
    }
    for (const chart of all.filter((e) => e.matches('svg'))) measureChart(chart, faults);

    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (node.data.trim() === '' || parent.closest('script, title') || !parent.checkVisibility()) continue;
        if (parent.closest('.path, pre, h1, .subtitle') === null) measureWords(node, faults, name);
        const style = getComputedStyle(parent);
        const ink = parent.closest('svg') ? style.fill : style.color;
        const ground = backdrop(parent);
        const ratio = contrast(over(colour(ink), ground), ground);
        const fault = 'contrast ' + ratio.toFixed(2) + ': ' + name(parent);
        if (ratio < 4.5 && !seen.has(fault)) faults.push(fault);
        seen.add(fault);
    }
    return faults;
}

// Labels must be inside their chart, must not overlap, and must be large enough to read.
function measureChart(chart, faults) {
    const frame = chart.getBoundingClientRect();
    const texts = [...chart.querySelectorAll('text')].map((e) => ({
        words: e.textContent, box: e.getBoundingClientRect(),
        size: parseFloat(getComputedStyle(e).fontSize) * frame.width / chart.viewBox.baseVal.width,
    }));
    const title = chart.getAttribute('aria-label');
    for (const [place, a] of texts.entries()) {
        if (a.size < 9) faults.push('small: ' + a.words + ' in ' + title + ', ' + a.size.toFixed(1));
        if (a.box.left < frame.left - 1 || a.box.right > frame.right + 1
            || a.box.top < frame.top - 2 || a.box.bottom > frame.bottom + 2) {
            faults.push('outside: ' + a.words + ' in ' + title);
        }
        for (const b of texts.slice(place + 1)) {
            if (a.box.left < b.box.right - 1 && b.box.left < a.box.right - 1
                && a.box.top < b.box.bottom - 3 && b.box.top < a.box.bottom - 3) {
                faults.push('overlap: ' + a.words + ' and ' + b.words + ' in ' + title);
            }
        }
    }
}

// A word must not be broken across lines, in scripts that separate words by spaces.
function measureWords(node, faults, name) {
    for (const match of node.data.matchAll(/[\p{Script=Latin}\p{N}.,:%]+/gu)) {
        const range = document.createRange();
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length);
        const lines = new Set([...range.getClientRects()].filter((r) => r.width > 0).map((r) => Math.round(r.top)));
        const across = node.parentElement.closest('.turned') === null;
        if (across && lines.size > 1) faults.push('broken word: ' + match[0] + ' in ' + name(node.parentElement));
    }
}

const pixel = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
    .getContext('2d', { willReadFrequently: true });
const colours = new Map();

// Red, green, blue and alpha of a CSS colour.
function colour(text) {
    if (!colours.has(text)) {
        pixel.clearRect(0, 0, 1, 1);
        pixel.fillStyle = text;
        pixel.fillRect(0, 0, 1, 1);
        colours.set(text, [...pixel.getImageData(0, 0, 1, 1).data]);
    }
    return colours.get(text);
}

function over(top, ground) {
    const alpha = top[3] / 255;
    return [0, 1, 2].map((i) => top[i] * alpha + ground[i] * (1 - alpha));
}

function backdrop(element) {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(colour(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((ground, layer) => over(layer, ground), [255, 255, 255]);
}

// The contrast of two colours as WCAG 2 defines it.
function contrast(a, b) {
    const light = ([red, green, blue]) => {
        const [r, g, b] = [red, green, blue].map((v) => {
            const share = v / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
}

addEventListener('load', () => {
    let faults;
    try { faults = measure(); } catch (error) { faults = ['error: ' + error]; }
    const page = location.pathname.split('/').pop().replace('.html', '');
    parent.postMessage({ place: page + ' at ' + innerWidth + location.hash, faults }, '*');
});
