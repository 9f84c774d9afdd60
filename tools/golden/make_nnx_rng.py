"""Writes nnx-rng-golden.json: keys and samplers in both threefry layouts, layers, metrics and the optimizer example of flax.nnx."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from common import out_dir

R = {}


def L(x):
    return np.asarray(x).astype(np.float64 if np.issubdtype(np.asarray(x).dtype, np.floating) else np.asarray(x).dtype).tolist()


def rng():
    k = jax.random.key(0)
    d = {}
    kd = lambda x: L(jax.random.key_data(x))
    d['key(0)'] = kd(k)
    d['key(42)'] = kd(jax.random.key(42))
    d['split(key0,2)'] = kd(jax.random.split(k))
    d['split(key0,3)'] = kd(jax.random.split(k, 3))
    d['split(key0,(2,2))'] = kd(jax.random.split(k, (2, 2)))
    for c in range(4):
        d[f'fold_in(key0,{c})'] = kd(jax.random.fold_in(k, c))
    d['bits(5)'] = L(jax.random.bits(k, (5,)))
    d['bits(2,3)'] = L(jax.random.bits(k, (2, 3)))
    d['uniform(5)'] = L(jax.random.uniform(k, (5,)))
    d['uniform(5,-1,1)'] = L(jax.random.uniform(k, (5,), minval=-1.0, maxval=1.0))
    d['normal(5)'] = L(jax.random.normal(k, (5,)))
    d['truncated_normal(-2,2,5)'] = L(jax.random.truncated_normal(k, -2, 2, (5,)))
    d['bernoulli(.3,8)'] = L(jax.random.bernoulli(k, 0.3, (8,)).astype(int))
    d['randint(8,0,10)'] = L(jax.random.randint(k, (8,), 0, 10))
    d['permutation(8)'] = L(jax.random.permutation(k, 8))
    d['choice(10,(4,),replace=False)'] = L(jax.random.choice(k, 10, (4,), replace=False))
    d['choice(3,(6,),p)'] = L(jax.random.choice(k, 3, (6,), p=jnp.array([0.1, 0.2, 0.7])))
    d['gumbel(4)'] = L(jax.random.gumbel(k, (4,)))
    d['categorical(log[.1,.2,.7],6)'] = L(jax.random.categorical(k, jnp.log(jnp.array([0.1, 0.2, 0.7])), shape=(6,)))
    d['rademacher(8)'] = L(jax.random.rademacher(k, (8,)))
    d['exponential(4)'] = L(jax.random.exponential(k, (4,)))
    d['laplace(4)'] = L(jax.random.laplace(k, (4,)))
    d['logistic(4)'] = L(jax.random.logistic(k, (4,)))
    I = nnx.initializers
    for n, f in {
        'lecun_normal': I.lecun_normal(),
        'lecun_uniform': I.lecun_uniform(),
        'glorot_normal': I.glorot_normal(),
        'glorot_uniform': I.glorot_uniform(),
        'he_normal': I.he_normal(),
        'he_uniform': I.he_uniform(),
        'normal': I.normal(),
        'uniform': I.uniform(),
        'truncated_normal': I.truncated_normal(),
        'orthogonal': I.orthogonal(),
        'constant(2)': I.constant(2.0),
        'variance_scaling(1,fan_in,normal,out_axis=0)': I.variance_scaling(1.0, 'fan_in', 'normal', out_axis=0),
    }.items():
        d[f'init.{n}(key0,(2,3))'] = L(f(k, (2, 3), jnp.float32))
    r = nnx.Rngs(0)
    d['Rngs(0): 3 calls of params()'] = [kd(r.params()) for _ in range(3)]
    r = nnx.Rngs(0, params=1, dropout=2)
    d['Rngs(0,params=1,dropout=2): params,dropout,other(default),params'] = [kd(r.params()), kd(r.dropout()), kd(r.foo()), kd(r.params())]
    r = nnx.Rngs(0)
    s = r['dropout'].fork()
    d['Rngs(0).dropout.fork(): key,count, then s(), s()'] = [kd(s.key[...]), int(s.count[...]), kd(s()), kd(s())]
    return d


with jax.threefry_partitionable(True):
    R['rng_threefry_partitionable=True (default since jax 0.5)'] = rng()
with jax.threefry_partitionable(False):
    R['rng_threefry_partitionable=False (default before jax 0.5)'] = rng()
x = jnp.arange(12, dtype=jnp.float32).reshape(3, 4) / 10 - 0.5
G = {}
R['layers (partitionable=True, Rngs(0), x=arange(12).reshape(3,4)/10-0.5)'] = G


def st(m):
    return {'/'.join(map(str, p)): L(v.get_value()) for p, v in nnx.to_flat_state(nnx.state(m, nnx.Not(nnx.RngState)))}


def add(n, m, y):
    G[n] = {'state_after': st(m), 'y': L(y)}


m = nnx.Linear(4, 2, rngs=nnx.Rngs(0))
add('Linear(4,2)', m, m(x))
m = nnx.LinearGeneral(4, (2, 2), rngs=nnx.Rngs(0))
add('LinearGeneral(4,(2,2))', m, m(x))
m = nnx.Einsum('bi,ij->bj', (4, 2), (2,), rngs=nnx.Rngs(0))
add("Einsum('bi,ij->bj',(4,2),(2,))", m, m(x))
m = nnx.Embed(5, 3, rngs=nnx.Rngs(0))
add('Embed(5,3)([0,4,2])', m, m(jnp.array([0, 4, 2])))
img = jnp.arange(2 * 5 * 5 * 2, dtype=jnp.float32).reshape(2, 5, 5, 2) / 100
m = nnx.Conv(2, 3, (3, 3), rngs=nnx.Rngs(0))
add('Conv(2,3,(3,3)) on arange(2*5*5*2)/100', m, m(img))
m = nnx.Conv(2, 4, (3, 3), strides=2, padding='VALID', feature_group_count=2, rngs=nnx.Rngs(0))
add('Conv(2,4,(3,3),strides=2,VALID,groups=2)', m, m(img))
m = nnx.ConvTranspose(2, 3, (3, 3), strides=(2, 2), rngs=nnx.Rngs(0))
add('ConvTranspose(2,3,(3,3),strides=(2,2))', m, m(img))
m = nnx.BatchNorm(4, rngs=nnx.Rngs(0))
add('BatchNorm(4) train', m, m(x))
m.eval()
add('BatchNorm(4) eval after 1 train step', m, m(x))
m = nnx.LayerNorm(4, rngs=nnx.Rngs(0))
add('LayerNorm(4)', m, m(x))
m = nnx.RMSNorm(4, rngs=nnx.Rngs(0))
add('RMSNorm(4)', m, m(x))
m = nnx.GroupNorm(4, num_groups=2, rngs=nnx.Rngs(0))
add('GroupNorm(4,num_groups=2)', m, m(x))
m = nnx.InstanceNorm(2, rngs=nnx.Rngs(0))
add('InstanceNorm(2) on img', m, m(img))
m = nnx.Dropout(0.5, rngs=nnx.Rngs(0))
G['Dropout(0.5) two calls on ones(8)'] = [L(m(jnp.ones(8))), L(m(jnp.ones(8)))]
for c, n in (
    (nnx.LSTMCell, 'LSTMCell'),
    (nnx.OptimizedLSTMCell, 'OptimizedLSTMCell'),
    (nnx.GRUCell, 'GRUCell'),
    (nnx.SimpleCell, 'SimpleCell'),
):
    r = nnx.Rngs(0)
    m = c(4, 3, rngs=r)
    carry = m.initialize_carry((3, 4), r)
    c2, y = m(carry, x)
    add(n + '(4,3) zero carry', m, y)
seq = jnp.arange(2 * 3 * 4, dtype=jnp.float32).reshape(2, 3, 4) / 10
m = nnx.RNN(nnx.GRUCell(4, 3, rngs=nnx.Rngs(0)))
add('RNN(GRUCell(4,3)) on arange(24).reshape(2,3,4)/10', m, m(seq))
m = nnx.MultiHeadAttention(num_heads=2, in_features=4, decode=False, rngs=nnx.Rngs(0))
add('MultiHeadAttention(2,4) self-attn', m, m(seq))
m = nnx.MultiHeadAttention(num_heads=2, in_features=4, decode=False, rngs=nnx.Rngs(0))
add('MultiHeadAttention(2,4) causal mask', m, m(seq, mask=nnx.make_causal_mask(jnp.ones((2, 3)))))
G['activations on [-3,-1,-.5,0,.5,1,3]'] = {
    n: L(getattr(nnx, n)(jnp.array([-3, -1, -0.5, 0, 0.5, 1, 3.0])))
    for n in [
        'celu',
        'elu',
        'gelu',
        'hard_sigmoid',
        'hard_silu',
        'hard_tanh',
        'leaky_relu',
        'log_sigmoid',
        'log_softmax',
        'relu',
        'relu6',
        'selu',
        'sigmoid',
        'silu',
        'soft_sign',
        'softmax',
        'softplus',
        'standardize',
        'tanh',
        'identity',
    ]
}
G['gelu exact'] = L(nnx.gelu(jnp.array([-3, -1, -0.5, 0, 0.5, 1, 3.0]), approximate=False))
p = jnp.arange(16.0).reshape(1, 4, 4, 1)
G['max_pool 2x2'] = L(nnx.max_pool(p, (2, 2), (2, 2)))
G['avg_pool 3x3 SAME'] = L(nnx.avg_pool(p, (3, 3), padding='SAME'))
G['avg_pool 3x3 SAME nopad-count'] = L(nnx.avg_pool(p, (3, 3), padding='SAME', count_include_pad=False))
# metrics
M = {}
R['metrics'] = M
a = nnx.metrics.Average()
a.update(values=jnp.array([1, 2, 3, 4.0]))
a.update(values=2.0)
M['Average'] = [float(a.compute()), str(a.total.dtype), str(a.count.dtype)]
w = nnx.metrics.Welford()
w.update(values=jnp.array([1, 2, 3, 4.0]))
w.update(values=jnp.array([5, 6.0]))
c = w.compute()
M['Welford'] = [float(c.mean), float(c.standard_error_of_mean), float(c.standard_deviation), str(w.count.dtype)]
w.reset()
M['Welford count dtype after reset'] = str(w.count.dtype)
ac = nnx.metrics.Accuracy()
ac.update(logits=jnp.array([[1, 2.0], [3, 1.0], [0, 1.0]]), labels=jnp.array([1, 1, 1]))
M['Accuracy'] = float(ac.compute())
e = nnx.metrics.Average()
M['Average empty'] = str(e.compute())


# optimizer
class Model(nnx.Module):
    def __init__(self, rngs):
        self.linear1 = nnx.Linear(2, 3, rngs=rngs)
        self.linear2 = nnx.Linear(3, 4, rngs=rngs)

    def __call__(self, x):
        return self.linear2(self.linear1(x))


O = {}
R['optimizer doc example'] = O
for part in (True, False):
    with jax.threefry_partitionable(part):
        xx = jax.random.normal(jax.random.key(0), (1, 2))
        y = jnp.ones((1, 4))
        model = Model(nnx.Rngs(0))
        lf = lambda model: ((model(xx) - y) ** 2).mean()
        o = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
        ls = []
        for _ in range(3):
            v, g = nnx.value_and_grad(lf)(model)
            ls.append(float(v))
            u = o.update(model, g)
        ls.append(float(lf(model)))
        O[f'partitionable={part}'] = ls
(out_dir() / 'nnx-rng-golden.json').write_text(json.dumps(R))
