"""Writes optax-wrappers.json: wrappers, line searches, losses and helpers of Optax on the problem of make_optax_heart.py.

`runs` has trajectories {init, after1, steps: [{value, params: {b, w}}], final} as in optax-heart.json: `init`, `after1` describe
the state tree, `final` is the state with its arrays. Gradients of step `bad` of a run are NaN. `minimize` has values of
a function (in its name) along the iterations of L-BFGS. `losses`, `projections`, `helpers` as in optax-heart.json and as named.
"""

import jax
import jax.numpy as jnp
import optax

from common import encode, ramp, scalar, write
from make_optax_heart import LR, P, arrays, describe, loss

L = optax.losses
T = optax.tree


def whole(x):
    """A state tree by fields, with its arrays."""
    if x is None:
        return None
    if isinstance(x, tuple) and hasattr(x, '_fields'):
        return {f: whole(getattr(x, f)) for f in x._fields}
    if isinstance(x, (tuple, list)):
        return [whole(v) for v in x]
    if isinstance(x, dict):
        return {k: whole(v) for k, v in x.items()}
    return encode(x)


def run(tx, steps=5, bad=(), searches=False, pairs=False):
    p = arrays(P)
    p = optax.LookaheadParams.init_synced(p) if pairs else p
    s = tx.init(p)
    out = {'init': describe(s), 'steps': []}
    for i in range(steps):
        v, g = jax.value_and_grad(loss)(p.fast if pairs else p)
        if i in bad:
            g = jax.tree.map(lambda x: x.at[(0,) * x.ndim].set(jnp.nan), g)
        extra = {'value': v, 'grad': g, 'value_fn': loss} if searches else {}
        u, s = tx.update(g, s, p, **extra)
        p = optax.apply_updates(p, u)
        if i == 0:
            out['after1'] = describe(s)
        row = {'value': scalar(v), 'params': {k: encode(x)['data'] for k, x in (p.fast if pairs else p).items()}}
        if pairs:
            row['slow'] = {k: encode(x)['data'] for k, x in p.slow.items()}
        out['steps'].append(row)
    out['final'] = whole(s)
    return out


