"""What the programs about layers of Flax NNX share: states and results as data, numbers that depend on everything."""

import jax
import jax.numpy as jnp
from flax import nnx

from common import encode, ramp


def part(p):
    return '/'.join(map(str, p)) if isinstance(p, tuple) else str(p)


def flat(module, *filters):
    """The arrays of a module by path; bare arrays too, random streams not."""
    out = {}
    for path, v in nnx.to_flat_state(nnx.state(module, *filters)):
        if isinstance(v, nnx.RngState):
            continue
        value = v.get_value() if isinstance(v, nnx.Variable) else v
        name = '/'.join(map(part, path))
        if isinstance(value, tuple):
            out.update({f'{name}/{i}': encode(x) for i, x in enumerate(value)})
        else:
            out[name] = encode(value)
    return out


def encoded(y):
    return [encode(leaf) for leaf in jax.tree.leaves(y)]


def weighted(y):
    """A number that depends on each element of the results in its own way."""
    leaves = jax.tree.leaves(y)
    return sum((leaf.astype(jnp.float32) * ramp(*leaf.shape, seed=17 + i, lo=-1, hi=1)).sum() for i, leaf in enumerate(leaves))


def spread(module, seed=3):
    """Parameters that are 0 or 1 by default become others, so that each of them counts."""
    for _, v in nnx.to_flat_state(nnx.state(module, nnx.Param)):
        value = v.get_value()
        if value.size > 0 and bool((value == value.ravel()[0]).all()):
            v.set_value(value + jnp.asarray(ramp(*value.shape, seed=seed, lo=-0.5, hi=0.5), value.dtype))
