"""Writes optax-heart.json: option variations of the heart of Optax on the quadratic problem of make_optax_golden.py.

`problem` holds params, targets and weights; loss = sum over leaves of sum(weight * (p - target)^2). `runs` has one trajectory of
five updates per variation: {tx, option values, steps: [{value, params: {b, w}}], init, after1, final}: `init`,
`after1` describe the state tree (class names, fields, 'dtype[shape]'), `final` holds the state's leaves in tree order.
`transforms` applies transformations to fixed updates. `schedules` and `losses` as named; `grad_of_sum` is the gradient of the
sum of the loss with respect to its first argument.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from common import encode, scalar, write

P = {'b': [0.5, -1.5, 2.0], 'w': [[1.0, -2.0, 3.0], [0.25, 0.5, -0.75]]}
T = {'b': [0.1, 0.2, -0.3], 'w': [[0.5, 0.5, -0.5], [1.0, -1.0, 2.0]]}
A = {'b': [1.0, 2.0, 0.5], 'w': [[1.0, 3.0, 0.2], [2.0, 0.7, 1.5]]}
LR = 0.05


def arrays(t, dtype=jnp.float32):
    return {k: jnp.array(v, dtype) for k, v in t.items()}


def loss(p):
    """Computed in float32 whatever the dtype of the parameters."""
    target, weight = arrays(T), arrays(A)
    return sum(jnp.sum(weight[k] * (p[k].astype(jnp.float32) - target[k]) ** 2) for k in sorted(p))


def describe(x):
    """A state tree by class names and 'dtype[shape]' of its leaves."""
    if x is None:
        return None
    if isinstance(x, tuple) and hasattr(x, '_fields'):
        return {'class': type(x).__name__, **{f: describe(getattr(x, f)) for f in x._fields}}
    if isinstance(x, (tuple, list)):
        return [describe(v) for v in x]
    if isinstance(x, dict):
        return {k: describe(v) for k, v in x.items()}
    a = jnp.asarray(x)
    return f'{a.dtype}{list(a.shape)}'.replace(' ', '')


def run(tx, dtype=jnp.float32, steps=5, grad_dtype=None):
    p = arrays(P, dtype)
    s = tx.init(p)
    out = {'dtype': jnp.dtype(dtype).name, 'init': describe(s), 'steps': []}
    for i in range(steps):
        v, g = jax.value_and_grad(loss)(p)
        if grad_dtype:
            g = {k: x.astype(grad_dtype) for k, x in g.items()}
        u, s = tx.update(g, s, p)
        p = optax.apply_updates(p, u)
        if i == 0:
            out['after1'] = describe(s)
            out['updates1'] = {k: encode(x) for k, x in u.items()}
        out['steps'].append({'value': scalar(v), 'params': {k: encode(x)['data'] for k, x in p.items()}})
    out['final'] = [encode(x) for x in jax.tree.leaves(s)]
    return out


MASK = {'b': False, 'w': True}


def runs():
    warm = optax.warmup_cosine_decay_schedule(0.0, 0.1, 2, 6, 0.01)
    cosine = optax.cosine_decay_schedule(0.1, 5)
    bf16 = jnp.bfloat16
    c = {
        'sgd(.05)': optax.sgd(LR),
        'sgd(.05,momentum=.9)': optax.sgd(LR, momentum=0.9),
        'sgd(.05,momentum=.9,nesterov)': optax.sgd(LR, momentum=0.9, nesterov=True),
        'sgd(.05,momentum=.5,accumulator_dtype=bfloat16)': optax.sgd(LR, momentum=0.5, accumulator_dtype=bf16),
        'sgd(.05,momentum=0)': optax.sgd(LR, momentum=0.0),
        'sgd(constant_schedule(.05))': optax.sgd(optax.constant_schedule(LR)),
        'sgd(cosine_decay(.1,5))': optax.sgd(cosine),
        'sgd(warmup_cosine(0,.1,2,6,.01),momentum=.9)': optax.sgd(warm, momentum=0.9),
        'sgd(count->.1/(count+1))': optax.sgd(lambda n: 0.1 / (n + 1)),
        'adam(.05)': optax.adam(LR),
        'adam(.05,b1=.8,b2=.95)': optax.adam(LR, b1=0.8, b2=0.95),
        'adam(.05,b1=0)': optax.adam(LR, b1=0.0),
        'adam(.05,eps=1e-3)': optax.adam(LR, eps=1e-3),
        'adam(.05,eps=.1,eps_root=.01)': optax.adam(LR, eps=0.1, eps_root=0.01),
        'adam(.05,nesterov)': optax.adam(LR, nesterov=True),
        'adam(.05,mu_dtype=bfloat16)': optax.adam(LR, mu_dtype=bf16),
        'adam(.05,nesterov,mu_dtype=bfloat16)': optax.adam(LR, nesterov=True, mu_dtype=bf16),
        'adam(constant_schedule(.05))': optax.adam(optax.constant_schedule(LR)),
        'adam(cosine_decay(.1,5))': optax.adam(cosine),
        'adam(warmup_cosine(0,.1,2,6,.01))': optax.adam(warm),
        'adamw(.05)': optax.adamw(LR),
        'adamw(.05,weight_decay=.1)': optax.adamw(LR, weight_decay=0.1),
        'adamw(.05,weight_decay=.1,mask={b:false,w:true})': optax.adamw(LR, weight_decay=0.1, mask=MASK),
        'adamw(.05,weight_decay=.1,mask=ndim>1)': optax.adamw(LR, weight_decay=0.1, mask=lambda p: jax.tree.map(lambda x: x.ndim > 1, p)),
        'adamw(.05,weight_decay=0)': optax.adamw(LR, weight_decay=0.0),
        'adamw(.05,b1=.7,b2=.9,eps=1e-4,eps_root=1e-6,weight_decay=.05,nesterov)': optax.adamw(
            LR, 0.7, 0.9, 1e-4, 1e-6, weight_decay=0.05, nesterov=True
        ),
        'adamw(.05,weight_decay=.1,mu_dtype=bfloat16)': optax.adamw(LR, weight_decay=0.1, mu_dtype=bf16),
        'adamw(warmup_cosine(0,.1,2,6,.01),weight_decay=.1)': optax.adamw(warm, weight_decay=0.1),
        'chain(clip_by_global_norm(1),adam(.05))': optax.chain(optax.clip_by_global_norm(1.0), optax.adam(LR)),
        'chain(clip_by_global_norm(1e6),sgd(.05))': optax.chain(optax.clip_by_global_norm(1e6), optax.sgd(LR)),
        'chain(clip_by_global_norm(.5),adamw(.05,weight_decay=.1))': optax.chain(
            optax.clip_by_global_norm(0.5), optax.adamw(LR, weight_decay=0.1)
        ),
        'chain(clip(1),sgd(.05))': optax.chain(optax.clip(1.0), optax.sgd(LR)),
        'chain(clip_by_block_rms(1),sgd(.05))': optax.chain(optax.clip_by_block_rms(1.0), optax.sgd(LR)),
        'chain(add_decayed_weights(.1),sgd(.05))': optax.chain(optax.add_decayed_weights(0.1), optax.sgd(LR)),
        'chain(add_decayed_weights(.1,mask),sgd(.05))': optax.chain(optax.add_decayed_weights(0.1, MASK), optax.sgd(LR)),
        'chain(add_decayed_weights(constant_schedule(.1)),sgd(.05))': optax.chain(
            optax.add_decayed_weights(optax.constant_schedule(0.1)), optax.sgd(LR)
        ),
        'chain(scale_by_adam(),scale_by_schedule(count->-.1/(count+1)))': optax.chain(
            optax.scale_by_adam(), optax.scale_by_schedule(lambda n: -0.1 / (n + 1))
        ),
        'chain(trace(.9),scale(-.05))': optax.chain(optax.trace(0.9), optax.scale(-LR)),
        'chain(trace(.9,nesterov),scale(-.05))': optax.chain(optax.trace(0.9, nesterov=True), optax.scale(-LR)),
        'chain(trace(.9,accumulator_dtype=float32),scale(-.05))': optax.chain(
            optax.trace(0.9, accumulator_dtype=jnp.float32), optax.scale(-LR)
        ),
        'chain(ema(.9),scale(-.05))': optax.chain(optax.ema(0.9), optax.scale(-LR)),
        'chain(ema(.9,debias=False,accumulator_dtype=bfloat16),scale(-.05))': optax.chain(
            optax.ema(0.9, debias=False, accumulator_dtype=bf16), optax.scale(-LR)
        ),
        'chain(identity(),chain(scale(2),scale_by_learning_rate(.05)))': optax.chain(
            optax.identity(), optax.chain(optax.scale(2.0), optax.scale_by_learning_rate(LR))
        ),
        'named_chain(clip:clip_by_global_norm(1),adam:adam(.05))': optax.named_chain(
            ('clip', optax.clip_by_global_norm(1.0)), ('adam', optax.adam(LR))
        ),
        'masked(sgd(.05),{b:false,w:true})': optax.masked(optax.sgd(LR), MASK),
        'partition({a:adam(.05),s:sgd(.1)},{b:a,w:s})': optax.partition({'a': optax.adam(LR), 's': optax.sgd(0.1)}, {'b': 'a', 'w': 's'}),
        'partition({t:adam(.05),f:set_to_zero()},{b:f,w:t})': optax.partition(
            {'t': optax.adam(LR), 'f': optax.set_to_zero()}, {'b': 'f', 'w': 't'}
        ),
        'inject_hyperparams(adam)(.05)': optax.inject_hyperparams(optax.adam)(learning_rate=LR),
        'inject_hyperparams(adamw)(warmup_cosine(0,.1,2,6,.01),weight_decay=.1)': optax.inject_hyperparams(optax.adamw)(
            learning_rate=warm, weight_decay=0.1
        ),
        'inject_hyperparams(sgd)(.05,momentum=.9)': optax.inject_hyperparams(optax.sgd)(learning_rate=LR, momentum=0.9),
        'MultiSteps(adam(.05),2)': optax.MultiSteps(optax.adam(LR), 2).gradient_transformation(),
        'MultiSteps(sgd(.05),2,use_grad_mean=False)': optax.MultiSteps(optax.sgd(LR), 2, use_grad_mean=False).gradient_transformation(),
        'apply_if_finite(sgd(.05),2)': optax.apply_if_finite(optax.sgd(LR), 2),
        'flatten(adam(.05))': optax.flatten(optax.adam(LR)),
        'rmsprop(.05)': optax.rmsprop(LR),
        'lion(.05,weight_decay=.01)': optax.lion(LR, weight_decay=0.01),
        'amsgrad(.05)': optax.amsgrad(LR),
    }
    out = {k: run(tx) for k, tx in c.items()}
    for k in (
        'sgd(.05)',
        'sgd(.05,momentum=.9)',
        'adam(.05)',
        'adam(.05,nesterov)',
        'adamw(.05,weight_decay=.1)',
        'chain(clip_by_global_norm(1),adam(.05))',
        'adam(warmup_cosine(0,.1,2,6,.01))',
        'chain(trace(.9,accumulator_dtype=float32),scale(-.05))',
        'inject_hyperparams(adam)(.05)',
        'MultiSteps(adam(.05),2)',
    ):
        try:
            out[f'bfloat16 {k}'] = run(c[k], bf16)
        except Exception as e:
            out[f'bfloat16 {k}'] = {'error': type(e).__name__}
    out['bfloat16 adam(.05,mu_dtype=float32)'] = run(optax.adam(LR, mu_dtype=jnp.float32), bf16)
    for k in ('sgd(.05,momentum=.9)', 'adam(.05)', 'adamw(.05,weight_decay=.1)'):
        out[f'bfloat16 params, float32 gradients {k}'] = run(c[k], bf16, grad_dtype=jnp.float32)
    out['float16 adam(.05,eps=1e-4)'] = run(optax.adam(LR, eps=1e-4), jnp.float16)
    with jax.enable_x64(True):
        out['float64 adam(.05)'] = run(optax.adam(LR), jnp.float64)
        out['float64 adamw(.05,weight_decay=.1)'] = run(optax.adamw(LR, weight_decay=0.1), jnp.float64)
    return out


def transforms():
    """One update of each transformation on fixed updates, with the params of the problem."""
    g = {'b': jnp.array([3.0, 0.0, -4.0]), 'w': jnp.array([[0.0, 12.0, 0.0], [1e-3, -1e-3, 0.0]])}
    odd = {'b': jnp.array([jnp.nan, 1.0, jnp.inf]), 'w': jnp.array([[0.0, 1.0, 2.0], [-jnp.inf, 3.0, 4.0]])}
    zero = jax.tree.map(jnp.zeros_like, g)
    exact = {'b': jnp.array([3.0, 0.0, 0.0]), 'w': jnp.array([[0.0, 4.0, 0.0], [0.0, 0.0, 0.0]])}
    c = {
        'clip_by_global_norm(1)': optax.clip_by_global_norm(1.0),
        'clip_by_global_norm(5)': optax.clip_by_global_norm(5.0),
        'clip_by_global_norm(100)': optax.clip_by_global_norm(100.0),
        'clip(1)': optax.clip(1.0),
        'clip_by_block_rms(1)': optax.clip_by_block_rms(1.0),
        'adaptive_grad_clip(.01)': optax.adaptive_grad_clip(0.01),
        'zero_nans()': optax.zero_nans(),
        'keep_params_nonnegative()': optax.keep_params_nonnegative(),
        'centralize()': optax.centralize(),
        'scale_by_trust_ratio()': optax.scale_by_trust_ratio(),
        'scale_by_adam()': optax.scale_by_adam(),
        'scale_by_rms()': optax.scale_by_rms(),
        'scale_by_sign()': optax.scale_by_sign(),
        'normalize_by_update_norm()': optax.normalize_by_update_norm(),
        'apply_if_finite(identity,1)': optax.apply_if_finite(optax.identity(), 1),
        'set_to_zero()': optax.set_to_zero(),
        'add_decayed_weights(.1)': optax.add_decayed_weights(0.1),
        'stateless(u,p->u+p)': optax.stateless(lambda u, p: jax.tree.map(jnp.add, u, p)),
    }
    out = {'inputs': {n: {k: encode(x) for k, x in t.items()} for n, t in {'g': g, 'odd': odd, 'zero': zero, 'exact': exact}.items()}}
    p = arrays(P)
    for name, tx in c.items():
        row = {}
        for n, t in (('g', g), ('odd', odd), ('zero', zero), ('exact', exact)):
            u, s = tx.update(t, tx.init(p), p)
            row[n] = {'updates': {k: encode(x) for k, x in u.items()}, 'state': [encode(x) for x in jax.tree.leaves(s)]}
        out[name] = row
    return out


def schedules():
    counts = [0, 1, 2, 3, 5, 7, 9, 10, 15, 20, 25]
    c = {
        'constant(.1)': optax.constant_schedule(0.1),
        'cosine_decay(1,10)': optax.cosine_decay_schedule(1.0, 10),
        'cosine_decay(.5,10,alpha=.1,exponent=2)': optax.cosine_decay_schedule(0.5, 10, 0.1, 2.0),
        'warmup_cosine(0,1,5,20,.1)': optax.warmup_cosine_decay_schedule(0.0, 1.0, 5, 20, 0.1),
        'warmup_cosine(.1,1,3,10,0,exponent=2)': optax.warmup_cosine_decay_schedule(0.1, 1.0, 3, 10, 0.0, 2.0),
        'warmup_constant(0,1,5)': optax.warmup_constant_schedule(0.0, 1.0, 5),
        'linear(1,0,10)': optax.linear_schedule(1.0, 0.0, 10),
        'linear(1,.1,10,5)': optax.linear_schedule(1.0, 0.1, 10, 5),
        'exponential_decay(1,5,.5)': optax.exponential_decay(1.0, 5, 0.5),
        'piecewise_constant(1,{5:.5,10:.1})': optax.piecewise_constant_schedule(1.0, {5: 0.5, 10: 0.1}),
    }
    out = {'counts': counts}
    for name, f in c.items():
        weird = jax.eval_shape(f, jnp.int32(3))
        out[name] = {
            'values': encode(jnp.array([f(n) for n in counts], jnp.float32)),
            'traced': [str(weird.dtype), bool(weird.weak_type)],
        }
    return out


def losses():
    x = np.array([[0.5, -1.5, 3.0], [0.0, 1e-3, -20.0]], np.float32)
    y = np.array([[1.0, -1.0, 0.0], [0.0, 2.0, -20.5]], np.float32)
    logits = np.array([[1.0, -2.0, 0.5], [0.3, 0.2, -1.0], [100.0, 0.0, -100.0], [0.0, 0.0, 0.0]], np.float32)
    probs = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.25, 0.25, 0.5]], np.float32)
    labels = np.array([2, 0, 1, 1], np.int32)
    odd = np.array([2, -1, 3, 1], np.int32)
    where = np.array([[True, True, False], [True, False, True], [True, True, True], [False, False, False]])
    c = {
        'squared_error(x,y)': (x, lambda a: optax.squared_error(a, y)),
        'squared_error(x)': (x, lambda a: optax.squared_error(a)),
        'l2_loss(x,y)': (x, lambda a: optax.l2_loss(a, y)),
        'l2_loss(x)': (x, lambda a: optax.l2_loss(a)),
        'huber_loss(x,y,delta=.5)': (x, lambda a: optax.huber_loss(a, y, delta=0.5)),
        'softmax_cross_entropy(logits,probs)': (logits, lambda a: optax.softmax_cross_entropy(a, probs)),
        'softmax_cross_entropy(logits,probs,axis=0)': (logits, lambda a: optax.softmax_cross_entropy(a, probs, axis=0)),
        'softmax_cross_entropy(logits,probs,where)': (logits, lambda a: optax.softmax_cross_entropy(a, probs, where=where)),
        'softmax_cross_entropy(bfloat16)': (
            jnp.asarray(logits, jnp.bfloat16),
            lambda a: optax.softmax_cross_entropy(a, probs.astype(jnp.bfloat16)),
        ),
        'softmax_cross_entropy_with_integer_labels(logits,labels)': (
            logits,
            lambda a: optax.softmax_cross_entropy_with_integer_labels(a, labels),
        ),
        'softmax_cross_entropy_with_integer_labels(logits,odd)': (
            logits,
            lambda a: optax.softmax_cross_entropy_with_integer_labels(a, odd),
        ),
        'softmax_cross_entropy_with_integer_labels(logits,labels3,axis=0)': (
            logits,
            lambda a: optax.softmax_cross_entropy_with_integer_labels(a, labels[:3], axis=0),
        ),
        'softmax_cross_entropy_with_integer_labels(logits,labels,where)': (
            logits,
            lambda a: optax.softmax_cross_entropy_with_integer_labels(a, labels, where=where),
        ),
        'softmax_cross_entropy_with_integer_labels(bfloat16)': (
            jnp.asarray(logits, jnp.bfloat16),
            lambda a: optax.softmax_cross_entropy_with_integer_labels(a, labels),
        ),
        'sigmoid_binary_cross_entropy(logits,probs)': (logits, lambda a: optax.sigmoid_binary_cross_entropy(a, probs)),
    }
    out = {
        'inputs': {
            'x': encode(x),
            'y': encode(y),
            'logits': encode(logits),
            'probs': encode(probs),
            'labels': encode(labels),
            'odd': encode(odd),
            'where': encode(where),
        }
    }
    for name, (a, f) in c.items():
        a = jnp.asarray(a)
        hess = jax.grad(
            lambda q, f=f, a=a: jnp.sum(jnp.sin(jnp.arange(q.size, dtype=q.dtype)).reshape(q.shape) * jax.grad(lambda r: jnp.sum(f(r)))(q))
        )(a)
        out[name] = {
            'value': encode(f(a)),
            'grad_of_sum': encode(jax.grad(lambda q, f=f: jnp.sum(f(q)))(a)),
            'hvp_with_sin_iota': encode(hess),
        }
    return out


def main() -> None:
    body = {
        'problem': {'params': P, 'target': T, 'weight': A, 'loss': 'sum over leaves of sum(weight*(p-target)^2), in float32'},
        'runs': runs(),
        'transforms': transforms(),
        'schedules': schedules(),
        'losses': losses(),
    }
    write('optax-heart.json', 'Optax: options of sgd, adam, adamw and the parts around them; state trees; schedules; losses.', body)


if __name__ == '__main__':
    main()