odd = lambda step, **_: step % 2 == 1  # noqa: E731
half = optax.linear_schedule(0.1, 0.0, 10)
RUNS = {
    'inject_hyperparams(adam)(.05)': lambda: run(optax.inject_hyperparams(optax.adam)(LR)),
    'inject_hyperparams(adam)(linear(.1,0,10),b1=.8)': lambda: run(optax.inject_hyperparams(optax.adam)(half, b1=0.8)),
    'inject_hyperparams(sgd)(.05,momentum=.9)': lambda: run(optax.inject_hyperparams(optax.sgd)(LR, momentum=0.9)),
    'inject_hyperparams(adamw)(.05,weight_decay=linear(.1,0,10),mask)': lambda: run(
        optax.inject_hyperparams(optax.adamw, static_args='mask')(LR, weight_decay=half, mask={'b': False, 'w': True})
    ),
    'partition({a:adam(.05),z:sgd(.1)},{b:a,w:z})': lambda: run(
        optax.partition({'a': optax.adam(LR), 'z': optax.sgd(0.1)}, {'b': 'a', 'w': 'z'})
    ),
    'named_chain(clip,adam)': lambda: run(optax.named_chain(('first', optax.clip(1.0)), ('second', optax.adam(LR)))),
    'MultiSteps(adam(.05),2)': lambda: run(optax.MultiSteps(optax.adam(LR), 2).gradient_transformation(), 6),
    'MultiSteps(adam(.05),3,sum)': lambda: run(
        optax.MultiSteps(optax.adam(LR), 3, use_grad_mean=False).gradient_transformation(), 7
    ),
    'MultiSteps(sgd(.05),count->count+1)': lambda: run(
        optax.MultiSteps(optax.sgd(LR), lambda n: n + 1).gradient_transformation(), 7
    ),
    'MultiSteps(sgd(.05),2,skip_not_finite)': lambda: run(
        optax.MultiSteps(optax.sgd(LR), 2, should_skip_update_fn=optax.skip_not_finite).gradient_transformation(),
        6,
        bad=(1, 3),
    ),
    'MultiSteps(sgd(.05),2,skip_large_updates(150))': lambda: run(
        optax.MultiSteps(
            optax.sgd(LR), 2, should_skip_update_fn=lambda u, n, p: optax.skip_large_updates(u, n, p, 150.0)
        ).gradient_transformation(),
        6,
    ),
    'apply_if_finite(adam(.05),1)': lambda: run(optax.apply_if_finite(optax.adam(LR), 1), 6, bad=(1, 3)),
    'apply_if_finite(sgd(.05),1) let through': lambda: run(optax.apply_if_finite(optax.sgd(LR), 1), 6, bad=(1, 2, 3)),
    'conditionally_transform(adam(.05),odd)': lambda: run(optax.conditionally_transform(optax.adam(LR), odd)),
    'conditionally_mask(adam(.05),odd)': lambda: run(optax.conditionally_mask(optax.adam(LR), odd)),
    'flatten(adam(.05))': lambda: run(optax.flatten(optax.adam(LR))),
    'flatten(chain(clip_by_block_rms(1),sgd(.05)))': lambda: run(
        optax.flatten(optax.chain(optax.clip_by_block_rms(1.0), optax.sgd(LR)))
    ),
    'lookahead(adam(.05),2,.5)': lambda: run(optax.lookahead(optax.adam(LR), 2, 0.5), 6, pairs=True),
    'lookahead(sgd(.05,momentum=.9),3,.2,reset)': lambda: run(
        optax.lookahead(optax.sgd(LR, momentum=0.9), 3, 0.2, reset_state=True), 7, pairs=True
    ),
    'lbfgs()': lambda: run(optax.lbfgs(), searches=True),
    'lbfgs(memory_size=2,scale_init_precond=False)': lambda: run(
        optax.lbfgs(memory_size=2, scale_init_precond=False), 8, searches=True
    ),
    'lbfgs(.05,memory_size=1,linesearch=None)': lambda: run(optax.lbfgs(LR, memory_size=1, linesearch=None), 8),
    'chain(sgd(1),backtracking(15))': lambda: run(
        optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(15)), searches=True
    ),
    'chain(sgd(1),backtracking(15,store_grad,increase 2,decrease .5,max 4))': lambda: run(
        optax.chain(
            optax.sgd(1.0),
            optax.scale_by_backtracking_linesearch(
                15, store_grad=True, increase_factor=2.0, decrease_factor=0.5, max_learning_rate=4.0
            ),
        ),
        searches=True,
    ),
    'chain(sgd(1),backtracking(2))': lambda: run(
        optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(2)), searches=True
    ),
    'chain(sgd(1),zoom(15))': lambda: run(
        optax.chain(optax.sgd(1.0), optax.scale_by_zoom_linesearch(15)), searches=True
    ),
    'chain(sgd(.001),zoom(15,one,curv .1))': lambda: run(
        optax.chain(
            optax.sgd(0.001), optax.scale_by_zoom_linesearch(15, initial_guess_strategy='one', curv_rtol=0.1)
        ),
        searches=True,
    ),
    'chain(sgd(.001),zoom(15,max 4))': lambda: run(
        optax.chain(optax.sgd(0.001), optax.scale_by_zoom_linesearch(15, max_learning_rate=4.0)), searches=True
    ),
    'chain(sgd(1),zoom(2))': lambda: run(
        optax.chain(optax.sgd(1.0), optax.scale_by_zoom_linesearch(2)), searches=True
    ),
}


def rosenbrock(p):
    return jnp.sum(100.0 * (p[1:] - p[:-1] ** 2) ** 2 + (1.0 - p[:-1]) ** 2)


def zakharov(p):
    s = jnp.sum(0.5 * jnp.arange(1.0, p.size + 1) * p)
    return jnp.sum(p**2) + s**2 + s**4


def minimized(f, start, tx, steps):
    """Points after each iteration, with the numbers of line search steps."""
    p = jnp.array(start)
    s = tx.init(p)
    rows = []
    value_and_grad = optax.value_and_grad_from_state(f)
    for _ in range(steps):
        v, g = value_and_grad(p, state=s)
        u, s = tx.update(g, s, p, value=v, grad=g, value_fn=f)
        p = optax.apply_updates(p, u)
        count = T.get(s, 'num_linesearch_steps')
        rows.append({'value': scalar(v), 'params': encode(p)['data'], 'searched': int(count)})
    return rows


