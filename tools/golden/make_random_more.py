"""Writes random-more.json: the samplers with parameters, modes and rare dtypes, in both layouts of threefry, and gradients.

A case is data: {fn, seed, args, shape?, options?, vmap?}: `args` follow the key (numbers, or encoded arrays), `vmap` is a
number of keys (split from the key) that the call is mapped over, with the arrays of `args` (`"all"`) or without (`"key"`).
Section `original` has those cases only where the layout could matter beyond the bits that random.json holds.
`grads`: the gradient, by each of the args and options that are arrays, of sum(samples * sin(1, 2, 3, ...)); partitionable layout.
In float64, where it is finite, also `hvp`, its derivative along sin(1, 2, 3, ...) of each of them, forward over reverse, and
`reverse_twice`: whether JAX has it reverse over reverse, too.
"""

import os
import sys

# Hundreds of small programs: compiling them is nearly all of the time.
os.environ['XLA_FLAGS'] = '--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true'

import jax
import jax.numpy as jnp
import numpy as np
from jax import random

from common import encode, error, write

CASES: dict[str, dict] = {}
GRADS: dict[str, dict] = {}
HAS_KEYWORD_SHAPE = ('ball', 'multinomial', 'categorical', 'choice', 'orthogonal')


def arr(x, dtype='float32'):
    return np.asarray(jnp.asarray(x, dtype)) if 'bfloat16' in str(dtype) else np.array(x, dtype)


def case(name, fn, args=(), shape='none', options=None, seed=11, vmap=None, table=CASES):
    assert name not in table, name
    table[name] = {'fn': fn, 'seed': seed, 'args': args, 'shape': shape, 'options': options or {}, 'vmap': vmap}


def matters(name, c):
    """Whether the layout may matter beyond the bits: loops over keys of their own, and shapes of more than one axis."""
    return 'arrays,(2,3)' in name or 'highest' in name or (c['vmap'] is not None and c['fn'] in ('gamma', 'poisson', 'multinomial'))


def described(c):
    """The case as JSON."""
    out = {'fn': c['fn'], 'seed': c['seed'], 'args': [encode(a) if isinstance(a, np.ndarray) else a for a in c['args']]}
    if c['shape'] != 'none':
        out['shape'] = c['shape']
    if c['options']:
        out['options'] = c['options']
    if c['vmap']:
        out['vmap'] = c['vmap']
    return out


def options_of(c):
    out = dict(c['options'])
    if c['shape'] != 'none':
        out['shape'] = None if c['shape'] is None else tuple(c['shape'])
    return out


def call(c):
    f = getattr(random, c['fn'])
    options = options_of(c)
    args = [jnp.asarray(a) if isinstance(a, np.ndarray) else a for a in c['args']]
    if c['fn'] in ('key', 'PRNGKey'):
        return f(*args, **options)
    key = random.key(c['seed'])
    if c['vmap'] is None:
        return f(key, *args, **options)
    n, what = c['vmap']
    keys = random.split(key, n)
    if what == 'key':
        return jax.vmap(lambda k: f(k, *args, **options))(keys)
    return jax.vmap(lambda k, *xs: f(k, *xs, **options))(keys, *args)


def wide(c):
    return '64' in str(c['options'].get('dtype', '')) or any('64' in str(getattr(a, 'dtype', '')) for a in c['args'])


def run(c):
    with jax.enable_x64(wide(c)):
        try:
            return encode(call(c))
        except Exception as e:
            print('refused:', c, e, file=sys.stderr)
            return error(e)


A = arr([0.2, 1.0, 3.5])
COLUMN = arr([[0.5], [4.0]])
MEAN = arr([[1.0, -1.0, 0.5], [0.0, 2.0, 3.0]])
COV = arr([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]])
COVS = np.stack([COV, COV @ COV]).astype('float32')

