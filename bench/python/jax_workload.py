"""One run of a workload in JAX: `python jax_workload.py <w1..w5> <steps>` prints values and times as JSON, as workload.ts does."""

import json
import resource
import sys
import time
from pathlib import Path

START = time.perf_counter()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

sys.path.append(str(Path(__file__).parents[2] / 'tools' / 'golden'))
import workloads  # noqa: E402

WARMUP = 10


def training(make):
    run = make()
    params, state = run.start()
    step = run.step()
    batches = [run.batch(i) for i in range(len(run.batches))]

    def next_value(i):
        nonlocal params, state
        value, params, state = step(params, state, batches[i % len(batches)])
        jax.block_until_ready(params)
        return float(value)

    return next_value


def adam():
    arrays = lambda seed: [jnp.asarray(workloads.uniform(seed + i, 500_000, -1, 1).reshape(500, 1000)) for i in range(20)]
    params, grads = arrays(400), arrays(500)
    tx = optax.adam(1e-3)
    state = tx.init(params)

    def update(params, state, grads):
        updates, state = tx.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    step = jax.jit(update, donate_argnums=(0, 1))

    def next_value(i):
        nonlocal params, state
        params, state = jax.block_until_ready(step(params, state, grads))
        return float(np.asarray(params[0])[0, 0])

    return next_value


def matmul():
    a, b = (jnp.asarray(workloads.uniform(seed, 1024 * 1024, -1, 1).reshape(1024, 1024)) for seed in (600, 601))
    product = jax.jit(jnp.matmul)
    return lambda i: float(np.asarray(product(a, b))[0, 0])


MAKERS = {
    'w1': lambda: training(workloads.w1),
    'w2': lambda: training(workloads.w2),
    'w3': lambda: training(workloads.w3),
    'w4': adam,
    'w5': matmul,
}


def main(workload: str, steps: int) -> None:
    next_value = MAKERS[workload]()
    values, times, first_at = [], [], 0.0
    for i in range(steps):
        start = time.perf_counter()
        values.append(next_value(i))
        times.append((time.perf_counter() - start) * 1000)
        first_at = first_at or (time.perf_counter() - START) * 1000
    counted = sorted(times[WARMUP:] or times)
    step = {'median': counted[len(counted) // 2], 'min': counted[0], 'max': counted[-1]}
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({'values': values, 'firstAt': first_at, 'firstStep': times[0], 'step': step, 'maxRssMegabytes': rss}))


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]))
