"""Writes nnx-layers-partitionable.json and nnx-layers-original.json: the layers of Flax NNX with their options.

Each case has the input, the state before as it was drawn in that layout of the random numbers (without random streams;
parameters that are all the same are spread), the outputs of calls one after the other, those in evaluation mode, what is
new in the state after, and the gradient of the sum of the outputs times weights with respect to the parameters. Names of
Variables are those of Flax.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from common import encode, ramp, write
from layer_cases import flat, part, spread, weighted

CASES = {}


def short(x):
    """Encoded, with 6 digits."""
    entry = encode(x)
    if jnp.issubdtype(jnp.dtype(entry['dtype']), jnp.floating):
        entry['data'] = [v if isinstance(v, str) else float(f'{v:.6g}') for v in entry['data']]
    return entry


def encoded(y):
    return [short(leaf) for leaf in jax.tree.leaves(y)]


def case(name, make, *xs, calls=1, grad=True, modes=False, call=lambda m, *xs: m(*xs), prepare=lambda m: None):
    module = make()
    spread(module)
    prepare(module)
    before = flat(module)
    entry = {'x': [encode(x) for x in xs], 'before': before}
    if grad:
        copy = nnx.clone(module)
        grads = nnx.grad(lambda m: weighted(call(m, *xs)))(copy)
        entry['grads'] = {'/'.join(map(part, p)): short(v.get_value()) for p, v in nnx.to_flat_state(grads)}
    entry['ys'] = [encoded(call(module, *xs)) for _ in range(calls)]
    if modes:
        module.eval()
        entry['eval'] = encoded(call(module, *xs))
    entry['after'] = {k: v for k, v in flat(module).items() if before.get(k) != v}
    CASES[name] = entry


def rngs():
    return nnx.Rngs(0)


x = jnp.asarray(ramp(3, 4, seed=1))
seq = jnp.asarray(ramp(2, 3, 4, seed=2))
img = jnp.asarray(ramp(2, 4, 5, 2, seed=3))
lengths = np.array([2, 3], np.int32)


def layers():
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

    case('Linear no bias', lambda: nnx.Linear(4, 2, use_bias=False, rngs=rngs()), x)
    case(
        'Linear inits',
        lambda: nnx.Linear(4, 3, kernel_init=nnx.initializers.he_uniform(), bias_init=nnx.initializers.normal(0.5), rngs=rngs()),
        x,
    )
    case('LinearGeneral no bias', lambda: nnx.LinearGeneral(4, (2, 2), use_bias=False, rngs=rngs()), seq)
    case('Einsum no bias, of the call', lambda: nnx.Einsum('bi,ij->bj', (4, 2), rngs=rngs()), seq, call=lambda m, x: m(x, 'bti,ij->btj'))
    case('Embed', lambda: nnx.Embed(5, 4, rngs=rngs()), np.array([[0, 4], [2, 4]], np.int32))
    case('Embed init', lambda: nnx.Embed(5, 4, embedding_init=nnx.initializers.uniform(2.0), rngs=rngs()), np.array([3], np.int32))
    kernel_mask = ramp(2, 2, 2, 3, seed=14) > -0.5
    convs = {
        'strides SAME': dict(kernel_size=(3, 3), strides=2),
        'groups dilated VALID': dict(kernel_size=(2, 2), padding='VALID', kernel_dilation=(1, 2), feature_group_count=2, out_features=4),
        'CIRCULAR dilated': dict(kernel_size=(3, 2), padding='CIRCULAR', kernel_dilation=(1, 2)),
        'REFLECT no bias': dict(kernel_size=(3, 4), padding='REFLECT', use_bias=False),
        'mask pairs': dict(kernel_size=(2, 2), padding=((0, 1), (2, 0)), mask=jnp.asarray(kernel_mask)),
        'input dilation': dict(kernel_size=(3, 2), padding=1, input_dilation=(2, 1)),
    }
    for name, kw in convs.items():
        case(f'Conv {name}', lambda kw=kw: nnx.Conv(2, **{'out_features': 3, **kw}, rngs=rngs()), img)
    case('Conv CAUSAL', lambda: nnx.Conv(4, 2, 2, padding='CAUSAL', kernel_dilation=2, rngs=rngs()), seq)
    case('Conv 3-d', lambda: nnx.Conv(2, 2, (2, 2, 1), strides=(1, 2, 1), rngs=rngs()), jnp.asarray(ramp(1, 3, 2, 2, 2, seed=13)))
    case(
        'ConvTranspose mask no bias',
        lambda: nnx.ConvTranspose(2, 3, (2, 2), use_bias=False, mask=jnp.asarray(kernel_mask), rngs=rngs()),
        img,
    )

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
    case('LayerNorm no fast variance, no bias', lambda: nnx.LayerNorm(4, use_fast_variance=False, use_bias=False, rngs=rngs()), x)
    case('LayerNorm no scale', lambda: nnx.LayerNorm(4, use_scale=False, bias_init=nnx.initializers.normal(), rngs=rngs()), x)
    case('RMSNorm axes, no scale', lambda: nnx.RMSNorm(12, reduction_axes=(1, 2), feature_axes=(1, 2), use_scale=False, rngs=rngs()), seq)
    case('GroupNorm no bias', lambda: nnx.GroupNorm(4, num_groups=2, use_bias=False, use_fast_variance=False, rngs=rngs()), seq)
    case('GroupNorm axes, no scale', lambda: nnx.GroupNorm(4, num_groups=2, use_scale=False, reduction_axes=(-2, -1), rngs=rngs()), seq)
    case(
        'InstanceNorm no bias mask',
        lambda: nnx.InstanceNorm(4, use_bias=False, use_fast_variance=False, rngs=rngs()),
        seq,
        call=lambda m, x: m(x, mask=jnp.asarray(ramp(2, 3, 4, seed=15) > -1)),
    )
    case('BatchNorm', lambda: nnx.BatchNorm(4, rngs=rngs()), seq, calls=2, modes=True)
    case('BatchNorm mask', lambda: nnx.BatchNorm(4, momentum=0.8, rngs=rngs()), x, calls=2, modes=True, call=lambda m, x: m(x, mask=mask))
    case(
        'BatchNorm axis no bias',
        lambda: nnx.BatchNorm(3, axis=1, momentum=0.5, epsilon=0.1, use_bias=False, use_fast_variance=False, rngs=rngs()),
        seq,
        modes=True,
    )
    case('BatchNorm running no scale', lambda: nnx.BatchNorm(4, use_running_average=True, use_scale=False, rngs=rngs()), x)
    case(
        'Sequential rngs',
        lambda: nnx.Sequential(nnx.Linear(4, 6, rngs=rngs()), nnx.Dropout(0.4), jnp.tanh, nnx.Sequential(nnx.Dropout(0.5))),
        x,
        call=lambda m, x: m(x, rngs=nnx.Rngs(7, dropout=3)),
    )
    case('Dropout', lambda: nnx.Dropout(0.4, rngs=rngs()), seq, calls=2, modes=True, grad=False)
    case(
        'Dropout broadcast',
        lambda: nnx.Dropout(0.4, broadcast_dims=(1,), rng_collection='noise', rngs=nnx.Rngs(0, noise=1)),
        seq,
        calls=2,
        grad=False,
    )
    case('WeightNorm', lambda: nnx.WeightNorm(nnx.Linear(4, 2, rngs=rngs()), rngs=nnx.Rngs(1)), x, calls=2)
    case('WeightNorm whole', lambda: nnx.WeightNorm(nnx.Linear(4, 2, rngs=rngs()), feature_axes=None, use_scale=False, rngs=nnx.Rngs(1)), x)
    case(
        'WeightNorm filter',
        lambda: nnx.WeightNorm(
            nnx.LoRALinear(4, 2, lora_rank=2, rngs=rngs()), feature_axes=0, variable_filter=nnx.PathContains('lora_a'), rngs=nnx.Rngs(1)
        ),
        x,
    )
    case('SpectralNorm', lambda: nnx.SpectralNorm(nnx.Linear(4, 2, rngs=rngs()), n_steps=2, rngs=nnx.Rngs(1)), x, calls=2, modes=True)
    case(
        'SpectralNorm still', lambda: nnx.SpectralNorm(nnx.Linear(4, 2, rngs=rngs()), update_stats=False, epsilon=0.01, rngs=nnx.Rngs(1)), x
    )
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
            modes=True,
        )
    case(
        'MultiHeadAttention inits',
        mha(
            kernel_init=nnx.initializers.glorot_uniform(),
            out_kernel_init=nnx.initializers.he_normal(),
            bias_init=nnx.initializers.normal(0.5),
            out_bias_init=nnx.initializers.uniform(),
        ),
        seq,
    )
    case(
        'MultiHeadAttention streams of the call',
        mha(dropout_rate=0.5, keep_rngs=False),
        seq,
        call=lambda m, q: m(q, deterministic=False, rngs=nnx.Rngs(dropout=3)),
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

    case(
        'LSTMCell functions',
        lambda: nnx.LSTMCell(4, 2, gate_fn=nnx.hard_sigmoid, activation_fn=nnx.relu, bias_init=nnx.initializers.normal(), rngs=rngs()),
        x,
        call=lambda m, x: m((c, h), x),
    )
    case(
        'OptimizedLSTMCell carry',
        lambda: nnx.OptimizedLSTMCell(4, 2, carry_init=nnx.initializers.normal(), keep_rngs=True, rngs=rngs()),
        x,
        call=lambda m, x: m(m.initialize_carry(x.shape), x),
    )
    case(
        'SimpleCell functions',
        lambda: nnx.SimpleCell(4, 2, activation_fn=nnx.relu, recurrent_kernel_init=nnx.initializers.normal(), rngs=rngs()),
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
    case(
        'LoRA alone',
        lambda: nnx.LoRA(4, 2, 3, a_initializer=nnx.initializers.normal(), b_initializer=nnx.initializers.uniform(), rngs=rngs()),
        x,
    )
    case('LoRALinear', lambda: nnx.LoRALinear(4, 3, lora_rank=2, rngs=rngs()), x)
    case('Bidirectional time_major', lambda: bidirectional(time_major=True), seq)
    for dtype in ('float16', 'bfloat16'):
        case(f'Linear {dtype}', lambda dtype=dtype: nnx.Linear(4, 2, dtype=dtype, rngs=rngs()), x, grad=False)
        case(f'Linear parameters {dtype}', lambda dtype=dtype: nnx.Linear(4, 2, param_dtype=dtype, rngs=rngs()), x, grad=False)
        case(f'Conv {dtype}', lambda dtype=dtype: nnx.Conv(4, 2, 2, dtype=dtype, param_dtype=dtype, rngs=rngs()), seq, grad=False)
        case(f'LayerNorm {dtype}', lambda dtype=dtype: nnx.LayerNorm(4, dtype=dtype, rngs=rngs()), x, grad=False)
        case(f'BatchNorm {dtype}', lambda dtype=dtype: nnx.BatchNorm(4, dtype=dtype, rngs=rngs()), x, grad=False)
        case(f'MultiHeadAttention {dtype}', mha(dtype=dtype), seq, grad=False)
        case(f'GRUCell {dtype}', lambda dtype=dtype: nnx.GRUCell(4, 2, dtype=dtype, rngs=rngs()), x, grad=False, call=lambda m, x: m(h, x))
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

for layout, partitionable in (('original', False), ('partitionable', True)):
    CASES.clear()
    with jax.threefry_partitionable(partitionable):
        layers()
    about = f'Layers of Flax NNX with their options, {layout} layout of the random numbers'
    write(f'nnx-layers-{layout}.json', about, {'cases': CASES})
write('nnx-layers-functions.json', 'Attention and sequences as functions', {'functions': FUNCTIONS})
