"""Writes lax.json: operations on bits, general reductions, patches, grouped products, selections and loops of jax.lax."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import encode, ramp, write

FLOATS = [0.0, -0.0, 1.0, -1.0, 1.5, 3.14159, -2.71828, 65504.0, 70000.0, 1e-4, -1e-4, 3e38, -3e38, 'inf', '-inf', 'nan']
FORMATS = [(8, 7), (5, 10), (4, 3), (5, 2), (8, 23), (8, 0), (3, 2), (11, 52), (5, 30)]


def tricky(dtype):
    with np.errstate(over='ignore'):
        return jnp.asarray(np.array([float(v) for v in FLOATS]).astype(dtype))


def bits():
    out = {}
    for name in ('float32', 'float64', 'float16', 'bfloat16'):
        dtype = jnp.dtype(name)
        x = tricky(dtype)
        word = f'uint{dtype.itemsize * 8}'
        left, right = (v.reshape(-1) for v in jnp.meshgrid(x, x))
        # As integers: denormals are not floats everywhere.
        out[name] = {
            'x': encode(lax.bitcast_convert_type(x, word)),
            'nextafter': encode(lax.bitcast_convert_type(lax.nextafter(left, right), word)),
            'bytes': encode(lax.bitcast_convert_type(x, jnp.uint8)),
            'signed': encode(lax.bitcast_convert_type(x, f'int{dtype.itemsize * 8}')),
        }
        if name != 'bfloat16':
            reduced = {f'{e} {m}': lax.reduce_precision(x, e, m) for e, m in FORMATS}
            out[name]['reduced'] = {k: encode(lax.bitcast_convert_type(v, word)) for k, v in reduced.items()}
    return out


def windows():
    x = jnp.asarray(ramp(2, 6, 5, seed=3, dtype=np.float64))
    of = {
        'product': (1.0, lax.mul, (1, 3, 2), (1, 2, 1), 'SAME', {}),
        'product, dilated': (1.0, lax.mul, (1, 2, 2), (1, 1, 2), [(0, 0), (1, 0), (0, 2)], {'base_dilation': (1, 2, 1), 'window_dilation': (1, 1, 2)}),
        'sum of squares under a root': (0.0, lambda a, b: jnp.sqrt(a * a + b * b), (1, 2, 3), (1, 1, 1), 'VALID', {}),
        'sum': (0.0, lax.add, (1, 2, 2), (1, 2, 2), 'VALID', {}),
        'greatest': (-jnp.inf, lax.max, (2, 2, 2), (1, 2, 2), 'SAME', {}),
        'greatest, at least 1': (1.0, lax.max, (1, 2, 2), (1, 2, 2), 'SAME', {}),
    }
    out = {'x': encode(x)}
    for name, (init, f, window, strides, padding, options) in of.items():
        out[name] = encode(lax.reduce_window(x, init, f, window, strides, padding, **options))
    return out


def reductions():
    x = jnp.asarray(ramp(3, 4, 5, seed=5, dtype=np.float64))
    i = jnp.arange(60).reshape(3, 4, 5)

    def best(a, b):
        takes = a[0] >= b[0]
        return jnp.where(takes, a[0], b[0]), jnp.where(takes, a[1], b[1])

    return {
        'x': encode(x),
        'hypot': encode(lax.reduce(x, 0.0, lambda a, b: jnp.sqrt(a * a + b * b), (0, 2))),
        'product': encode(lax.reduce(x, 1.0, lax.mul, (1,))),
        'sum from 1': encode(lax.reduce(x, 1.0, lax.add, (0, 1, 2))),
        'argmax': [encode(v) for v in lax.reduce((x, i), (-jnp.inf, jnp.asarray(-1)), best, (0, 2))],
    }


def patches():
    x = jnp.asarray(ramp(2, 3, 5, 4, seed=7, dtype=np.float64))
    last = jnp.transpose(x, (0, 2, 3, 1))
    numbers = ('NHWC', 'HWIO', 'NHWC')
    return {
        'x': encode(x),
        'NCHW': encode(lax.conv_general_dilated_patches(x, (2, 3), (1, 2), 'SAME')),
        'NHWC': encode(lax.conv_general_dilated_patches(last, (2, 2), (2, 1), [(1, 0), (0, 1)], rhs_dilation=(2, 1), dimension_numbers=numbers)),
    }


def products():
    x = jnp.asarray(ramp(6, 3, seed=8, dtype=np.float64))
    y = jnp.asarray(ramp(3, 3, 2, seed=9, dtype=np.float64))
    f = lambda x, y: jnp.sum(jnp.sin(lax.ragged_dot(x, y, jnp.asarray([2, 0, 3]))))  # noqa: E731
    return {
        'x': encode(x),
        'y': encode(y),
        'ragged [2,0,3]': encode(lax.ragged_dot(x, y, jnp.asarray([2, 0, 3]))),
        'ragged [1,4,1]': encode(lax.ragged_dot(x, y, jnp.asarray([1, 4, 1]))),
        'grads': [encode(g) for g in jax.grad(f, (0, 1))(x, y)],
    }


def main() -> None:
    with jax.enable_x64(True):
        body = {'bits': bits(), 'windows': windows(), 'reductions': reductions(), 'patches': patches(), 'products': products()}
    write('lax.json', 'Operations of jax.lax that the other files do not have.', body)


if __name__ == '__main__':
    main()