# Samplers whose parameters broadcast: name, parameters as numbers, as arrays that broadcast to (2, 3).
BROADCAST = {
    'gamma': ((2.5,), (A,)),
    'loggamma': ((0.01,), (A,)),
    'beta': ((0.5, 2.0), (A, COLUMN)),
    'chisquare': ((4.0,), (A,)),
    # JAX wants the whole shape here.
    'f': ((3.0, 5.0), (np.tile(A, (2, 1)), np.tile(COLUMN, (1, 3)))),
    't': ((3.0,), (A,)),
    'generalized_normal': ((1.5,), (arr([0.7, 2.0, 3.5]),)),
    'lognormal': ((0.5,), (A,)),
    'pareto': ((2.0,), (A,)),
    'rayleigh': ((2.0,), (A,)),
    'triangular': ((-1.0, 0.5, 2.0), (arr([-1.0, 0.0, 0.25]), COLUMN, arr([5.0, 6.0, 7.0]))),
    'wald': ((1.5,), (A,)),
    'weibull_min': ((2.0, 1.5), (A, COLUMN)),
}


def parametric():
    for fn, (numbers, arrays) in BROADCAST.items():
        case(f'{fn}{numbers}', fn, numbers, (5,))
        case(f'{fn}{numbers},scalar', fn, numbers, ())
        case(f'{fn}{numbers},empty', fn, numbers, (0, 3))
        case(f'{fn}(arrays,(2,3))', fn, arrays, (2, 3))
        case(f'{fn}{numbers},float64', fn, numbers, (4,), {'dtype': 'float64'})
        half = 'bfloat16' if len(fn) % 2 == 0 else 'float16'
        case(f'{fn}{numbers},{half}', fn, numbers, (6,), {'dtype': half})
        if fn not in ('generalized_normal', 'weibull_min'):
            case(f'{fn}(arrays)', fn, arrays)
    case('weibull_min(arrays)', 'weibull_min', (A, COLUMN))
    loc, scale = arr([0.5, 1.0]), arr(2.0)
    case('double_sided_maxwell(0,1,(5,))', 'double_sided_maxwell', (0.0, 1.0), (5,))
    case('double_sided_maxwell(arrays)', 'double_sided_maxwell', (loc, scale))
    case('double_sided_maxwell(arrays,(3,))', 'double_sided_maxwell', (loc, 3.0), (3,))
    case('double_sided_maxwell(float64)', 'double_sided_maxwell', (1.0, 3.0), (3,), {'dtype': 'float64'})
    for dt in ('float32', 'float64', 'bfloat16', 'float16'):
        case(f'maxwell((2,3),{dt})', 'maxwell', (), (2, 3), {'dtype': dt})
    case('maxwell(())', 'maxwell', (), ())
    case('maxwell((0,2))', 'maxwell', (), (0, 2))
    alpha = arr([[1.0, 2.0, 0.5], [0.01, 0.02, 10.0]])
    case('dirichlet(row)', 'dirichlet', (alpha[0],))
    case('dirichlet(rows)', 'dirichlet', (alpha,))
    case('dirichlet(rows,(3,2))', 'dirichlet', (alpha,), (3, 2))
    case('dirichlet(row,(0,))', 'dirichlet', (alpha[0],), (0,))
    case('dirichlet(row,(4,),float64)', 'dirichlet', (alpha[0],), (4,), {'dtype': 'float64'})
    for p in (0.7, 1.0, 2.0, 4.0):
        case(f'ball(3,p={p})', 'ball', (3,), (4,), {'p': p})
    case('ball(2)', 'ball', (2,))
    case('ball(0)', 'ball', (0,), (2,))
    case('ball(3,float64)', 'ball', (3,), (2, 2), {'dtype': 'float64'})
    for method in ('cholesky', 'eigh', 'svd'):
        case(f'multivariate_normal({method})', 'multivariate_normal', (MEAN[0], COV), (4,), {'method': method})
    case('multivariate_normal(batch)', 'multivariate_normal', (MEAN, COV))
    case('multivariate_normal(batches)', 'multivariate_normal', (MEAN, COVS), (3, 2))
    case('multivariate_normal(float64)', 'multivariate_normal', (MEAN[0].astype('float64'), COV.astype('float64')), (2,))
    case('multivariate_normal(dtype float64)', 'multivariate_normal', (MEAN[0], COV), (2,), {'dtype': 'float64'})


