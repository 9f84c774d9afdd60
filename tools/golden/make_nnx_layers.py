"""Writes nnx-layers.json: the layers of Flax NNX with their options.

Each case has the input, the state before (without random streams), the output, the state after, and the gradient of the
sum of the outputs times weights with respect to the parameters. `calls` are several calls one after the other, with what
each gives (decoding, statistics). Names of Variables are those of Flax.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from common import encode, ramp, write
from layer_cases import encoded, flat, part, spread, weighted

CASES = {}


def case(name, make, *xs, calls=1, grad=True, call=lambda m, *xs: m(*xs), prepare=lambda m: None):
    module = make()
    spread(module)
    prepare(module)
    entry = {'x': [encode(x) for x in xs], 'before': flat(module)}
    if grad:
        copy = nnx.clone(module)
        grads = nnx.grad(lambda m: weighted(call(m, *xs)))(copy)
        entry['grads'] = {'/'.join(map(part, p)): encode(v.get_value()) for p, v in nnx.to_flat_state(grads)}
    entry['ys'] = [encoded(call(module, *xs)) for _ in range(calls)]
    entry['after'] = flat(module)
    CASES[name] = entry


def rngs():
    return nnx.Rngs(0)


x = jnp.asarray(ramp(3, 4, seed=1))
seq = jnp.asarray(ramp(2, 3, 4, seed=2))
img = jnp.asarray(ramp(2, 4, 5, 2, seed=3))
lengths = np.array([2, 3], np.int32)

case('LinearGeneral axes', lambda: nnx.LinearGeneral((2, 3), (4, 2), axis=(1, -1), rngs=rngs()), jnp.asarray(ramp(2, 2, 2, 3, seed=4)))
case('LinearGeneral batch', lambda: nnx.LinearGeneral(4, 2, batch_axis={0: 2}, rngs=rngs()), seq)
case('Einsum', lambda: nnx.Einsum('...i,ihd->...hd', (4, 2, 3), (2, 3), rngs=rngs()), seq)
for padding in ('SAME', 'VALID', 'CIRCULAR'):
    for transpose in (False, True):
        case(
            f'ConvTranspose {padding} {transpose}',
            lambda padding=padding, transpose=transpose: nnx.ConvTranspose(
                2, 3, (3, 2), strides=(2, 1), padding=padding, transpose_kernel=transpose, rngs=rngs()
            ),
            img,
            grad=padding == 'CIRCULAR',
        )
case('ConvTranspose dilated', lambda: nnx.ConvTranspose(4, 2, 3, strides=3, padding=[(1, 2)], kernel_dilation=2, rngs=rngs()), seq)
case('Embed attend', lambda: nnx.Embed(5, 4, rngs=rngs()), x, call=lambda m, q: m.attend(q))

mask = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 1]], bool)
case('LayerNorm', lambda: nnx.LayerNorm(4, rngs=rngs()), x)
case('LayerNorm mask', lambda: nnx.LayerNorm(4, use_fast_variance=False, rngs=rngs()), x, call=lambda m, x: m(x, mask=mask))
case('LayerNorm axes', lambda: nnx.LayerNorm(12, reduction_axes=(1, 2), feature_axes=(1, 2), epsilon=0.1, rngs=rngs()), seq)
case('RMSNorm', lambda: nnx.RMSNorm(4, rngs=rngs()), x)
case('RMSNorm mask', lambda: nnx.RMSNorm(4, rngs=rngs()), x, call=lambda m, x: m(x, mask=mask))
case('GroupNorm', lambda: nnx.GroupNorm(4, num_groups=2, rngs=rngs()), seq)
case('GroupNorm size mask', lambda: nnx.GroupNorm(4, num_groups=None, group_size=2, rngs=rngs()), x, call=lambda m, x: m(x, mask=mask))
case('InstanceNorm', lambda: nnx.InstanceNorm(2, rngs=rngs()), img)
case('InstanceNorm axes', lambda: nnx.InstanceNorm(10, feature_axes=(2, 3), use_scale=False, rngs=rngs()), img)
case('BatchNorm mask', lambda: nnx.BatchNorm(4, momentum=0.8, rngs=rngs()), x, calls=2, call=lambda m, x: m(x, mask=mask))
case('WeightNorm', lambda: nnx.WeightNorm(nnx.Linear(4, 2, rngs=rngs()), rngs=nnx.Rngs(1)), x, calls=2)
case('WeightNorm whole', lambda: nnx.WeightNorm(nnx.Linear(4, 2, rngs=rngs()), feature_axes=None, use_scale=False, rngs=nnx.Rngs(1)), x)
case('SpectralNorm', lambda: nnx.SpectralNorm(nnx.Linear(4, 2, rngs=rngs()), n_steps=2, rngs=nnx.Rngs(1)), x, calls=2)
case('SpectralNorm conv', lambda: nnx.SpectralNorm(nnx.Conv(2, 3, (2, 2), rngs=rngs()), rngs=nnx.Rngs(1)), img)

causal = nnx.make_causal_mask(jnp.ones((2, 3)))
other = jnp.asarray(ramp(2, 5, 6, seed=5))
mha = lambda **kw: lambda: nnx.MultiHeadAttention(4, 4, rngs=rngs(), **{'decode': False, **kw})
case('MultiHeadAttention is_causal', mha(), seq, call=lambda m, q: m(q, is_causal=True))
case('MultiHeadAttention mask', mha(), seq, call=lambda m, q: m(q, mask=causal))
case('MultiHeadAttention cross', mha(in_kv_features=6, qkv_features=8, out_features=3, use_bias=False), seq, other)
case('MultiHeadAttention GQA', mha(num_kv_heads=2), seq)
case('MultiHeadAttention normalize_qk', mha(qkv_features=16, normalize_qk=True), seq)
case('MultiHeadAttention sow', mha(num_kv_heads=2), seq, grad=False, call=lambda m, q: m(q, mask=causal, sow_weights=True))
for broadcast in (True, False):
    case(
        f'MultiHeadAttention dropout {broadcast}',
        mha(dropout_rate=0.5, broadcast_dropout=broadcast, deterministic=False),
        seq,
        calls=2,
    )
case('MultiHeadAttention deterministic', mha(dropout_rate=0.5, deterministic=True), seq, call=lambda m, q: m(q, is_causal=True))


def decode(m, *steps):
    return [m(s) for s in steps]


case(
    'MultiHeadAttention decode',
    mha(num_kv_heads=2, decode=True),
    *(seq[:, i : i + 1] for i in range(3)),
    grad=False,
    call=decode,
    prepare=lambda m: m.init_cache((2, 4, 4)),
)

kinds = {'LSTMCell': nnx.LSTMCell, 'OptimizedLSTMCell': nnx.OptimizedLSTMCell, 'GRUCell': nnx.GRUCell, 'SimpleCell': nnx.SimpleCell}
h, c = jnp.asarray(ramp(3, 2, seed=6, lo=-1, hi=1)), jnp.asarray(ramp(3, 2, seed=7, lo=-1, hi=1))
for name, kind in kinds.items():
    carry = (c, h) if 'LSTM' in name else h
    case(name, lambda kind=kind: kind(4, 2, rngs=rngs()), x, call=lambda m, x, carry=carry: m(carry, x))
case('SimpleCell residual', lambda: nnx.SimpleCell(4, 2, residual=True, rngs=rngs()), x, call=lambda m, x: m(h, x))
case(
    'GRUCell functions',
    lambda: nnx.GRUCell(4, 2, gate_fn=nnx.hard_sigmoid, activation_fn=nnx.relu, rngs=rngs()),
    x,
    call=lambda m, x: m(h, x),
)

gru = lambda **kw: nnx.RNN(nnx.GRUCell(4, 2, rngs=rngs()), **kw)
case('RNN LSTM', lambda: nnx.RNN(nnx.LSTMCell(4, 2, rngs=rngs()), return_carry=True), seq)
case('RNN lengths', lambda: gru(return_carry=True), seq, call=lambda m, x: m(x, seq_lengths=lengths))
case('RNN reverse', lambda: gru(reverse=True), seq)
case(
    'RNN reverse keep_order lengths',
    lambda: gru(reverse=True, keep_order=True, return_carry=True),
    seq,
    call=lambda m, x: m(x, seq_lengths=lengths),
)
case('RNN time_major', lambda: gru(time_major=True), seq)
case(
    'RNN time_major reverse lengths',
    lambda: gru(time_major=True, reverse=True),
    jnp.swapaxes(seq, 0, 1),
    call=lambda m, x: m(x, seq_lengths=lengths),
)
case('RNN carry', lambda: gru(), seq, call=lambda m, x: m(x, initial_carry=h[:2]))


def bidirectional(**kw):
    r = rngs()
    return nnx.Bidirectional(nnx.RNN(nnx.GRUCell(4, 2, rngs=r)), nnx.RNN(nnx.LSTMCell(4, 2, rngs=r)), **kw)


case('Bidirectional', lambda: bidirectional(return_carry=True), seq, call=lambda m, x: m(x, seq_lengths=lengths))
case('Bidirectional merge', lambda: bidirectional(merge_fn=jnp.multiply), seq)

case('LoRA', lambda: nnx.LoRA(4, 2, 3, base_module=nnx.Linear(4, 3, rngs=rngs()), rngs=nnx.Rngs(1)), x)
case('LoRALinear', lambda: nnx.LoRALinear(4, 3, lora_rank=2, rngs=rngs()), x)
case('PReLU', lambda: nnx.PReLU(0.3), x)

FUNCTIONS = {}
q, k, v = (jnp.asarray(ramp(*s, seed=8 + i)) for i, s in enumerate(((2, 3, 4, 2), (2, 5, 2, 2), (2, 5, 2, 2))))
bias = jnp.asarray(ramp(2, 4, 3, 5, seed=11))
keep = ramp(2, 1, 3, 5, seed=12) > -0.5
qlen, klen = np.array([3, 2], np.int32), np.array([4, 5], np.int32)
FUNCTIONS['inputs'] = {
    'q': encode(q),
    'k': encode(k),
    'v': encode(v),
    'bias': encode(bias),
    'mask': encode(keep),
    'qlen': encode(qlen),
    'klen': encode(klen),
}
attention = jax.nn.dot_product_attention
FUNCTIONS['bias mask'] = encode(attention(q, k, v, bias, jnp.asarray(keep)))
FUNCTIONS['causal scale'] = encode(attention(q, k, v, is_causal=True, scale=0.3))
FUNCTIONS['lengths'] = encode(attention(q, k, v, query_seq_lengths=qlen, key_value_seq_lengths=klen))
FUNCTIONS['window'] = encode(attention(q, k, v, local_window_size=(1, 2)))
FUNCTIONS['nothing counts'] = encode(attention(q, k, v, mask=jnp.zeros((1, 1, 1, 5), bool)))
FUNCTIONS['nnx weights'] = encode(nnx.nn.attention.dot_product_attention_weights(q, k, bias, jnp.asarray(keep), is_causal=False))
FUNCTIONS['nnx causal weights'] = encode(nnx.nn.attention.dot_product_attention_weights(q, q, is_causal=True))
FUNCTIONS['flip'] = encode(nnx.nn.recurrent.flip_sequences(seq, lengths, 1, False))

write('nnx-layers.json', 'Layers of Flax NNX with their options', {'cases': CASES, 'functions': FUNCTIONS})
