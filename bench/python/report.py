"""What every run of a workload prints, as report.ts does: values and times as JSON."""

import json
import resource
import sys
import time
from pathlib import Path

START = time.perf_counter()
WARMUP = 10

sys.path.append(str(Path(__file__).parents[2] / 'tools' / 'golden'))


def own_megabytes():
    """Megabytes that the process has written to; None where the system doesn't say."""
    try:
        lines = Path('/proc/self/smaps_rollup').read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith('Private_Dirty:'))
    except OSError:
        return None


def report(make, steps):
    """`make` gives a function of the number of the step, whose values tell right from wrong."""
    next_value = make()
    values, times, first_at = [], [], 0.0
    first, used = min(WARMUP, steps // 3), 0.0
    for i in range(steps):
        if i == first:
            used = time.process_time()
        start = time.perf_counter()
        values.append(next_value(i))
        times.append((time.perf_counter() - start) * 1000)
        first_at = first_at or (time.perf_counter() - START) * 1000
    counted = sorted(times[first:])
    step = {'median': counted[len(counted) // 2], 'min': counted[0], 'max': counted[-1]}
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = (time.process_time() - used) * 1000 / (steps - first)
    result = {
        'values': values,
        'firstAt': first_at,
        'firstStep': times[0],
        'step': step,
        'cpuMs': cpu,
        'maxRssMegabytes': rss,
        'ownMegabytes': own_megabytes(),
    }
    print(json.dumps(result))
