"""Writes reductions.json: reductions and cumulative functions of jax.numpy over various axes, and their gradients.

`inputs` holds named arrays. `values` has one entry per call, named 'fn(input, axis=..., options)': {fn, x, axis, options, out}.
`grads` has {fn, x, axis, options, ct, dx}: the gradient of sum(ct * fn(x)), computed in float64.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import encode, error, ramp, write

NAN, INF = np.nan, np.inf
INPUTS = {
    'a': ramp(2, 3, 4, seed=1),
    'v': ramp(7, seed=2),
    'ties': np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0], [-1.0, -1.0, 0.0, 0.0]], np.float32),
    'zeros': np.array([[2.0, 0.0, 3.0], [0.0, 4.0, 0.0], [1.5, -2.0, 0.5]], np.float32),
    'nan': np.array([[1.0, NAN, 3.0], [NAN, NAN, 2.0], [4.0, 5.0, 6.0]], np.float32),
    'inf': np.array([[1.0, INF, 3.0], [-INF, INF, 2.0], [-INF, -INF, -INF]], np.float32),
    'empty': np.zeros((2, 0, 3), np.float32),
    'scalar': np.float32(2.5),
    'i': np.array([[3, -1, 7], [2**31 - 1, 1, -5]], np.int32),
    'u8': np.array([[200, 100], [255, 1]], np.uint8),
    'b': np.array([[True, False, True], [False, False, False], [True, True, True]]),
}
FNS = {
    'sum': jnp.sum,
    'mean': jnp.mean,
    'max': jnp.max,
    'min': jnp.min,
    'prod': jnp.prod,
    'any': jnp.any,
    'all': jnp.all,
    'argmax': jnp.argmax,
    'argmin': jnp.argmin,
    'var': jnp.var,
    'std': jnp.std,
    'ptp': jnp.ptp,
    'median': jnp.median,
    'cumsum': jnp.cumsum,
    'cumprod': jnp.cumprod,
    'cummax': lambda x, axis=0: lax.cummax(x, axis),
    'cummin': lambda x, axis=0: lax.cummin(x, axis),
    'cumlogsumexp': lambda x, axis=0: lax.cumlogsumexp(x, axis),
    'logsumexp': jax.nn.logsumexp,
    'softmax': jax.nn.softmax,
    'log_softmax': jax.nn.log_softmax,
    'nanmax': jnp.nanmax,
    'nansum': jnp.nansum,
    'nanmean': jnp.nanmean,
    'nanargmax': jnp.nanargmax,
    'count_nonzero': jnp.count_nonzero,
    'linalg.norm': jnp.linalg.norm,
    'average': jnp.average,
}
CUMULATIVE = ('cumsum', 'cumprod', 'cummax', 'cummin', 'cumlogsumexp')
ONE_AXIS = ('argmax', 'argmin', 'softmax', 'log_softmax', 'nanargmax', *CUMULATIVE)


def calls():
    """(fn, input, axis, options) of every value."""
    for fn in FNS:
        one = fn in ONE_AXIS
        for name in INPUTS:
            x = np.asarray(INPUTS[name])
            if name in ('i', 'u8', 'b') and fn in (
                'softmax',
                'log_softmax',
                'nanmax',
                'nansum',
                'nanmean',
                'nanargmax',
                'linalg.norm',
                'logsumexp',
                'cumlogsumexp',
                'average',
                'median',
                'ptp',
            ):
                continue
            if name == 'scalar' and (one or fn == 'linalg.norm'):
                continue
            axes = {'a': [0, 1, -1] if one else [None, 0, 1, -1, (0, 2), (0, 1, 2), ()], 'empty': [0, 1] if one else [None, 0, 1]}.get(
                name, [0, -1] if one else [None, 0, -1]
            )
            if x.ndim == 0:
                axes = [None]
            if x.ndim == 1:
                axes = [0] if one else [None, 0]
            for axis in axes:
                if fn in ('linalg.norm', 'average') and axis in ((), (0, 1, 2)) or fn == 'median' and axis == ():
                    continue
                if fn == 'linalg.norm' and (axis is None or isinstance(axis, tuple)) and x.ndim != 1:
                    continue
                yield fn, name, axis, {}
                if (
                    name in ('a', 'i')
                    and axis in (1, (0, 2))
                    and fn not in CUMULATIVE
                    and fn not in ('softmax', 'log_softmax', 'average', 'nanargmax')
                ):
                    yield fn, name, axis, {'keepdims': True}
    for fn in ('argmax', 'argmin'):
        yield fn, 'a', None, {}
        yield fn, 'ties', None, {}
        yield fn, 'nan', None, {}
    for fn in ('cumsum', 'cumprod'):
        yield fn, 'a', None, {}
    for fn in ('var', 'std'):
        yield fn, 'a', 1, {'ddof': 1}
        yield fn, 'v', None, {'ddof': 7}
    for fn in ('sum', 'prod', 'mean'):
        yield fn, 'i', 0, {'dtype': 'float32'}
        yield fn, 'u8', None, {'dtype': 'int32'}
    for fn, o in (('sum', {'initial': 10.0}), ('max', {'initial': 1.0}), ('min', {'initial': -1.0}), ('prod', {'initial': 2.0})):
        yield fn, 'a', 1, o
        yield fn, 'empty', 1, o
    for order in (1, 2, np.inf, -np.inf, 0, 3):
        yield 'linalg.norm', 'v', None, {'ord': order}


def reverse_cumulative():
    x = jnp.asarray(INPUTS['a'])
    out = {}
    for name in ('cumsum', 'cumprod', 'cummax', 'cummin', 'cumlogsumexp'):
        out[f'lax.{name}(a, axis=1, reverse)'] = {'x': 'a', 'axis': 1, 'out': encode(getattr(lax, name)(x, 1, True))}
    return out


def where_cases():
    x = jnp.asarray(INPUTS['ties'])
    mask = np.array([[True, False, True, True], [False, False, False, False], [True, True, False, True]])
    w = jnp.asarray(mask)
    out = {'mask': encode(mask)}
    for fn, f in {
        'sum': lambda: jnp.sum(x, 1, where=w),
        'mean': lambda: jnp.mean(x, 1, where=w),
        'var': lambda: jnp.var(x, 1, where=w),
        'max': lambda: jnp.max(x, 1, where=w, initial=-INF),
        'min': lambda: jnp.min(x, 1, where=w, initial=INF),
        'prod': lambda: jnp.prod(x, 1, where=w),
        'any': lambda: jnp.any(x > 1, 1, where=w),
        'all': lambda: jnp.all(x > 1, 1, where=w),
        'logsumexp': lambda: jax.nn.logsumexp(x, 1, where=w),
        'softmax': lambda: jax.nn.softmax(x, 1, where=w),
        'logsumexp b': lambda: jax.nn.logsumexp(x, 1, b=jnp.array([1.0, 2.0, 0.0, 0.5])),
    }.items():
        out[fn] = {'x': 'ties', 'axis': 1, 'out': encode(f())}
    return out


def key_of(fn, name, axis, options):
    rest = ''.join(f', {k}={v}' for k, v in options.items())
    return f'{fn}({name}, axis={axis}{rest})'


def options_json(o):
    return {k: ('inf' if v == INF else '-inf' if v == -INF else v) if isinstance(v, float) else v for k, v in o.items()}


def values():
    out = {}
    for fn, name, axis, options in calls():
        x = jnp.asarray(INPUTS[name])
        f = FNS[fn]
        try:
            y = encode(jax.jit(lambda v, f=f, axis=axis, options=options: f(v, axis=axis, **options))(x))
        except Exception as e:
            y = error(e)
        out[key_of(fn, name, axis, options)] = {'fn': fn, 'x': name, 'axis': axis, 'options': options_json(options), 'out': y}
    return out


def grads():
    out = {}
    todo = [
        (fn, name, axis)
        for fn in ('max', 'min', 'prod', 'logsumexp', 'var', 'std', 'sum', 'mean')
        for name in ('a', 'ties', 'zeros')
        for axis in (None, 0, -1)
    ]
    todo += [
        (fn, name, 1)
        for fn in ('cumsum', 'cumprod', 'cummax', 'cummin', 'cumlogsumexp', 'softmax', 'log_softmax')
        for name in ('a', 'ties', 'zeros')
    ]
    todo += [
        ('linalg.norm', 'zeros', 1),
        ('linalg.norm', 'v', None),
        ('median', 'ties', 1),
        ('ptp', 'ties', 1),
        ('max', 'inf', 1),
        ('logsumexp', 'inf', 1),
        ('max', 'nan', 1),
        ('sum', 'scalar', None),
    ]
    todo += [('prod', 'v', None), ('nansum', 'nan', 1), ('nanmax', 'nan', 1), ('std', 'scalar', None)]
    for fn, name, axis in todo:
        x = jnp.asarray(np.asarray(INPUTS[name], np.float64))
        f = lambda v, fn=fn, axis=axis: FNS[fn](v, axis=axis)
        y = jax.eval_shape(f, x)
        ct = ramp(*y.shape, seed=3, dtype=np.float64, lo=0.5, hi=2)
        dx = jax.jit(jax.grad(lambda v, f=f, ct=ct: jnp.sum(f(v) * ct)))(x)
        out[key_of(fn, name, axis, {})] = {'fn': fn, 'x': name, 'axis': axis, 'options': {}, 'ct': encode(ct), 'dx': encode(dx)}
    return out


def main() -> None:
    body = {
        'inputs': {k: encode(v) for k, v in INPUTS.items()},
        'values': values(),
        'reverse': reverse_cumulative(),
        'where': where_cases(),
    }
    with jax.enable_x64(True):
        body['grads'] = grads()
    write('reductions.json', 'Reductions and cumulative functions, with gradients incl. ties, zeros and infinities.', body)


if __name__ == '__main__':
    main()
