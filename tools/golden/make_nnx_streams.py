"""Writes nnx-streams.json: what Flax's random streams hold after they are drawn from, split, forked, broadcast and reseeded.

A state is {stream: [words of the key, count]}, both nested lists. `partitionable` and `original` hold the same scenarios: lists of
states, in the order of the function of the same name. `initializers`: numbers that streams' own initializers draw.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from common import encode, write


def held(stream):
    return [jax.random.key_data(stream.key[...]).tolist(), stream.count[...].tolist()]


def state(rngs):
    return {name: held(stream) for name, stream in rngs.items()}


def fresh():
    """default has given no key, params one, dropout two."""
    r = nnx.Rngs(0, params=1, dropout=2)
    r.params()
    r.dropout()
    r.dropout()
    return r


def streams():
    s = nnx.RngStream(7, tag='x')
    s()
    parts = [s, s.fork(), s.split(2), s.split((2, 2)), s.broadcast(2), s.broadcast((1, 2)), s.fork(split=3), s]
    return [{'x': held(p)} for p in parts]


def rngs():
    r = fresh()
    named = {'params': 2, 'dropout': None, ...: (1, 2)}
    made = [r.split(2), r.split({'params': 2}), r.split(named), r.broadcast(2), r.broadcast({'params': (2, 1)}), r.broadcast(named)]
    made += [r.fork(), r.fork(split={'params': 3}), r.fork(split=2), nnx.Rngs(r.params), nnx.Rngs({'a': r.params, 'b': 5}), r]
    return [state(x) for x in made]


def with_rngs():
    r = fresh()
    out = []
    for rules in (
        {'split': {'params': 2}, 'fork': 'dropout'},
        {'split': 2, 'fork': 'params'},
        {'broadcast': 3, 'only': 'default'},
        {'broadcast': {'params': 2}, 'fork': ...},
        {'split': {'params': 2}, 'fork': ['dropout', 'default']},
        {'fork': nnx.Not('params')},
    ):
        out += [state(nnx.with_rngs(r, graph=False, **rules)), state(r)]
    return out


def in_place():
    r = fresh()
    out = []
    for change in (
        lambda: nnx.split_rngs(r, splits=2),
        lambda: nnx.split_rngs(r, splits=(2, 1), only='params'),
        lambda: nnx.split_rngs(r, splits=1, squeeze=True),
        lambda: nnx.split_rngs(r, splits=2, only=nnx.RngKey),
        lambda: nnx.fork_rngs(r),
        lambda: nnx.fork_rngs(r, split={'params': 2, 'dropout': None}),
        lambda: nnx.fork_rngs(r, split=3),
    ):
        backups = change()
        out.append(state(r))
        nnx.restore_rngs(backups)
        out.append(state(r))
    return out


class Two(nnx.Module):
    def __init__(self, rngs):
        self.a = nnx.Dropout(0.5, rngs=rngs)
        self.b = nnx.Dropout(0.5, rngs=rngs)


def reseeded():
    m = Two(nnx.Rngs(0))
    out = []

    def note():
        out.append({'a': held(m.a.rngs), 'b': held(m.b.rngs)})

    note()
    nnx.reseed(m, dropout=5)
    note()
    nnx.reseed(m, dropout=jax.random.key(6), params=1)
    note()
    nnx.split_rngs(m, splits=2)
    nnx.reseed(m, policy='match_shape', dropout=5)
    note()
    nnx.reseed(m, policy=lambda path, key, shape: jax.random.split(key, (*shape, 2)), dropout=5)
    note()
    return out


def initializers():
    r = nnx.Rngs(3)
    names = ('delta_orthogonal', 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', 'kaiming_normal', 'kaiming_uniform')
    names += ('lecun_normal', 'lecun_uniform', 'xavier_normal', 'xavier_uniform')
    out = {n: encode(getattr(r, n)()((1, 2, 3) if n == 'delta_orthogonal' else (2, 3))) for n in names}
    out['variance_scaling'] = encode(r.variance_scaling(2.0, 'fan_out', 'uniform')((2, 3), jnp.float32))
    return out


def main() -> None:
    body = {}
    for name, layout in (('partitionable', True), ('original', False)):
        with jax.threefry_partitionable(layout):
            body[name] = {f.__name__: f() for f in (streams, rngs, with_rngs, in_place, reseeded)}
    with jax.threefry_partitionable(True):
        body['initializers'] = initializers()
    write('nnx-streams.json', 'Random streams of Flax NNX: keys and counts after each operation, in both layouts.', body)


if __name__ == '__main__':
    main()