MINIMIZE = {
    'rosenbrock lbfgs()': lambda: minimized(rosenbrock, [-1.2, 1.0], optax.lbfgs(), 12),
    'rosenbrock4 lbfgs(memory_size=3)': lambda: minimized(rosenbrock, [0.0, 2.0, -1.0, 0.5], optax.lbfgs(memory_size=3), 12),
    'zakharov lbfgs()': lambda: minimized(zakharov, [0.4, 0.8, -0.6], optax.lbfgs(), 8),
    'zakharov backtracking': lambda: minimized(
        zakharov,
        [0.4, 0.8, -0.6],
        optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(30, store_grad=True)),
        8,
    ),
}


def loss_row(f, x):
    weights = jnp.sin(jnp.arange(x.size, dtype=x.dtype)).reshape(x.shape)
    g = jax.grad(lambda a: jnp.sum(f(a)))
    return {
        'value': encode(f(x)),
        'grad_of_sum': encode(g(x)),
        'hvp_with_sin_iota': encode(jax.jvp(g, (x,), (weights,))[1]),
    }


x, y = jnp.array(ramp(6, seed=1)), jnp.array(ramp(6, seed=2))
z = jnp.array([1.0, 0, 1, 0, 0, 1])
lg, other = jnp.array(ramp(3, 4, seed=3)), jnp.array(ramp(3, 4, seed=4))
pr = jnp.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0, 0, 0], [0, 0.5, 0.25, 0.25]], jnp.float32)
lab = jnp.array([3, 0, 1])
keep = jnp.array([[True, True, False, True], [False, True, True, True], [True, True, True, True]])
inf = lg.at[1, 2].set(-jnp.inf)
pixels = jnp.array(ramp(2, 3, 4, seed=5))
masks = jax.nn.one_hot(jnp.array([[0, 1, 2], [3, 3, 1]]), 4)
INPUTS = {k: encode(v) for k, v in dict(x=x, y=y, z=z, lg=lg, other=other, pr=pr, lab=lab, keep=keep, inf=inf, pixels=pixels, masks=masks).items()}
LOSSES = {
    'safe_softmax_cross_entropy(inf,pr)': (lambda a: L.safe_softmax_cross_entropy(a, pr), inf),
    'poly_loss_cross_entropy(lg,pr,epsilon=-.5,where)': (
        lambda a: L.poly_loss_cross_entropy(a, pr, epsilon=-0.5, where=keep),
        lg,
    ),
    'kl_divergence(lg,pr,where)': (lambda a: L.kl_divergence(a, pr, where=keep), lg),
    'kl_divergence(lg,pr,axis=0)': (lambda a: L.kl_divergence(a, pr, axis=0), lg),
    'kl_divergence_with_log_targets(lg,other,axis=None)': (
        lambda a: L.kl_divergence_with_log_targets(a, other, axis=None),
        lg,
    ),
    'generalized_kl_divergence(lg,pr,where)': (lambda a: L.generalized_kl_divergence(a, pr, where=keep), lg),
    'cosine_similarity(lg,other,epsilon=1e-3,where)': (
        lambda a: L.cosine_similarity(a, other, epsilon=1e-3, where=keep),
        lg,
    ),
    'cosine_distance(lg,other,axis=0)': (lambda a: L.cosine_distance(a, other, axis=0), lg),
    'huber_loss(x,y,delta=.3)': (lambda a: L.huber_loss(a, y, delta=0.3), x),
    'log_cosh(x)': (lambda a: L.log_cosh(a), x),
    'sigmoid_focal_loss(x,z,alpha=.3,gamma=1.5)': (lambda a: L.sigmoid_focal_loss(a, z, alpha=0.3, gamma=1.5), x),
    'ranking_softmax_loss(lg,pr,where,weights=other)': (
        lambda a: L.ranking_softmax_loss(a, pr, where=keep, weights=jnp.abs(other)),
        lg,
    ),
    'ranking_softmax_loss(lg,pr,reduce_fn=None)': (lambda a: L.ranking_softmax_loss(a, pr, reduce_fn=None), lg),
    'ntxent(lg,[0,1,0],temperature=.5)': (lambda a: L.ntxent(a, jnp.array([0, 1, 0]), temperature=0.5), lg),
    'triplet_margin_loss(lg,other,pr,norm_degree=4,margin=.5)': (
        lambda a: L.triplet_margin_loss(a, other, pr, norm_degree=4, margin=0.5),
        lg,
    ),
    'dice_loss(pixels,masks,none,background,alpha=.3,beta=.7)': (
        lambda a: L.dice_loss(a, masks, reduction='none', ignore_background=True, alpha=0.3, beta=0.7),
        pixels,
    ),
    'dice_loss(pixels,masks,sum,class_weights)': (
        lambda a: L.dice_loss(a, masks, reduction='sum', class_weights=jnp.array([1.0, 2, 3, 4])),
        pixels,
    ),
    'multiclass_generalized_dice_loss(pixels,masks)': (lambda a: L.multiclass_generalized_dice_loss(a, masks), pixels),
    'binary_dice_loss(x,z,smooth=.5)': (lambda a: L.binary_dice_loss(a[None], z[None], smooth=0.5), x),
    'multiclass_sparsemax_loss(lg,lab)': (lambda a: L.multiclass_sparsemax_loss(a, lab), lg),
    'multiclass_hinge_loss(lg,lab)': (lambda a: L.multiclass_hinge_loss(a, lab), lg),
    'make_fenchel_young_loss(logsumexp)(lg,pr)': (
        lambda a: L.make_fenchel_young_loss(jax.nn.logsumexp)(a, pr),
        lg,
    ),
    'smooth_labels(lg,.2,where)': (lambda a: L.smooth_labels(a, 0.2, where=keep), lg),
}

