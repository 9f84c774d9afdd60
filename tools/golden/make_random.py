"""Writes random.json: keys, bits, samplers and initializers in both layouts of threefry.

Sections `partitionable` (JAX >= 0.5) and `original` (before) hold the same cases. A case is named by its call, written in
Python with key = jax.random.key(SEED); its value is an encoded array. `cases` lists, once for both layouts, the call as data:
{fn, seed, args}, so that a test can loop. Rounding of floats differs between runtimes, bits do not.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import random
from jax.nn import initializers

from common import encode, error, write

CASES: dict[str, tuple[dict, object]] = {}


def case(name, fn, seed, args, f):
    """Declares a case; `args` is what a TypeScript test needs to make the same call (`...Options` in Python's names)."""
    assert name not in CASES, name
    CASES[name] = ({'fn': fn, 'seed': seed, **args}, f)


def of(seed=0):
    return lambda g: lambda: g(random.key(seed))


SHAPES = {
    '()': (),
    '(0,)': (0,),
    '(1,)': (1,),
    '(2,)': (2,),
    '(5,)': (5,),
    '(7,)': (7,),
    '(8,)': (8,),
    '(2,3,5)': (2, 3, 5),
    '(3,0,2)': (3, 0, 2),
}


def keys():
    for s in (0, 1, 42, 123456789, -1, -42, 2**31 - 1, -(2**31), 2**32 - 1):
        case(f'key({s})', 'key', s, {}, of(s)(lambda k: k))
    for seed in (0, 42):
        for num in (1, 2, 3, 5, 8, (2, 2), (3, 1, 2)):
            case(f'split(key({seed}),{num})', 'split', seed, {'num': num}, of(seed)(lambda k, n=num: random.split(k, n)))
        for d in (0, 1, 2, 7, 1000, 2**31, 2**32 - 1):
            case(f'fold_in(key({seed}),{d})', 'fold_in', seed, {'data': d}, of(seed)(lambda k, d=d: random.fold_in(k, np.uint32(d))))
    case('split(split(key(3))[1],3)', 'split of split', 3, {'num': 3}, of(3)(lambda k: random.split(random.split(k)[1], 3)))
    case(
        'vmap(fold_in)(split(key(5),4),arange(4))',
        'vmap fold_in',
        5,
        {'num': 4},
        of(5)(lambda k: jax.vmap(random.fold_in)(random.split(k, 4), jnp.arange(4))),
    )
    case(
        'vmap(normal(3))(split(key(5),4))',
        'vmap normal',
        5,
        {'num': 4, 'shape': (3,)},
        of(5)(lambda k: jax.vmap(lambda q: random.normal(q, (3,)))(random.split(k, 4))),
    )


def bits():
    for w in ('uint8', 'uint16', 'uint32', 'uint64'):
        for n, s in SHAPES.items():
            case(f'bits(key(7),{n},{w})', 'bits', 7, {'shape': s, 'dtype': w}, of(7)(lambda k, s=s, w=w: random.bits(k, s, w)))
    case(
        'bits(key(7),(301,),uint32)[290:]',
        'bits',
        7,
        {'shape': (301,), 'dtype': 'uint32', 'slice': [290, 301]},
        of(7)(lambda k: random.bits(k, (301,))[290:]),
    )


def sampler(name, fn, args, f, seed=11):
    case(name, fn, seed, args, of(seed)(f))


def floats():
    for dt in ('float32', 'float16', 'bfloat16', 'float64'):
        for n in ('()', '(7,)', '(2,3,5)'):
            s = SHAPES[n]
            sampler(f'uniform({n},{dt})', 'uniform', {'shape': s, 'dtype': dt}, lambda k, s=s, dt=dt: random.uniform(k, s, dt))
            sampler(f'normal({n},{dt})', 'normal', {'shape': s, 'dtype': dt}, lambda k, s=s, dt=dt: random.normal(k, s, dt))
        for lo, hi in ((-1.0, 1.0), (2.0, 5.5), (-3.0, -2.0), (0.0, 1e-6), (5.0, 5.0)):
            a = {'shape': (7,), 'dtype': dt, 'minval': lo, 'maxval': hi}
            sampler(f'uniform((7,),{dt},{lo},{hi})', 'uniform', a, lambda k, dt=dt, lo=lo, hi=hi: random.uniform(k, (7,), dt, lo, hi))
        for lo, hi in ((-2.0, 2.0), (-1.0, 0.5), (1.0, 3.0)):
            a = {'lower': lo, 'upper': hi, 'shape': (7,), 'dtype': dt}
            sampler(
                f'truncated_normal({lo},{hi},(7,),{dt})',
                'truncated_normal',
                a,
                lambda k, dt=dt, lo=lo, hi=hi: random.truncated_normal(k, lo, hi, (7,), dt),
            )
        plain = {
            'gumbel': random.gumbel,
            'exponential': random.exponential,
            'laplace': random.laplace,
            'logistic': random.logistic,
            'cauchy': random.cauchy,
        }
        for n, g in plain.items():
            sampler(f'{n}((7,),{dt})', n, {'shape': (7,), 'dtype': dt}, lambda k, g=g, dt=dt: g(k, (7,), dt))
    sampler('normal((500,))[::25]', 'normal', {'shape': (500,), 'dtype': 'float32', 'stride': 25}, lambda k: random.normal(k, (500,))[::25])


def bound(n, dtype):
    """JAX refuses Python ints beyond int32 where 64-bit types are off (OverflowError): uint32 bounds go in as uint32."""
    return np.uint32(n) if dtype == 'uint32' else n


def discrete():
    for p in (0.0, 0.1, 0.3, 0.5, 0.9, 1.0):
        sampler(f'bernoulli({p},(9,))', 'bernoulli', {'p': p, 'shape': (9,)}, lambda k, p=p: random.bernoulli(k, p, (9,)))
    sampler('bernoulli([.1,.5,.9])', 'bernoulli', {'p': [0.1, 0.5, 0.9]}, lambda k: random.bernoulli(k, jnp.array([0.1, 0.5, 0.9])))
    ranges = {
        'int32': (
            (0, 10),
            (-5, 5),
            (0, 1),
            (0, 2),
            (3, 3),
            (5, 2),
            (0, 65536),
            (0, 100000),
            (-(2**31), 2**31 - 1),
            (0, 2**31 - 1),
            (7, 1000),
        ),
        'uint32': ((0, 10), (0, 2**32 - 1), (100, 2**31 + 5)),
        'uint8': ((0, 10), (0, 255), (0, 256), (200, 255)),
        'int8': ((-128, 127), (-100, 100), (-3, 3)),
        'int16': ((-300, 300),),
        'uint16': ((0, 65535),),
        'int64': ((0, 10), (-(2**40), 2**40)),
    }
    for dt, rs in ranges.items():
        for lo, hi in rs:
            a = {'shape': (9,), 'minval': lo, 'maxval': hi, 'dtype': dt}
            sampler(
                f'randint((9,),{lo},{hi},{dt})',
                'randint',
                a,
                lambda k, lo=lo, hi=hi, dt=dt: random.randint(k, (9,), bound(lo, dt), bound(hi, dt), dt),
            )
    sampler(
        'randint((2,3,5),0,7)',
        'randint',
        {'shape': (2, 3, 5), 'minval': 0, 'maxval': 7, 'dtype': 'int32'},
        lambda k: random.randint(k, (2, 3, 5), 0, 7),
    )
    sampler('randint((),0,7)', 'randint', {'shape': (), 'minval': 0, 'maxval': 7, 'dtype': 'int32'}, lambda k: random.randint(k, (), 0, 7))
    for n in (0, 1, 2, 3, 8, 100, 1700):
        f = (lambda k: random.permutation(k, 1700)[:20]) if n == 1700 else (lambda k, n=n: random.permutation(k, n))
        sampler(f'permutation({n})' + ('[:20]' if n == 1700 else ''), 'permutation', {'x': n}, f)
    x = np.arange(12).reshape(3, 4)
    for axis in (0, 1):
        for ind in (False, True):
            a = {'x': 'arange(12).reshape(3,4)', 'axis': axis, 'independent': ind}
            sampler(
                f'permutation(arange(12).reshape(3,4),axis={axis},independent={ind})',
                'permutation',
                a,
                lambda k, axis=axis, ind=ind: random.permutation(k, jnp.asarray(x), axis, ind),
            )
    p = [0.1, 0.2, 0.3, 0.25, 0.15]
    sampler('choice(10,(6,))', 'choice', {'a': 10, 'shape': (6,)}, lambda k: random.choice(k, 10, (6,)))
    sampler(
        'choice(10,(6,),replace=False)',
        'choice',
        {'a': 10, 'shape': (6,), 'replace': False},
        lambda k: random.choice(k, 10, (6,), replace=False),
    )
    sampler('choice(5,(6,),p)', 'choice', {'a': 5, 'shape': (6,), 'p': p}, lambda k: random.choice(k, 5, (6,), p=jnp.array(p)))
    sampler(
        'choice(5,(3,),replace=False,p)',
        'choice',
        {'a': 5, 'shape': (3,), 'replace': False, 'p': p},
        lambda k: random.choice(k, 5, (3,), replace=False, p=jnp.array(p)),
    )
    sampler('choice([10,20,30],())', 'choice', {'a': [10, 20, 30], 'shape': ()}, lambda k: random.choice(k, jnp.array([10, 20, 30])))
    sampler(
        'choice(arange(12).reshape(3,4),(2,),axis=1)',
        'choice',
        {'a': 'arange(12).reshape(3,4)', 'shape': (2,), 'axis': 1},
        lambda k: random.choice(k, jnp.asarray(x), (2,), axis=1),
    )
    logits = jnp.array([[0.1, 1.0, -0.5, 2.0], [1.0, 1.0, 1.0, 1.0], [-5.0, 3.0, 0.0, 0.5]])
    la = {'logits': np.asarray(logits).tolist()}
    sampler('categorical(logits)', 'categorical', la, lambda k: random.categorical(k, logits))
    sampler('categorical(logits,axis=0)', 'categorical', {**la, 'axis': 0}, lambda k: random.categorical(k, logits, axis=0))
    sampler(
        'categorical(logits,shape=(5,3))', 'categorical', {**la, 'shape': (5, 3)}, lambda k: random.categorical(k, logits, shape=(5, 3))
    )
    sampler(
        'categorical(logits,replace=False,shape=(2,3))',
        'categorical',
        {**la, 'shape': (2, 3), 'replace': False},
        lambda k: random.categorical(k, logits, shape=(2, 3), replace=False),
    )
    sampler('rademacher((9,))', 'rademacher', {'shape': (9,), 'dtype': 'int32'}, lambda k: random.rademacher(k, (9,)))
    sampler('rademacher((9,),float32)', 'rademacher', {'shape': (9,), 'dtype': 'float32'}, lambda k: random.rademacher(k, (9,), 'float32'))
    for lam in (0.5, 3.0, 9.0, 12.0, 100.0, 0.0):
        sampler(f'poisson({lam},(7,))', 'poisson', {'lam': lam, 'shape': (7,)}, lambda k, lam=lam: random.poisson(k, lam, (7,)))


def derived():
    for a in (0.3, 1.0, 2.5, 10.0):
        sampler(f'gamma({a},(5,))', 'gamma', {'a': a, 'shape': (5,)}, lambda k, a=a: random.gamma(k, a, (5,)))
    sampler('loggamma(.5,(5,))', 'loggamma', {'a': 0.5, 'shape': (5,)}, lambda k: random.loggamma(k, 0.5, (5,)))
    sampler('beta(.5,2,(5,))', 'beta', {'a': 0.5, 'b': 2.0, 'shape': (5,)}, lambda k: random.beta(k, 0.5, 2.0, (5,)))
    sampler('beta(2,3,(5,))', 'beta', {'a': 2.0, 'b': 3.0, 'shape': (5,)}, lambda k: random.beta(k, 2.0, 3.0, (5,)))
    sampler(
        'dirichlet([1,2,.5],(4,))',
        'dirichlet',
        {'alpha': [1.0, 2.0, 0.5], 'shape': (4,)},
        lambda k: random.dirichlet(k, jnp.array([1.0, 2.0, 0.5]), (4,)),
    )
    sampler('t(3,(5,))', 't', {'df': 3.0, 'shape': (5,)}, lambda k: random.t(k, 3.0, (5,)))
    sampler('chisquare(4,(5,))', 'chisquare', {'df': 4.0, 'shape': (5,)}, lambda k: random.chisquare(k, 4.0, (5,)))
    sampler('f(3,5,(5,))', 'f', {'dfnum': 3.0, 'dfden': 5.0, 'shape': (5,)}, lambda k: random.f(k, 3.0, 5.0, (5,)))
    mean, cov = [1.0, -1.0, 0.5], [[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]]
    sampler(
        'multivariate_normal(mean,cov,(4,))',
        'multivariate_normal',
        {'mean': mean, 'cov': cov, 'shape': (4,)},
        lambda k: random.multivariate_normal(k, jnp.array(mean), jnp.array(cov), (4,)),
    )
    sampler('ball(3,shape=(4,))', 'ball', {'d': 3, 'p': 2, 'shape': (4,)}, lambda k: random.ball(k, 3, shape=(4,)))
    sampler('ball(3,p=1,shape=(4,))', 'ball', {'d': 3, 'p': 1, 'shape': (4,)}, lambda k: random.ball(k, 3, 1, (4,)))
    sampler('orthogonal(3)', 'orthogonal', {'n': 3}, lambda k: random.orthogonal(k, 3))
    sampler('orthogonal(3,(2,))', 'orthogonal', {'n': 3, 'shape': (2,)}, lambda k: random.orthogonal(k, 3, (2,)))
    sampler('orthogonal(2,m=4)', 'orthogonal', {'n': 2, 'm': 4}, lambda k: random.orthogonal(k, 2, m=4))
    one = {'shape': (5,)}
    sampler('maxwell((5,))', 'maxwell', one, lambda k: random.maxwell(k, (5,)))
    sampler(
        'double_sided_maxwell(0,1,(5,))',
        'double_sided_maxwell',
        {'loc': 0.0, 'scale': 1.0, **one},
        lambda k: random.double_sided_maxwell(k, 0.0, 1.0, (5,)),
    )
    sampler('pareto(2,(5,))', 'pareto', {'b': 2.0, **one}, lambda k: random.pareto(k, 2.0, (5,)))
    sampler('rayleigh(2,(5,))', 'rayleigh', {'scale': 2.0, **one}, lambda k: random.rayleigh(k, 2.0, (5,)))
    sampler(
        'weibull_min(2,1.5,(5,))',
        'weibull_min',
        {'scale': 2.0, 'concentration': 1.5, **one},
        lambda k: random.weibull_min(k, 2.0, 1.5, (5,)),
    )
    sampler(
        'triangular(-1,.5,2,(5,))',
        'triangular',
        {'left': -1.0, 'mode': 0.5, 'right': 2.0, **one},
        lambda k: random.triangular(k, -1.0, 0.5, 2.0, (5,)),
    )
    sampler('wald(1.5,(5,))', 'wald', {'mean': 1.5, **one}, lambda k: random.wald(k, 1.5, (5,)))
    sampler('geometric(.3,(7,))', 'geometric', {'p': 0.3, 'shape': (7,)}, lambda k: random.geometric(k, 0.3, (7,)))
    sampler('lognormal(.5,(5,))', 'lognormal', {'sigma': 0.5, **one}, lambda k: random.lognormal(k, 0.5, (5,)))
    sampler('generalized_normal(1.5,(5,))', 'generalized_normal', {'p': 1.5, **one}, lambda k: random.generalized_normal(k, 1.5, (5,)))
    sampler('binomial(20,.3,(5,))', 'binomial', {'n': 20, 'p': 0.3, 'shape': (5,)}, lambda k: random.binomial(k, 20, 0.3, (5,)))
    sampler('binomial(100,.4,(5,))', 'binomial', {'n': 100, 'p': 0.4, 'shape': (5,)}, lambda k: random.binomial(k, 100, 0.4, (5,)))


def inits():
    table = {
        'zeros': initializers.zeros,
        'ones': initializers.ones,
        'constant(2.5)': initializers.constant(2.5),
        'uniform()': initializers.uniform(),
        'uniform(2)': initializers.uniform(2.0),
        'normal()': initializers.normal(),
        'normal(1)': initializers.normal(1.0),
        'truncated_normal()': initializers.truncated_normal(),
        'truncated_normal(1,-1,3)': initializers.truncated_normal(1.0, lower=-1.0, upper=3.0),
        'glorot_uniform()': initializers.glorot_uniform(),
        'glorot_normal()': initializers.glorot_normal(),
        'lecun_uniform()': initializers.lecun_uniform(),
        'lecun_normal()': initializers.lecun_normal(),
        'he_uniform()': initializers.he_uniform(),
        'he_normal()': initializers.he_normal(),
        'orthogonal()': initializers.orthogonal(),
        'orthogonal(2,column_axis=0)': initializers.orthogonal(2.0, column_axis=0),
        'variance_scaling(1,fan_in,normal,out_axis=0)': initializers.variance_scaling(1.0, 'fan_in', 'normal', out_axis=0),
        'variance_scaling(2,fan_out,uniform)': initializers.variance_scaling(2.0, 'fan_out', 'uniform'),
        'variance_scaling(3,fan_avg,truncated_normal)': initializers.variance_scaling(3.0, 'fan_avg', 'truncated_normal'),
        'variance_scaling(1,fan_geo_avg,truncated_normal)': initializers.variance_scaling(1.0, 'fan_geo_avg', 'truncated_normal'),
        'lecun_normal(batch_axis=0)': initializers.lecun_normal(batch_axis=0),
        'glorot_uniform(in_axis=0,out_axis=1)': initializers.glorot_uniform(in_axis=0, out_axis=1),
    }
    for n, f in table.items():
        for s in ((3, 4), (2, 2, 3, 4)):
            if n == 'lecun_normal(batch_axis=0)' and len(s) == 2:
                continue
            a = {'initializer': n, 'shape': s, 'dtype': 'float32'}
            case(f'init.{n}(key(0),{s})'.replace(' ', ''), 'initializer', 0, a, of(0)(lambda k, f=f, s=s: f(k, s, jnp.float32)))
    case(
        'init.lecun_normal()(key(0),(3,4),bfloat16)',
        'initializer',
        0,
        {'initializer': 'lecun_normal()', 'shape': (3, 4), 'dtype': 'bfloat16'},
        of(0)(lambda k: initializers.lecun_normal()(k, (3, 4), jnp.bfloat16)),
    )
    case(
        'init.delta_orthogonal()(key(0),(3,3,2,4))',
        'initializer',
        0,
        {'initializer': 'delta_orthogonal()', 'shape': (3, 3, 2, 4), 'dtype': 'float32'},
        of(0)(lambda k: initializers.delta_orthogonal()(k, (3, 3, 2, 4), jnp.float32)),
    )


def run(spec, f):
    wide = '64' in str(spec.get('dtype', ''))
    with jax.enable_x64(wide):
        try:
            return encode(f())
        except Exception as e:
            return error(e)


def wide_seeds():
    """Seeds beyond 32 bits exist only with 64-bit types."""
    out = {}
    with jax.enable_x64(True):
        for s in (0, -1, 2**32, 2**32 + 5, 2**40 + 123, -(2**40), 2**63 - 1):
            out[str(s)] = encode(random.key(s))
    return out


def main() -> None:
    for g in (keys, bits, floats, discrete, derived, inits):
        g()
    body = {'cases': {n: spec for n, (spec, _) in CASES.items()}}
    for name, layout in (('partitionable', True), ('original', False)):
        with jax.threefry_partitionable(layout):
            body[name] = {n: run(spec, f) for n, (spec, f) in CASES.items()}
    body['keys_x64'] = wide_seeds()
    write('random.json', 'jax.random in both threefry layouts; each case is named by its Python call.', body)


if __name__ == '__main__':
    main()
