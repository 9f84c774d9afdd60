"""The data of the workloads, in NumPy alone.

LCG: s = (s * 1664525 + 1013904223) mod 2^32, u = s / 2^32. uniform(seed, n, lo, hi) and glorot(seed, in, out) use one
stream per seed (w3_params names the seeds of W3).
"""

import numpy as np


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


def w1_params():
    sizes = [784, 512, 512, 10]
    return [{'w': glorot(100 + i, a, b), 'b': np.zeros(b)} for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False))]


def w2_params():
    return {
        'k0': glorot(200, 9, 288, (3, 3, 1, 32)),
        'b0': np.zeros(32),
        'k1': glorot(201, 288, 576, (3, 3, 32, 64)),
        'b1': np.zeros(64),
        'w0': glorot(202, 3136, 256),
        'c0': np.zeros(256),
        'w1': glorot(203, 256, 10),
        'c1': np.zeros(10),
    }


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
