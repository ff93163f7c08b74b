"""Writes the tables of docs/performance.md and README.md from docs/performance.json."""
import os
import statistics
import sys

from rows import ITSELF, ROWS

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(ROOT, "docs", "performance.md")
README = os.path.join(ROOT, "README.md")

def spread(values, digits):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"**{middle:.{digits}f}** ({low:.{digits}f}–{high:.{digits}f})"


def speed_text(value, unit):
    return f"{value:.0f} ms" if unit == "ms" else f"{value:.{2 if value < 10 else 1}f}"


def memory_text(values):
    known = [value for value in values if value]
    return f"{statistics.median(known) / 1e9:.2f}" if known else "–"


def each_machine(data, rows, table):
    """The tables of all machines that measured some of the rows, each under the machine's name."""
    text = []
    for own in data["machines"]:
        if any(row.name in own["rows"] for row in rows):
            text += [f"Measured on {own['machine']}; {versions_text(own, rows)}.", ""]
            text += [*table, *lines(own, rows), ""]
    return text[:-1]


def peers_table(data):
    table = [
        "| work | landmark-train | peer | ratio (min–max) | GB | peer's GB | pairs, date, commit | peer's best setting |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return each_machine(data, [row for row in ROWS if row.rival != ITSELF], table)


def versions_text(own, rows):
    """Each program with the versions that a machine's rows were measured with, which may differ from row to row."""
    versions = {}
    for row in rows:
        for name, version in own["rows"].get(row.name, {}).get("versions", {}).items():
            known = versions.setdefault(name, [])
            if version not in known:
                known.append(version)
    return ", ".join(f"{name} {' and '.join(known)}" for name, known in sorted(versions.items()))


def itself_table(data):
    table = [
        "| work | first | second | ratio (min–max) | GB, first | GB, second | pairs, date, commit |",
        "|---|---|---|---|---|---|---|",
    ]
    return each_machine(data, [row for row in ROWS if row.rival == ITSELF], table)


def readme_table(data):
    table = [
        "| 224×224 pixels, images/s | landmark-train | best peer | times as fast | memory |",
        "|---|---|---|---|---|",
    ]
    first = data["machines"][0]["rows"] if data["machines"] else {}
    for row in ROWS:
        entry = first.get(row.name)
        if not row.short or not entry:
            continue
        pairs = entry["pairs"]
        ours, peer = (statistics.median(pair[key] for pair in pairs) for key in ("ours", "peer"))
        memory = [
            memory_text([pair[key] for pair in pairs]) for key in ("our_memory", "peer_memory")
        ]
        cells = [
            row.short,
            speed_text(ours, row.unit),
            f"{row.rival_with(entry['setting'])} {speed_text(peer, row.unit)}",
            f"**{statistics.median(pair['ratio'] for pair in pairs):.1f}**",
            f"{memory[0]} / {memory[1]} GB",
        ]
        table.append("| " + " | ".join(cells) + " |")
    return table


def setting_text(row, setting):
    """The peer, if it is not PyTorch, and how it runs."""
    rival = row.rival_with(setting)
    words = setting[2:] if rival != row.rival else setting
    text = " ".join(words).replace("--", "").replace("_", "-") or "buckets"
    return text if rival == "PyTorch" else f"{rival}, {text}"


def lines(own, rows):
    """A machine's lines of the rows that it measured."""
    lines = []
    for row in rows:
        entry = own["rows"].get(row.name)
        if not entry:
            continue
        pairs = entry["pairs"]
        ours, peer = (statistics.median(pair[key] for pair in pairs) for key in ("ours", "peer"))
        setting = setting_text(row, entry["setting"])
        cells = [
            row.title,
            speed_text(ours, row.unit),
            speed_text(peer, row.unit),
            spread([pair["ratio"] for pair in pairs], 2),
            memory_text([pair["our_memory"] for pair in pairs]),
            memory_text([pair["peer_memory"] for pair in pairs]),
            f"{len(pairs)}, {entry['date']}, {entry['commit']}",
        ] + ([setting] if row.rival != ITSELF else [])
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def pages(data):
    """(path, text) of each page, with its tables written from the data."""
    tables = {
        PAGE: [("peers", peers_table(data)), ("itself", itself_table(data))],
        README: [("speed", readme_table(data))],
    }
    for path, contents in tables.items():
        with open(path) as file:
            page = file.read()
        for name, table in contents:
            begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
            if begin not in page or end not in page:
                sys.exit(f"bench-peers: {path} has no lines '{begin}' and '{end}' to put a table between")
            before, after = page.split(begin)[0], page.split(end)[1]
            page = "\n".join([before + begin, "", *table, "", end + after])
        yield path, page
