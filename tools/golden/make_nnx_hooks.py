"""Writes nnx-hooks.json: how the layers of Flax NNX multiply, promote, average over mapped axes, and scan.

Each case has the inputs, the state before (without random streams), the output, the state after, and the gradient of the
sum of the outputs times weights with respect to the parameters.
"""

import jax
import jax.numpy as jnp
from jax import lax
from flax import nnx
from flax import linen

from common import encode, ramp, write
from layer_cases import encoded, flat, part, spread, weighted

CASES = {}


def case(name, make, *xs, call=lambda m, *xs: m(*xs), grad=True):
    module = make()
    spread(module)
    entry = {'x': [encode(x) for x in xs], 'before': flat(module)}
    if grad:
        copy = nnx.clone(module)
        grads = nnx.grad(lambda m: weighted(call(m, *xs)))(copy)
        entry['grads'] = {'/'.join(map(part, p)): encode(v.get_value()) for p, v in nnx.to_flat_state(grads)}
    entry['y'] = encoded(call(module, *xs))
    entry['after'] = flat(module)
    CASES[name] = entry


def rngs():
    return nnx.Rngs(0)


def halved(arrays, *, dtype=None, inexact=True):
    return tuple(a if a is None else a.astype(jnp.float16) for a in arrays)


def doubled(a, b, dims, precision=None, **kwargs):
    return 2 * lax.dot_general(a, b, dims, precision=precision, **kwargs)


def negated(formula, a, b, precision=None, **kwargs):
    return -jnp.einsum(formula, a, b, precision=precision, **kwargs)


def tripled(a, b, *args, **kwargs):
    return 3 * lax.conv_general_dilated(a, b, *args, **kwargs)


x = jnp.asarray(ramp(3, 4, seed=1))
seq = jnp.asarray(ramp(2, 3, 4, seed=2))
img = jnp.asarray(ramp(2, 4, 5, 2, seed=3))
ids = jnp.asarray([[0, 2], [1, 1]])
f16, f32, bf16 = jnp.float16, jnp.float32, jnp.bfloat16

case('Linear preferred', lambda: nnx.Linear(4, 2, dtype=f16, preferred_element_type=f32, rngs=rngs()), x)
case('Linear dotGeneral', lambda: nnx.Linear(4, 2, dot_general=doubled, rngs=rngs()), x)
case('Linear promoteDtype', lambda: nnx.Linear(4, 2, promote_dtype=halved, rngs=rngs()), x, grad=False)
case('LinearGeneral preferred', lambda: nnx.LinearGeneral(4, (2, 2), dtype=f16, preferred_element_type=f32, rngs=rngs()), seq)
case('LinearGeneral dotGeneralCls', lambda: nnx.LinearGeneral(4, 2, dot_general_cls=lambda: doubled, rngs=rngs()), seq)
case('Einsum preferred', lambda: nnx.Einsum('bi,ij->bj', (4, 2), (2,), dtype=f16, preferred_element_type=f32, rngs=rngs()), x)
case('Einsum einsumOp', lambda: nnx.Einsum('bi,ij->bj', (4, 2), einsum_op=negated, rngs=rngs()), x)
case('Conv preferred', lambda: nnx.Conv(2, 2, (2, 2), dtype=f16, preferred_element_type=f32, rngs=rngs()), img)
case('Conv convGeneralDilated', lambda: nnx.Conv(2, 2, (2, 2), padding='VALID', conv_general_dilated=tripled, rngs=rngs()), img)
case('Conv promoteDtype', lambda: nnx.Conv(2, 2, (2, 2), promote_dtype=halved, rngs=rngs()), img, grad=False)
case('ConvTranspose preferred', lambda: nnx.ConvTranspose(2, 2, (2, 2), strides=2, dtype=f16, preferred_element_type=f32, rngs=rngs()), img)
case('Embed promoteDtype', lambda: nnx.Embed(3, 2, promote_dtype=halved, rngs=rngs()), ids, grad=False)
case('LoRA promoteDtype', lambda: nnx.LoRA(4, 2, 3, promote_dtype=halved, rngs=rngs()), x, grad=False)
case('PReLU promoteDtype', lambda: nnx.PReLU(dtype=f16, promote_dtype=halved), x, grad=False)
case('GRUCell promoteDtype', lambda: nnx.RNN(nnx.GRUCell(4, 2, promote_dtype=halved, recurrent_kernel_init=nnx.initializers.lecun_normal(), rngs=rngs())), seq, grad=False)
case(
  'MultiHeadAttention hooks',
  lambda: nnx.MultiHeadAttention(
    2, 4, decode=False, normalize_qk=True, qkv_dot_general=doubled, out_dot_general_cls=lambda: doubled, rngs=rngs()
  ),
  seq,
)
case(
  'MultiHeadAttention promoteDtypes',
  lambda: nnx.MultiHeadAttention(
    2, 4, decode=False, normalize_qk=True, qkv_promote_dtype=halved, ln_promote_dtype=halved, out_promote_dtype=halved, rngs=rngs()
  ),
  seq,
  grad=False,
)

