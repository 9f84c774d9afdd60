"""The workloads W1 (MLP), W2 (CNN) and W3 (GPT) of the benchmark, in JAX and Optax.

LCG: s = (s * 1664525 + 1013904223) mod 2^32, u = s / 2^32. uniform(seed, n, lo, hi) and glorot(seed, in, out) use one
stream per seed (w3_params names the seeds of W3). The loss of step k (1-based) is the loss BEFORE the k-th update, on batch (k - 1) % number of batches.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax


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


def lcg(seed, n):
    """n numbers of the stream, in float64: s after i steps is a^i s + c (1 + a + ... + a^(i-1)), all modulo 2^32."""
    powers = np.cumprod(np.full(n, 1664525, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint32), powers[:-1]]), dtype=np.uint32)
    return (powers * np.uint32(seed % 2**32) + np.uint32(1013904223) * sums) / 2**32


def uniform(seed, n, lo, hi):
    return (lo + (hi - lo) * lcg(seed, n)).astype(np.float32)


def glorot(seed, fan_in, fan_out, shape=None):
    """Of shape [fan_in, fan_out], or of a kernel's shape with these fans."""
    shape = shape or (fan_in, fan_out)
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return uniform(seed, int(np.prod(shape)), -limit, limit).reshape(shape)


def image_data(seed, n, d=784, k=10):
    u = lcg(seed, n * (d + 1)).reshape(n, d + 1)
    labels = np.floor(u[:, 0] * k).astype(np.int32)
    bump = 0.1 * (np.arange(d)[None, :] % k == labels[:, None])
    return (u[:, 1:] + bump).astype(np.float32), labels


def split(x, y, size):
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


def cross_entropy(logits, labels):
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def w1():
    sizes = [784, 512, 512, 10]
    params = [{'w': glorot(100 + i, a, b), 'b': np.zeros(b)} for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False))]

    def loss(ps, x, y):
        for p in ps[:-1]:
            x = jax.nn.relu(x @ p['w'] + p['b'])
        return cross_entropy(x @ ps[-1]['w'] + ps[-1]['b'], y)

    return Training(params, loss, split(*image_data(1, 1280), 128), optax.adam(1e-3))


def w2():
    params = {
        'k0': glorot(200, 9, 288, (3, 3, 1, 32)),
        'b0': np.zeros(32),
        'k1': glorot(201, 288, 576, (3, 3, 32, 64)),
        'b1': np.zeros(64),
        'w0': glorot(202, 3136, 256),
        'c0': np.zeros(256),
        'w1': glorot(203, 256, 10),
        'c1': np.zeros(10),
    }

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

    return Training(params, loss, split(*image_data(2, 320), 64), optax.adam(1e-3))


def token_data(seed, n, length=64):
    """Sequences t0 = floor(256 u), t' = (5 t + 17 + floor(4 u)) % 256; the target is the next token."""
    u = lcg(seed, n * (length + 1)).reshape(n, length + 1)
    t = np.empty((n, length + 1), np.int32)
    t[:, 0] = np.floor(u[:, 0] * 256)
    for i in range(1, length + 1):
        t[:, i] = (5 * t[:, i - 1] + 17 + np.floor(u[:, i] * 4)) % 256
    return t[:, :-1], t[:, 1:]


def w3_params(vocab=256, d=128, length=64, layers=2):
    """Seeds 300, 301, … in this order: tok, pos (uniform in +-0.05), per layer q, k, v, o, f, p (glorot), head (glorot)."""
    seeds = iter(range(300, 400))
    norm = lambda: {'scale': np.ones(d), 'bias': np.zeros(d)}
    dense = lambda a, b: {'w': glorot(next(seeds), a, b), 'b': np.zeros(b)}
    params = {
        'tok': uniform(next(seeds), vocab * d, -0.05, 0.05).reshape(vocab, d),
        'pos': uniform(next(seeds), length * d, -0.05, 0.05).reshape(length, d),
        'layers': [],
    }
    for _ in range(layers):
        attention = {n: dense(d, d) for n in 'qkvo'}
        params['layers'].append({'ln1': norm(), **attention, 'ln2': norm(), 'f': dense(d, 4 * d), 'p': dense(4 * d, d)})
    params['ln'] = norm()
    params['head'] = glorot(next(seeds), d, vocab)
    return params


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
