"""Writes elementwise.json: lax and jnp elementwise functions on tricky points, and their first derivatives.

`unary float32` and `unary float64` hold fn(inputs.unary32) and fn(inputs.unary64): 0, -0, infinities, nan, tiny, large and
ordinary points; `binary float32` and `binary float64` hold fn(inputs.left, inputs.right) for all pairs. `integer[dtype]` has its own
left, right, shifted, shifts and x, incl. division by zero and INT_MIN / -1 (jnp.power clips its exponents to 0..9). `casts[source]` is
{x, [target]: values}. `grads[fn]` is {x, dx, dxx} or {x, y, dx, dy} in float64, at ordinary points and at ties and kinks.
XLA on CPU flushes denormals: none are included. All functions run under jit.
Functions are named by module: lax.* and jnp.* where both exist and differ (lax.round rounds half away from zero).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import special

from common import encode, error, write

INF, NAN = np.inf, np.nan
POINTS = [0.0, -0.0, INF, -INF, NAN, 1e-30, -1e-30, 1e-6, -1e-6, 1e30, -1e30, 0.5, -0.5, 0.25, -0.75, 0.99, -0.99, 1.0, -1.0, 1.5, -1.5, 2.0, 2.5, -2.5, 3.0, -3.5,
          0.1, 0.7, -0.3, 10.0, -10.0, 20.0, -20.0, 88.0, 89.0, -87.0, -104.0, 100.0, 1234.5, -1234.5]  # fmt: skip
TAME = [-3.2, -1.7, -0.9, -0.5, -0.2, 0.1, 0.3, 0.6, 0.8, 1.4, 2.3, 3.7]
UNIT = [-0.95, -0.6, -0.3, -0.05, 0.05, 0.2, 0.55, 0.9, 0.99]
POSITIVE = [0.01, 0.2, 0.5, 1.0, 1.7, 3.0, 12.0, 100.0]

UNARY = {
    'lax.neg': lax.neg,
    'lax.abs': lax.abs,
    'lax.sign': lax.sign,
    'lax.floor': lax.floor,
    'lax.ceil': lax.ceil,
    'lax.round (away from zero)': lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO),
    'lax.round (to even)': lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
    'jnp.trunc': jnp.trunc,
    'lax.exp': lax.exp,
    'lax.exp2': lax.exp2,
    'lax.expm1': lax.expm1,
    'lax.log': lax.log,
    'lax.log1p': lax.log1p,
    'jnp.log2': jnp.log2,
    'jnp.log10': jnp.log10,
    'lax.sqrt': lax.sqrt,
    'lax.rsqrt': lax.rsqrt,
    'lax.cbrt': lax.cbrt,
    'lax.square': lax.square,
    'jnp.reciprocal': jnp.reciprocal,
    'lax.sin': lax.sin,
    'lax.cos': lax.cos,
    'lax.tan': lax.tan,
    'lax.asin': lax.asin,
    'lax.acos': lax.acos,
    'lax.atan': lax.atan,
    'lax.sinh': lax.sinh,
    'lax.cosh': lax.cosh,
    'lax.tanh': lax.tanh,
    'lax.asinh': lax.asinh,
    'lax.acosh': lax.acosh,
    'lax.atanh': lax.atanh,
    'lax.logistic': lax.logistic,
    'lax.erf': lax.erf,
    'lax.erfc': lax.erfc,
    'lax.erf_inv': lax.erf_inv,
    'lax.lgamma': lax.lgamma,
    'lax.digamma': lax.digamma,
    'special.ndtr': special.ndtr,
    'lax.is_finite': lax.is_finite,
    'jnp.isnan': jnp.isnan,
    'jnp.isinf': jnp.isinf,
    'jnp.isposinf': jnp.isposinf,
    'jnp.isneginf': jnp.isneginf,
    'jnp.signbit': jnp.signbit,
    'jnp.sinc': jnp.sinc,
    'jnp.nan_to_num': jnp.nan_to_num,
    'jnp.deg2rad': jnp.deg2rad,
    'nn.relu': jax.nn.relu,
    'nn.relu6': jax.nn.relu6,
    'nn.softplus': jax.nn.softplus,
    'nn.silu': jax.nn.silu,
    'nn.gelu': jax.nn.gelu,
    'nn.gelu exact': lambda x: jax.nn.gelu(x, approximate=False),
    'nn.elu': jax.nn.elu,
    'nn.selu': jax.nn.selu,
    'nn.celu': jax.nn.celu,
    'nn.leaky_relu': jax.nn.leaky_relu,
    'nn.log_sigmoid': jax.nn.log_sigmoid,
    'nn.soft_sign': jax.nn.soft_sign,
    'nn.hard_sigmoid': jax.nn.hard_sigmoid,
    'nn.hard_tanh': jax.nn.hard_tanh,
    'nn.hard_silu': jax.nn.hard_silu,
    'nn.mish': jax.nn.mish,
    'nn.squareplus': jax.nn.squareplus,
    **{f'lax.integer_pow {n}': (lambda x, n=n: lax.integer_pow(x, n)) for n in (-3, -1, 0, 1, 2, 3, 5, 10)},
    **{f'jnp.power(x, {p})': (lambda x, p=p: jnp.power(x, p)) for p in (0.5, -0.5, 2.0, 3)},
    **{f'jnp.round({d})': (lambda x, d=d: jnp.round(x, d)) for d in (0, 1, -1)},
    'jnp.clip(-1,2)': lambda x: jnp.clip(x, -1, 2),
    'lax.clamp(-1,x,2)': lambda x: lax.clamp(jnp.asarray(-1, x.dtype), x, jnp.asarray(2, x.dtype)),
    'lax.clamp(2,x,-1) crossed': lambda x: lax.clamp(jnp.asarray(2, x.dtype), x, jnp.asarray(-1, x.dtype)),
}
BINARY = {
    'lax.add': lax.add,
    'lax.sub': lax.sub,
    'lax.mul': lax.mul,
    'lax.div': lax.div,
    'lax.rem': lax.rem,
    'jnp.remainder': jnp.remainder,
    'jnp.fmod': jnp.fmod,
    'jnp.floor_divide': jnp.floor_divide,
    'jnp.divmod[1]': lambda x, y: jnp.divmod(x, y)[1],
    'lax.pow': lax.pow,
    'lax.max': lax.max,
    'lax.min': lax.min,
    'jnp.fmax': jnp.fmax,
    'lax.atan2': lax.atan2,
    'jnp.hypot': jnp.hypot,
    'jnp.logaddexp': jnp.logaddexp,
    'jnp.logaddexp2': jnp.logaddexp2,
    'jnp.copysign': jnp.copysign,
    'lax.nextafter': lax.nextafter,
    'jnp.heaviside': jnp.heaviside,
    'lax.eq': lax.eq,
    'lax.ne': lax.ne,
    'lax.lt': lax.lt,
    'lax.le': lax.le,
    'lax.gt': lax.gt,
    'lax.ge': lax.ge,
    'jnp.where(x > y, x, y)': lambda x, y: jnp.where(x > y, x, y),
    'jnp.clip(x, None, y)': lambda x, y: jnp.clip(x, None, y),
    'special.xlogy': special.xlogy,
    'special.xlog1py': special.xlog1py,
}
INT_BINARY = {
    'lax.add': lax.add,
    'lax.sub': lax.sub,
    'lax.mul': lax.mul,
    'lax.div': lax.div,
    'lax.rem': lax.rem,
    'jnp.floor_divide': jnp.floor_divide,
    'jnp.remainder': jnp.remainder,
    'jnp.fmod': jnp.fmod,
    'jnp.power': jnp.power,
    'lax.max': lax.max,
    'lax.min': lax.min,
    'lax.bitwise_and': lax.bitwise_and,
    'lax.bitwise_or': lax.bitwise_or,
    'lax.bitwise_xor': lax.bitwise_xor,
    'lax.shift_left': lax.shift_left,
    'lax.shift_right_logical': lax.shift_right_logical,
    'lax.shift_right_arithmetic': lax.shift_right_arithmetic,
    'jnp.right_shift': jnp.right_shift,
    'lax.eq': lax.eq,
    'lax.lt': lax.lt,
    'lax.ge': lax.ge,
    'jnp.divide': jnp.divide,
}
INT_UNARY = {
    'lax.neg': lax.neg,
    'lax.abs': lax.abs,
    'lax.sign': lax.sign,
    'lax.bitwise_not': lax.bitwise_not,
    'lax.population_count': lax.population_count,
    'lax.clz': lax.clz,
    'lax.integer_pow 2': lambda x: lax.integer_pow(x, 2),
    'lax.integer_pow 3': lambda x: lax.integer_pow(x, 3),
    'jnp.clip(1,5)': lambda x: jnp.clip(x, 1, 5),
}


def attempt(f, *args):
    """jnp.gcd is not asked: XLA never returns from gcd(INT_MIN, -1)."""
    try:
        return encode(jax.jit(f)(*args))
    except Exception as e:
        return error(e)


def pairs():
    values = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 2.5, -2.5, 3.0, -7.25, 0.5, 1e30]
    left = [a for a in values for _ in values]
    right = [b for _ in values for b in values]
    return left, right


def integers(dtype):
    info = jnp.iinfo(dtype)
    signed = info.min < 0
    values = [0, 1, 2, 3, 7, 100, info.max, info.max - 1] + (
        [-1, -2, -3, -7, -100, info.min, info.min + 1] if signed else [info.max // 2, info.max // 2 + 2]
    )
    left = jnp.array([a for a in values for _ in values], dtype)
    right = jnp.array([b for _ in values for b in values], dtype)
    shifts = jnp.array([s for _ in values for s in (0, 1, 3, info.bits - 1, info.bits, 40)], dtype)
    shifted = jnp.array([a for a in values for _ in range(6)], dtype)
    out = {
        'left': encode(left),
        'right': encode(right),
        'shifted': encode(shifted),
        'shifts': encode(shifts),
        'x': encode(jnp.array(values, dtype)),
    }
    for name, f in INT_BINARY.items():
        args = (shifted, shifts) if 'shift' in name else (left, right)
        if name == 'jnp.power':
            args = (left, jnp.clip(right, 0, 9))
        out[name] = attempt(f, *args)
    for name, f in INT_UNARY.items():
        out[f'{name} of x'] = attempt(f, jnp.array(values, dtype))
    return out


def casts():
    floats = [0.0, -0.0, 0.4, 0.5, 1.5, -0.5, -1.5, 2.9999, 127.0, 128.0, 255.0, 255.9, 256.0, -128.0, -129.0, 32768.0, 65535.0, 65536.0, 2147483520.0, 2147483648.0, -2147483648.0,
              -2147483904.0, 4294967040.0, 4294967296.0, 1e10, -1e10, 9.3e18, 1e20, -1e20, INF, -INF, NAN, 1e-3, 65504.0, 65520.0, 3.3895314e38, 1.0009766, 1.00390625]  # fmt: skip
    ints = [
        0,
        1,
        -1,
        2,
        127,
        128,
        255,
        256,
        -128,
        -129,
        32767,
        65535,
        65536,
        16777217,
        33554433,
        2**31 - 1,
        -(2**31),
        2**31,
        2**32 - 1,
        2**32,
        2**53 + 1,
        -(2**53) - 1,
        2**63 - 1,
        -(2**63),
    ]
    to = 'bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64'.split()
    out = {}
    for source in ('float32', 'float64'):
        x = jnp.array(floats, source)
        out[source] = {'x': encode(x), **{t: encode(x.astype(t)) for t in to}}
    for source in ('int32', 'uint32', 'int64', 'int8', 'uint8'):
        info = jnp.iinfo(source)
        x = jnp.array([n for n in ints if info.min <= n <= info.max], source)
        out[source] = {'x': encode(x), **{t: encode(x.astype(t)) for t in to}}
    small = jnp.array([0.1, 1.0, 3.14159, -2.71828, 65504.0, INF, NAN, -0.0], 'float32')
    for source in ('float16', 'bfloat16'):
        x = small.astype(source)
        out[source] = {'x': encode(x), **{t: encode(x.astype(t)) for t in to}}
    out['bool'] = {'x': encode(jnp.array([True, False])), **{t: encode(jnp.array([True, False]).astype(t)) for t in to}}
    out['bitcast float32 to uint32'] = {'x': encode(small), 'out': encode(lax.bitcast_convert_type(small, jnp.uint32))}
    return out


def grads():
    """Derivatives in float64, so that they are oracles for any precision."""
    out = {}
    domain = {
        'lax.log': POSITIVE, 'lax.log1p': [-0.9, -0.3, 0.0, 0.5, 3.0], 'jnp.log2': POSITIVE, 'jnp.log10': POSITIVE, 'lax.sqrt': [0.0, *POSITIVE], 'lax.rsqrt': POSITIVE,
        'lax.cbrt': [-8.0, -0.5, 0.3, 27.0], 'lax.asin': UNIT, 'lax.acos': UNIT, 'lax.atanh': UNIT, 'lax.erf_inv': UNIT, 'lax.acosh': [1.1, 1.5, 3.0, 20.0],
        'lax.lgamma': POSITIVE, 'lax.digamma': POSITIVE, 'jnp.power(x, 0.5)': [0.0, *POSITIVE], 'jnp.power(x, -0.5)': POSITIVE,
    }  # fmt: skip
    kinks = ['lax.abs', 'lax.sign', 'nn.relu', 'nn.relu6', 'nn.leaky_relu', 'nn.elu', 'nn.selu', 'nn.celu', 'nn.hard_tanh', 'nn.hard_sigmoid', 'nn.hard_silu', 'nn.soft_sign', 'jnp.clip(-1,2)',
             'lax.clamp(-1,x,2)', 'nn.softplus', 'nn.log_sigmoid', 'lax.logistic', 'lax.tanh', 'lax.square', 'lax.integer_pow 3', 'lax.integer_pow 2', 'lax.integer_pow 1', 'lax.integer_pow 0',
             'jnp.power(x, 2.0)', 'jnp.power(x, 3)', 'jnp.sinc', 'nn.silu', 'nn.gelu', 'nn.gelu exact', 'nn.squareplus', 'nn.mish']  # fmt: skip
    skip = ('is', 'signbit')
    for name, f in UNARY.items():
        if name.split('.')[1].startswith(skip):
            continue
        xs = domain.get(name, TAME)
        if name in kinks:
            xs = [*xs, 0.0, -0.0, -1.0, 1.0, 2.0, 3.0, -3.0, 6.0, 50.0, -50.0]
        x = jnp.array(xs, jnp.float64)
        try:
            d1 = jax.jit(jax.vmap(jax.grad(f)))
            d2 = jax.jit(jax.vmap(jax.grad(jax.grad(f))))
            out[name] = {'x': encode(x), 'dx': encode(d1(x)), 'dxx': encode(d2(x))}
        except Exception as e:
            out[name] = error(e)
    px = [1.5, -2.0, 0.5, 3.0, 2.0, -1.0, 0.0, 2.0, -0.0, 0.0]
    py = [2.0, 1.0, 0.5, -1.5, 3.0, -1.0, 0.0, 0.0, 0.0, 2.0]
    floaty = [n for n in BINARY if n.split('.')[1].split('(')[0] not in ('eq', 'ne', 'lt', 'le', 'gt', 'ge')]
    for name in floaty:
        f = BINARY[name]
        x, y = jnp.array(px, jnp.float64), jnp.array(py, jnp.float64)
        try:
            dx, dy = jax.jit(jax.vmap(jax.grad(f, (0, 1))))(x, y)
            out[name] = {'x': encode(x), 'y': encode(y), 'dx': encode(dx), 'dy': encode(dy)}
        except Exception as e:
            out[name] = error(e)
    return out


def main() -> None:
    left, right = pairs()
    body = {'inputs': {}, 'unary float32': {}, 'binary float32': {}}
    x32 = jnp.array(POINTS, jnp.float32)
    l32, r32 = jnp.array(left, jnp.float32), jnp.array(right, jnp.float32)
    body['inputs'] = {'unary32': encode(x32), 'unary64': encode(np.array(POINTS)), 'left': encode(l32), 'right': encode(r32)}
    body['unary float32'] = {k: attempt(f, x32) for k, f in UNARY.items()}
    body['binary float32'] = {k: attempt(f, l32, r32) for k, f in BINARY.items()}
    body['integer'] = {d: integers(d) for d in ('int32', 'uint32', 'int8', 'uint8')}
    with jax.enable_x64(True):
        x64 = jnp.array(POINTS, jnp.float64)
        l64, r64 = jnp.array(left, jnp.float64), jnp.array(right, jnp.float64)
        body['unary float64'] = {k: attempt(f, x64) for k, f in UNARY.items()}
        body['binary float64'] = {
            k: attempt(BINARY[k], l64, r64)
            for k in (
                'lax.div',
                'lax.rem',
                'jnp.remainder',
                'jnp.floor_divide',
                'lax.pow',
                'lax.max',
                'lax.min',
                'lax.atan2',
                'jnp.logaddexp',
                'jnp.hypot',
            )
        }
        body['integer']['int64'] = integers('int64')
        body['casts'] = casts()
        body['grads'] = grads()
    write('elementwise.json', 'Elementwise functions of lax and jax.numpy at tricky points, casts, and derivatives.', body)


if __name__ == '__main__':
    main()
