"""Results of the peers' scripts, in the format of landmark-train's `--json`."""
import resource
import statistics


def spread(values):
    return {"minimum": min(values), "median": statistics.median(values), "maximum": max(values)}


def rates(amount, seconds):
    """Rates of `amount` per time; the smallest rate belongs to the largest time."""
    times = spread(seconds)
    return {
        "minimum": amount / times["maximum"],
        "median": amount / times["median"],
        "maximum": amount / times["minimum"],
    }


def peak_memory():
    """Peak resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