PJ = optax.projections
v = jnp.array(ramp(5, seed=6))
pair = {'a': v[:2], 'b': v[2:].reshape(1, 3)}
leaves = lambda t: [encode(q) for q in jax.tree.leaves(t)]  # noqa: E731
PROJECTIONS = {
    'simplex(tree,.7)': lambda: leaves(PJ.projection_simplex(pair, 0.7)),
    'l1_sphere(tree,3)': lambda: leaves(PJ.projection_l1_sphere(pair, 3.0)),
    'l1_ball(tree,1)': lambda: leaves(PJ.projection_l1_ball(pair, 1.0)),
    'l1_ball(tree,100)': lambda: leaves(PJ.projection_l1_ball(pair, 100.0)),
    'l2_ball(tree,.5)': lambda: leaves(PJ.projection_l2_ball(pair, 0.5)),
    'l2_ball(tree,100)': lambda: leaves(PJ.projection_l2_ball(pair, 100.0)),
    'l2_sphere(tree,2)': lambda: leaves(PJ.projection_l2_sphere(pair, 2.0)),
    'linf_ball(tree,.5)': lambda: leaves(PJ.projection_linf_ball(pair, 0.5)),
    'hypercube(inputs,.5)': lambda: leaves(PJ.projection_hypercube(v, 0.5)),
    'non_negative(tree)': lambda: leaves(PJ.projection_non_negative(pair)),
    'vector(tree,ones)': lambda: leaves(PJ.projection_vector(pair, T.ones_like(pair))),
    'hyperplane(tree,ones,2)': lambda: leaves(PJ.projection_hyperplane(pair, T.ones_like(pair), 2.0)),
    'halfspace(tree,ones,2)': lambda: leaves(PJ.projection_halfspace(pair, T.ones_like(pair), 2.0)),
    'halfspace(tree,ones,-2)': lambda: leaves(PJ.projection_halfspace(pair, T.ones_like(pair), -2.0)),
    'grad of sin-weighted simplex(tree)': lambda: leaves(
        jax.grad(lambda t: jnp.sum(jnp.sin(jnp.arange(5.0)) * jnp.concatenate([q.ravel() for q in jax.tree.leaves(PJ.projection_simplex(t))])))(pair)
    ),
}

m = jnp.array(ramp(4, 4, seed=7))
spd = m @ m.T + jnp.eye(4)
costs = jnp.array(ramp(4, 6, seed=8))
tall = jnp.array(ramp(5, 3, seed=9))
examples = jnp.array(ramp(8, 3, seed=10))


def quadratic(p, batch):
    return jnp.sum((batch @ p) ** 2) + jnp.sum(jnp.sin(p))