def counts():
    rates = arr([0.0, 0.3, 5.0, 9.999, 10.0, 40.0, 1e4, float('nan')])
    case('poisson(rates)', 'poisson', (rates,))
    case('poisson(rates,(3,8))', 'poisson', (rates,), (3, 8))
    for dt in ('int8', 'uint8', 'int16', 'int64', 'uint32'):
        case(f'poisson({dt})', 'poisson', (12.0,), (5,), {'dtype': dt})
    case('poisson(scalar)', 'poisson', (3.0,))
    case('poisson((0,))', 'poisson', (3.0,), (0,))
    case('poisson(int lam)', 'poisson', (4,), (5,))
    n = arr([0.0, 1.0, 7.5, 20.0, 100.0, 1000.0, -1.0, float('nan'), float('inf'), float('inf')])
    p = arr([0.5, 0.5, 0.3, 0.9, 0.5, 0.02, 0.5, 0.5, 0.3, 0.9])
    case('binomial(special)', 'binomial', (n, p))
    case('binomial(p special)', 'binomial', (30.0, arr([0.0, 1.0, -0.1, 1.1, float('nan'), 0.499, 0.501])))
    for pair in ((20, 0.3), (100, 0.4), (100, 0.9), (5, 0.5), (10000, 0.25), (100000, 0.7)):
        case(f'binomial{pair}', 'binomial', pair, (6,))
    case('binomial(batched,(3,2))', 'binomial', (arr([10.0, 200.0]), arr([[0.1], [0.5], [0.95]])), (3, 2))
    case('binomial(float64 p)', 'binomial', (50.0, arr([0.3, 0.6], 'float64')), (3, 2), {'dtype': 'float64'})
    case('binomial(())', 'binomial', (50, 0.3))
    case('binomial((0,))', 'binomial', (50, 0.3), (0,))
    probabilities = arr([0.2, 0.5, 0.0, 0.3])
    case('multinomial(10,p)', 'multinomial', (10.0, probabilities))
    case('multinomial(1000,p)', 'multinomial', (1000.0, probabilities))
    case('multinomial(ns,ps)', 'multinomial', (arr([5.0, 500.0]), np.stack([probabilities, probabilities[::-1]])))
    case('multinomial(100,p,shape)', 'multinomial', (100.0, probabilities), (3, 4))
    case('multinomial(100,p,float64)', 'multinomial', (100.0, probabilities), 'none', {'dtype': 'float64'})
    for dt in ('int32', 'int8', 'uint16', 'int64'):
        case(f'geometric(.3,{dt})', 'geometric', (0.3,), (7,), {'dtype': dt})
    case('geometric(ps)', 'geometric', (arr([0.05, 0.5, 0.99, 1.0]),))
    case('geometric(ps,(2,4))', 'geometric', (arr([0.05, 0.5, 0.99, 1e-6]),), (2, 4))
    case('geometric(())', 'geometric', (0.2,))
    for dt in ('int8', 'int64', 'uint8', 'float16', 'bfloat16', 'float64'):
        case(f'rademacher({dt})', 'rademacher', (), (9,), {'dtype': dt})


def modes():
    for mode in ('low', 'high', 'highest'):
        for dt in ('float32', 'float64', 'bfloat16'):
            case(f'gumbel({mode},{dt})', 'gumbel', (), (2, 4), {'mode': mode, 'dtype': dt})
        case(f'gumbel({mode},())', 'gumbel', (), (), {'mode': mode})
        logits = arr([[0.1, 1.0, -0.5, 2.0], [1.0, 1.0, 1.0, 1.0], [-5.0, 3.0, 0.0, 0.5]])
        case(f'categorical({mode})', 'categorical', (logits,), (6, 3), {'mode': mode})
        case(f'categorical({mode},replace=False)', 'categorical', (logits,), (2, 3), {'mode': mode, 'replace': False})
        case(f'choice({mode})', 'choice', (5,), (3,), {'mode': mode, 'replace': False, 'p': encode(arr([0.1, 0.2, 0.3, 0.25, 0.15]))})
    for dt in ('float64', 'bfloat16', 'float16'):
        case(f'categorical({dt})', 'categorical', (arr([[0.0, 1.0, 2.0]], dt),), (5, 1))
        case(f'bernoulli({dt})', 'bernoulli', (arr([0.1, 0.5, 0.9], dt),), (4, 3))
    case('categorical(axis=0,shape)', 'categorical', (arr([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]]),), (4, 2), {'axis': 0})
    case('categorical(1d)', 'categorical', (arr([0.0, 1.0, 2.0]),))
    for p in (0.0, 1e-9, 0.3, 1.0):
        case(f'bernoulli({p},high)', 'bernoulli', (p,), (9,), {'mode': 'high'})
    case('bernoulli(float64,high)', 'bernoulli', (arr([0.2, 0.7], 'float64'),), (4, 2), {'mode': 'high'})
    x = arr(np.arange(24).reshape(2, 4, 3))
    for axis in (0, 1, 2, -1):
        case(f'choice(x,axis={axis})', 'choice', (x,), (3,), {'axis': axis})
        case(f'choice(x,axis={axis},replace=False)', 'choice', (x,), (2,), {'axis': axis, 'replace': False})
    case('choice(x,(2,2),p,axis=1)', 'choice', (x,), (2, 2), {'axis': 1, 'p': encode(arr([0.4, 0.3, 0.2, 0.1]))})
    case('choice(x,(0,))', 'choice', (4,), (0,))
    case('choice(int8 array)', 'choice', (arr([5, 6, 7], 'int8'),), (4,))
    case('permutation(float row)', 'permutation', (arr([1.5, 2.5, 3.5, 4.5]),))
    case('permutation(x,axis=2)', 'permutation', (x,), 'none', {'axis': 2})
    case('permutation(x,axis=-2,independent)', 'permutation', (x,), 'none', {'axis': -2, 'independent': True})
    case('permutation(empty)', 'permutation', (arr(np.zeros((0, 2))),))


