"""One run of a workload in JAX: `python jax_workload.py <w1..w5> <steps>` prints values and times as JSON, as workload.ts does."""

import sys

from report import report  # first: it notes when the process began

import jax  # isort: skip
import jax.numpy as jnp  # isort: skip
import numpy as np  # isort: skip
import optax  # isort: skip
import workloads  # isort: skip
from workload_data import uniform  # isort: skip


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
    arrays = lambda seed: [jnp.asarray(uniform(seed + i, 500_000, -1, 1).reshape(500, 1000)) for i in range(20)]
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
    a, b = (jnp.asarray(uniform(seed, 1024 * 1024, -1, 1).reshape(1024, 1024)) for seed in (600, 601))
    product = jax.jit(jnp.matmul)
    return lambda i: float(np.asarray(product(a, b))[0, 0])


MAKERS = {
    'w1': lambda: training(workloads.w1),
    'w2': lambda: training(workloads.w2),
    'w3': lambda: training(workloads.w3),
    'w4': adam,
    'w5': matmul,
}


if __name__ == '__main__':
    report(MAKERS[sys.argv[1]], int(sys.argv[2]))
