"""Writes losses-layers2-golden.json: losses and projections of Optax with gradients, and further layers of flax.nnx."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from common import out_dir

L = optax.losses


def J(x):
    return np.asarray(x).astype(float).tolist()


lg = jnp.array([[1.0, -2.0, 0.5], [0.3, 0.2, -1.0]])
lab = jnp.array([2, 0])
pr = jnp.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
x = jnp.array([0.5, -1.5, 3.0])
y = jnp.array([1.0, -1.0, 0.0])
z = jnp.array([1.0, 0.0, 1.0])
w = jnp.array([[True, True, False], [True, False, True]])
lp = jax.nn.log_softmax(lg)
cases = {
    'softmax_cross_entropy(lg,pr)': lambda a: L.softmax_cross_entropy(a, pr),
    'softmax_cross_entropy(lg,pr,where=w)': lambda a: L.softmax_cross_entropy(a, pr, where=w),
    'softmax_cross_entropy_with_integer_labels(lg,lab)': lambda a: L.softmax_cross_entropy_with_integer_labels(a, lab),
    'softmax_cross_entropy_with_integer_labels(lg,lab,where=w)': lambda a: L.softmax_cross_entropy_with_integer_labels(a, lab, where=w),
    'safe_softmax_cross_entropy(lg,pr)': lambda a: L.safe_softmax_cross_entropy(a, pr),
    'poly_loss_cross_entropy(lg,pr)': lambda a: L.poly_loss_cross_entropy(a, pr),
    'kl_divergence(log_softmax(lg),pr)': lambda a: L.kl_divergence(jax.nn.log_softmax(a), pr),
    'kl_divergence_with_log_targets(log_softmax(lg),log_softmax(-lg0))': lambda a: L.kl_divergence_with_log_targets(
        jax.nn.log_softmax(a), jax.nn.log_softmax(-lg)
    ),
    'generalized_kl_divergence(lg,pr)': lambda a: L.generalized_kl_divergence(a, pr),
    'multiclass_hinge_loss(lg,lab)': lambda a: L.multiclass_hinge_loss(a, lab),
    'multiclass_perceptron_loss(lg,lab)': lambda a: L.multiclass_perceptron_loss(a, lab),
    'multiclass_sparsemax_loss(lg,lab)': lambda a: L.multiclass_sparsemax_loss(a, lab),
    'cosine_similarity(lg,pr)': lambda a: L.cosine_similarity(a, pr),
    'cosine_distance(lg,pr)': lambda a: L.cosine_distance(a, pr),
    'ranking_softmax_loss(lg,pr)': lambda a: L.ranking_softmax_loss(a, pr),
    'ntxent(lg,labels=[1,1])': lambda a: L.ntxent(a, jnp.array([1, 1])),
    'dice_loss(lg,pr)': lambda a: L.dice_loss(a[None], pr[None]),
    'triplet_margin_loss(lg,pr,-pr)': lambda a: L.triplet_margin_loss(a, pr, -pr),
    'smooth_labels(pr,.1)': lambda a: L.smooth_labels(a * 0 + pr, 0.1),
}
cx = {
    'sigmoid_binary_cross_entropy(x,z)': lambda a: L.sigmoid_binary_cross_entropy(a, z),
    'sigmoid_focal_loss(x,z)': lambda a: L.sigmoid_focal_loss(a, z),
    'sigmoid_focal_loss(x,z,alpha=.25)': lambda a: L.sigmoid_focal_loss(a, z, alpha=0.25),
    'squared_error(x,y)': lambda a: L.squared_error(a, y),
    'l2_loss(x,y)': lambda a: L.l2_loss(a, y),
    'huber_loss(x,y)': lambda a: L.huber_loss(a, y),
    'log_cosh(x,y)': lambda a: L.log_cosh(a, y),
    'hinge_loss(x,y)': lambda a: L.hinge_loss(a, y),
    'perceptron_loss(x,y)': lambda a: L.perceptron_loss(a, y),
    'sparsemax_loss(x,z)': lambda a: L.sparsemax_loss(a, z.astype(int)),
    'binary_dice_loss(x,z)': lambda a: L.binary_dice_loss(a, z),
}
R = {'inputs': {'lg': J(lg), 'lab': J(lab), 'pr': J(pr), 'x': J(x), 'y': J(y), 'z': J(z), 'w': J(w)}, 'losses': {}}
for d, a in ((cases, lg), (cx, x)):
    for k, f in d.items():
        try:
            R['losses'][k] = {'value': J(f(a)), 'grad_of_sum': J(jax.grad(lambda q: jnp.sum(f(q)))(a))}
        except Exception as e:
            R['losses'][k] = {'error': repr(e)[:200]}
            print('ERR', k, repr(e)[:150])
ctc_l = jax.random.normal(jax.random.key(0), (2, 5, 4))
R['inputs']['ctc_logits'] = J(ctc_l)
f = lambda a: L.ctc_loss(a, jnp.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1.0]]), jnp.array([[1, 2], [3, 3]]), jnp.array([[0, 0], [0, 0.0]]))
R['losses']['ctc_loss(ctc_logits, pad last of row 1, labels [[1,2],[3,3]])'] = {
    'value': J(f(ctc_l)),
    'grad_of_sum': J(jax.grad(lambda q: f(q).sum())(ctc_l)),
}
pj = optax.projections
v = jnp.array([0.5, -1.0, 2.0, 0.3])
R['projections'] = {
    k: J(g(v))
    for k, g in {
        'non_negative': pj.projection_non_negative,
        'box(-.5,.5)': lambda t: pj.projection_box(t, -0.5, 0.5),
        'hypercube': pj.projection_hypercube,
        'simplex': pj.projection_simplex,
        'simplex(2)': lambda t: pj.projection_simplex(t, 2.0),
        'l1_ball': pj.projection_l1_ball,
        'l1_sphere': pj.projection_l1_sphere,
        'l2_ball': pj.projection_l2_ball,
        'l2_sphere': pj.projection_l2_sphere,
        'linf_ball': pj.projection_linf_ball,
        'hyperplane(ones,1)': lambda t: pj.projection_hyperplane(t, jnp.ones(4), 1.0),
        'halfspace(ones,1)': lambda t: pj.projection_halfspace(t, jnp.ones(4), 1.0),
        'vector(ones)': lambda t: pj.projection_vector(t, jnp.ones(4)),
    }.items()
}
R['inputs']['v'] = J(v)
# further layers
X = jnp.arange(12.0).reshape(3, 4) / 10 - 0.5
S = jnp.arange(24.0).reshape(2, 3, 4) / 10


def st(m):
    return {
        '/'.join(map(str, p)): J(jax.random.key_data(q[...]) if jnp.issubdtype(q[...].dtype, jax.dtypes.prng_key) else q[...])
        for p, q in nnx.to_flat_state(nnx.state(m))
    }


def lay(name, mk, call):
    try:
        m = mk()
        y = call(m)
        R.setdefault('layers', {})[name] = {'y': jax.tree.map(J, y), 'state_after': st(m)}
    except Exception as e:
        print('ERR', name, repr(e)[:200])


r = lambda: nnx.Rngs(0)
lay('LoRA(4,2,3)(X)', lambda: nnx.LoRA(4, 2, 3, rngs=r()), lambda m: m(X))
lay('LoRALinear(4,3,lora_rank=2)(X)', lambda: nnx.LoRALinear(4, 3, lora_rank=2, rngs=r()), lambda m: m(X))
lay('PReLU()(X)', lambda: nnx.PReLU(), lambda m: m(X))
lay(
    'SpectralNorm(Linear(4,3))(X,update_stats=True)',
    lambda: (lambda g: nnx.SpectralNorm(nnx.Linear(4, 3, rngs=g), rngs=g))(r()),
    lambda m: m(X, update_stats=True),
)
lay('WeightNorm(Linear(4,3))(X)', lambda: (lambda g: nnx.WeightNorm(nnx.Linear(4, 3, rngs=g), rngs=g))(r()), lambda m: m(X))
lay('RNN(LSTMCell(4,3))(S,seq_lengths=[2,3])', lambda: nnx.RNN(nnx.LSTMCell(4, 3, rngs=r())), lambda m: m(S, seq_lengths=jnp.array([2, 3])))
lay('RNN(LSTMCell,reverse,keep_order)(S)', lambda: nnx.RNN(nnx.LSTMCell(4, 3, rngs=r()), reverse=True, keep_order=True), lambda m: m(S))
lay('RNN(SimpleCell,return_carry)(S)', lambda: nnx.RNN(nnx.SimpleCell(4, 3, rngs=r()), return_carry=True), lambda m: m(S))
lay(
    'Bidirectional(GRU,GRU)(S)',
    lambda: (lambda g: nnx.Bidirectional(nnx.RNN(nnx.GRUCell(4, 3, rngs=g)), nnx.RNN(nnx.GRUCell(4, 3, rngs=g))))(r()),
    lambda m: m(S),
)
lay(
    'MHA(4 heads,8,num_kv_heads=2,decode=False)(S8)',
    lambda: nnx.MultiHeadAttention(4, 8, num_kv_heads=2, decode=False, rngs=r()),
    lambda m: m(jnp.concatenate([S, S], -1)),
)
lay(
    'MHA(2,4,normalize_qk,decode=False)(S)', lambda: nnx.MultiHeadAttention(2, 4, normalize_qk=True, decode=False, rngs=r()), lambda m: m(S)
)


def dec(m):
    m.init_cache((2, 3, 4))
    return jnp.concatenate([m(S[:, i : i + 1]) for i in range(3)], 1)


lay('MHA(2,4,decode=True) three steps over S', lambda: nnx.MultiHeadAttention(2, 4, decode=True, rngs=r()), dec)
lay(
    'MHA(2,4,dropout .5,decode=False,deterministic=False)(S)',
    lambda: nnx.MultiHeadAttention(2, 4, dropout_rate=0.5, decode=False, deterministic=False, rngs=r()),
    lambda m: m(S),
)
lay('Conv(1-D,4->3,k=2,CAUSAL)(S)', lambda: nnx.Conv(4, 3, (2,), padding='CAUSAL', rngs=r()), lambda m: m(S))
lay('Conv(1-D,k=3,CIRCULAR)(S)', lambda: nnx.Conv(4, 3, (3,), padding='CIRCULAR', rngs=r()), lambda m: m(S))
lay('Conv(1-D,k=3,REFLECT)(S)', lambda: nnx.Conv(4, 3, (3,), padding='REFLECT', rngs=r()), lambda m: m(S))
lay(
    'Conv(1-D,k=2,kernel_dilation=2,strides=2,SAME)(S)',
    lambda: nnx.Conv(4, 3, (2,), strides=2, kernel_dilation=2, rngs=r()),
    lambda m: m(S),
)
lay('ConvTranspose(1-D,k=3,s=2,VALID)(S)', lambda: nnx.ConvTranspose(4, 3, (3,), strides=2, padding='VALID', rngs=r()), lambda m: m(S))
lay(
    'ConvTranspose(1-D,k=3,s=2,transpose_kernel)(S)',
    lambda: nnx.ConvTranspose(4, 3, (3,), strides=2, transpose_kernel=True, rngs=r()),
    lambda m: m(S),
)
lay('BatchNorm(4) with mask on X', lambda: nnx.BatchNorm(4, rngs=r()), lambda m: m(X, mask=jnp.array([[True], [True], [False]])))
lay('LayerNorm(4,use_fast_variance=False)(X)', lambda: nnx.LayerNorm(4, use_fast_variance=False, rngs=r()), lambda m: m(X))
lay('Embed attend', lambda: nnx.Embed(5, 4, rngs=r()), lambda m: m.attend(X))
(out_dir() / 'losses-layers2-golden.json').write_text(json.dumps(R))
