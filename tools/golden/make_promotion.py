"""Writes promotion.json: JAX's type promotion.

`add[a][b]` is [dtype, weak_type] of `a + b` for every ordered pair of thirteen dtypes and the weak Python scalars
('weak bool' is True, 'weak int' is 1, 'weak float' is 1.0), with 64-bit types enabled. `add32` is the same with 64-bit types
disabled, for the dtypes that exist there. `others` lists, per binary function, the pairs whose result differs from add's;
`unary` holds result dtypes of functions of one array of shape (2,); `creation` those of array constructors.
"""

import jax
import jax.numpy as jnp
import numpy as np

from common import write

NAMES = 'bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64'.split()
WEAK = {'weak bool': True, 'weak int': 1, 'weak float': 1.0}
BINARY = {
    'subtract': jnp.subtract,
    'multiply': jnp.multiply,
    'divide': jnp.divide,
    'floor_divide': jnp.floor_divide,
    'remainder': jnp.remainder,
    'power': jnp.power,
    'maximum': jnp.maximum,
    'arctan2': jnp.arctan2,
    'logaddexp': jnp.logaddexp,
    'where': lambda a, b: jnp.where(True, a, b),
}
UNARY = {
    'divide(x,x)': lambda x: jnp.divide(x, x),
    'divide(x,2)': lambda x: jnp.divide(x, 2),
    'power(x,x)': lambda x: jnp.power(x, x),
    'power(x,2)': lambda x: jnp.power(x, 2),
    'power(x,2.0)': lambda x: jnp.power(x, 2.0),
    'power(2,x)': lambda x: jnp.power(2, x),
    'floor_divide(x,x)': lambda x: jnp.floor_divide(x, x),
    'remainder(x,x)': lambda x: jnp.remainder(x, x),
    'add(x,x)': lambda x: jnp.add(x, x),
    'multiply(x,x)': lambda x: jnp.multiply(x, x),
    'subtract(x,x)': lambda x: jnp.subtract(x, x),
    'negative': jnp.negative,
    'abs': jnp.abs,
    'sign': jnp.sign,
    'square': jnp.square,
    'reciprocal': jnp.reciprocal,
    'floor': jnp.floor,
    'ceil': jnp.ceil,
    'round': jnp.round,
    'trunc': jnp.trunc,
    'sqrt': jnp.sqrt,
    'exp': jnp.exp,
    'log': jnp.log,
    'sin': jnp.sin,
    'tanh': jnp.tanh,
    'isnan': jnp.isnan,
    'sum': jnp.sum,
    'prod': jnp.prod,
    'mean': jnp.mean,
    'var': jnp.var,
    'std': jnp.std,
    'max': jnp.max,
    'any': jnp.any,
    'argmax': jnp.argmax,
    'cumsum': jnp.cumsum,
    'cumprod': jnp.cumprod,
    'sort': jnp.sort,
    'argsort': jnp.argsort,
    'linalg.norm': jnp.linalg.norm,
    'dot(x,x)': lambda x: jnp.dot(x, x),
    'matmul(x,x)': lambda x: jnp.matmul(x, x),
    'einsum(i,i->)': lambda x: jnp.einsum('i,i->', x, x),
    'logsumexp': jax.nn.logsumexp,
    'softmax': jax.nn.softmax,
    'relu': jax.nn.relu,
    'sigmoid': jax.nn.sigmoid,
    'gelu': jax.nn.gelu,
    'where(c,x,0)': lambda x: jnp.where(True, x, 0),
    'where(c,x,0.0)': lambda x: jnp.where(True, x, 0.0),
    'clip(x,0,1)': lambda x: jnp.clip(x, 0, 1),
    'zeros_like': jnp.zeros_like,
    'bitwise_not': jnp.bitwise_not,
    'left_shift(x,1)': lambda x: jnp.left_shift(x, 1),
    'count_nonzero': jnp.count_nonzero,
    'linspace(x0,x1,3)': lambda x: jnp.linspace(x[0], x[1], 3),
    'median': jnp.median,
    'nan_to_num': jnp.nan_to_num,
}


def result(f, *args):
    try:
        y = jax.eval_shape(lambda: f(*args))
    except Exception as e:
        return type(e).__name__
    return [str(y.dtype), bool(y.weak_type)]


def pairs(names):
    values = {n: jnp.ones((), n) for n in names} | WEAK
    add = {a: {b: result(jnp.add, x, y) for b, y in values.items()} for a, x in values.items()}
    other = {}
    for name, f in BINARY.items():
        row = {}
        for a, x in values.items():
            for b, y in values.items():
                r = result(f, x, y)
                if r != add[a][b]:
                    row[f'{a},{b}'] = r
        other[name] = row
    return add, other


def creation():
    made = {
        'array(True)': lambda: jnp.array(True),
        'array(1)': lambda: jnp.array(1),
        'array(1.0)': lambda: jnp.array(1.0),
        'asarray(1.0)': lambda: jnp.asarray(1.0),
        'arange(3)': lambda: jnp.arange(3),
        'arange(3.0)': lambda: jnp.arange(3.0),
        'linspace(0,1,3)': lambda: jnp.linspace(0, 1, 3),
        'zeros(2)': lambda: jnp.zeros(2),
        'full(2,1)': lambda: jnp.full(2, 1),
        'full(2,1.0)': lambda: jnp.full(2, 1.0),
        'array(np.float64)': lambda: jnp.array(np.ones(2)),
        'array(np.int64)': lambda: jnp.array(np.ones(2, np.int64)),
        'float32*(array(1)+1.0)': lambda: jnp.ones(2, jnp.float32) * (jnp.array(1) + 1.0),
        'bfloat16*asarray(2.0)': lambda: jnp.ones(2, jnp.bfloat16) * jnp.asarray(2.0),
        'bfloat16*array(2.0)': lambda: jnp.ones(2, jnp.bfloat16) * jnp.array(2.0),
    }
    return {k: result(f) for k, f in made.items()}


def main() -> None:
    body = {}
    with jax.enable_x64(True):
        body['add'], body['others'] = pairs(NAMES)
        body['unary'] = {k: {n: result(f, jnp.ones(2, n)) for n in NAMES} for k, f in UNARY.items()}
        body['creation'] = creation()
    with jax.enable_x64(False):
        small = [n for n in NAMES if '64' not in n]
        body['add32'], body['others32'] = pairs(small)
        body['unary32'] = {k: {n: result(f, jnp.ones(2, n)) for n in small} for k, f in UNARY.items()}
        body['creation32'] = creation()
    write('promotion.json', 'Type promotion of JAX: [dtype, weak_type] or the name of the error.', body)


if __name__ == '__main__':
    main()
