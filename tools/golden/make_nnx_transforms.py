"""Writes nnx-transforms.json: flax.nnx's vmap, scan, cond, loops, remat, custom_vjp and EMA on small models."""

import json

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from common import out_dir

jax.config.update('jax_threefry_partitionable', False)


def flat(x):
    return [float(v) for v in np.asarray(x, np.float64).ravel()]


def leaves(state):
    return {
        '/'.join(map(str, path)): flat(v.get_value())
        for path, v in nnx.to_flat_state(nnx.filter_state(state, nnx.Not(nnx.RngKey)))
    }


class Block(nnx.Module):
    def __init__(self, rngs):
        self.linear = nnx.Linear(3, 3, rngs=rngs)
        self.norm = nnx.BatchNorm(3, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.dropout(self.norm(self.linear(x))))


x = jnp.sin(jnp.arange(12.0)).reshape(4, 3)


def ensemble():
    rngs = nnx.Rngs(0)
    make = nnx.split_rngs(splits=3)(nnx.vmap(lambda rngs: nnx.Linear(3, 2, rngs=rngs)))
    models = make(rngs)
    y = nnx.vmap(lambda m, x: m(x), in_axes=(0, None), out_axes=1)(models, x)
    return {'state': leaves(nnx.state(models)), 'count': int(rngs.default.count[...]), 'y': flat(y), 'shape': list(y.shape)}


def stacked():
    @nnx.split_rngs(splits=4)
    @nnx.vmap
    def make(rngs):
        return Block(rngs)

    blocks = make(nnx.Rngs(1))

    @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)
    def forward(x, block):
        return block(x)

    y = forward(x, blocks)
    after = leaves(nnx.state(blocks))
    grads = nnx.grad(lambda m: jnp.sum(forward(x, m) ** 2))(blocks)
    return {'y': flat(y), 'after': after, 'grads': leaves(grads), 'after2': leaves(nnx.state(blocks, nnx.BatchStat))}


def shared():
    block = Block(nnx.Rngs(2))
    axes = nnx.StateAxes({nnx.Param: None, ...: nnx.Carry})

    @nnx.scan(in_axes=(axes, nnx.Carry, 0), out_axes=(nnx.Carry, 1), length=3)
    def forward(block, c, d):
        c = block(c + d)
        return c, c.sum(-1)

    c, ys = forward(block, x, jnp.array([0.1, 0.2, 0.3]))
    return {'c': flat(c), 'ys': flat(ys), 'shape': list(ys.shape), 'after': leaves(nnx.state(block))}


def rematted():
    block = Block(nnx.Rngs(3))
    grads = nnx.grad(lambda m: jnp.sum(nnx.remat(lambda m, x: m(x))(m, x) ** 2))(block)
    return {'grads': leaves(grads), 'after': leaves(nnx.state(block, nnx.Not(nnx.Param)))}


def branches():
    block = Block(nnx.Rngs(4))
    ys = [nnx.cond(p, lambda m, x: m(x), lambda m, x: x * 2, block, x) for p in (jnp.array(True), jnp.array(False))]
    i = jnp.array(2)
    ys.append(nnx.switch(i, [lambda m, x: x, lambda m, x: m.linear(x), lambda m, x: m(x)], block, x))
    return {'ys': [flat(y) for y in ys], 'after': leaves(nnx.state(block))}


def loops():
    block = Block(nnx.Rngs(5))

    def body(i, carry):
        m, x = carry
        return m, m(x) + i

    block, y = nnx.fori_loop(0, 3, body, (block, x))
    out = {'fori': flat(y), 'after': leaves(nnx.state(block))}
    m, _, z = nnx.while_loop(lambda c: c[1] < 3, lambda c: (c[0], c[1] + 1, c[0](c[2])), (block, jnp.array(1), x))
    out |= {'while': flat(z), 'after2': leaves(nnx.state(m))}
    # Two steps a turn, and one that is left over.
    m, y = nnx.fori_loop(1, 4, body, (m, x), unroll=2)
    return out | {'unrolled': flat(y), 'after3': leaves(nnx.state(m))}


def custom():
    class Foo(nnx.Module):
        def __init__(self):
            self.x = nnx.Param(jnp.array([0.5, 1.0]))
            self.y = nnx.Param(jnp.array([2.0, 3.0]))

    @nnx.custom_vjp
    def f(m):
        return jnp.sum(jnp.sin(m.x[...]) * m.y[...])

    def fwd(m):
        return f(m), (jnp.cos(m.x[...]), jnp.sin(m.x[...]), m)

    def bwd(res, g):
        (inputs_g,), out_g = g
        cos_x, sin_x, m = res
        inputs_g['x'][...] = 10 * cos_x * out_g * m.y[...]
        inputs_g['y'][...] = sin_x * out_g
        return (inputs_g,)

    f.defvjp(fwd, bwd)
    return {'grads': leaves(nnx.grad(f)(Foo()))}


def ema():
    model = nnx.Linear(2, 2, rngs=nnx.Rngs(6))
    average = nnx.EMA(nnx.state(model), decay=0.9)
    for k in (1.0, 2.0):
        model.kernel[...] += k
        average.update(nnx.state(model))
    return {'average': leaves(nnx.state(average.apply_to(model))), 'model': leaves(nnx.state(model))}


cases = [ensemble, stacked, shared, rematted, branches, loops, custom, ema]
golden = {'x': flat(x)}
for case in cases:
    try:
        golden[case.__name__] = case()
    except Exception as e:
        print(case.__name__, type(e).__name__, str(e)[:400])
(out_dir() / 'nnx-transforms.json').write_text(json.dumps(golden) + '\n')