HELPERS = {
    'spd': lambda: encode(spd),
    'costs': lambda: encode(costs),
    'tall': lambda: encode(tall),
    'examples': lambda: encode(examples),
    'power_iteration(spd)': lambda: [encode(q) for q in optax.power_iteration(spd)],
    'matrix_inverse_pth_root(spd,4)': lambda: encode(optax.matrix_inverse_pth_root(spd, 4)[0]),
    'matrix_inverse_pth_root(spd,2)': lambda: encode(optax.matrix_inverse_pth_root(spd, 2)[0]),
    'nnls(tall,b,50)': lambda: encode(optax.nnls(tall, x[:5], 50)),
    'hungarian(costs)': lambda: [encode(q) for q in optax.assignment.hungarian_algorithm(costs)],
    'hungarian(costs.T)': lambda: [encode(q) for q in optax.assignment.hungarian_algorithm(costs.T)],
    'hungarian(spd)': lambda: [encode(q) for q in optax.assignment.hungarian_algorithm(spd)],
    'base_hungarian(costs)': lambda: [encode(q) for q in optax.assignment.base_hungarian_algorithm(costs)],
    'base_hungarian(costs.T)': lambda: [encode(q) for q in optax.assignment.base_hungarian_algorithm(costs.T)],
    'perturbed argmax value': lambda: encode(
        optax.perturbations.make_perturbed_fun(lambda q: jax.nn.one_hot(jnp.argmax(q), 4), 50, 0.5)(
            jax.random.key(0), lg[0]
        )
    ),
    'perturbed argmax grad': lambda: encode(
        jax.grad(
            lambda q: jnp.sum(
                jnp.arange(4.0)
                * optax.perturbations.make_perturbed_fun(lambda r: jax.nn.one_hot(jnp.argmax(r), 4), 50, 0.5)(
                    jax.random.key(0), q
                )
            )
        )(lg[0])
    ),
    'perturbed normal without baseline': lambda: encode(
        jax.grad(
            lambda q: jnp.sum(
                jnp.arange(4.0)
                * optax.perturbations.make_perturbed_fun(
                    lambda r: jax.nn.one_hot(jnp.argmax(r), 4), 20, 0.3, optax.perturbations.Normal(), False
                )(jax.random.key(1), q)
            )
        )(lg[0])
    ),
    'random_like({a:[2],b:[1,3]})': lambda: leaves(T.random_like(jax.random.key(3), pair)),
    'safe_norm grad at 0': lambda: encode(jax.grad(lambda q: optax.safe_norm(q, 1e-3))(jnp.zeros(3))),
    'safe_norm(x,1e-3)': lambda: encode(optax.safe_norm(x, 1e-3)),
    'safe_norm(lg,1.5,ord=1,axis=1)': lambda: encode(optax.safe_norm(lg, 1.5, 1, 1)),
    'safe_root_mean_squares(x,1e-3)': lambda: encode(optax.safe_root_mean_squares(x, 1e-3)),
    'microbatch mean': lambda: encode(
        optax.microbatching.microbatch(
            lambda b: jnp.mean(b * b), 0, 2, optax.microbatching.AccumulationType.MEAN
        )(examples)
    ),
    'microbatch concat': lambda: encode(
        optax.microbatching.microbatch(lambda b: b * 2, 0, 2, optax.microbatching.AccumulationType.CONCAT)(examples)
    ),
    'microbatch running_mean of 3': lambda: encode(
        optax.microbatching.microbatch(
            lambda b: jnp.mean(b * b),
            0,
            2,
            optax.microbatching.AccumulationType.RUNNING_MEAN,
            num_real_microbatches=3,
        )(examples)
    ),
    'reshape_batch_axis(examples,2)': lambda: encode(optax.microbatching.reshape_batch_axis(examples, 2)),
    'hessian_diag': lambda: encode(
        optax.second_order.hessian_diag(lambda p, i, t: quadratic(p, i), v[:3], examples, None)
    ),
    'hvp': lambda: encode(
        optax.second_order.hvp(lambda p, i, t: quadratic(p, i), jnp.ones(3), v[:3], examples, None)
    ),
    'fisher_diag': lambda: encode(
        optax.second_order.fisher_diag(lambda p, i, t: quadratic(p, i), v[:3], examples, None)
    ),
}


def main():
    jax.config.update('jax_threefry_partitionable', False)
    body = {
        'problem': {'params': P, 'lr': LR},
        'runs': {k: f() for k, f in RUNS.items()},
        'minimize': {k: f() for k, f in MINIMIZE.items()},
        'losses': {'inputs': INPUTS, **{k: loss_row(f, a) for k, (f, a) in LOSSES.items()}},
        'projections': {'inputs': encode(v), **{k: f() for k, f in PROJECTIONS.items()}},
        'helpers': {k: f() for k, f in HELPERS.items()},
    }
    write('optax-wrappers.json', __doc__.split('\n')[0], body)


if __name__ == '__main__':
    main()
