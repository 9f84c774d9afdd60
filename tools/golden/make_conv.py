"""Writes conv.json: lax.conv_general_dilated in 1, 2 and 3 dimensions and the pools of flax.nnx, with gradients.

`conv` cases: {lhs, rhs, params, ct, out, dlhs, drhs}: `ct` is the cotangent of the output, `dlhs` and `drhs` are the gradients.
Values are computed in float64 and written as float32 decimals. Each was compared with a plain NumPy loop before writing
(XLA on CPU is wrong for some negative padding). `pool` cases: {fn, x, params, ct, out, dx}. `conv_transpose` is as `conv`; `xla_wrong` names the cases left out.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax

from common import encode, ramp, write

LETTERS = {1: 'H', 2: 'HW', 3: 'DHW'}


def numbers(nd, layout):
    s = LETTERS[nd]
    return ('N' + s + 'C', s + 'IO', 'N' + s + 'C') if layout == 'last' else ('NC' + s, 'OI' + s, 'NC' + s)


def naive(lhs, rhs, strides, pads, ld, rd, fg, bg):
    """The definition, on N C spatial and O I spatial, by loops."""
    nd = lhs.ndim - 2
    n, c = lhs.shape[:2]
    o = rhs.shape[0]
    dil = [(s - 1) * d + 1 if s else 0 for s, d in zip(lhs.shape[2:], ld, strict=True)]
    x = np.zeros((n, c, *dil))
    x[(..., *[slice(None, None, d) for d in ld])] = lhs
    for ax, (lo, hi) in enumerate(pads):
        width = [(0, 0)] * x.ndim
        width[ax + 2] = (max(lo, 0), max(hi, 0))
        x = np.pad(x, width)
        cut = [slice(None)] * x.ndim
        cut[ax + 2] = slice(max(-lo, 0), x.shape[ax + 2] - max(-hi, 0))
        x = x[tuple(cut)]
    out_sp = [(s - ((k - 1) * d + 1)) // t + 1 for s, k, d, t in zip(x.shape[2:], rhs.shape[2:], rd, strides, strict=True)]
    out = np.zeros((n // bg, o, *out_sp))
    groups = fg * bg
    og = o // groups
    ig = rhs.shape[1]
    for b in range(n // bg):
        for oc in range(o):
            g = oc // og
            row = b + (g * (n // bg) if bg > 1 else 0)
            c0 = g * ig if bg == 1 else 0
            for pos in itertools.product(*map(range, out_sp)):
                total = 0.0
                for k in itertools.product(*map(range, rhs.shape[2:])):
                    at = tuple(p * t + q * d for p, t, q, d in zip(pos, strides, k, rd, strict=True))
                    total += float(x[(row, slice(c0, c0 + ig), *at)] @ rhs[(oc, slice(None), *k)])
                out[(b, oc, *pos)] = total
    assert nd == len(out_sp)
    return out


def one(nd, layout, lhs_ncs, rhs_ois, strides, padding, ld=None, rd=None, fg=1, bg=1, seed=0):
    """Shapes are given as N C spatial and O I spatial and permuted to the layout."""
    ld, rd = ld or (1,) * nd, rd or (1,) * nd
    dn = numbers(nd, layout)
    x = ramp(*lhs_ncs, seed=seed, dtype=np.float64)
    w = ramp(*rhs_ois, seed=seed + 1, dtype=np.float64, lo=-1, hi=1)
    to = (0, *range(2, nd + 2), 1) if layout == 'last' else tuple(range(nd + 2))
    tow = (*range(2, nd + 2), 1, 0) if layout == 'last' else tuple(range(nd + 2))
    lhs, rhs = x.transpose(to), w.transpose(tow)

    def f(a, b):
        return lax.conv_general_dilated(
            a, b, strides, padding, ld, rd, dn, feature_group_count=fg, batch_group_count=bg, precision=lax.Precision.HIGHEST
        )

    out, pull = jax.vjp(f, jnp.asarray(lhs), jnp.asarray(rhs))
    ct = ramp(*out.shape, seed=seed + 2, dtype=np.float64, lo=-1, hi=1)
    dl, dr = pull(jnp.asarray(ct))
    if isinstance(padding, str):
        sp = [(s - 1) * d + 1 for s, d in zip(lhs_ncs[2:], ld, strict=True)]
        kn = [(k - 1) * d + 1 for k, d in zip(rhs_ois[2:], rd, strict=True)]
        pads = lax.padtype_to_pads(sp, kn, strides, padding)
    else:
        pads = padding
    want = naive(x, w, strides, pads, ld, rd, fg, bg)
    got = np.asarray(out).transpose((0, nd + 1, *range(1, nd + 1))) if layout == 'last' else np.asarray(out)
    trusted = want.shape == got.shape and np.allclose(want, got, atol=1e-9)
    # the gradients, by linearity: <ct, f(dx, w)> = <dl, dx> for two directions each, by the plain loop
    if trusted:
        back = (lambda a: a.transpose((0, nd + 1, *range(1, nd + 1)))) if layout == 'last' else (lambda a: a)
        backw = (lambda a: a.transpose((nd + 1, nd, *range(nd)))) if layout == 'last' else (lambda a: a)
        for t in range(2):
            dx = ramp(*lhs_ncs, seed=90 + t, dtype=np.float64)
            dw = ramp(*rhs_ois, seed=95 + t, dtype=np.float64)
            ctn = back(ct)
            trusted &= bool(
                np.isclose((ctn * naive(dx, w, strides, pads, ld, rd, fg, bg)).sum(), (back(np.asarray(dl)) * dx).sum(), atol=1e-8)
            )
            trusted &= bool(
                np.isclose((ctn * naive(x, dw, strides, pads, ld, rd, fg, bg)).sum(), (backw(np.asarray(dr)) * dw).sum(), atol=1e-8)
            )
    f32 = lambda a: encode(np.asarray(a, np.float32))
    return trusted, {
        'params': {
            'window_strides': strides,
            'padding': padding,
            'lhs_dilation': ld,
            'rhs_dilation': rd,
            'dimension_numbers': dn,
            'feature_group_count': fg,
            'batch_group_count': bg,
        },
        'lhs': f32(lhs),
        'rhs': f32(rhs),
        'ct': f32(ct),
        'out': f32(out),
        'dlhs': f32(dl),
        'drhs': f32(dr),
    }


def conv_cases():
    t = {}

    def add(name, nd, lhs, rhs, strides, padding, layouts=('last', 'first'), **kw):
        for layout in layouts:
            t[f'{nd}d {numbers(nd, layout)[0]} {name}'] = (nd, layout, lhs, rhs, strides, padding, kw)

    both = ('last', 'first')
    last = ('last',)
    first = ('first',)
    # one dimension
    add('valid', 1, (2, 2, 6), (3, 2, 3), (1,), 'VALID')
    add('same', 1, (2, 2, 6), (3, 2, 3), (1,), 'SAME', both)
    add('same, even kernel', 1, (1, 2, 5), (2, 2, 4), (1,), 'SAME', first)
    add('same, stride 2', 1, (2, 2, 6), (3, 2, 3), (2,), 'SAME', last)
    add('same lower, stride 2', 1, (2, 2, 6), (3, 2, 3), (2,), 'SAME_LOWER', first)
    add('stride 3, remainder', 1, (1, 2, 9), (2, 2, 2), (3,), 'VALID', first)
    add('padding (2,1)', 1, (1, 2, 5), (2, 2, 3), (1,), ((2, 1),), last)
    add('padding (3,4) beyond the kernel', 1, (1, 1, 4), (2, 1, 2), (2,), ((3, 4),), first)
    add('padding (-1,0)', 1, (1, 2, 6), (2, 2, 3), (1,), ((-1, 0),), first)
    add('padding (-1,2)', 1, (1, 2, 6), (2, 2, 3), (2,), ((-1, 2),), first)
    add('padding (-2,-1)', 1, (1, 2, 8), (2, 2, 3), (1,), ((-2, -1),), last)
    add('padding (2,-1)', 1, (1, 2, 6), (2, 2, 3), (1,), ((2, -1),), last)
    add('rhs dilation 2', 1, (1, 2, 8), (2, 2, 3), (1,), ((1, 2),), rd=(2,))
    add('rhs dilation 2, stride 2', 1, (1, 2, 9), (2, 2, 3), (2,), 'SAME', last, rd=(2,))
    add('lhs dilation 2', 1, (1, 2, 4), (2, 2, 3), (1,), ((2, 2),), ld=(2,))
    add('lhs dilation 3, stride 2, rhs dilation 2', 1, (1, 2, 4), (2, 2, 2), (2,), ((1, 1),), first, ld=(3,), rd=(2,))
    add('lhs dilation 2, padding (-1,0)', 1, (1, 2, 5), (2, 2, 3), (1,), ((-1, 0),), first, ld=(2,))
    add('feature groups 2', 1, (2, 4, 5), (6, 2, 3), (1,), 'SAME', feature_groups=2)
    add('depthwise', 1, (1, 3, 6), (6, 1, 3), (2,), 'SAME', last, feature_groups=3)
    add('batch groups 2', 1, (4, 2, 5), (4, 2, 3), (1,), 'VALID', batch_groups=2)
    add('batch groups 3, stride 2, padding', 1, (3, 2, 6), (3, 2, 3), (2,), ((1, 1),), first, batch_groups=3)
    add('kernel 1', 1, (2, 3, 4), (2, 3, 1), (1,), 'VALID', last)
    # two dimensions
    add('valid', 2, (2, 2, 5, 4), (3, 2, 3, 2), (1, 1), 'VALID')
    add('same', 2, (2, 2, 4, 5), (3, 2, 3, 3), (1, 1), 'SAME')
    add('same, even kernel, strides (2,1)', 2, (1, 2, 5, 4), (2, 2, 2, 4), (2, 1), 'SAME')
    add('strides (2,3)', 2, (1, 2, 7, 8), (2, 2, 3, 3), (2, 3), 'VALID', last)
    add('padding ((1,0),(0,2)), strides (2,2)', 2, (1, 2, 5, 5), (2, 2, 3, 3), (2, 2), ((1, 0), (0, 2)))
    add('padding ((-1,0),(1,-1))', 2, (1, 2, 6, 6), (2, 2, 3, 3), (1, 1), ((-1, 0), (1, -1)), first)
    add('padding ((-1,-1),(0,-2)), strides (2,1)', 2, (1, 1, 7, 7), (2, 1, 3, 2), (2, 1), ((-1, -1), (0, -2)), last)
    add('rhs dilation (2,1)', 2, (1, 2, 6, 5), (2, 2, 3, 2), (1, 1), 'SAME', rd=(2, 1))
    add('rhs dilation (2,3), strides (2,2)', 2, (1, 1, 8, 9), (2, 1, 2, 2), (2, 2), 'VALID', last, rd=(2, 3))
    add('lhs dilation (2,2)', 2, (1, 2, 3, 3), (2, 2, 3, 3), (1, 1), ((2, 2), (1, 1)), ld=(2, 2))
    add(
        'lhs dilation (2,3), strides (3,2), rhs dilation (1,2)',
        2,
        (1, 2, 4, 3),
        (2, 2, 2, 2),
        (3, 2),
        ((1, 1), (2, 0)),
        first,
        ld=(2, 3),
        rd=(1, 2),
    )
    add('feature groups 2, strides (2,2)', 2, (2, 4, 5, 5), (4, 2, 3, 3), (2, 2), 'SAME', feature_groups=2)
    add('depthwise', 2, (1, 3, 4, 4), (3, 1, 3, 3), (1, 1), 'SAME', feature_groups=3)
    add(
        'feature groups 2, rhs dilation, lhs dilation',
        2,
        (1, 4, 4, 4),
        (2, 2, 2, 2),
        (1, 1),
        ((1, 1), (1, 1)),
        first,
        feature_groups=2,
        ld=(2, 1),
        rd=(1, 2),
    )
    add('batch groups 2', 2, (4, 2, 4, 4), (4, 2, 3, 3), (1, 1), 'SAME', batch_groups=2)
    add('kernel 1x1, strides (2,2)', 2, (2, 3, 4, 4), (2, 3, 1, 1), (2, 2), 'VALID', last)
    add('kernel larger than the input, same', 2, (1, 1, 2, 3), (2, 1, 5, 4), (1, 1), 'SAME', first)
    add('full kernel', 2, (2, 2, 3, 3), (3, 2, 3, 3), (1, 1), 'VALID', first)
    add('pointwise batch 1 to 5 channels', 2, (1, 1, 3, 3), (5, 1, 2, 2), (1, 1), 'VALID', last)
    # three dimensions
    add('valid', 3, (1, 2, 3, 4, 3), (2, 2, 2, 2, 2), (1, 1, 1), 'VALID')
    add('same, strides (2,1,2)', 3, (1, 1, 4, 3, 4), (2, 1, 3, 2, 3), (2, 1, 2), 'SAME', last)
    add('padding and rhs dilation', 3, (1, 1, 4, 4, 3), (2, 1, 2, 2, 2), (1, 2, 1), ((1, 0), (1, 1), (0, 1)), first, rd=(2, 1, 1))
    add('lhs dilation (2,1,2)', 3, (1, 1, 2, 3, 2), (2, 1, 2, 2, 2), (1, 1, 1), ((1, 1), (0, 0), (1, 1)), first, ld=(2, 1, 2))
    add('feature groups 2', 3, (1, 2, 3, 3, 3), (2, 1, 2, 2, 2), (1, 1, 1), 'SAME', last, feature_groups=2)
    return t


def transposes():
    """lax.conv_transpose, channels last."""
    out = {}
    for name, nd, xs, ws, strides, padding, kw in (
        ('1d k3 s2 SAME', 1, (1, 4, 2), (3, 2, 3), (2,), 'SAME', {}),
        ('1d k3 s2 VALID', 1, (1, 4, 2), (3, 2, 3), (2,), 'VALID', {}),
        ('1d k2 s3 SAME', 1, (1, 3, 2), (2, 2, 3), (3,), 'SAME', {}),
        ('1d k2 s3 VALID', 1, (1, 3, 2), (2, 2, 3), (3,), 'VALID', {}),
        ('1d k3 s2 (1,2)', 1, (1, 4, 2), (3, 2, 3), (2,), ((1, 2),), {}),
        ('1d k3 s1 SAME dilation 2', 1, (1, 5, 2), (3, 2, 3), (1,), 'SAME', {'rhs_dilation': (2,)}),
        ('1d k3 s2 SAME transpose_kernel', 1, (1, 4, 2), (3, 3, 2), (2,), 'SAME', {'transpose_kernel': True}),
        ('2d k3 s2 SAME', 2, (1, 3, 3, 2), (3, 3, 2, 2), (2, 2), 'SAME', {}),
        ('2d k(2,4) s(2,1) VALID', 2, (1, 3, 2, 1), (2, 4, 1, 2), (2, 1), 'VALID', {}),
    ):
        x, w = ramp(*xs, seed=3, dtype=np.float64), ramp(*ws, seed=4, dtype=np.float64)
        dn = numbers(nd, 'last')
        y, pull = jax.vjp(
            lambda a, b: lax.conv_transpose(a, b, strides, padding, dimension_numbers=dn, **kw), jnp.asarray(x), jnp.asarray(w)
        )
        ct = ramp(*y.shape, seed=5, dtype=np.float64)
        dx, dw = pull(jnp.asarray(ct))
        f32 = lambda a: encode(np.asarray(a, np.float32))
        params = {'strides': strides, 'padding': padding, 'dimension_numbers': dn, **kw}
        out[name] = {'params': params, 'lhs': f32(x), 'rhs': f32(w), 'ct': f32(ct), 'out': f32(y), 'dlhs': f32(dx), 'drhs': f32(dw)}
    return out


def pools():
    ties = np.round(ramp(2, 5, 6, 2, seed=6, lo=0, hi=3, digits=0)).astype(np.float32)
    smooth = ramp(2, 5, 6, 2, seed=7)
    line = ramp(2, 7, 3, seed=8)
    cube = ramp(1, 3, 4, 3, 2, seed=9)
    shapes = {
        '2x2/2': (smooth, (2, 2), (2, 2), 'VALID'),
        '2x2 default strides': (smooth, (2, 2), None, 'VALID'),
        '3x3/2 SAME': (smooth, (3, 3), (2, 2), 'SAME'),
        '3x2/(1,2) SAME': (smooth, (3, 2), (1, 2), 'SAME'),
        '3x3 explicit': (smooth, (3, 3), (2, 1), ((1, 1), (0, 2))),
        '2x2/2 ties': (ties, (2, 2), (2, 2), 'VALID'),
        '3x3/1 SAME ties': (ties, (3, 3), (1, 1), 'SAME'),
        '1d 3/2 SAME': (line, (3,), (2,), 'SAME'),
        '1d 2 VALID': (line, (2,), None, 'VALID'),
        '3d 2x2x2': (cube, (2, 2, 2), (1, 2, 1), 'SAME'),
    }
    out = {}
    for name, (x, window, strides, padding) in shapes.items():
        fns = {
            'avg_pool': ({}, lambda a: nnx.avg_pool(a, window, strides, padding)),
            'avg_pool without padding': (
                {'count_include_pad': False},
                lambda a: nnx.avg_pool(a, window, strides, padding, count_include_pad=False),
            ),
            'max_pool': ({}, lambda a: nnx.max_pool(a, window, strides, padding)),
            'min_pool': ({}, lambda a: nnx.min_pool(a, window, strides, padding)),
        }
        for fn, (extra, f) in fns.items():
            if extra and padding == 'VALID':
                continue
            y, pull = jax.vjp(f, jnp.asarray(x, jnp.float32))
            ct = ramp(*y.shape, seed=10)
            (dx,) = pull(jnp.asarray(ct))
            params = {'window_shape': window, 'strides': strides, 'padding': padding, **extra}
            out[f'{fn} {name}'] = {
                'fn': fn.split()[0],
                'params': params,
                'x': encode(x),
                'ct': encode(ct),
                'out': encode(y),
                'dx': encode(dx),
            }
    return out


def main() -> None:
    conv, dropped = {}, []
    with jax.enable_x64(True):
        for i, (name, (nd, layout, lhs, rhs, strides, padding, kw)) in enumerate(conv_cases().items()):
            kw = dict(kw)
            fg, bg = kw.pop('feature_groups', 1), kw.pop('batch_groups', 1)
            trusted, data = one(nd, layout, lhs, rhs, strides, padding, fg=fg, bg=bg, seed=10 * i, **kw)
            if trusted:
                conv[name] = data
            else:
                dropped.append(name)
                print('dropped, XLA disagrees with the definition:', name)
        transposed = transposes()
    with jax.enable_x64(False):
        pool = pools()
    body = {'conv': conv, 'conv_transpose': transposed, 'pool': pool, 'xla_wrong': dropped}
    write('conv.json', 'Convolutions and pools with gradients: cotangent ct, gradients dlhs, drhs, dx.', body)


if __name__ == '__main__':
    main()
