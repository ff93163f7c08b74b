"""What the peers' scripts say of their runs, in the form that landmark-train's `--json` has."""
import resource
import statistics


def spread(values):
    return {"minimum": min(values), "median": statistics.median(values), "maximum": max(values)}


def rates(amount, seconds):
    """`amount` for each of these times: the rate is smallest where the time was largest."""
    times = spread(seconds)
    return {
        "minimum": amount / times["maximum"],
        "median": amount / times["median"],
        "maximum": amount / times["minimum"],
    }


def peak_memory():
    """Bytes that this process had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