def integers():
    for dt, info in ((d, np.iinfo(d)) for d in ('int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64')):
        low, high = arr([info.min, 0, 3], dt), arr([info.max, 100, 3], dt)
        case(f'randint(arrays,{dt})', 'randint', ((3,), low, high), 'none', {'dtype': dt})
        case(f'randint(arrays,(2,3),{dt})', 'randint', ((2, 3), low, high), 'none', {'dtype': dt})
    case('randint(int64 bounds of uint32)', 'randint', ((5,), arr(0, 'int64'), arr(2**32, 'int64')), 'none', {'dtype': 'uint32'})
    case('randint((0,))', 'randint', ((0,), 0, 5))
    case('uniform(arrays)', 'uniform', (), (2, 3), {'minval': encode(A), 'maxval': encode(COLUMN + 4)})
    case('truncated_normal(arrays)', 'truncated_normal', (-A, COLUMN), (2, 3))
    case('truncated_normal(arrays,None)', 'truncated_normal', (-A, COLUMN))
    for s in ((), (0,), (2, 3)):
        for dt in ('float32', 'float64'):
            case(f'orthogonal(3,{s},{dt})', 'orthogonal', (3,), s, {'dtype': dt})


def mapped():
    for fn, args in (
        ('gamma', (A,)),
        ('loggamma', (A,)),
        ('beta', (A, A[::-1].copy())),
        ('poisson', (arr([2.0, 9.5, 30.0]),)),
        ('binomial', (arr([5.0, 50.0, 500.0]), arr([0.2, 0.5, 0.9]))),
        ('multinomial', (arr([5.0, 50.0, 500.0]), arr([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]))),
        ('geometric', (arr([0.1, 0.2, 0.3]),)),
        ('wald', (A,)),
        ('t', (A,)),
        ('dirichlet', (arr([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]),)),
        ('multivariate_normal', (MEAN[[0, 1, 0]], np.stack([COV, COV, COV]))),
    ):
        case(f'vmap {fn} over all', fn, args, vmap=(3, 'all'))
    for fn, numbers in (('gamma', (2.5,)), ('poisson', (12.0,)), ('binomial', (40, 0.4))):
        case(f'vmap {fn} over keys', fn, numbers, (4,), vmap=(3, 'key'))
    case('vmap ball over keys', 'ball', (3,), vmap=(2, 'key'))
    case('vmap gumbel over keys', 'gumbel', (), (3,), {'mode': 'high'}, vmap=(2, 'key'))


