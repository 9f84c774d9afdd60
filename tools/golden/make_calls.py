"""Writes calls-np.json, calls-np2.json, calls-linalg.json, calls-lax.json: one call or more of each public function.

`calls[fn]` is a list of {args, out, options?, tol?, wrt?, grad?, hvp?}. `fn` is the library's own path; `args` are positional, in the library's
order: arrays, plain values, lists and records of them ({"float": "inf"} for numbers that JSON lacks). `out` is the flat list of results; complex ones
as imaginary and real part. `grad` are the cotangents of all float arguments, in order, for cotangents cos(1), cos(2), … of all float results; `hvp` is
its derivative along sin(1), sin(2), … of each argument: reverse over forward, in float64. They are missing where nothing is differentiable (`hvp`
alone where JAX differentiates once).
"""

import math
import os
import sys

# Hundreds of small programs are compiled: quickly is better than well.
os.environ.setdefault('XLA_FLAGS', '--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true')

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from common import encode, ramp, write  # noqa: E402
from jax import lax  # noqa: E402

INF, NAN = np.inf, np.nan
f32, i32 = np.float32, np.int32


def A(*v, d=f32):
    return np.array(v[0] if len(v) == 1 else v, dtype=d)


def I(*v):  # noqa: E743
    return A(*v, d=i32)


def B(*v):
    return A(*v, d=np.bool_)


V = A([1.5, -0.5, 2.25, 3.0])
W = A([0.3, 1.2, -0.7, 2.0])
P = A([0.2, 0.9, 1.7, 3.1])
U = A([-0.8, -0.2, 0.3, 0.7])
M = ramp(2, 3, seed=1)
N = ramp(3, 2, seed=2)
T3 = ramp(2, 3, 4, seed=3)
S = ramp(3, 3, seed=4) + 3 * np.eye(3, dtype=f32)
S4 = ramp(4, 4, seed=5) + 3 * np.eye(4, dtype=f32)
SPD = (S @ S.T + np.eye(3, dtype=f32)).round(2).astype(f32)
K = I([3, -2, 7, 0])
L = I([2, 5, -3, 4])

cases: dict[str, dict[str, list]] = {}
section = ''


def leaves(x):
    """Arrays and scalars of a result, in the order in which the library flattens them (records by sorted keys)."""
    if x is None:
        return []
    if isinstance(x, dict):
        return [y for k in sorted(x) for y in leaves(x[k])]
    if hasattr(x, '_fields') or isinstance(x, (list, tuple)):
        return [y for v in x for y in leaves(v)]
    if isinstance(x, (bool, int, float, str)):
        return [x]
    if isinstance(x, (np.dtype, type)):
        return [str(np.dtype(x))]
    a = jnp.asarray(x)
    if jnp.iscomplexobj(a):
        return [jnp.imag(a), jnp.real(a)]
    return [a]


