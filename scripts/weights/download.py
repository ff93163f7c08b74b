"""Downloads files whose checksum is known."""
import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 30  # without a byte


class Failed(Exception):
    """A download that did not end well; the message says what to do."""


def mirrored(address):
    """The address, at LANDMARK_WEIGHTS_MIRROR if that is set: the same path on another server."""
    mirror = os.environ.get("LANDMARK_WEIGHTS_MIRROR", "")
    if not mirror:
        return address
    return mirror.rstrip("/") + urllib.parse.urlsplit(address).path


def download(address, sha256, file):
    """Writes what lies at `address` to the open `file` and gives its SHA-256, which must begin with `sha256`."""
    place = mirrored(address)
    digest = hashlib.sha256()
    try:
        for piece in pieces(place, address):
            digest.update(piece)
            file.write(piece)
    finally:
        progress(0, 0)
    check(digest.hexdigest(), sha256, place)
    return digest.hexdigest()


def pieces(place, address):
    """What the server sends, and an error if that is not all."""
    done = 0
    try:
        request = urllib.request.Request(place, headers={"User-Agent": "landmark-train"})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            length = int(answer.headers.get("Content-Length") or 0)
            while piece := answer.read(1 << 20):
                done += len(piece)
                progress(done, length)
                yield piece
    except urllib.error.HTTPError as error:
        raise Failed(f"{place}: the server answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        reason = getattr(reason, "strerror", None) or reason
        raise Failed(
            f"no download from {urllib.parse.urlsplit(place).netloc}: {reason}; check the network, set "
            f"https_proxy if there is a proxy, or fetch {address} on another machine and give the file "
            "as --from"
        ) from error
    if length and done != length:
        raise Failed(f"{place}: {done} of {length} bytes came; start again")


def check(found, wanted, place):
    if not found.startswith(wanted):
        shown = found[: len(wanted)]
        raise Failed(
            f"{place}: its SHA-256 is {shown} and should be {wanted}; this is not the published "
            "file, and nothing of it is kept"
        )


def progress(done, length):
    """A line that is written over, on a terminal alone; no bytes clear it."""
    if not sys.stderr.isatty():
        return
    share = f"{done / 1e6:.1f} of {length / 1e6:.1f} MB" if length else f"{done / 1e6:.1f} MB"
    sys.stderr.write(f"\r\x1b[K{share if done else ''}")
    sys.stderr.flush()