def gradients():
    for dt in ('float64', 'float32'):
        o = {'dtype': dt}
        d = lambda *xs: tuple(arr(x, dt) for x in xs)  # noqa: E731

        def grad(fn, args, shape='none', options=None, dt=dt, o=o):
            case(f'{fn}({dt})', fn, args, shape, o if options is None else options, table=GRADS)

        grad('gamma', d([1e-3, 0.2, 0.9, 1.0, 3.5, 40.0, 1e3]), (3, 7))
        grad('loggamma', d([1e-3, 0.2, 0.9, 1.0, 3.5, 40.0, 1e3]), (3, 7))
        grad('beta', d([0.2, 1.0, 3.5], [[0.5], [4.0]]), (2, 3))
        grad('dirichlet', d([[1.0, 2.0, 0.5], [0.3, 0.02, 10.0]]), (3, 2))
        grad('chisquare', d([0.5, 4.0, 30.0]))
        grad('f', d([[3.0, 9.0]] * 3, [[5.0, 1.0]] * 3), (3, 2))
        grad('t', d([0.5, 3.0, 30.0]))
        grad('generalized_normal', d([0.7, 2.0, 3.5]), (2, 3))
        grad('lognormal', d([0.5, 1.5]))
        grad('pareto', d([0.5, 1.5]))
        grad('rayleigh', d([0.5, 1.5]))
        grad('triangular', d([-1.0, 0.0], 0.5, [2.0, 3.0]))
        grad('wald', d([0.5, 1.5]))
        grad('weibull_min', d([0.5, 1.5], 2.5), (2,))
        grad('double_sided_maxwell', d(0.5, 2.0))
        grad('multivariate_normal', d(MEAN[0], COV), (2,))
        grad('truncated_normal', d([-1.0, -0.5], [0.5, 2.0]), (3, 2))
        minval, maxval = d([-1.0, -2.0], [1.0, 3.0])
        case(f'loggamma({dt}), no underflow', 'loggamma', d([0.2, 0.9, 1.0, 3.5, 40.0]), (3, 5), o, table=GRADS)
        grad('uniform', (), (3, 2), {**o, 'minval': encode(minval), 'maxval': encode(maxval)})
        grad('ball', (3,), (2,), {**o, 'p': encode(d(1.5)[0])})


def wave(x):
    return jnp.sin(jnp.arange(1, x.size + 1, dtype=x.dtype)).reshape(x.shape)


def gradient(c):
    with jax.enable_x64(wide(c)), jax.threefry_partitionable(True):
        f = getattr(random, c['fn'])
        plain = [a for a in c['args'] if not isinstance(a, np.ndarray)]
        args = [jnp.asarray(a) for a in c['args'] if isinstance(a, np.ndarray)]
        options = options_of(decode_options(c))
        named = [k for k, v in options.items() if isinstance(v, jax.Array)]

        def loss(*xs):
            keywords = {**options, **dict(zip(named, xs[len(args) :]))}
            y = f(random.key(c['seed']), *plain, *xs[: len(args)], **keywords)
            return jnp.sum(y * wave(y))

        at = (*args, *(options[k] for k in named))
        grads = jax.grad(loss, argnums=tuple(range(len(at))))
        if not wide(c):
            return {'out': [encode(g) for g in grads(*at)]}
        out, hvp = jax.jvp(grads, at, tuple(wave(x) for x in at))
        if not all(jnp.isfinite(h).all() for h in hvp):
            return {'out': [encode(g) for g in out]}
        try:
            g, pullback = jax.vjp(grads, *at)
            pullback(g)
            reverse_twice = True
        except ValueError as e:
            assert 'while_loop' in str(e), e
            reverse_twice = False
        return {'out': [encode(g) for g in out], 'hvp': [encode(h) for h in hvp], 'reverse_twice': reverse_twice}


def decode_options(c):
    """Options that are arrays stand encoded in the case; the call needs them as arrays."""
    options = {k: arr(v['data'], v['dtype']).reshape(v['shape']) if isinstance(v, dict) else v for k, v in c['options'].items()}
    return {**c, 'options': {k: jnp.asarray(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}}


def main() -> None:
    for g in (parametric, counts, modes, integers, mapped, gradients):
        g()
    grads = {n: {**described(c), **gradient(c)} for n, c in GRADS.items()}
    print('gradients done', file=sys.stderr)
    body = {'cases': {n: described(c) for n, c in CASES.items()}}
    for name, layout in (('partitionable', True), ('original', False)):
        with jax.threefry_partitionable(layout):
            body[name] = {}
            for n, c in CASES.items():
                if layout or matters(n, c):
                    print(name, n, file=sys.stderr)
                    body[name][n] = run(decode_options(c))
    body['grads'] = grads
    write('random-more.json', 'jax.random: parametric samplers, modes and rare dtypes in both layouts; gradients.', body)


if __name__ == '__main__':
    main()