# Statistics of all members of a mapped axis.
norms = {
  'BatchNorm': lambda **options: nnx.BatchNorm(4, rngs=rngs(), **options),
  'LayerNorm': lambda **options: nnx.LayerNorm(4, rngs=rngs(), **options),
  'RMSNorm': lambda **options: nnx.RMSNorm(4, rngs=rngs(), **options),
  'GroupNorm': lambda **options: nnx.GroupNorm(4, 2, rngs=rngs(), **options),
  'InstanceNorm': lambda **options: nnx.InstanceNorm(4, rngs=rngs(), **options),
}
wide = jnp.asarray(ramp(4, 2, 3, 4, seed=5))


def over_axis(m, x):
    graphdef, state = nnx.split(m)

    def member(x):
        inner = nnx.merge(graphdef, state, copy=True)
        return inner(x), nnx.state(inner)

    y, after = jax.vmap(member, axis_name='batch')(x)
    nnx.update(m, jax.tree.map(lambda a: a[0], after))
    return y


for name, make in norms.items():
    case(f'{name} axisName', lambda make=make: make(axis_name='batch'), wide, call=over_axis)
    case(f'{name} axisName slow', lambda make=make: make(axis_name='batch', use_fast_variance=False), wide, call=over_axis)
case('BatchNorm float16', lambda: nnx.BatchNorm(4, dtype=f16, rngs=rngs()), wide, grad=False)
case('BatchNorm promoteDtype', lambda: nnx.BatchNorm(4, promote_dtype=halved, rngs=rngs()), wide, grad=False)
case('LayerNorm promoteDtype', lambda: nnx.LayerNorm(4, promote_dtype=halved, rngs=rngs()), wide, grad=False)


class Counting(nnx.RNNCellBase):
    """Each step adds to a count; the scale may have an axis of steps."""

    def __init__(self, steps=None):
        shape = () if steps is None else (steps,)
        self.scale = nnx.Param(jnp.asarray(ramp(*shape, seed=9)) if shape else jnp.asarray(0.5))
        self.count = nnx.BatchStat(jnp.zeros((), jnp.int32))
        self.last = nnx.Cache(jnp.zeros(() if steps is None else (steps, 2)))

    def __call__(self, carry, x):
        self.count[...] += 1
        new = jnp.tanh(carry + x * self.scale[...] * self.count[...])
        if self.last[...].ndim > 0:
            self.last[...] = new.sum(0)
        return new, new

    def initialize_carry(self, input_shape, rngs=None, carry_init=None):
        return jnp.zeros(input_shape)

    @property
    def num_feature_axes(self):
        return 1


long = jnp.asarray(ramp(2, 5, 2, seed=6))
axes = nnx.StateAxes({nnx.Param: 0, nnx.Cache: 0, ...: nnx.Carry})
case('RNN stateAxes', lambda: nnx.RNN(Counting(5), state_axes=axes), long)
case('RNN stateAxes reverse', lambda: nnx.RNN(Counting(5), state_axes=axes, reverse=True, keep_order=True, return_carry=True), long)
case('RNN stateAxes shared', lambda: nnx.RNN(Counting(), state_axes=nnx.StateAxes({nnx.BatchStat: None, ...: nnx.Carry})), long)
case('RNN unroll', lambda: nnx.RNN(Counting(5), state_axes=axes, unroll=2), long)

for padding in ['SAME', 'VALID', ((0, 1), (2, 0))]:
    name = padding if isinstance(padding, str) else 'edges'
    y = linen.pool(img, 1.0, lax.mul, (2, 3), (2, 1), padding)
    CASES[f'pool {name}'] = {'x': [encode(img)], 'y': encoded(y)}

write('nnx-hooks.json', 'How layers of Flax NNX multiply, promote, average and scan', {'cases': CASES})
