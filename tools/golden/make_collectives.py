"""Writes collectives.json: operations over axes that vmap has named, and their derivatives, in float64.

Each function is of one member [3, 6] of x [3, 3, 6] (axis 'i'), or [2] of x [2, 3, 2] (axes 'i', 'j'). With w = cos of
1, 2, 3, … in the shape of the result: 'value' is vmap(f)(x); 'inside' vmap(grad(sum(f * w))) with w of a member; 'outside'
the gradient of sum(vmap(f)(x) * w). What JAX fails at is an error:
the transpose of all_to_all inside of vmap, and a named axis in the backward rule of custom_vjp outside.
JAX's 'outside' of 'cond, each its own' is not the derivative (finite differences say so), and left out.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import encode, error, ramp, write


def carried(a):
    return lax.scan(lambda c, r: (jnp.sin(c) + lax.psum(c * r, 'i'), lax.pmean(c, 'i')), a[0], a)[0]


def halved(a):
    return lax.while_loop(lambda s: lax.pmax(jnp.max(s), 'i') > 0.5, lambda s: s * (0.3 + 0.1 * lax.axis_index('i')), a)


@jax.custom_vjp
def doubled(a):
    return lax.psum(a, 'i')


doubled.defvjp(lambda a: (lax.psum(a, 'i'), a), lambda a, ct: (3 * lax.pmean(ct, 'i') * a,))


@jax.custom_jvp
def tripled(a):
    return lax.psum(a**2, 'i')


tripled.defjvp(lambda p, t: (tripled(*p), lax.psum(3 * p[0] * t[0], 'i')))

ONE = {
    'psum': lambda a: lax.psum(a, 'i'),
    'psum of squares times x': lambda a: lax.psum(a**2, 'i') * a,
    'psum of ones times x': lambda a: lax.psum(jnp.ones(6), 'i') * a,
    'pmean': lambda a: lax.pmean(jnp.sin(a), 'i'),
    'axis_index times x': lambda a: a * lax.axis_index('i'),
    'axis_size times x': lambda a: a * lax.axis_size('i'),
    'all_gather': lambda a: lax.all_gather(a**2, 'i'),
    'all_gather axis 1': lambda a: lax.all_gather(a, 'i', axis=1),
    'all_gather tiled axis 1': lambda a: lax.all_gather(a, 'i', axis=1, tiled=True) ** 2,
    'psum_scatter': lambda a: lax.psum_scatter(a**2, 'i'),
    'psum_scatter tiled axis 1': lambda a: lax.psum_scatter(a**2, 'i', scatter_dimension=1, tiled=True),
    'all_to_all 0 1': lambda a: lax.all_to_all(a**2, 'i', 0, 1),
    'all_to_all 0 0': lambda a: lax.all_to_all(a**2, 'i', 0, 0),
    'all_to_all tiled 1 0': lambda a: lax.all_to_all(a, 'i', 1, 0, tiled=True) ** 3,
    'all_to_all tiled 1 1': lambda a: lax.all_to_all(a, 'i', 1, 1, tiled=True) ** 3,
    'ppermute': lambda a: lax.ppermute(a**2, 'i', [(0, 1), (1, 2), (2, 0)]) * a,
    'pshuffle': lambda a: lax.pshuffle(a, 'i', [2, 0, 1]) * a,
    'jit': lambda a: jax.jit(lambda b: lax.psum(b**2, 'i') * lax.axis_index('i'))(a),
    'scan': carried,
    'cond, one for all': lambda a: lax.cond(lax.psum(a[0, 0], 'i') > 0, lambda b: lax.psum(b, 'i'), lambda b: b**2, a),
    'cond, each its own': lambda a: lax.cond(a[0, 0] > 0, lambda b: lax.psum(b, 'i'), lambda b: b**2, a),
    'checkpoint': lambda a: jax.checkpoint(lambda b: jnp.sin(lax.psum(jnp.sin(b), 'i')))(a),
    'custom_jvp': tripled,
    'custom_vjp': doubled,
    'batch norm': lambda a: (a - lax.pmean(a, 'i')) / jnp.sqrt(lax.pmean(a**2, 'i') - lax.pmean(a, 'i') ** 2 + 1e-3),
    'softmax over the axis': lambda a: jnp.exp(a) / lax.psum(jnp.exp(a), 'i'),
}

TWO = {
    'psum over both': lambda a: lax.psum(a**2, ('i', 'j')) * a,
    'psum over the outer': lambda a: lax.psum(a**2, 'i') * a,
    'pmean over the inner of psum over the outer': lambda a: lax.pmean(lax.psum(a**2, 'i') * a, 'j'),
    'index over both': lambda a: a * lax.axis_index(('i', 'j')),
    'index over both, turned': lambda a: a * lax.axis_index(('j', 'i')),
    'all_gather over the outer': lambda a: lax.all_gather(a**2, 'i', axis=1),
    'ppermute over the outer': lambda a: lax.ppermute(a, 'i', [(0, 1), (1, 0)]) * a,
    'scan over both': lambda a: lax.scan(lambda c, _: (jnp.sin(c) + lax.psum(c, ('j', 'i')), None), a, None, length=2)[0],
}

FORWARD = {
    'pmax': lambda a: lax.pmax(a, 'i'),
    'pmin': lambda a: lax.pmin(a, 'i'),
    'while': halved,
    'psum of booleans': lambda a: lax.psum(a > 0, 'i'),
    'pmean of integers': lambda a: lax.pmean((a * 10).astype('int32'), 'i'),
}


def weights(shape):
    return jnp.cos(jnp.arange(1.0, 1 + np.prod(shape, dtype=int))).reshape(shape)


def attempt(f):
    try:
        return encode(f())
    except (ValueError, NameError) as e:
        return error(e)


def derivatives(mapped, f, x, depth):
    member = jax.eval_shape(lambda b: mapped(f)(b), x).shape[depth:]
    inside = jax.grad(lambda a: jnp.sum(f(a) * weights(member)))
    return {
        'value': encode(mapped(f)(x)),
        'inside': attempt(lambda: mapped(inside)(x)),
        'outside': attempt(lambda: jax.grad(lambda b: jnp.sum(mapped(f)(b) * weights(jax.eval_shape(mapped(f), x).shape)))(x)),
    }


def main() -> None:
    with jax.enable_x64(True):
        x = jnp.asarray(ramp(3, 3, 6, seed=1, lo=-1.5, hi=1.5, dtype=np.float64))
        y = jnp.asarray(ramp(2, 3, 2, seed=2, lo=-1.5, hi=1.5, dtype=np.float64))
        one = lambda f: jax.vmap(f, axis_name='i')  # noqa: E731
        two = lambda f: jax.vmap(jax.vmap(f, axis_name='j'), axis_name='i')  # noqa: E731
        body = {
            'x': encode(x),
            'y': encode(y),
            'one': {k: derivatives(one, f, x, 1) for k, f in ONE.items()},
            'two': {k: derivatives(two, f, y, 2) for k, f in TWO.items()},
            'forward': {k: encode(one(f)(x)) for k, f in FORWARD.items()},
            'shadowed': encode(jax.vmap(jax.vmap(lambda a: lax.psum(a, 'i'), axis_name='i'), axis_name='i')(y)),
        }
    body['one']['cond, each its own']['outside'] = {'error': 'wrong'}
    write('collectives.json', 'Operations over named axes, in float64.', body)


if __name__ == '__main__':
    main()