def value(x):
    if isinstance(x, (np.ndarray, jax.Array, np.generic)):
        return encode(x)
    if isinstance(x, dict):
        return {k: value(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [value(v) for v in x]
    if isinstance(x, float) and not math.isfinite(x):
        return {'float': 'nan' if math.isnan(x) else 'inf' if x > 0 else '-inf'}
    return x


def is_float(x):
    return isinstance(x, (np.ndarray, jax.Array)) and jnp.issubdtype(x.dtype, jnp.floating)


def floats(x):
    if isinstance(x, dict):
        return [y for k in sorted(x) for y in floats(x[k])]
    if isinstance(x, (list, tuple)):
        return [y for v in x for y in floats(v)]
    return [x] if is_float(x) else []


def refill(x, it):
    if isinstance(x, dict):
        done = {k: refill(x[k], it) for k in sorted(x)}
        return {k: done[k] for k in x}
    if isinstance(x, (list, tuple)):
        return type(x)(refill(v, it) for v in x)
    return next(it) if is_float(x) else x


def short(x):
    return [('nan' if math.isnan(v) else 'inf' if v > 0 else '-inf') if not math.isfinite(v) else float(f'{v:.9g}') for v in np.asarray(x, np.float64).ravel().tolist()]


failures = []


def call(name, f, *args, **kw):
    try:
        record(name, f, *args, **kw)
        if 'PROGRESS' in os.environ:
            print(name, file=sys.stderr, flush=True)
    except Exception as e:
        failures.append(f'{name}: {type(e).__name__}: {str(e)[:200]}')


def record(name, f, *args, ts=None, options=None, grad=True, tol=None, second=True):
    """`f(*args)` in JAX is `name(*ts, options)` in the library; `ts` defaults to args."""
    here = args if ts is None else ts
    entry = {'args': value(list(here)), 'out': [value(y) for y in leaves(f(*args))]}
    if options:
        entry['options'] = value(options)
    if tol:
        entry['tol'] = tol
    xs = floats(list(args))
    if grad and xs:
        assert [x.shape for x in floats(list(here))] == [x.shape for x in xs], name
        with jax.enable_x64(True):
            wide = [jnp.asarray(x, jnp.float64) for x in xs]

            def flat(*zs):
                outs = leaves(f(*refill(list(args), iter(zs))))
                return [o for o in outs if not isinstance(o, (int, float, bool, str)) and jnp.issubdtype(o.dtype, jnp.floating)]

            def cotangents(*zs):
                outs, pullback = jax.vjp(flat, *zs)
                return pullback([jnp.cos(jnp.arange(1, o.size + 1, dtype=o.dtype)).reshape(o.shape) for o in outs])

            if jax.eval_shape(flat, *wide):
                tangents = [jnp.sin(jnp.arange(1, z.size + 1, dtype=z.dtype)).reshape(z.shape) for z in wide]
                if second:
                    g, h = jax.jit(lambda zs, ts: jax.jvp(cotangents, zs, ts))(tuple(wide), tuple(tangents))
                else:
                    g, h = jax.jit(cotangents)(*wide), ()
                if any(np.any(np.asarray(x) != 0) for x in (*g, *h)):
                    entry['grad'] = [short(x) for x in g]
                    if second:
                        entry['hvp'] = [short(x) for x in h]
    cases.setdefault(section, {}).setdefault(name, []).append(entry)


def camel(name):
    head, *rest = name.split('_')
    return head + ''.join(w.capitalize() for w in rest)


def numpy_cases():
    special = A([0.0, -0.0, INF, -INF, NAN, 1.5, -2.5, 0.5])
    for name in 'absolute abs ceil floor rint trunc fix sign square negative positive exp expm1 exp2 cbrt sin cos tan tanh sinh cosh arctan arcsinh deg2rad rad2deg degrees radians sinc fabs isfinite isinf isnan isneginf isposinf signbit nan_to_num logical_not real imag conj conjugate isreal copy'.split():
        f = jnp.trunc if name == 'fix' else getattr(jnp, name)
        call(f'np.{camel(name)}', f, V, tol=1e-5 if name == 'nan_to_num' else None)
        if name not in ('copy', 'sin', 'cos', 'tan', 'nan_to_num'):
            call(f'np.{camel(name)}', f, special, grad=False)
    for name in 'log log2 log10 log1p sqrt reciprocal'.split():
        call(f'np.{name}', getattr(jnp, name), P)
        call(f'np.{name}', getattr(jnp, name), K, grad=False)
    for name in 'arcsin arccos arctanh'.split():
        call(f'np.{name}', getattr(jnp, name), U)
    call('np.arccosh', jnp.arccosh, A([1.2, 2.5, 9.0]))
    call('np.bitwiseNot', jnp.bitwise_not, K)
    call('np.round', lambda x: jnp.round(x, 1), V * f32(1.03), ts=[V * f32(1.03), 1])
    call('np.angle', jnp.angle, V)
    call('np.angle', lambda r, i: jnp.angle(lax.complex(r, i), deg=True), V, W, ts=[{'real': V, 'imag': W}], options={'deg': True}, grad=False)
    call('np.astype', lambda x: x.astype(i32), V, ts=[V, 'int32'])
    for name in 'add subtract multiply divide true_divide maximum minimum fmax fmin arctan2 hypot logaddexp logaddexp2 remainder mod fmod copysign heaviside float_power floor_divide equal not_equal less less_equal greater greater_equal isclose logical_and logical_or logical_xor array_equiv array_equal allclose nextafter divmod'.split():
        x, y = (P, W) if name == 'float_power' else (V, W)
        here = camel(name)
        call(f'np.{here}', getattr(jnp, name), x, y, grad=name != 'nextafter')
        if name in 'add subtract multiply maximum minimum floor_divide remainder fmod equal less divmod divide'.split():
            call(f'np.{here}', getattr(jnp, name), K, L)
    call('np.nextafter', jnp.nextafter, A([1.0, 1.0, -2.0, 0.5, 7.25, INF, -INF, NAN, 3e38, 2.0]), A([2.0, 0.0, 0.0, 0.5, -1.0, 0.0, 0.0, 1.0, INF, INF]), grad=False)
    call('np.power', jnp.power, P, W)
    call('np.power', lambda x: jnp.power(x, 3), V, ts=[V, 3])
    call('np.power', jnp.power, K, I([1, 2, 3, 0]))
    for name in 'bitwise_and bitwise_or bitwise_xor gcd lcm'.split():
        call(f'np.{camel(name)}', getattr(jnp, name), K, L)
    call('np.gcd', jnp.gcd, I([[12, -18], [0, 7]]), I([8, 0]))
    for name in 'left_shift right_shift bitwise_left_shift bitwise_right_shift'.split():
        call(f'np.{camel(name)}', getattr(jnp, name), K, I([1, 1, 2, 0]))
    call('np.ldexp', jnp.ldexp, V, I([1, -1, 3, 0]))
    call('np.frexp', jnp.frexp, A([8.0, -3.0, 0.0, INF, NAN, 1e-30, 0.75, 1023.9]), grad=False)
    call('np.clip', lambda x: jnp.clip(x, 0.0, 2.0), V, ts=[V, 0, 2])
    call('np.where', jnp.where, B([True, False, True, False]), V, W)
    # creation
    call('np.array', lambda: jnp.array([[1.0, 2.0], [3.0, 4.0]]), ts=[[[1, 2], [3, 4]]])
    call('np.asarray', lambda: jnp.asarray([[1.0, 2.0], [3.0, 4.0]]), ts=[[[1, 2], [3, 4]]])
    call('np.arange', lambda: jnp.arange(2, 9, 3), ts=[2, 9, 3])
    call('np.arange', lambda: jnp.arange(0.5, 2.0, 0.5), ts=[0.5, 2, 0.5])
    call('np.linspace', lambda: jnp.linspace(1.0, 2.0, 5, endpoint=False), ts=[1, 2, 5], options={'endpoint': False})
    call('np.logspace', lambda: jnp.logspace(0, 2, 4), ts=[0, 2, 4])
    call('np.geomspace', lambda: jnp.geomspace(1, 100, 4), ts=[1, 100, 4], tol=1e-5)
    call('np.eye', lambda: jnp.eye(3, 4, 1), ts=[3, 4, 1])
    call('np.identity', lambda: jnp.identity(3), ts=[3])
    call('np.tri', lambda: jnp.tri(3, 4, 1), ts=[3, 4, 1])
    call('np.full', lambda: jnp.full((2, 2), 1.5), ts=[[2, 2], 1.5])
    call('np.zeros', lambda: jnp.zeros((2, 0)), ts=[[2, 0]])
    call('np.ones', lambda: jnp.ones((2,)), ts=[[2]])
    call('np.empty', lambda: jnp.empty((2,)), ts=[[2]])
    for name in 'zeros_like ones_like empty_like'.split():
        call(f'np.{camel(name)}', getattr(jnp, name), K)
    call('np.fullLike', lambda x: jnp.full_like(x, 3), V, ts=[V, 3])
    call('np.indices', lambda: jnp.indices((2, 3)), ts=[[2, 3]])
    call('np.meshgrid', lambda x, y: jnp.meshgrid(x, y), V, W[:2], ts=[[V, W[:2]]])
    call('np.trilIndices', lambda: jnp.tril_indices(3, -1, 4), ts=[3, -1, 4])
    call('np.triuIndices', lambda: jnp.triu_indices(3, 1), ts=[3, 1])
    call('np.fromfunction', lambda: jnp.fromfunction(lambda i, j: i * 10 + j, (2, 3)), ts=[])
    call('np.vander', lambda x: jnp.vander(x, 3), V, ts=[V, 3])
    call('np.vander', lambda x: jnp.vander(x, increasing=True), V, ts=[V, 4], options={'increasing': True})
    call('np.mgrid', lambda: jnp.mgrid[0:2, 1:2:3j], ts=[2, [1, 2, {'count': 3}]])
    call('np.ogrid', lambda: jnp.ogrid[0:4:2, 0:3], ts=[[0, 4, 2], 3])
    for name in 'tril triu diag'.split():
        call(f'np.{name}', lambda x, name=name: getattr(jnp, name)(x, 1), S, ts=[S, 1])
    call('np.diag', jnp.diag, V)
    call('np.diagflat', jnp.diagflat, M)
    call('np.diagonal', lambda x: jnp.diagonal(x, 1, 1, 2), T3, ts=[T3], options={'offset': 1, 'axis1': 1, 'axis2': 2})
    call('np.trace', jnp.trace, S)
    # shapes
    for name, x, extra, ts in [
        ('reshape', T3, ((4, -1),), [[4, -1]]),
        ('ravel', M, (), []),
        ('transpose', T3, ((2, 0, 1),), [[2, 0, 1]]),
        ('permute_dims', T3, ((2, 0, 1),), [[2, 0, 1]]),
        ('swapaxes', T3, (0, 2), [0, 2]),
        ('moveaxis', T3, (0, -1), [0, -1]),
        ('rollaxis', T3, (2, 1), [2, 1]),
        ('expand_dims', M, ((0, 2),), [[0, 2]]),
        ('squeeze', M[:, :1], (1,), [1]),
        ('broadcast_to', V, ((2, 4),), [[2, 4]]),
        ('flip', M, (1,), [1]),
        ('fliplr', M, (), []),
        ('flipud', M, (), []),
        ('rot90', M, (1,), [1]),
        ('roll', M, (2, 1), [2, 1]),
        ('tile', M, ((2, 2),), [[2, 2]]),
        ('matrix_transpose', T3, (), []),
        ('resize', V, ((2, 3),), [[2, 3]]),
        ('atleast_1d', f32(2.0) * np.ones(()).astype(f32), (), []),
        ('atleast_2d', V, (), []),
        ('atleast_3d', M, (), []),
    ]:
        here = {'atleast_1d': 'atleast1d', 'atleast_2d': 'atleast2d', 'atleast_3d': 'atleast3d'}.get(name, camel(name))
        call(f'np.{here}', lambda a, name=name, extra=extra: getattr(jnp, name)(a, *extra), x, ts=[x, *ts])
    call('np.repeat', lambda x: jnp.repeat(x, 2, axis=1), M, ts=[M, 2], options={'axis': 1})
    call('np.unstack', lambda x: jnp.unstack(x, axis=1), M, ts=[M], options={'axis': 1})
    call('np.split', lambda x: jnp.split(x, 2, axis=2), T3, ts=[T3, 2], options={'axis': 2})
    call('np.arraySplit', lambda x: jnp.array_split(x, 3), V, ts=[V, 3])
    call('np.vsplit', lambda x: jnp.vsplit(x, 2), M, ts=[M, 2])
    call('np.hsplit', lambda x: jnp.hsplit(x, 2), V, ts=[V, 2])
    for name in 'concatenate concat stack vstack hstack dstack column_stack'.split():
        call(f'np.{camel(name)}', lambda x, y, name=name: getattr(jnp, name)([x, y]), M, M * f32(2), ts=[[M, M * f32(2)]])
    call('np.broadcastArrays', lambda x, y: jnp.broadcast_arrays(x, y), V, P[:, None], ts=[V, P[:, None]])
    call('np.append', lambda x, y: jnp.append(x, y, axis=0), M, M[:1], ts=[M, M[:1]], options={'axis': 0})
    call('np.append', jnp.append, M, V)
    call('np.insert', lambda x, v: jnp.insert(x, 1, v), V, W[:2], ts=[V, 1, W[:2]])
    call('np.insert', lambda x, v: jnp.insert(x, np.array([3, 1]), v), V, W[:2], ts=[V, [3, 1], W[:2]])
    call('np.insert', lambda x, v: jnp.insert(x, 1, v, axis=1), M, A([9.0, 8.0]), ts=[M, 1, A([9.0, 8.0])], options={'axis': 1})
    call('np.delete', lambda x: jnp.delete(x, 1, axis=1), M, ts=[M, 1], options={'axis': 1})
    call('np.delete', lambda x: jnp.delete(x, np.array([0, -1])), V, ts=[V, [0, -1]])
    call('np.block', lambda a, b, c, d: jnp.block([[a, b], [c, d]]), S[:2, :2], M[:, :1], M[:1, :2], A([[5.0]]), ts=[[[S[:2, :2], M[:, :1]], [M[:1, :2], A([[5.0]])]]])
    call('np.block', lambda a, b: jnp.block([a, b]), V, W, ts=[[V, W]])
    tall = ramp(5, 2, seed=6)
    call('np.fillDiagonal', lambda x: jnp.fill_diagonal(x, 7.0, inplace=False), tall, ts=[tall, 7])
    wrapped = tall.copy()
    np.fill_diagonal(wrapped, 7.0, wrap=True)  # JAX has no wrap
    call('np.fillDiagonal', lambda x: jnp.asarray(wrapped), tall, ts=[tall, 7], options={'wrap': True}, grad=False)
    call('np.fillDiagonal', lambda x, v: jnp.fill_diagonal(x, v, inplace=False), S, V[:3], ts=[S, V[:3]])
    for mode in 'constant edge reflect symmetric wrap linear_ramp maximum mean median minimum'.split():
        call('np.pad', lambda x, mode=mode: jnp.pad(x, ((1, 2), (2, 1)), mode=mode), M, ts=[M, [[1, 2], [2, 1]]], options={'mode': mode})
    call('np.pad', lambda x: jnp.pad(x, 2, mode='linear_ramp', end_values=((5.0, -4.0),)), V, ts=[V, 2], options={'mode': 'linear_ramp', 'endValues': [5, -4]})
    call('np.pad', lambda x: jnp.pad(x, 2, mode='maximum', stat_length=2), V, ts=[V, 2], options={'mode': 'maximum', 'statLength': 2})
    call('np.pad', lambda x: jnp.pad(x, 2, mode='mean'), K, ts=[K, 2], options={'mode': 'mean'})
    call('np.pad', lambda x: jnp.pad(x, ((1, 1), (0, 2)), constant_values=((1.0, 2.0), (3.0, 4.0))), M, ts=[M, [[1, 1], [0, 2]]], options={'constantValues': [[1, 2], [3, 4]]})
    # meta
    call('np.shape', jnp.shape, T3, grad=False)
    call('np.ndim', jnp.ndim, T3, grad=False)
    call('np.size', lambda x: jnp.size(x, 1), T3, ts=[T3, 1], grad=False)
    call('np.broadcastShapes', lambda: jnp.broadcast_shapes((2, 1), (3,)), ts=[[2, 1], [3]])
    call('np.isscalar', lambda: True, ts=[3])
    call('np.isrealobj', jnp.isrealobj, V, grad=False)
    names = 'bool int8 uint8 int32 uint32 int64 uint64 float16 bfloat16 float32 float64'.split()
    with jax.enable_x64(True):
        for a in names:
            for b in names:
                if 'uint64' in (a, b) and (a + b).count('int') == 2 and a != b and not (a.startswith('u') and b.startswith('u')):
                    continue  # a weak float, which is float32 here and float64 with 64-bit types
                call('np.promoteTypes', lambda a=a, b=b: jnp.promote_types(a, b), ts=[a, b])
                if 'bfloat16' not in (a, b):
                    call('np.canCast', lambda a=a, b=b: bool(np.can_cast(a, b)), ts=[a, b])
                    call('np.canCast', lambda a=a, b=b: bool(np.can_cast(a, b, 'same_kind')), ts=[a, b], options={'casting': 'same_kind'})
            for k in ('integer', 'signedinteger', 'unsignedinteger', 'floating', 'inexact', 'number', 'generic', 'complexfloating'):
                call('np.issubdtype', lambda a=a, k=k: bool(jnp.issubdtype(a, getattr(jnp, k))), ts=[a, k])
    call('np.resultType', lambda: {'dtype': 'float32', 'weakType': False}, ts=[{'dtype': 'int32', 'weakType': False}, {'dtype': 'float32', 'weakType': False}])
    call('np.resultDtype', lambda a, b: str(jnp.result_type(a, b)), K, V, grad=False)


def numpy2_cases():
    for d in ('float16', 'bfloat16', 'float32', 'float64'):
        fi = jnp.finfo(d)
        call('np.finfo', lambda d=d, fi=fi: {k: (v if isinstance(v, str) else int(v) if k in ('bits', 'machep', 'negep', 'minexp', 'maxexp', 'nexp', 'nmant', 'precision') else float(v)) for k, v in {
            'dtype': d, 'bits': fi.bits, 'max': fi.max, 'min': fi.min, 'tiny': fi.tiny, 'smallestNormal': fi.smallest_normal, 'smallestSubnormal': fi.smallest_subnormal, 'eps': fi.eps,
            'epsneg': fi.epsneg, 'machep': fi.machep, 'negep': fi.negep, 'minexp': fi.minexp, 'maxexp': fi.maxexp, 'nexp': fi.nexp, 'nmant': fi.nmant, 'precision': fi.precision, 'resolution': 10.0**-fi.precision}.items()}, ts=[d])
    for d in ('int8', 'uint16', 'int32', 'uint32'):
        ii = jnp.iinfo(d)
        call('np.iinfo', lambda d=d, ii=ii: {'dtype': d, 'bits': ii.bits, 'min': int(ii.min), 'max': int(ii.max)}, ts=[d])
    # reductions
    for name in 'sum prod mean var std max min amax amin ptp any all argmax argmin median count_nonzero average nansum nanprod nanmean nanvar nanstd nanmax nanmin nanargmax nanargmin cumsum cumprod nancumsum nancumprod'.split():
        call(f'np.{camel(name)}', lambda x, name=name: getattr(jnp, name)(x, axis=1), M, ts=[M], options={'axis': 1})
        if name.startswith('nan'):
            holes = np.where(M > 1, f32(NAN), M)
            call(f'np.{camel(name)}', lambda x, name=name: getattr(jnp, name)(x), holes, grad=False)
    call('np.average', lambda x, w: jnp.average(x, axis=1, weights=w), M, P[:3], ts=[M], options={'axis': 1, 'weights': P[:3]}, grad=False)
    call('np.quantile', lambda x: jnp.quantile(x, 0.3, axis=1), M, ts=[M, 0.3], options={'axis': 1})
    call('np.percentile', lambda x: jnp.percentile(x, 30.0), M, ts=[M, 30])
    call('np.diff', lambda x: jnp.diff(x, 2), V, ts=[V, 2])
    call('np.ediff1d', jnp.ediff1d, V)
    call('np.trapezoid', jnp.trapezoid, M)
    call('np.trapezoid', lambda y, x: jnp.trapezoid(y, x=x, axis=0), N, P[:3], ts=[N], options={'x': P[:3], 'axis': 0}, grad=False)
    call('np.trapezoid', lambda y: jnp.trapezoid(y, dx=0.5), V, ts=[V], options={'dx': 0.5})
    call('np.gradient', jnp.gradient, T3)
    call('np.gradient', lambda y, x: jnp.gradient(y, x), V, P, ts=[V, [P]])
    call('np.gradient', lambda y: jnp.gradient(y, 0.5, axis=1), T3, ts=[T3, [0.5]], options={'axis': 1})
    call('np.unwrap', jnp.unwrap, A([0.0, 1.0, 6.5, 7.0, -3.0, 9.0]))
    call('np.unwrap', lambda x: jnp.unwrap(x, period=6), A([0.0, 4.0, 8.0, 11.0, 14.0]), ts=[A([0.0, 4.0, 8.0, 11.0, 14.0])], options={'period': 6})
    call('np.cov', jnp.cov, T3[0])
    call('np.cov', lambda x, y: jnp.cov(x, y, bias=True), V, W, ts=[V, W], options={'bias': True})
    call('np.cov', lambda x: jnp.cov(x, rowvar=False, fweights=jnp.array([1, 2, 1]), aweights=jnp.array([0.5, 1.0, 2.0])), T3[0], ts=[T3[0], None], options={'rowvar': False, 'fweights': I([1, 2, 1]), 'aweights': A([0.5, 1.0, 2.0])}, grad=False)
    call('np.corrcoef', jnp.corrcoef, T3[0], tol=1e-5)
    call('np.histogram', lambda x: jnp.histogram(x, 3), V, ts=[V, 3], grad=False)
    call('np.histogram', lambda x: jnp.histogram(x, jnp.array([0.0, 1.0, 2.5, 4.0]), density=True), V, ts=[V, A([0.0, 1.0, 2.5, 4.0])], options={'density': True}, grad=False)
    call('np.histogram', lambda x, w: jnp.histogram(x, 4, range=(0, 3), weights=w), V, W, ts=[V, 4], options={'range': [0, 3], 'weights': W}, grad=False)
    call('np.histogramBinEdges', lambda x: jnp.histogram_bin_edges(x, 5), V, ts=[V, 5], grad=False)
    call('np.histogram2d', lambda x, y: jnp.histogram2d(x, y, 3), V, W, ts=[V, W, 3], grad=False)
    call('np.histogramdd', lambda x: jnp.histogramdd(x, (2, 3), density=True), N, ts=[N, [2, 3]], options={'density': True}, grad=False)
    # products
    for name, x, y in [('matmul', M, N), ('dot', M, N), ('inner', M, M), ('outer', V, W), ('vdot', V, W), ('kron', M, V[:2]), ('vecdot', M, M * f32(2)), ('cross', M, T3[:, :, 0]), ('matvec', M, V[:3]), ('vecmat', V[:2], M)]:
        call(f'np.{name}', getattr(jnp, name), x, y)
    call('np.cross', jnp.cross, V[:2], W[:2])
    call('np.cross', lambda x, y: jnp.cross(x, y, axis=0), N, A([[1.0, 2.0], [0.5, -1.0]]), ts=[N, A([[1.0, 2.0], [0.5, -1.0]])], options={'axis': 0})
    call('np.tensordot', lambda x, y: jnp.tensordot(x, y, 1), T3, S4, ts=[T3, S4, 1])
    call('np.einsum', lambda x, y: jnp.einsum('ij,kj->ik', x, y), M, M * f32(2), ts=['ij,kj->ik', M, M * f32(2)])
    call('np.einsumPath', lambda: [[1, 2], [0, 1]], ts=['ij,jk,k->i', S4, S4, V])
    # order and sets
    call('np.sort', jnp.sort, V)
    call('np.argsort', jnp.argsort, V, grad=False)
    call('np.lexsort', lambda a, b: jnp.lexsort([a, b]), I([1, 0, 1, 0]), I([2, 2, 1, 1]), ts=[[I([1, 0, 1, 0]), I([2, 2, 1, 1])]])
    call('np.searchsorted', jnp.searchsorted, P, V, grad=False)
    call('np.interp', jnp.interp, A([-1.0, 0.5, 1.1, 9.0]), P, W)
    dup = I([3, 1, 3, 2, 1, 7])
    call('np.unique', jnp.unique, dup)
    call('np.unique', lambda x: jnp.unique(x, size=6), dup, ts=[dup], options={'size': 6})
    call('np.unique', lambda x: jnp.unique(x, size=2), dup, ts=[dup], options={'size': 2})
    call('np.unique', lambda x: jnp.unique(x, size=6, fill_value=-1), dup, ts=[dup], options={'size': 6, 'fillValue': -1})
    call('np.unique', jnp.unique, A([NAN, 1.0, NAN, -INF]), grad=False)
    call('np.unique', lambda x: jnp.unique(x, equal_nan=False), A([NAN, 1.0, NAN]), ts=[A([NAN, 1.0, NAN])], options={'equalNan': False}, grad=False)
    rows = I([[1, 2], [0, 5], [1, 2]])
    call('np.unique', lambda x: jnp.unique(x, axis=0), rows, ts=[rows], options={'axis': 0})
    call('np.unique', lambda x: jnp.unique(x, axis=1), I([[1, 0, 1], [2, 5, 2]]), ts=[I([[1, 0, 1], [2, 5, 2]])], options={'axis': 1})
    def everything(x, **kw):
        v, i, inv, c = jnp.unique(x, return_index=True, return_inverse=True, return_counts=True, **kw)
        return {'values': v, 'indices': i, 'inverse': inv, 'counts': c}
    call('np.uniqueAll', everything, dup)
    call('np.uniqueAll', lambda x: everything(x, size=5), dup, ts=[dup], options={'size': 5})
    call('np.uniqueAll', lambda x: everything(x, axis=0), rows, ts=[rows], options={'axis': 0})
    other = I([1, 9, 7])
    call('np.isin', jnp.isin, dup, other)
    call('np.isin', lambda x, y: jnp.isin(x, y, invert=True), dup, other, ts=[dup, other], options={'invert': True})
    for name in 'union1d intersect1d setdiff1d setxor1d'.split():
        call(f'np.{name}', getattr(jnp, name), dup, other)
        if name != 'setxor1d' or True:
            call(f'np.{name}', lambda x, y, name=name: getattr(jnp, name)(x, y, size=7, fill_value=-5), dup, other, ts=[dup, other], options={'size': 7, 'fillValue': -5})
    call('np.bincount', jnp.bincount, dup)
    call('np.bincount', lambda x, w: jnp.bincount(x, w, length=4), dup, A([1.0, 2, 3, 4, 5, 6]), ts=[dup], options={'weights': A([1.0, 2, 3, 4, 5, 6]), 'length': 4}, grad=False)
    call('np.digitize', jnp.digitize, V, P, grad=False)
    call('np.digitize', lambda x, b: jnp.digitize(x, b, right=True), A([0.2, 0.9, 5.0, -1.0]), P[::-1].copy(), ts=[A([0.2, 0.9, 5.0, -1.0]), P[::-1].copy()], options={'right': True}, grad=False)
    # selection
    sparse = A([[0.0, 2.0, 0.0], [3.0, 0.0, -1.0]])
    for name in 'nonzero flatnonzero argwhere'.split():
        call(f'np.{name}', getattr(jnp, name), sparse, grad=False)
        call(f'np.{name}', lambda x, name=name: getattr(jnp, name)(x, size=5, fill_value=-1), sparse, ts=[sparse], options={'size': 5, 'fillValue': -1}, grad=False)
        call(f'np.{name}', lambda x, name=name: getattr(jnp, name)(x, size=2), sparse, ts=[sparse], options={'size': 2}, grad=False)
    mask = B([True, False, True, True])
    call('np.compress', lambda c, x: jnp.compress(c, x, axis=1), B([True, False, True]), M, ts=[B([True, False, True]), M], options={'axis': 1}, grad=False)
    call('np.compress', lambda x: jnp.compress(mask, x, size=4, fill_value=9), V, ts=[mask, V], options={'size': 4, 'fillValue': 9})
    call('np.extract', jnp.extract, mask, V, grad=False)
    call('np.select', lambda a, b, x, y: jnp.select([a, b], [x, y], 7.0), mask, ~mask, V, W, ts=[[mask, ~mask], [V, W], 7])
    call('np.choose', lambda i, x, y: jnp.choose(i, [x, y], mode='clip'), I([0, 1, 5, -3]), V, W, ts=[I([0, 1, 5, -3]), [V, W]], options={'mode': 'clip'})
    call('np.choose', lambda i, x, y: jnp.choose(i, [x, y], mode='wrap'), I([0, 1, 5, -3]), V, W, ts=[I([0, 1, 5, -3]), [V, W]], options={'mode': 'wrap'})
    call('np.piecewise', lambda x: jnp.piecewise(x, [x < 0, x > 2], [lambda v: -v, lambda v: v * v, 1.0]), V)
    call('np.unravelIndex', lambda i: jnp.unravel_index(i, (3, 4)), I([5, 11, -1, 99]), ts=[I([5, 11, -1, 99]), [3, 4]])
    call('np.ravelMultiIndex', lambda i, j: jnp.ravel_multi_index((i, j), (3, 4), mode='wrap'), I([0, 2, 4]), I([3, 5, -1]), ts=[[I([0, 2, 4]), I([3, 5, -1])], [3, 4]], options={'mode': 'wrap'})
    call('np.ix', lambda a: jnp.ix_(a, np.array([0, 2], i32)), I([0, 2]), ts=[I([0, 2]), B([True, False, True])])
    call('np.take', lambda x, i: jnp.take(x, i, axis=1), M, I([2, 0]), ts=[M, I([2, 0])], options={'axis': 1})
    call('np.takeAlongAxis', lambda x, i: jnp.take_along_axis(x, i, 1), M, I([[0, 2], [1, 1]]), ts=[M, I([[0, 2], [1, 1]]), 1])
    call('np.putAlongAxis', lambda x, i, v: jnp.put_along_axis(x, i, v, 1, inplace=False), M, I([[0, 2], [1, 0]]), A([[7.0, 8.0], [9.0, 6.0]]), ts=[M, I([[0, 2], [1, 0]]), A([[7.0, 8.0], [9.0, 6.0]]), 1])
    # polynomials
    for mode in ('full', 'same', 'valid'):
        call('np.convolve', lambda x, y, mode=mode: jnp.convolve(x, y, mode), V, W[:3], ts=[V, W[:3]], options={'mode': mode})
        call('np.correlate', lambda x, y, mode=mode: jnp.correlate(x, y, mode), V, W[:3], ts=[V, W[:3]], options={'mode': mode})
        call('np.correlate', lambda x, y, mode=mode: jnp.correlate(x, y, mode), V[:2], W, ts=[V[:2], W], options={'mode': mode})
    call('np.polyval', jnp.polyval, V, M)
    call('np.polyfit', lambda x, y: jnp.polyfit(x, y, 2), P, W, ts=[P, W, 2], tol=1e-4)
    call('np.polyfit', lambda x, y, w: jnp.polyfit(x, y, 1, w=w), P, W, A([1.0, 2.0, 0.5, 1.0]), ts=[P, W, 1], options={'w': A([1.0, 2.0, 0.5, 1.0])}, tol=1e-4, grad=False)
    for name in 'polyadd polysub polymul'.split():
        call(f'np.{name}', getattr(jnp, name), V, W[:2])
    call('np.polyder', lambda p: jnp.polyder(p, 2), V, ts=[V, 2])
    call('np.polyint', lambda p: jnp.polyint(p, 2, k=3), V, ts=[V, 2], options={'k': [3, 3]})
    call('np.poly', jnp.poly, V)
    call('np.packbits', lambda x: jnp.packbits(x), I([1, 0, 2, 0, 1, 1, 0, 0, 1]), ts=[I([1, 0, 2, 0, 1, 1, 0, 0, 1])])
    call('np.packbits', lambda x: jnp.packbits(x, axis=0, bitorder='little'), I([[1, 0], [0, 1], [1, 1]]), ts=[I([[1, 0], [0, 1], [1, 1]])], options={'axis': 0, 'bitorder': 'little'})
    by = A([[5], [200]], d=np.uint8)
    call('np.unpackbits', lambda x: jnp.unpackbits(x, axis=1, count=6), by, ts=[by], options={'axis': 1, 'count': 6})
    call('np.unpackbits', lambda x: jnp.unpackbits(x, bitorder='little'), by, ts=[by], options={'bitorder': 'little'})
    # functions of functions
    call('np.applyAlongAxis', lambda x: jnp.apply_along_axis(lambda v: jnp.outer(v, v), 1, x), T3)
    call('np.applyOverAxes', lambda x: jnp.apply_over_axes(jnp.sum, x, [0, 2]), T3)
    call('np.vectorize', lambda x, y: jnp.vectorize(lambda a, b: (jnp.dot(a, b), a * 2), signature='(n),(n)->(),(n)')(x, y), T3, P)


def linalg_cases():
    la = jnp.linalg
    for name in 'det inv slogdet pinv matrix_rank cond svdvals cholesky'.split():
        x = SPD if name == 'cholesky' else S4
        call(f'np.linalg.{camel(name)}', getattr(la, name), x, tol=3e-5)
    rank2 = A([[1.0, 2, 3, 4], [2, 0, 1, -1], [3, 2, 4, 3], [0, 1, 0, 2]])
    for x in (S, S[:2, :2], np.stack([S4, S4.T]), A([[2.0]]), rank2):
        call('np.linalg.det', la.det, x, tol=3e-5)
    call('np.linalg.cholesky', lambda x: la.cholesky(x, upper=True), SPD, ts=[SPD], options={'upper': True}, tol=1e-5)
    for p in (1, -1, -2, INF, 'fro'):
        call('np.linalg.cond', lambda x, p=p: la.cond(x, p), S, ts=[S], options={'p': p}, tol=3e-5)
    call('np.linalg.solve', la.solve, S, N, tol=1e-5)
    call('np.linalg.solve', la.solve, np.stack([S, S.T]), V[:3], tol=1e-5)
    for x in (N, M, S):
        call('np.linalg.qr', la.qr, x, grad=x.shape[0] >= x.shape[1], tol=1e-5)
    call('np.linalg.qr', lambda x: la.qr(x, 'complete'), N, ts=[N], options={'mode': 'complete'}, grad=False, tol=1e-5)
    call('np.linalg.qr', lambda x: la.qr(x, 'r'), N, ts=[N], options={'mode': 'r'}, tol=1e-5)
    call('np.linalg.eigvalsh', la.eigvalsh, SPD, tol=1e-5)
    for name in ('np.linalg.svdvals',):
        call(name, la.svdvals, M, tol=1e-5)
    for o in (None, 1, 2, -1, -2, INF, -INF, 'fro', 'nuc'):
        call('np.linalg.norm', lambda x, o=o: la.norm(x, o), S if o != -2 else S, ts=[S], options={'ord': o} if o is not None else {}, tol=3e-5)
    for o in (0, 1, 2, 3, 0.5, INF, -INF, -1):
        call('np.linalg.norm', lambda x, o=o: la.norm(x, o, axis=0), P, ts=[P], options={'ord': o, 'axis': 0}, tol=1e-5)
        call('np.linalg.vectorNorm', lambda x, o=o: la.vector_norm(x, ord=o, axis=1, keepdims=True), M, ts=[M], options={'ord': o, 'axis': 1, 'keepdims': True}, tol=1e-5)
    for o in ('fro', 'nuc', 1, 2, INF):
        call('np.linalg.matrixNorm', lambda x, o=o: la.matrix_norm(x, ord=o), T3, ts=[T3], options={'ord': o}, tol=3e-5)
    call('np.linalg.lstsq', lambda a, b: la.lstsq(a, b)[0], T3[0].T.copy(), V, ts=[T3[0].T.copy(), V], tol=1e-4)
    call('np.linalg.lstsq', lambda a, b: la.lstsq(a, b, numpy_resid=True), T3[0].T.copy(), V, ts=[T3[0].T.copy(), V], tol=1e-4, grad=False)
    for n in (-2, 0, 1, 5):
        call('np.linalg.matrixPower', lambda x, n=n: la.matrix_power(x, n), S, ts=[S, n], tol=1e-4)
    call('np.linalg.multiDot', lambda a, b, c, d: la.multi_dot([a, b, c, d]), V[:2], M, S, N, ts=[[V[:2], M, S, N]], tol=1e-5)
    a4 = (ramp(2, 3, 3, 2, seed=9) + 2 * np.eye(6).reshape(2, 3, 3, 2)).astype(f32)
    b2 = ramp(2, 3, seed=10)
    call('np.linalg.tensorsolve', la.tensorsolve, a4, b2, tol=1e-4)
    call('np.linalg.tensorinv', lambda x: la.tensorinv(x, ind=2), a4, ts=[a4], options={'ind': 2}, tol=1e-4)
    call('np.linalg.cross', la.cross, M, T3[:, :, 0])
    call('np.linalg.matmul', la.matmul, M, N)
    call('np.linalg.outer', la.outer, V, W)
    call('np.linalg.tensordot', lambda x, y: la.tensordot(x, y, axes=1), M, N, ts=[M, N, 1])
    call('np.linalg.vecdot', la.vecdot, M, M * f32(2))
    call('np.linalg.matrixTranspose', la.matrix_transpose, T3)
    call('np.linalg.diagonal', lambda x: la.diagonal(x, offset=1), T3, ts=[T3], options={'offset': 1})
    call('np.linalg.trace', lambda x: la.trace(x, offset=1), T3, ts=[T3], options={'offset': 1})
    sl = jax.scipy.linalg
    call('scipy.linalg.det', sl.det, S, tol=1e-5)
    call('scipy.linalg.inv', sl.inv, S, tol=1e-5)
    call('scipy.linalg.cholesky', sl.cholesky, SPD, tol=1e-5)
    for kw in ({}, {'lower': True}, {'unit_diagonal': True}):
        call('scipy.linalg.solveTriangular', lambda a, b, kw=kw: sl.solve_triangular(a, b, **kw), S, N, ts=[S, N], options={camel(k): v for k, v in kw.items()}, tol=1e-5)
    call('scipy.linalg.solveTriangular', lambda a, b: sl.solve_triangular(a, b, trans='T'), S, V[:3], ts=[S, V[:3]], options={'trans': True}, tol=1e-5)
    call('scipy.linalg.choFactor', lambda x: sl.cho_factor(x)[0] * jnp.triu(jnp.ones((3, 3))), SPD, tol=1e-5)
    call('scipy.linalg.choSolve', lambda c, b: sl.cho_solve((c, True), b), S, N, ts=[[S, True], N], tol=1e-4)
    call('scipy.linalg.solve', lambda a, b: sl.solve(a, b, assume_a='pos'), SPD, N, ts=[SPD, N], options={'assumeA': 'pos'}, tol=1e-5, grad=False)
    call('scipy.linalg.solve', sl.solve, S, N, tol=1e-5)
    for x in (S, M, N):
        call('scipy.linalg.lu', sl.lu, x, tol=1e-5)
    call('scipy.linalg.luFactor', sl.lu_factor, S4, tol=1e-5)
    call('scipy.linalg.luSolve', lambda f, b: sl.lu_solve((f, jnp.array([1, 2, 2], i32)), b), S, N, ts=[[S, I([1, 2, 2])], N], tol=1e-4)
    call('scipy.linalg.luSolve', lambda f, b: sl.lu_solve((f, jnp.array([1, 2, 2], i32)), b, trans=1), S, N, ts=[[S, I([1, 2, 2])], N], options={'trans': True}, tol=1e-4)
    call('scipy.linalg.blockDiag', sl.block_diag, M, V, S[:1, :1])
    call('scipy.linalg.toeplitz', sl.toeplitz, V, W[:3])
    # eigenvectors up to their signs: products that don't have them
    call('np.linalg.eigh', lambda x: (lambda w, v: (w, (v * w**2) @ v.T))(*la.eigh(x)), SPD, tol=3e-5)
    call('np.linalg.svd', lambda x: (lambda u, s, vt: (s, (u * s**2) @ vt))(*la.svd(x, full_matrices=False)), M, tol=3e-5)
    # Fourier
    ff = jnp.fft
    z = {'real': T3[0], 'imag': T3[1]}

    def cx(f, **kw):
        return lambda d: f(lax.complex(d['real'], d['imag']), **kw)

    for kw in ({}, {'n': 6}, {'n': 3, 'axis': 0, 'norm': 'ortho'}, {'norm': 'forward'}):
        for name in ('fft', 'ifft', 'irfft', 'hfft'):
            if kw.get('n') == 3 and name in ('irfft', 'hfft'):
                kw = {**kw, 'n': 5}
            call(f'np.fft.{name}', cx(getattr(ff, name), **kw), z, ts=[z], options=kw, tol=1e-5, grad=name in ('fft', 'irfft') and kw.get('n') != 6)
        for name in ('rfft', 'ihfft'):
            call(f'np.fft.{name}', lambda x, name=name, kw=kw: getattr(ff, name)(x, **kw), T3[0], ts=[T3[0]], options=kw, tol=1e-5, grad=name == 'rfft')
    for name in ('fft2', 'ifft2', 'fftn', 'ifftn', 'irfft2', 'irfftn'):
        call(f'np.fft.{name}', cx(getattr(ff, name)), z, tol=1e-5, grad=False)
        call(f'np.fft.{name}', cx(getattr(ff, name), s=(2, 6), axes=(1, 0)), z, ts=[z], options={'s': [2, 6], 'axes': [1, 0]}, tol=1e-5, grad=False)
    for name in ('rfft2', 'rfftn'):
        call(f'np.fft.{name}', getattr(ff, name), T3, tol=1e-5)
    call('np.fft.fftfreq', lambda: ff.fftfreq(7, 0.5), ts=[7, 0.5])
    call('np.fft.rfftfreq', lambda: ff.rfftfreq(7, 0.5), ts=[7, 0.5])
    call('np.fft.fftshift', ff.fftshift, T3)
    call('np.fft.ifftshift', lambda x: ff.ifftshift(x, 1), T3, ts=[T3, 1])
    # images
    img = ramp(1, 5, 4, 2, seed=11)
    for method in ('nearest', 'linear', 'cubic', 'lanczos3', 'lanczos5', 'area', 'cubic-pytorch'):
        for shape in ((1, 3, 7, 2), (1, 10, 2, 2)):
            for antialias in (True, False):
                if shape[1] == 10 and method not in ('linear', 'cubic-pytorch'):
                    continue
                call('image.resize', lambda x, a=(shape, method, antialias): jax.image.resize(x, a[0], a[1], antialias=a[2]), img, ts=[img, list(shape), method], options={'antialias': antialias}, tol=2e-5, grad=shape[1] == 3 and antialias and method in ('linear', 'lanczos3'))
    for method in ('linear', 'cubic', 'lanczos3'):
        call('image.scaleAndTranslate', lambda x, s, t, m=method: jax.image.scale_and_translate(x, (1, 4, 6, 2), (1, 2), s, t, m), img, A([0.7, 1.4]), A([0.3, -0.5]), ts=[img, [1, 4, 6, 2], [1, 2], A([0.7, 1.4]), A([0.3, -0.5]), method], tol=3e-5, grad=method == 'cubic')
    ids = I([0, 2, 0, 5, -1])
    data = ramp(5, 2, seed=12)
    for name in ('segment_sum', 'segment_prod', 'segment_max', 'segment_min'):
        call(f'ops.{camel(name)}', lambda x, i, name=name: getattr(jax.ops, name)(x, i, 4), data, ids, ts=[data, ids], options={'numSegments': 4}, grad=name != 'segment_prod')
        call(f'ops.{camel(name)}', lambda x, i, name=name: getattr(jax.ops, name)(x, i), I([3, 1, 4, 1, 5]), I([0, 1, 1, 3, 0]))
    # special functions
    sp = jax.scipy.special
    for name, x in [('erf', V), ('erfc', V), ('erfinv', U), ('expit', V), ('logit', np.abs(U)), ('gammaln', P), ('digamma', P), ('entr', P), ('ndtr', V), ('log_ndtr', V), ('i0', V), ('i0e', V), ('i1', V), ('i1e', V), ('gamma', P), ('factorial', P)]:
        call(f'scipy.special.{camel(name)}', getattr(sp, name), x, tol=1e-5)
    wide = A([0.0, -0.0, 1e-3, 7.9, 8.1, -9.0, 30.0, 80.0, -80.0])
    for name in ('i0', 'i0e', 'i1', 'i1e'):
        call(f'scipy.special.{name}', getattr(sp, name), wide, tol=1e-5, grad=False)
    probs = A([0.0, 1e-20, 1e-5, 0.01, 0.2, 0.5, 0.8, 0.95, 0.999, 1.0])
    call('scipy.special.ndtri', sp.ndtri, probs, grad=False, tol=1e-5)
    call('scipy.special.ndtri', sp.ndtri, probs[2:-2], tol=1e-5)
    call('scipy.special.gammasgn', sp.gammasgn, A([0.0, -0.0, 1.5, -0.5, -1.5, -2.5, -2.0, INF]), grad=False)
    call('scipy.special.gamma', sp.gamma, A([-0.5, -1.5, 4.0, 0.25]), grad=False, tol=3e-5)
    call('scipy.special.beta', sp.beta, P, P[::-1].copy(), tol=3e-5)
    call('scipy.special.betaln', sp.betaln, P, P[::-1].copy(), tol=3e-5)
    for n in (0, 1, 2, 3):
        call('scipy.special.polygamma', lambda x, n=n: sp.polygamma(n, x), P, ts=[n, P], tol=3e-5)
    below = A([0.3, -0.4, -1.75, -2.2])
    for n in (1, 2, 3):
        call('scipy.special.polygamma', lambda x, n=n: sp.polygamma(n, x), below, ts=[n, below], tol=3e-5, grad=False)
        call('scipy.special.polygamma', lambda x, n=n: sp.polygamma(n, x), A([0.0, -1.0, -2.0, INF, NAN]), ts=[n, A([0.0, -1.0, -2.0, INF, NAN])], grad=False)
    call('scipy.special.polygamma', sp.polygamma, I([0, 1, 2, 5, 2]), A([0.7, 1.5, 2.0, 1.0, -0.5]), tol=3e-5, grad=False)
    call('scipy.special.gammainc', sp.gammainc, P, P[::-1].copy(), tol=1e-5, second=False)
    call('scipy.special.gammaincc', sp.gammaincc, P, P[::-1].copy(), tol=1e-5, second=False)
    call('scipy.special.betainc', lambda x: sp.betainc(2.5, 0.75, x), np.abs(U), ts=[2.5, 0.75, np.abs(U)], tol=1e-5)
    call('scipy.special.zeta', sp.zeta, P + f32(1), P[::-1].copy(), tol=1e-5)
    call('scipy.special.expi', sp.expi, A([-30.0, -2.0, -0.5, 0.01, 0.5, 1.5, 5.0, 20.0, 39.0, 41.0, 85.0]), tol=1e-5)
    call('scipy.special.exp1', sp.exp1, A([0.01, 0.5, 1.0, 1.5, 20.0]), tol=1e-5, second=False)
    for n in (2, 3, 7):
        call('scipy.special.expn', lambda x, n=n: sp.expn(n, x), A([0.01, 0.5, 1.0, 1.5, 20.0]), ts=[n, A([0.01, 0.5, 1.0, 1.5, 20.0])], tol=1e-5, grad=False)
    call('scipy.special.expn', sp.expn, A([-1.0, 0.0, 0.0, 1.0, 1.0, 100.0]), A([1.0, 0.0, 2.0, 0.0, -1.0, 0.5]), tol=1e-5, grad=False)
    call('scipy.special.comb', sp.comb, A([5.0, 4.5, 3.0, -1.0, 2.0]), A([2.0, 1.5, 0.0, 1.0, 3.0]), tol=1e-5, grad=False)
    call('scipy.special.poch', sp.poch, P, P[::-1].copy(), tol=3e-5)
    call('scipy.special.poch', sp.poch, A([-1.5, -2.0, 0.0]), A([2.0, 3.0, 0.0]), tol=3e-5, grad=False)
    call('scipy.special.multigammaln', lambda a: sp.multigammaln(a, 3), P + f32(2), ts=[P + f32(2), 3], tol=3e-5)
    for name in ('xlogy', 'xlog1py', 'rel_entr', 'kl_div'):
        call(f'scipy.special.{camel(name)}', getattr(sp, name), P, P[::-1].copy())
    for name in ('softmax', 'log_softmax', 'logsumexp'):
        call(f'scipy.special.{camel(name)}', lambda x, name=name: getattr(sp, name)(x, axis=1), M, ts=[M], options={'axis': 1})
    norm = jax.scipy.stats.norm
    for name in ('logpdf', 'pdf', 'cdf', 'logcdf', 'sf', 'logsf'):
        call(f'scipy.stats.norm.{name}', lambda x, name=name: getattr(norm, name)(x, 0.5, 2.0), V, ts=[V, 0.5, 2], tol=1e-5)
    for name in ('ppf', 'isf'):
        call(f'scipy.stats.norm.{name}', lambda x, name=name: getattr(norm, name)(x, 0.5, 2.0), np.abs(U), ts=[np.abs(U), 0.5, 2], tol=1e-5)


def lax_cases():
    for name in 'abs neg sign floor ceil exp exp2 expm1 sin cos tan tanh sinh cosh asinh atan square cbrt logistic erf erfc is_finite stop_gradient'.split():
        call(f'lax.{camel(name)}', getattr(lax, name), V)
    for name in 'log log1p sqrt rsqrt lgamma digamma reciprocal'.split():
        call(f'lax.{name}', getattr(lax, name), P, tol=1e-5)
    for name in 'asin acos atanh erf_inv'.split():
        call(f'lax.{camel(name)}', getattr(lax, name), U)
    call('lax.acosh', lax.acosh, A([1.2, 2.5, 9.0]))
    call('lax.round', lambda x: lax.round(x), V)
    call('lax.roundHalfEven', lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), V)
    for n in (3, 0, -2):
        call('lax.integerPow', lambda x, n=n: lax.integer_pow(x, n), V, ts=[V, n])
    for name in 'add sub mul div rem max min atan2 eq ne lt le gt ge'.split():
        call(f'lax.{name}', getattr(lax, name), V, W)
    call('lax.pow', lax.pow, P, W)
    for name, here in [('bitwise_and', 'and'), ('bitwise_or', 'or'), ('bitwise_xor', 'xor')]:
        call(f'lax.{here}', getattr(lax, name), K, L)
    call('lax.not', lax.bitwise_not, K)
    for name in 'shift_left shift_right_logical shift_right_arithmetic'.split():
        call(f'lax.{camel(name)}', getattr(lax, name), K, I([1, 1, 2, 0]))
    call('lax.clamp', lambda x: lax.clamp(f32(0.0), x, f32(2.0)), V, ts=[0, V, 2], grad=False)
    call('lax.select', lambda c, x, y: lax.select(c, x, y), B([True, False, True, False]), V, W, ts=[B([True, False, True, False]), W, V], grad=False)
    call('lax.polygamma', lambda x: lax.polygamma(2.0 * jnp.ones_like(x), x), P, ts=[2, P], tol=3e-5, grad=False)
    shapes, points = A([0.5, 2, 3, 10, 100, 0, 0, 2, 2, -1, NAN, 0.1, 1e-3, 1]), A([0.2, 3, 1, 15, 90, 0.5, 2, 0, INF, 1, 1, 5, 1e-3, 1])
    for d in (f32, np.float16):
        for name in ('igamma', 'igammac', 'igamma_grad_a', 'random_gamma_grad'):
            call(f'lax.{camel(name)}', getattr(lax, name), shapes.astype(d), points.astype(d), tol=2e-5 if d == f32 else 2e-3, grad=False)
    others = A([1, 2, 0.5, 3, 120, 1, 2, 3, 1, 1, 1, 0.2, INF, 0]), A([0.2, 0.9, 0.5, 0.99, 0.4, 0.5, 0, 0.1, 1, 0.5, 0.2, 1, 0.3, 1.5])
    call('lax.betainc', lax.betainc, shapes, *others, tol=2e-5, grad=False)
    call('lax.regularizedIncompleteBeta', lax.betainc, shapes[:5], others[0][:5], others[1][:5], tol=2e-5, grad=False)
    call('lax.zeta', lax.zeta, A([2, 2, 1.5, 1, 0.5, 2, 3, 2, 3, 1.5, 60, NAN]), A([0.25, 1, 3.5, 2, 2, -1, -1, -2.25, -0.5, -0.5, 1.25, 1]), tol=1e-5, grad=False)
    call('lax.convertElementType', lambda x: lax.convert_element_type(x, i32), V, ts=[V, 'int32'])
    call('lax.iota', lambda: lax.iota(i32, 4), ts=['int32', 4])
    call('lax.broadcastedIota', lambda: lax.broadcasted_iota(i32, (2, 3), 1), ts=['int32', [2, 3], 1])
    call('lax.full', lambda: lax.full((2, 3), 1.5), ts=[[2, 3], 1.5, 'float32'])
    call('lax.broadcastInDim', lambda x: lax.broadcast_in_dim(x, (2, 4, 3), (1,)), V, ts=[V, [2, 4, 3], [1]])
    call('lax.broadcastShapes', lambda: lax.broadcast_shapes((2, 1), (1, 3)), ts=['a test', [[2, 1], [1, 3]]])
    call('lax.reshape', lambda x: lax.reshape(x, (3, 2)), M, ts=[M, [3, 2]])
    call('lax.transpose', lambda x: lax.transpose(x, (2, 0, 1)), T3, ts=[T3, [2, 0, 1]])
    call('lax.expandDims', lambda x: lax.expand_dims(x, (1,)), M, ts=[M, [1]])
    call('lax.squeeze', lambda x: lax.squeeze(x, (1,)), M[:, :1], ts=[M[:, :1], [1]])
    call('lax.rev', lambda x: lax.rev(x, (0,)), M, ts=[M, [0]])
    call('lax.slice', lambda x: lax.slice(x, (0, 1), (2, 3)), M, ts=[M, [0, 1], [2, 3]])
    call('lax.sliceInDim', lambda x: lax.slice_in_dim(x, 0, 4, 2, 2), T3, ts=[T3, 0, 4, 2, 2])
    call('lax.concatenate', lambda x, y: lax.concatenate([x, y], 0), M, M * f32(2), ts=[[M, M * f32(2)], 0])
    call('lax.pad', lambda x, v: lax.pad(x, v, ((1, 0, 1), (-1, 2, 0))), M, np.array(0.5, f32), ts=[M, np.array(0.5, f32), [[1, 0, 1], [-1, 2, 0]]])
    call('lax.dynamicSlice', lambda x, i: lax.dynamic_slice(x, (i, i), (1, 2)), M, np.array(1, i32), ts=[M, [np.array(1, i32), np.array(1, i32)], [1, 2]])
    call('lax.dynamicSliceInDim', lambda x, i: lax.dynamic_slice_in_dim(x, i, 2, 1), M, np.array(1, i32), ts=[M, np.array(1, i32), 2, 1])
    call('lax.dynamicIndexInDim', lambda x, i: lax.dynamic_index_in_dim(x, i, 1, False), M, np.array(1, i32), ts=[M, np.array(1, i32), 1, False])
    call('lax.dynamicUpdateSlice', lambda x, u, i: lax.dynamic_update_slice(x, u, (i, i)), M, M[:1, :2] * f32(5), np.array(1, i32), ts=[M, M[:1, :2] * f32(5), [np.array(1, i32), np.array(1, i32)]])
    call('lax.dynamicUpdateSliceInDim', lambda x, u, i: lax.dynamic_update_slice_in_dim(x, u, i, 1), M, M[:, :1] * f32(5), np.array(2, i32), ts=[M, M[:, :1] * f32(5), np.array(2, i32), 1])
    call('lax.dynamicUpdateIndexInDim', lambda x, u, i: lax.dynamic_update_index_in_dim(x, u, i, 1), M, V[:2], np.array(2, i32), ts=[M, V[:2], np.array(2, i32), 1])
    dn = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
    idx = I([[1], [0], [1]])
    call('lax.gather', lambda x, i: lax.gather(x, i, dn, (1, 3)), M, idx, ts=[M, idx, {'offsetDims': [1], 'collapsedSliceDims': [0], 'startIndexMap': [0]}, [1, 3]])
    sn = lax.ScatterDimensionNumbers(update_window_dims=(1,), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,))
    tsn = {'updateWindowDims': [1], 'insertedWindowDims': [0], 'scatterDimsToOperandDims': [0]}
    for name in 'scatter_add scatter_mul scatter_min scatter_max scatter'.split():
        i = I([[1]]) if name in ('scatter', 'scatter_mul') else I([[1], [1]])
        u = ramp(i.shape[0], 3, seed=13)
        call(f'lax.{camel(name)}', lambda x, u, i=i, name=name: getattr(lax, name)(x, i, u, sn, unique_indices=len(i) == 1), M, u, ts=[M, i, u, tsn])
    for name in 'reduce_sum reduce_max reduce_min reduce_prod'.split():
        call(f'lax.{camel(name)}', lambda x, name=name: getattr(lax, name)(x, (1,)), M, ts=[M, [1]])
    for name in 'reduce_and reduce_or'.split():
        call(f'lax.{camel(name)}', lambda x, name=name: getattr(lax, name)(x, (1,)), M > 0, ts=[M > 0, [1]])
    for name in 'argmax argmin'.split():
        call(f'lax.{name}', lambda x, name=name: getattr(lax, name)(x, 1, i32), M, ts=[M, 1], grad=False)
    for name in 'cumsum cumprod cummax cummin cumlogsumexp'.split():
        call(f'lax.{name}', lambda x, name=name: getattr(lax, name)(x, 1), M, ts=[M, 1], tol=1e-5)
    call('lax.sort', lambda x: lax.sort(x), V)
    call('lax.sortKeyVal', lambda x, y: lax.sort_key_val(x, y), V, W)
    call('lax.topK', lambda x: lax.top_k(x, 2), M, ts=[M, 2])
    call('lax.dotGeneral', lambda x, y: lax.dot_general(x, y, (((1,), (0,)), ((), ()))), M, N, ts=[M, N, {'contract': [[1], [0]], 'batch': [[], []]}])
    img, ker = ramp(1, 2, 5, seed=14), ramp(3, 2, 2, seed=15)
    call('lax.convGeneralDilated', lambda x, k: lax.conv_general_dilated(x, k, (2,), [(1, 0)], rhs_dilation=(2,)), img, ker, ts=[img, ker, [2], [[1, 0]]], options={'rhsDilation': [2]}, tol=1e-5)
    img2, ker2 = ramp(1, 5, 2, seed=16), ramp(2, 2, 3, seed=17)
    call('lax.convTranspose', lambda x, k: lax.conv_transpose(x, k, (2,), 'SAME', dimension_numbers=('NHC', 'HIO', 'NHC')), img2, ker2, ts=[img2, ker2, [2], 'SAME'], options={'dimensionNumbers': ['NHC', 'HIO', 'NHC']}, tol=1e-5)
    for name, op, init in [('Sum', lax.add, 0.0), ('Max', lax.max, -INF), ('Min', lax.min, INF)]:
        call(f'lax.reduceWindow{name}', lambda x, op=op, init=init: lax.reduce_window(x, f32(init) if x.dtype == f32 else np.float64(init), op, (1, 2), (1, 1), 'VALID'), M, ts=[M, [1, 2], [1, 1], 'VALID'])
    # control flow: bodies in the test
    call('lax.cond', lambda x: lax.cond(True, lambda y: y * 2, lambda y: -y, x), V)
    call('lax.switch', lambda x: lax.switch(2, [lambda y: y, lambda y: -y, lambda y: y * y], x), V)
    call('lax.scan', lambda x: lax.scan(lambda c, v: (c * v, c + v), jnp.ones((), x.dtype), x), V)
    call('lax.foriLoop', lambda x: lax.fori_loop(0, 3, lambda i, c: c * c * 0.5, x), V)
    call('lax.whileLoop', lambda x: lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * 1.5), (jnp.array(0), x))[1], V, grad=False)
    call('lax.associativeScan', lambda x: lax.associative_scan(jnp.multiply, x), V)
    nn = jax.nn
    for name in 'relu relu6 sigmoid softplus silu swish log_sigmoid elu selu celu gelu glu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu soft_sign mish squareplus sparse_plus sparse_sigmoid tanh identity'.split():
        call(f'nn.{camel(name)}', getattr(nn, name), V, tol=1e-5)
    call('nn.log1mexp', nn.log1mexp, P, tol=1e-5)
    for name in 'softmax log_softmax logsumexp logmeanexp standardize'.split():
        call(f'nn.{camel(name)}', lambda x, name=name: getattr(nn, name)(x, axis=1), M, ts=[M], options={'axis': 1}, tol=1e-5)
    call('nn.oneHot', lambda x: nn.one_hot(x, 4), I([0, 3, 9, -1]), ts=[I([0, 3, 9, -1]), 4])
    q, k, v = ramp(1, 3, 2, 4, seed=18), ramp(1, 5, 2, 4, seed=19), ramp(1, 5, 2, 4, seed=20)
    call('nn.dotProductAttention', lambda q, k, v: nn.dot_product_attention(q, k, v, is_causal=True), q, k, v, ts=[q, k, v], options={'isCausal': True}, tol=1e-5)
    import flax.linen as linen

    pic = ramp(1, 4, 4, 1, seed=21)
    linen.min_pool = lambda x, *a: -linen.max_pool(-x, *a)
    for name in ('avg_pool', 'max_pool', 'min_pool'):
        call(f'nn.{camel(name)}', lambda x, name=name: getattr(linen, name)(x, (2, 2), (2, 2)), pic, ts=[pic, [2, 2]], options={'strides': [2, 2]})


MAKERS = {
    'np': ('jax.numpy: elementwise functions, creation, shapes, dtypes', numpy_cases),
    'np2': ('jax.numpy: reductions, products, order, sets, selection, polynomials', numpy2_cases),
    'linalg': ('jax.numpy.linalg and fft, jax.scipy, jax.image, jax.ops', linalg_cases),
    'lax': ('lax and jax.nn', lax_cases),
}


def main() -> None:
    """CALLS=np,lax makes some of the files only."""
    global section
    for section in os.environ.get('CALLS', ','.join(MAKERS)).split(','):
        title, make = MAKERS[section]
        make()
        write(f'calls-{section}.json', f'One call or more of each function. {title}.', {'calls': cases[section]})
    if failures:
        sys.exit('\n'.join(failures))


if __name__ == '__main__':
    main()
