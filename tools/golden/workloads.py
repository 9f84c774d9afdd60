"""The workloads W1 (MLP), W2 (CNN) and W3 (GPT) of the benchmark, in JAX and Optax.

The loss of step k (1-based) is the loss BEFORE the k-th update, on batch (k - 1) % number of batches.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from workload_data import image_data, split, token_data, w1_params, w2_params, w3_params


class Training(NamedTuple):
    params: Any
    loss: Callable
    batches: list
    tx: optax.GradientTransformation

    def step(self):
        """One step, jitted: its loss before the update, and what follows."""

        def step(params, state, batch):
            value, grads = jax.value_and_grad(self.loss)(params, *batch)
            updates, state = self.tx.update(grads, state, params)
            return value, optax.apply_updates(params, updates), state

        return jax.jit(step, donate_argnums=(0, 1))

    def batch(self, i, dtype=jnp.float32):
        """What step i (from 0 on) trains on."""
        x, y = self.batches[i % len(self.batches)]
        return jnp.asarray(x, dtype) if np.issubdtype(x.dtype, np.floating) else jnp.asarray(x), jnp.asarray(y)

    def start(self, dtype=jnp.float32):
        """Parameters and state before the first step."""
        params = jax.tree.map(lambda p: jnp.asarray(p, dtype), self.params)
        return params, self.tx.init(params)


def cross_entropy(logits, labels):
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def w1():
    def loss(ps, x, y):
        for p in ps[:-1]:
            x = jax.nn.relu(x @ p['w'] + p['b'])
        return cross_entropy(x @ ps[-1]['w'] + ps[-1]['b'], y)

    return Training(w1_params(), loss, split(*image_data(1, 1280), 128), optax.adam(1e-3))


def w2():
    def conv(x, k, b):
        y = jax.lax.conv_general_dilated(x, k, (1, 1), 'SAME', dimension_numbers=('NHWC', 'HWIO', 'NHWC')) + b
        y = jax.nn.relu(y)
        n, h, w, c = y.shape
        return y.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))

    def loss(p, x, y):
        x = x.reshape(-1, 28, 28, 1)
        h = conv(conv(x, p['k0'], p['b0']), p['k1'], p['b1']).reshape(x.shape[0], -1)
        h = jax.nn.relu(h @ p['w0'] + p['c0'])
        return cross_entropy(h @ p['w1'] + p['c1'], y)

    return Training(w2_params(), loss, split(*image_data(2, 320), 64), optax.adam(1e-3))


def w3(heads=4):
    def norm(x, p):
        mean = x.mean(-1, keepdims=True)
        var = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(var + 1e-5) * p['scale'] + p['bias']

    def dense(x, p):
        return x @ p['w'] + p['b']

    def loss(ps, x, y):
        b, t = x.shape
        h = ps['tok'][x] + ps['pos']
        mask = jnp.tril(jnp.ones((t, t), bool))
        for p in ps['layers']:
            z = norm(h, p['ln1'])
            q, k, v = (dense(z, p[n]).reshape(b, t, heads, -1).swapaxes(1, 2) for n in 'qkv')
            scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]).item()
            weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), -1)
            h = h + dense((weights @ v).swapaxes(1, 2).reshape(b, t, -1), p['o'])
            h = h + dense(jax.nn.gelu(dense(norm(h, p['ln2']), p['f'])), p['p'])
        return cross_entropy(norm(h, ps['ln']) @ ps['head'], y)

    return Training(w3_params(), loss, split(*token_data(3, 80), 16), optax.adamw(3e-4, weight_decay=1e-2))
