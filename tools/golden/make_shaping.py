"""Writes shaping.json: shape, index, sort and scatter functions: values, and gradients of the float operands.

`inputs` holds named arrays. `cases` entries are {fn, operands, params, out, ct?, grads?}: `operands` are names of inputs in call
order; `grads` are the gradients of sum(ct * out) with respect to the float operands in `wrt` (float64 arithmetic, written
as float32). Where an output has several parts (top_k, sort with several operands) `out` is a list, and so is `ct`
(null for integer parts).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import encode, error, ramp, write

I32 = np.int32
INPUTS = {
    'a': ramp(2, 3, 4, seed=1),
    'm': ramp(3, 4, seed=2),
    'sq': ramp(4, 4, seed=3),
    'v': ramp(6, seed=4),
    'u23': ramp(2, 3, seed=5),
    'u2': ramp(2, seed=6),
    'u4': ramp(4, seed=7),
    'u34': ramp(3, 4, seed=8),
    's': np.float32(1.5),
    'ties': np.array([2.0, 1.0, 2.0, 0.0, 1.0, 2.0, -1.0], np.float32),
    'ties2': np.array([[1.0, 0.0, 1.0, 2.0], [3.0, 3.0, 3.0, 3.0], [-1.0, 2.0, 2.0, -1.0]], np.float32),
    'odd': np.array([np.nan, 1.0, -np.inf, np.inf, -0.0, 0.0, np.nan, -1.0], np.float32),
    'i': np.array([5, -3, 0, 7, 5, 2**31 - 1, -(2**31), 1], I32),
    'empty': np.zeros((0, 4), np.float32),
    'idx': np.array([0, 2, 1, 2], I32),
    'neg': np.array([-1, 0, -3, 2], I32),
    'oob': np.array([0, 3, -4, 100, -100, 2], I32),
    'negu': np.array([-1, 0, -2], I32),
    'dup': np.array([1, 1, 0, 1], I32),
    'idx2': np.array([[0, 2], [1, 1]], I32),
    'along': np.array([[0, 3, 3], [1, 0, 2], [2, 2, -1]], I32),
    'alongoob': np.array([[0, 4], [1, -5], [7, 2]], I32),
    'cls': np.array([0, 2, 3, -1, 4, 1], I32),
    'b': np.array([True, False, True, True]),
}
CASES = {}


def case(name, fn, operands, params, f, wrt=()):
    """f takes the operands; wrt are positions of float operands."""
    assert name not in CASES, name
    CASES[name] = (fn, operands.split(), params, f, wrt)


def moves():
    for shape in ((4, 6), (24,), (2, 1, 12), (-1, 3)):
        case(f'reshape{shape}', 'reshape', 'a', {'shape': shape}, lambda a, s=shape: a.reshape(s), (0,))
    for perm in ((2, 0, 1), (1, 0, 2), (0, 1, 2), None):
        case(f'transpose{perm}', 'transpose', 'a', {'axes': perm}, lambda a, p=perm: jnp.transpose(a, p), (0,))
    case('moveaxis(0,2)', 'moveaxis', 'a', {'source': 0, 'destination': 2}, lambda a: jnp.moveaxis(a, 0, 2), (0,))
    case('swapaxes(0,-1)', 'swapaxes', 'a', {'axis1': 0, 'axis2': -1}, lambda a: jnp.swapaxes(a, 0, -1), (0,))
    for shape in ((2, 3, 4), (5, 3, 4), (2, 1, 3, 4)):
        case(f'broadcast_to(m,{shape})', 'broadcast_to', 'm', {'shape': shape}, lambda m, s=shape: jnp.broadcast_to(m, s), (0,))
    case('broadcast_to(s,(2,2))', 'broadcast_to', 's', {'shape': (2, 2)}, lambda s: jnp.broadcast_to(s, (2, 2)), (0,))
    case(
        'broadcast_in_dim(u2,(3,2,4),(1,))',
        'broadcast_in_dim',
        'u2',
        {'shape': (3, 2, 4), 'broadcast_dimensions': (1,)},
        lambda u: lax.broadcast_in_dim(u, (3, 2, 4), (1,)),
        (0,),
    )
    case('broadcast add m+u4', 'add', 'm u4', {}, lambda m, u: m + u, (0, 1))
    case('expand_dims', 'expand_dims', 'm', {'axis': (0, -1)}, lambda m: jnp.expand_dims(m, (0, -1)), (0,))
    pads = {
        'positive': ((1, 2, 0), (0, 1, 0)),
        'negative': ((-1, 0, 0), (0, -2, 0)),
        'interior': ((0, 0, 1), (1, 1, 2)),
        'mixed': ((-1, 2, 2), (2, -1, 1)),
        'negative with interior': ((-2, -1, 1), (-1, -2, 1)),
        'to nothing': ((-2, -1, 0), (0, 0, 0)),
    }
    for n, c in pads.items():
        case(f'lax.pad {n}', 'lax.pad', 'm s', {'padding_config': c}, lambda m, s, c=c: lax.pad(m, s, c), (0, 1))
    for mode in ('constant', 'edge', 'reflect', 'symmetric', 'wrap', 'linear_ramp', 'maximum', 'mean', 'empty'):
        if mode != 'empty':
            case(
                f'jnp.pad {mode}',
                'jnp.pad',
                'm',
                {'pad_width': ((1, 2), (2, 1)), 'mode': mode},
                lambda m, d=mode: jnp.pad(m, ((1, 2), (2, 1)), mode=d),
                (0,),
            )
    for n, (st, li, sr) in {'plain': ((1, 0), (3, 3), None), 'strides': ((0, 1), (3, 4), (2, 3)), 'empty': ((1, 2), (1, 4), None)}.items():
        case(
            f'lax.slice {n}',
            'lax.slice',
            'm',
            {'start': st, 'limit': li, 'strides': sr},
            lambda m, st=st, li=li, sr=sr: lax.slice(m, st, li, sr),
            (0,),
        )
    index = {
        'v[1:5:2]': ('v', lambda v: v[1:5:2]), 'v[::-1]': ('v', lambda v: v[::-1]), 'v[4:0:-2]': ('v', lambda v: v[4:0:-2]), 'v[-3:]': ('v', lambda v: v[-3:]), 'v[10:]': ('v', lambda v: v[10:]),
        'v[-1]': ('v', lambda v: v[-1]), 'v[3:1]': ('v', lambda v: v[3:1]), 'a[1]': ('a', lambda a: a[1]), 'a[...,1]': ('a', lambda a: a[..., 1]), 'a[:,None,1:]': ('a', lambda a: a[:, None, 1:]),
        'a[0,::2,::-2]': ('a', lambda a: a[0, ::2, ::-2]), 'a[-1,...,-1]': ('a', lambda a: a[-1, ..., -1]),
    }  # fmt: skip
    for n, (x, f) in index.items():
        case(n, 'index', x, {}, f, (0,))
    fancy = {
        'm[idx]': ('m idx', lambda m, i: m[i]), 'm[neg]': ('m neg', lambda m, i: m[i]), 'm[oob] (clamps)': ('m oob', lambda m, i: m[i]), 'm[:,idx]': ('m idx', lambda m, i: m[:, i]), 'a[:,idx2]': ('a idx2', lambda a, i: a[:, i]),
        'a[idx2[0]%2,:,idx2]': ('a idx2', lambda a, i: a[i[0] % 2, :, i]), 'a[1,:,idx]': ('a idx', lambda a, i: a[1, :, i]), 'm[idx[:3],idx[:3]]': ('m idx', lambda m, i: m[i[:3], i[:3]]),
        'm[idx[:3,None],idx[None]]': ('m idx', lambda m, i: m[i[:3, None], i[None]]), 'v[idx2]': ('v idx2', lambda v, i: v[i]),
    }  # fmt: skip
    for n, (x, f) in fancy.items():
        case(n, 'index', x, {}, f, (0,))
    for axis in (0, 1, -1):
        case(
            f'concatenate axis {axis}',
            'concatenate',
            'm u34 m',
            {'axis': axis},
            lambda x, y, z, k=axis: jnp.concatenate([x, y, z], k),
            (0, 1, 2),
        )
        case(f'stack axis {axis}', 'stack', 'm u34', {'axis': axis}, lambda x, y, k=axis: jnp.stack([x, y], k), (0, 1))
    case('concatenate with empty', 'concatenate', 'empty m', {'axis': 0}, lambda e, m: jnp.concatenate([e, m], 0), (1,))
    case('split 2 axis 2', 'split', 'a', {'indices_or_sections': 2, 'axis': 2}, lambda a: jnp.split(a, 2, 2), (0,))
    case('split [1,4] of v', 'split', 'v', {'indices_or_sections': [1, 4]}, lambda v: jnp.split(v, [1, 4]), (0,))
    case('array_split 4 of v', 'array_split', 'v', {'indices_or_sections': 4}, lambda v: jnp.array_split(v, 4), (0,))
    case('tile (2,3)', 'tile', 'u23', {'reps': (2, 3)}, lambda u: jnp.tile(u, (2, 3)), (0,))
    case('repeat 2 axis 1', 'repeat', 'u23', {'repeats': 2, 'axis': 1}, lambda u: jnp.repeat(u, 2, 1), (0,))
    case(
        'repeat [1,0,2] axis 1',
        'repeat',
        'u23',
        {'repeats': [1, 0, 2], 'axis': 1},
        lambda u: jnp.repeat(u, jnp.array([1, 0, 2]), 1, total_repeat_length=3),
        (0,),
    )
    for dims in ((0,), (0, 2)):
        case(f'lax.rev {dims}', 'lax.rev', 'a', {'dimensions': dims}, lambda a, d=dims: lax.rev(a, d), (0,))
    case('roll 2', 'roll', 'm', {'shift': 2}, lambda m: jnp.roll(m, 2), (0,))
    case('roll (1,-1) axes (0,1)', 'roll', 'm', {'shift': (1, -1), 'axis': (0, 1)}, lambda m: jnp.roll(m, (1, -1), (0, 1)), (0,))
    case('rot90', 'rot90', 'm', {}, lambda m: jnp.rot90(m), (0,))
    for k in (0, 1, -1, 5):
        case(f'tril {k}', 'tril', 'sq', {'k': k}, lambda m, k=k: jnp.tril(m, k), (0,))
        case(f'triu {k}', 'triu', 'a', {'k': k}, lambda m, k=k: jnp.triu(m, k), (0,))
        case(f'diag {k} of v', 'diag', 'u4', {'k': k}, lambda m, k=k: jnp.diag(m, k), (0,))
    case('diag of m', 'diag', 'm', {}, jnp.diag, (0,))
    case('diagonal of a (1,2)', 'diagonal', 'a', {'offset': 0, 'axis1': 1, 'axis2': 2}, lambda a: jnp.diagonal(a, 0, 1, 2), (0,))
    case('trace', 'trace', 'm', {}, jnp.trace, (0,))
    case('eye(2,3,k=1)', 'eye', '', {'N': 2, 'M': 3, 'k': 1}, lambda: jnp.eye(2, 3, 1))
    case('one_hot(cls,4)', 'one_hot', 'cls', {'num_classes': 4}, lambda c: jax.nn.one_hot(c, 4))
    case('one_hot(cls,4,axis=0)', 'one_hot', 'cls', {'num_classes': 4, 'axis': 0}, lambda c: jax.nn.one_hot(c, 4, axis=0))
    case('meshgrid xy', 'meshgrid', 'u2 u4', {'indexing': 'xy'}, lambda x, y: jnp.meshgrid(x, y), (0, 1))
    case('where(b,u4,s)', 'where', 'b u4 s', {}, jnp.where, (1, 2))
    case('select_n', 'lax.select_n', 'idx u4 m', {}, lambda i, u, m: lax.select_n(i, u, m[0], m[1]), (1, 2))
    case('unravel_index', 'unravel_index', 'idx', {'shape': (2, 2)}, lambda i: jnp.unravel_index(i, (2, 2)))
    case('squeeze', 'squeeze', 'a', {}, lambda a: jnp.squeeze(a[:1], 0), (0,))


def gathers():
    for mode in ('fill', 'clip', 'wrap'):
        for ix in ('idx', 'neg', 'oob'):
            for axis in (0, 1):
                p = {'axis': axis, 'mode': mode}
                case(f'take(m,{ix},{axis},{mode})', 'take', f'm {ix}', p, lambda m, i, k=axis, d=mode: jnp.take(m, i, k, mode=d), (0,))
        case(
            f'take(m,oob,axis=None,{mode})',
            'take',
            'm oob',
            {'axis': None, 'mode': mode},
            lambda m, i, d=mode: jnp.take(m, i, mode=d),
            (0,),
        )
        case(f'at[oob].get({mode})', 'at.get', 'm oob', {'mode': mode}, lambda m, i, d=mode: m.at[i].get(mode=d), (0,))
        case(
            f'take_along_axis(m,alongoob,1,{mode})',
            'take_along_axis',
            'm alongoob',
            {'axis': 1, 'mode': mode},
            lambda m, i, d=mode: jnp.take_along_axis(m, i, 1, mode=d),
            (0,),
        )
    case(
        'at[oob].get(fill,7)',
        'at.get',
        'm oob',
        {'mode': 'fill', 'fill_value': 7},
        lambda m, i: m.at[i].get(mode='fill', fill_value=7),
        (0,),
    )
    case('take(i,oob) default of ints', 'take', 'i oob', {'axis': 0}, lambda x, i: jnp.take(x, i * 3, 0))
    case('take(m,oob) default', 'take', 'm oob', {'axis': 0}, lambda m, i: jnp.take(m, i, 0), (0,))
    case('take_along_axis(m,along,1)', 'take_along_axis', 'm along', {'axis': 1}, lambda m, i: jnp.take_along_axis(m, i, 1), (0,))
    case(
        'take_along_axis(m,alongoob,1) default',
        'take_along_axis',
        'm alongoob',
        {'axis': 1},
        lambda m, i: jnp.take_along_axis(m, i, 1),
        (0,),
    )
    case(
        'take_along_axis(a,along[None],2)', 'take_along_axis', 'a along', {'axis': 2}, lambda a, i: jnp.take_along_axis(a, i[None], 2), (0,)
    )
    for start in ((0, 0), (1, 2), (2, 3), (-1, -2), (-9, 9)):
        case(
            f'dynamic_slice(m,{start},(2,2))',
            'lax.dynamic_slice',
            'm',
            {'start': start, 'sizes': (2, 2)},
            lambda m, s=start: lax.dynamic_slice(m, s, (2, 2)),
            (0,),
        )
        case(
            f'dynamic_update_slice(m,u23,{start})',
            'lax.dynamic_update_slice',
            'm u23',
            {'start': start},
            lambda m, u, s=start: lax.dynamic_update_slice(m, u, s),
            (0, 1),
        )
    case(
        'dynamic_index_in_dim(m,-1,0)',
        'lax.dynamic_index_in_dim',
        'm',
        {'index': -1, 'axis': 0, 'keepdims': False},
        lambda m: lax.dynamic_index_in_dim(m, jnp.int32(-1), 0, False),
        (0,),
    )
    dn = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0, 1))
    for mode in ('clip', 'fill', 'promise_in_bounds'):
        f = lambda m, i, d=mode: lax.gather(m, i, dn, (1, 2), mode=d)
        p = {'offset_dims': (1,), 'collapsed_slice_dims': (0,), 'start_index_map': (0, 1), 'slice_sizes': (1, 2), 'mode': mode}
        case(f'lax.gather(m,idx2,{mode})', 'lax.gather', 'm idx2', p, f, (0,))
        if mode != 'promise_in_bounds':
            case(f'lax.gather(m,along[:,1:],{mode})', 'lax.gather', 'm along', p, lambda m, i, f=f: f(m, i[:, 1:]), (0,))


def scatters():
    ops = {'set': 0, 'add': 0, 'mul': 0, 'min': 0, 'max': 0}
    for op in ops:
        for ix in ('idx', 'dup', 'negu'):
            if op == 'set' and ix != 'negu':
                continue  # the winner of duplicates is not defined
            f = lambda m, u, i, op=op: getattr(m.at[i], op)(u[0])
            wrt = (0, 1) if op in ('set', 'add') or (op != 'mul' and ix == 'negu') else ()
            case(f'm.at[{ix}].{op}(u34[0])', f'at.{op}', f'm u34 {ix}', {}, f, wrt)
        for mode in ('drop', 'clip'):
            if op == 'set' and mode != 'drop':
                continue
            f = lambda m, u, i, op=op, d=mode: getattr(m.at[i], op)(u[:, :1].sum(), mode=d)
            case(f'm.at[oob].{op}(sum(u34[:,0]),mode={mode})', f'at.{op}', 'm u34 oob', {'mode': mode}, f, (0, 1) if op == 'add' else ())
    # JAX differentiates multiplication only of indices declared unique
    f = lambda m, u, i: m.at[i].mul(u[0], unique_indices=True)
    case('m.at[negu].mul(u34[0],unique_indices)', 'at.mul', 'm u34 negu', {'unique_indices': True}, f, (0, 1))
    case('m.at[oob].set(u4) default', 'at.set', 'm u4 oob', {}, lambda m, u, i: m.at[i].set(u), (0, 1))
    case('m.at[oob].add(u4) default', 'at.add', 'm u4 oob', {}, lambda m, u, i: m.at[i].add(u), (0, 1))
    case('m.at[1].set(u4)', 'at.set', 'm u4', {}, lambda m, u: m.at[1].set(u), (0, 1))
    case('m.at[-1].mul(u4)', 'at.mul', 'm u4', {}, lambda m, u: m.at[-1].mul(u), (0, 1))
    case('m.at[:,1:3].set(s)', 'at.set', 'm s', {}, lambda m, s: m.at[:, 1:3].set(s), (0, 1))
    case('m.at[::2,::-3].add(u2)', 'at.add', 'm u2', {}, lambda m, u: m.at[::2, ::-3].add(u), (0, 1))
    case('v.at[2].set(s)', 'at.set', 'v s', {}, lambda v, s: v.at[2].set(s), (0, 1))
    case('v.at[1:4].min(s)', 'at.min', 'v s', {}, lambda v, s: v.at[1:4].min(s), ())
    case('v.at[1:4].max(0)', 'at.max', 'v', {}, lambda v: v.at[1:4].max(0), ())
    case('v.at[::2].divide(s)', 'at.divide', 'v s', {}, lambda v, s: v.at[::2].divide(s), ())
    case('v.at[1:3].power(2)', 'at.power', 'v', {}, lambda v: v.at[1:3].power(2), ())
    case('v.at[0].apply(exp)', 'at.apply', 'v', {}, lambda v: v.at[0].apply(jnp.exp), ())
    case('m.at[idx[:3],idx[:3]].add(u4[:3])', 'at.add', 'm u4 idx', {}, lambda m, u, i: m.at[i[:3], i[:3]].add(u[:3]), (0, 1))
    case('m.at[[2,0],[1,3]].set(u2)', 'at.set', 'm u2', {}, lambda m, u: m.at[jnp.array([2, 0]), jnp.array([1, 3])].set(u), (0, 1))
    case('a.at[:,idx2[0]].add(u23[:,:2,None])', 'at.add', 'a u23 idx2', {}, lambda a, u, i: a.at[:, i[0]].add(u[:, :2, None]), (0, 1))
    case('i.at[dup].add(7) wraps', 'at.add', 'i dup', {}, lambda x, d: x.at[d * 5].add(7))
    case('b.at[idx].set(False)', 'at.set', 'b idx', {}, lambda b, i: b.at[i].set(False))
    case(
        'segment_sum(u34, [0,2,0], 4)',
        'segment_sum',
        'u34',
        {'segment_ids': [0, 2, 0], 'num_segments': 4},
        lambda u: jax.ops.segment_sum(u, jnp.array([0, 2, 0]), 4),
        (0,),
    )
    case(
        'segment_max(u34, [0,2,0], 4)',
        'segment_max',
        'u34',
        {'segment_ids': [0, 2, 0], 'num_segments': 4},
        lambda u: jax.ops.segment_max(u, jnp.array([0, 2, 0]), 4),
        (),
    )
    case('bincount(cls+1,length=6)', 'bincount', 'cls', {'length': 6}, lambda c: jnp.bincount(c + 1, length=6))


def sorts():
    for x in ('v', 'ties', 'odd', 'i'):
        wrt = () if x == 'i' else (0,)
        for d in (False, True):
            case(f'sort({x},descending={d})', 'sort', x, {'descending': d}, lambda a, d=d: jnp.sort(a, descending=d), wrt)
            case(f'argsort({x},descending={d})', 'argsort', x, {'descending': d}, lambda a, d=d: jnp.argsort(a, descending=d))
        case(f'top_k({x},3)', 'lax.top_k', x, {'k': 3}, lambda a: list(lax.top_k(a, 3)), wrt)
    for axis in (0, 1, None):
        case(f'sort(ties2,{axis})', 'sort', 'ties2', {'axis': axis}, lambda a, k=axis: jnp.sort(a, k), (0,))
        case(f'argsort(ties2,{axis})', 'argsort', 'ties2', {'axis': axis}, lambda a, k=axis: jnp.argsort(a, k))
    case('top_k(a,2)', 'lax.top_k', 'a', {'k': 2}, lambda a: list(lax.top_k(a, 2)), (0,))
    case('top_k(ties2,4)', 'lax.top_k', 'ties2', {'k': 4}, lambda a: list(lax.top_k(a, 4)), (0,))
    case(
        'lax.sort((ties2,u34),num_keys=1)',
        'lax.sort',
        'ties2 u34',
        {'dimension': 1, 'num_keys': 1},
        lambda a, b: list(lax.sort((a, b), dimension=1, num_keys=1)),
        (0, 1),
    )
    case(
        'lax.sort((ties2,u34),num_keys=2)',
        'lax.sort',
        'ties2 u34',
        {'dimension': 1, 'num_keys': 2},
        lambda a, b: list(lax.sort((a, b), dimension=1, num_keys=2)),
        (0, 1),
    )
    case('searchsorted left', 'searchsorted', 'v u4', {'side': 'left'}, lambda v, u: jnp.searchsorted(jnp.sort(v), u))
    case(
        'searchsorted right of ties',
        'searchsorted',
        'ties u2',
        {'side': 'right'},
        lambda t, u: jnp.searchsorted(jnp.sort(t), jnp.concatenate([u, jnp.array([2.0, 1.0, 5.0])]), side='right'),
    )
    case('median of ties2 axis 1', 'median', 'ties2', {'axis': 1}, lambda a: jnp.median(a, 1), (0,))
    case('quantile .3 of v', 'quantile', 'v', {'q': 0.3}, lambda v: jnp.quantile(v, 0.3), (0,))
    case('unique(ties,size=5,fill_value=9)', 'unique', 'ties', {'size': 5, 'fill_value': 9}, lambda t: jnp.unique(t, size=5, fill_value=9))
    case('nonzero(b,size=4)', 'nonzero', 'b', {'size': 4}, lambda b: list(jnp.nonzero(b, size=4)))
    case('diff(v)', 'diff', 'v', {}, jnp.diff, (0,))
    case('lexsort(ties2[0],ties2[2])', 'lexsort', 'ties2', {}, lambda t: jnp.lexsort((t[0], t[2])))


def parts(y):
    return list(y) if isinstance(y, (list, tuple)) else [y]


def run(fn, names, params, f, wrt):
    args = [jnp.asarray(INPUTS[n]) for n in names]
    row = {'fn': fn, 'operands': names, 'params': params}
    try:
        y = jax.jit(f)(*args)
    except Exception as e:
        return {**row, **error(e)}
    many = isinstance(y, (list, tuple))
    row['out'] = [encode(p) for p in y] if many else encode(y)
    if not wrt:
        return row
    with jax.enable_x64(True):
        wide = [
            jnp.asarray(np.asarray(INPUTS[n], np.float64)) if np.asarray(INPUTS[n]).dtype == np.float32 else jnp.asarray(INPUTS[n])
            for n in names
        ]
        floats = lambda y: [p for p in parts(y) if jnp.issubdtype(p.dtype, jnp.floating)]
        shapes = jax.eval_shape(f, *wide)
        cts = [ramp(*p.shape, seed=20 + i, dtype=np.float64) for i, p in enumerate(floats(shapes))]
        loss = lambda *a: sum(jnp.sum(jnp.where(c == 0, 0, c * p)) for c, p in zip(cts, floats(f(*a)), strict=True))
        try:
            g = jax.jit(jax.grad(loss, wrt))(*wide)
        except Exception as e:
            return {**row, 'grads': error(e)}
        left = iter(cts)
        ct = [encode(next(left).astype(np.float32)) if jnp.issubdtype(p.dtype, jnp.floating) else None for p in parts(shapes)]
        row['ct'] = ct if many else ct[0]
        row['wrt'] = list(wrt)
        row['grads'] = [encode(np.asarray(x, np.float32)) for x in g]
    return row


def main() -> None:
    for g in (moves, gathers, scatters, sorts):
        g()
    body = {'inputs': {k: encode(v) for k, v in INPUTS.items()}, 'cases': {n: run(*c) for n, c in CASES.items()}}
    write('shaping.json', 'Shapes, indices, scatters, sorts: values and gradients.', body)


if __name__ == '__main__':
    main()
