"""Writes dot.json: dot_general, matmul, einsum, tensordot and their kin, with both gradients.

Every case is {fn, params, args, ct, out, grads}: `grads` are the gradients of sum(ct * out) with respect to each argument. Computed in
float64 from inputs of two decimals, so that the written float32 decimals are right to the last digit.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import encode, error, ramp, write

DOT = {
    'matrix matrix': ((2, 3), (3, 4), (((1,), (0,)), ((), ()))),
    'transposed left': ((3, 2), (3, 4), (((0,), (0,)), ((), ()))),
    'transposed right': ((2, 3), (4, 3), (((1,), (1,)), ((), ()))),
    'both transposed': ((3, 2), (4, 3), (((0,), (1,)), ((), ()))),
    'vector vector': ((3,), (3,), (((0,), (0,)), ((), ()))),
    'vector matrix': ((3,), (3, 4), (((0,), (0,)), ((), ()))),
    'matrix vector': ((2, 3), (3,), (((1,), (0,)), ((), ()))),
    'outer': ((2,), (3,), (((), ()), ((), ()))),
    'scalars': ((), (), (((), ()), ((), ()))),
    'scalar times matrix': ((), (2, 3), (((), ()), ((), ()))),
    'batch': ((2, 3, 4), (2, 4, 2), (((2,), (1,)), ((0,), (0,)))),
    'batch only': ((3, 2), (3, 2), (((), ()), ((0, 1), (0, 1)))),
    'batch of vectors': ((3, 4), (3, 4), (((1,), (1,)), ((0,), (0,)))),
    'batch in the middle': ((2, 3, 4), (4, 3, 2), (((2,), (0,)), ((1,), (1,)))),
    'two batch dimensions': ((2, 3, 2, 4), (2, 3, 4, 3), (((3,), (2,)), ((0, 1), (0, 1)))),
    'two batch dimensions crossed': ((2, 3, 4, 2), (3, 4, 2, 2), (((2,), (1,)), ((0, 1), (3, 0)))),
    'two contractions': ((2, 3, 4), (3, 4, 2), (((1, 2), (0, 1)), ((), ()))),
    'two contractions crossed': ((2, 3, 4), (4, 3, 2), (((1, 2), (1, 0)), ((), ()))),
    'batch and two contractions': ((2, 3, 4, 2), (4, 2, 3, 2), (((1, 2), (2, 0)), ((0,), (1,)))),
    'many free dimensions': ((2, 2, 3), (3, 2, 2), (((2,), (0,)), ((), ()))),
    'empty contraction': ((2, 0), (0, 3), (((1,), (0,)), ((), ()))),
    'empty result': ((0, 3), (3, 2), (((1,), (0,)), ((), ()))),
}
MATMUL = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
    ((2, 1, 2, 3), (3, 3, 2)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((2, 1, 2, 2), (1, 3, 2, 1)), ((0, 3), (3, 2)), ((2, 0), (0, 2)),
]  # fmt: skip
EINSUM = {
    'i,i->': ((3,), (3,)),
    'i,j->ij': ((2,), (3,)),
    'ij,jk->ik': ((2, 3), (3, 4)),
    'ij,jk': ((2, 3), (3, 4)),
    'ij->ji': ((2, 3),),
    'ii->': ((3, 3),),
    'ii->i': ((3, 3),),
    'ij->': ((2, 3),),
    'ij->j': ((2, 3),),
    'ba': ((2, 3),),
    'bij,bjk->bik': ((2, 3, 4), (2, 4, 2)),
    'bqhd,bkhd->bhqk': ((2, 3, 2, 4), (2, 2, 2, 4)),
    'bhqk,bkhd->bqhd': ((2, 2, 3, 2), (2, 2, 2, 4)),
    '...ij,jk->...ik': ((2, 3, 4), (4, 2)),
    '...i,...i': ((2, 3), (3,)),
    'i...,i...->...': ((2, 3), (2, 1)),
    'ij,ij->ij': ((2, 3), (2, 3)),
    'ij,j->i': ((2, 3), (3,)),
    'ij,ij->': ((2, 3), (2, 3)),
    'ijk,jil->kl': ((2, 3, 4), (3, 2, 2)),
    'i,i,i->i': ((3,), (3,), (3,)),
    'ij,jk,kl->il': ((2, 3), (3, 4), (4, 2)),
    'bi,ij,bj->b': ((3, 2), (2, 4), (3, 4)),
    'ab,cd->abcd': ((2, 1), (1, 2)),
    'ij,k->i': ((2, 3), (2,)),
    'iij,j->i': ((2, 2, 3), (3,)),
    'i,->i': ((3,), ()),
}
TENSORDOT = [
    ((2, 3, 4), (3, 4, 2), 2),
    ((2, 3), (3, 4), 1),
    ((2, 3), (4,), 0),
    ((2, 3, 4), (4, 3, 2), ([1, 2], [1, 0])),
    ((2, 3, 4), (2, 5), ([0], [0])),
    ((2, 3), (3, 2), ([0, 1], [1, 0])),
]
OTHER = {
    'dot': (jnp.dot, [((2, 3), (3,)), ((2, 3, 4), (2, 4, 3)), ((), (2, 3)), ((3,), (3,))]),
    'vdot': (jnp.vdot, [((2, 3), (2, 3))]),
    'inner': (jnp.inner, [((2, 3), (4, 3)), ((3,), (3,)), ((2, 3), ())]),
    'outer': (jnp.outer, [((2,), (3,)), ((2, 2), (3,))]),
    'kron': (jnp.kron, [((2, 2), (2, 3)), ((2,), (3,))]),
    'vecdot': (jnp.vecdot, [((2, 3), (2, 3)), ((2, 3), (3,))]),
    'cross': (jnp.cross, [((3,), (3,)), ((2, 3), (3,))]),
}


def case(fn, f, shapes, params):
    args = [ramp(*s, seed=i + 1, dtype=np.float64) for i, s in enumerate(shapes)]
    out, pull = jax.vjp(f, *map(jnp.asarray, args))
    ct = ramp(*out.shape, seed=9, dtype=np.float64)
    f32 = lambda a: encode(np.asarray(a, np.float32))
    return {
        'fn': fn,
        'params': params,
        'args': [f32(a) for a in args],
        'ct': f32(ct),
        'out': f32(out),
        'grads': [f32(g) for g in pull(jnp.asarray(ct))],
    }


def refused():
    """Calls that must throw."""
    out = {}
    z = jnp.zeros
    for name, f in {
        'matmul (2,3) (4,5)': lambda: jnp.matmul(z((2, 3)), z((4, 5))),
        'matmul scalar': lambda: jnp.matmul(2.0, z((2, 3))),
        'matmul (2,2,3) (3,3,4)': lambda: jnp.matmul(z((2, 2, 3)), z((3, 3, 4))),
        'einsum ij,jk of (2,3) (4,5)': lambda: jnp.einsum('ij,jk', z((2, 3)), z((4, 5))),
        'einsum ij->ijk': lambda: jnp.einsum('ij->ijk', z((2, 3))),
        'einsum ij of a vector': lambda: jnp.einsum('ij->i', z(3)),
        'dot (2,3) (2,3)': lambda: jnp.dot(z((2, 3)), z((2, 3))),
    }.items():
        try:
            f()
            out[name] = None
        except Exception as e:
            out[name] = error(e)
    return out


def dtypes():
    """Integer, mixed and low-precision products: value and dtype."""
    i = jnp.array([[1, 2], [3, 2**31 - 1]], jnp.int32)
    f = jnp.array([[0.5, 1.0], [2.0, -3.0]], jnp.float32)
    t = jnp.array([[True, False], [True, True]])
    h = f.astype(jnp.bfloat16)
    cases = {
        'int32 @ int32': lambda: i @ i,
        'int32 @ float32': lambda: i @ f,
        'bool @ bool': lambda: t @ t,
        'bool @ float32': lambda: t @ f,
        'bfloat16 @ bfloat16': lambda: h @ h,
        'bfloat16 @ float32': lambda: h @ f,
        'matmul(bfloat16, bfloat16, preferred float32)': lambda: jnp.matmul(h, h, preferred_element_type=jnp.float32),
        'int8 @ int8': lambda: i[:1].astype(jnp.int8) @ jnp.full((2, 1), 100, jnp.int8),
        'dot_general(int8, int8, preferred int32)': lambda: lax.dot_general(
            i[:1].astype(jnp.int8), jnp.full((2, 1), 100, jnp.int8), (((1,), (0,)), ((), ())), preferred_element_type=jnp.int32
        ),
        'uint8 @ uint8': lambda: jnp.full((1, 2), 200, jnp.uint8) @ jnp.full((2, 1), 2, jnp.uint8),
        'float16 @ float16': lambda: f.astype(jnp.float16) @ f.astype(jnp.float16),
    }
    return {'i': encode(i), 'f': encode(f), 't': encode(t), **{k: encode(g()) for k, g in cases.items()}}


def main() -> None:
    body = {}
    with jax.enable_x64(True):
        body['dot_general'] = {
            n: case('dot_general', lambda a, b, d=d: lax.dot_general(a, b, d), (x, y), {'dimension_numbers': d})
            for n, (x, y, d) in DOT.items()
        }
        body['matmul'] = {f'{x} {y}': case('matmul', jnp.matmul, (x, y), {}) for x, y in MATMUL}
        body['einsum'] = {s: case('einsum', lambda *a, s=s: jnp.einsum(s, *a), shapes, {'subscripts': s}) for s, shapes in EINSUM.items()}
        body['tensordot'] = {
            f'{x} {y} {axes}': case('tensordot', lambda a, b, axes=axes: jnp.tensordot(a, b, axes), (x, y), {'axes': axes})
            for x, y, axes in TENSORDOT
        }
        body['other'] = {f'{n} {x} {y}': case(n, f, (x, y), {}) for n, (f, shapes) in OTHER.items() for x, y in shapes}
    body['refused'] = refused()
    body['dtypes'] = dtypes()
    write('dot.json', 'Contractions with gradients: cotangent ct, grads with respect to each argument.', body)


if __name__ == '__main__':
    main()
