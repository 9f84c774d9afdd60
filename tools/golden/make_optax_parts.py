"""Writes optax-parts.json: parts of Optax by themselves, on the quadratic problem of make_optax_heart.py.

`runs` is as in optax-contrib.json, three updates each. `aggregating`: updates {b, w} and leaves of the state after each call, of gradients
of single examples (`examples`, one list of calls). `schedules`: values at 0 to 23. `helpers`: results of single calls, with
their inputs. `zoom`: the state of a zoom line search after each step. JAX's original layout of random bits.
"""

import jax
import jax.numpy as jnp
import optax
from optax import contrib
from optax._src import linesearch
from optax.contrib import _dog, _muon, _sophia
from optax.experimental import aggregating

from common import encode, ramp, scalar, write
from make_optax_contrib import fields, run
from make_optax_heart import LR, MASK, P, arrays

BF16, F32 = jnp.bfloat16, jnp.float32
cosine = optax.cosine_decay_schedule(0.5, 5)
inject = optax.inject_hyperparams


def then(tx, size=-LR):
    return optax.chain(tx, optax.scale(size))


def cases():
    c = contrib
    value, objective = ('value',), ('obj_fn',)
    norm = optax.tree.norm
    by = lambda *axes: lambda of: jax.tree.map(lambda x: c.MuonDimensionNumbers(*axes), of)  # noqa: E731
    return {
        'scale_by_acprop(.8,.9,1e-3,.01)': (then(c.scale_by_acprop(0.8, 0.9, 1e-3, 0.01)),),
        'scale_by_adopt()': (then(c.scale_by_adopt()),),
        'scale_by_adopt(.5,nesterov,clip=n->n+.1)': (then(c.scale_by_adopt(0.5, nesterov=True, clip_value_fn=lambda n: n + 0.1)),),
        'scale_by_ademamix(mu_dtype=bfloat16,eps_root=.1)': (then(c.scale_by_ademamix(mu_dtype=BF16, eps_root=0.1)),),
        'scale_by_simplified_ademamix(alpha=2,eps_root=.1)': (then(c.scale_by_simplified_ademamix(alpha=2.0, eps_root=0.1)),),
        'scale_by_cocob(10,.01)': (c.scale_by_cocob(10.0, 0.01),),
        'scale_by_dog(distance .1,.01)': (then(_dog.scale_by_dog(('distance', 0.1), 0.01), -1.0),),
        'scale_by_dowg()': (then(_dog.scale_by_dowg(), -1.0),),
        'scale_by_dowg(.1,.01)': (then(_dog.scale_by_dowg(0.1, 0.01), -1.0),),
        'scale_by_galore(1,1,.5)': (then(c.scale_by_galore(1, 1, 0.5)),),
        'scale_by_madgrad(.05,.5,.01)': (c.scale_by_madgrad(LR, 0.5, 0.01),),
        'scale_by_muon(ns_steps=3,beta=.5,schatten)': (
            optax.masked(then(c.scale_by_muon(ns_steps=3, beta=0.5, preconditioning='schatten', weight_dimension_numbers=by(0, 1))), MASK),
        ),
        'scale_by_shape()': (optax.masked(then(_muon.scale_by_shape(by(1, 0))), MASK),),
        'scale_by_shape(consistent_rms=.3)': (optax.masked(then(_muon.scale_by_shape(by(0, 1), consistent_rms=0.3)), MASK),),
        'scale_by_sophia(b1=.5,gamma=.5,update_interval=2)': (
            then(_sophia.scale_by_sophia(b1=0.5, gamma=0.5, update_interval=2)),
            objective,
        ),
        'normalize()': (then(c.normalize()),),
        'reduce_on_plateau(.3,1,.5,cooldown=1,accumulation_size=2,min_scale=.1)': (
            then(c.reduce_on_plateau(0.3, 1, 0.5, cooldown=1, accumulation_size=2, min_scale=0.1)),
            value,
            8,
        ),
        'snapshot(norm)': (optax.chain(optax.snapshot('norm', norm), optax.sgd(LR)),),
        'measure_with_ema(norm,.5)': (
            optax.chain(optax.monitor({'norm': norm, 'mean': optax.measure_with_ema(norm, 0.5)}), optax.sgd(LR)),
        ),
        'measure_with_ema(norm,.9,debias=False,bfloat16)': (
            optax.chain(optax.monitor({'mean': optax.measure_with_ema(norm, 0.9, debias=False, accumulator_dtype=BF16)}), optax.sgd(LR)),
        ),
        'freeze(mask)': (optax.chain(optax.adam(LR), optax.freeze(MASK)),),
        'selective_transform(adam,mask)': (optax.selective_transform(optax.adam(LR), freeze_mask=MASK),),
        'stateless_with_tree_map': (optax.stateless_with_tree_map(lambda g, p: -0.1 * g - 0.01 * p),),
        'conditionally_transform(forward_extra_args)': (
            optax.conditionally_transform(optax.sgd(LR), lambda step, value, **_: (value > 30) | (step > 2), forward_extra_args=True),
            value,
        ),
        'masked(adam,callable)': (optax.masked(optax.adam(LR), lambda p: jax.tree.map(lambda x: x.ndim > 1, p)),),
        'centralize()': (then(optax.centralize()),),
        'scale_by_adadelta(.5,.01)': (then(optax.scale_by_adadelta(0.5, 0.01)),),
        'scale_by_adamax(.5,.6,.1)': (then(optax.scale_by_adamax(0.5, 0.6, 0.1)),),
        'scale_by_belief(nesterov)': (then(optax.scale_by_belief(nesterov=True)),),
        'scale_by_radam(b2=.9,threshold=3)': (then(optax.scale_by_radam(b2=0.9, threshold=3.0)),),
        'scale_by_rms(bias_correction,.5)': (then(optax.scale_by_rms(0.5, bias_correction=True)),),
        'scale_by_rss(1,.1)': (then(optax.scale_by_rss(1.0, 0.1)),),
        'scale_by_sign()': (then(optax.scale_by_sign()),),
        'scale_by_rprop(.1)': (then(optax.scale_by_rprop(0.1), -1.0),),
        'scale_by_optimistic_gradient(.5,.2)': (then(optax.scale_by_optimistic_gradient(0.5, 0.2)),),
        'scale_by_polyak(f_min=5,max=.1)': (then(optax.scale_by_polyak(5.0, 0.1), -1.0), value),
        'scale_by_learning_rate(flip_sign=False)': (optax.chain(optax.scale(-1.0), optax.scale_by_learning_rate(cosine, flip_sign=False)),),
        'inject lamb': (inject(optax.lamb)(LR, b1=0.8, weight_decay=0.01),),
        'inject lion': (inject(optax.lion)(cosine, b2=0.9),),
        'inject rmsprop': (inject(optax.rmsprop)(LR, decay=0.8, momentum=0.5),),
        'inject novograd': (inject(optax.novograd)(LR, b1=0.8),),
        'inject radam': (inject(optax.radam, static_args='threshold')(LR, b2=0.9, threshold=4.5),),
        'inject yogi': (inject(optax.yogi)(LR),),
        'inject adan': (inject(optax.adan)(LR, b3=0.9),),
        'inject acprop': (inject(c.acprop)(LR, b1=0.8),),
        'inject ademamix': (inject(c.ademamix)(LR, alpha=2.0),),
        'inject adopt': (inject(c.adopt, static_args='clip_value_fn')(LR),),
        'inject cocob': (inject(c.cocob)(alpha=50.0),),
        'inject dowg': (inject(c.dowg)(cosine),),
        'inject madgrad': (inject(c.madgrad)(LR, momentum=0.8),),
        'inject momo': (inject(c.momo, static_args='adapt_lower_bound')(cosine, beta=0.8), value),
        'inject simplified_ademamix': (inject(c.simplified_ademamix)(LR, alpha=1.0),),
    }


def runs():
    out = {}
    for name, (tx, *rest) in cases().items():
        extra, steps = (*rest, *((), 3)[len(rest) :])
        out[name], _, _ = run(optax.with_extra_args_support(tx), steps=steps, extra=extra)
    return out


def aggregate():
    """Two calls of four examples each, twice."""
    A = aggregating
    calls = [{'b': jnp.array(ramp(4, 3, seed=s)), 'w': jnp.array(ramp(4, 2, 3, seed=s + 10))} for s in (1, 2, 3, 4)]
    pairs = [{k: x.reshape(2, 2, *x.shape[1:]) for k, x in g.items()} for g in calls]
    clip = optax.stateless(lambda gs, _: jax.vmap(optax.projections.projection_l2_ball)(gs))
    txs = {
        'process(clip,mean,adam)': (A.process(clip, A.average_per_element_updates(), optax.adam(LR)), calls),
        'process(identity,mean of 2,adam)': (
            A.process(optax.identity(), A.average_incrementally_updates(0, 2), optax.adam(LR)),
            calls,
        ),
        'process(identity,accumulate 2 of means,sgd)': (
            A.process(optax.identity(), A.average_incrementally_updates(None, 2), optax.sgd(LR)),
            [jax.tree.map(lambda x: x[0], g) for g in calls],
        ),
        'average_per_element_updates((0,1))': (A.average_per_element_updates((0, 1)), pairs),
        'add_mean_variance_to_opt(adam)': (A.add_mean_variance_to_opt(optax.adam(LR)), calls),
        'add_mean_variance_to_opt(adam,.5,axis=(0,1))': (A.add_mean_variance_to_opt(optax.adam(LR), 0.5, (0, 1)), pairs),
        'add_mean_variance_to_opt(sgd,.5,accumulation_steps=2)': (A.add_mean_variance_to_opt(optax.sgd(LR), 0.5, 0, 2), calls),
    }
    out = {'examples': [{k: encode(x) for k, x in g.items()} for g in calls]}
    for name, (tx, given) in txs.items():
        p = arrays(P)
        s = tx.init(p)
        rows = []
        for g in given:
            u, s = tx.update(g, s, p)
            row = {'updates': {k: encode(x)['data'] for k, x in u.items()}, 'state': fields(s)}
            if name.startswith('add_mean'):
                row['unbiased'] = [{k: encode(x)['data'] for k, x in t.items()} for t in A.get_unbiased_mean_and_variance_ema(s)]
            rows.append(row)
        out[name] = rows
    return out


def schedules():
    f = {
        'linear_onecycle(20,1,.2,.6,10,100)': optax.linear_onecycle_schedule(20, 1.0, 0.2, 0.6, 10.0, 100.0),
        'cosine_onecycle(20,2,.5,5,50)': optax.cosine_onecycle_schedule(20, 2.0, 0.5, 5.0, 50.0),
        'exponential_decay(1,4,2,end=3)': optax.exponential_decay(1.0, 4, 2.0, end_value=3.0),
        'exponential_decay(1,4,.5,begin=3)': optax.exponential_decay(1.0, 4, 0.5, 3),
        'exponential_decay(1,4,.5,staircase)': optax.exponential_decay(1.0, 4, 0.5, staircase=True),
        'polynomial(0,2,3,8)': optax.polynomial_schedule(0.0, 2.0, 3, 8),
        'polynomial(1,0,.5,8,begin=2)': optax.polynomial_schedule(1.0, 0.0, 0.5, 8, 2),
        'warmup_exponential_decay(.1,1,4,3,.5,begin=2,staircase,end=.2)': optax.warmup_exponential_decay_schedule(
            0.1, 1.0, 4, 3, 0.5, 2, True, 0.2
        ),
        'warmup_cosine_decay(0,2,3,15,end=.5,exponent=2)': optax.warmup_cosine_decay_schedule(0.0, 2.0, 3, 15, 0.5, 2.0),
        'piecewise_constant(2,{3:0,6:2})': optax.piecewise_constant_schedule(2.0, {3: 0.0, 6: 2.0}),
        'piecewise_interpolate(cosine,2,{4:3,9:0})': optax.piecewise_interpolate_schedule('cosine', 2.0, {4: 3.0, 9: 0.0}),
        'join([linear,cosine,const],[5,15])': optax.join_schedules(
            [optax.linear_schedule(0.0, 1.0, 5), optax.cosine_decay_schedule(1.0, 10), optax.constant_schedule(0.3)], [5, 15]
        ),
    }
    return {k: [scalar(jnp.asarray(g(i), F32)) for i in range(24)] for k, g in f.items()}


def helpers():
    m = optax.microbatching
    x, y = jnp.array(ramp(3, 4, seed=1)), jnp.array(ramp(4, seed=2, lo=-1, hi=1))
    normal = optax.multi_normal(y, y / 2)
    pair = optax.multi_normal(x, y)
    logits = jnp.array(ramp(2, 5, 4, seed=3))
    paddings = jnp.zeros((2, 5)).at[1, 3:].set(1.0)
    labels, label_paddings = jnp.array([[1, 2, 1], [0, 3, 0]]), jnp.array([[0.0, 0, 1], [0, 0, 1]])
    examples = jnp.array(ramp(6, 3, seed=4))
    w = jnp.array([0.5, -1.0, 2.0])
    squares = lambda p, e: jnp.sum(jnp.sin(e) * p**2)  # noqa: E731
    moments = {'a': jnp.array([1.0, -2.0]), 'b': jnp.array([[0.5]])}
    updates = {'a': jnp.array([-3.0, 0.5]), 'b': jnp.array([[0.25]])}
    leaves = lambda t: [encode(q) for q in jax.tree.leaves(t)]  # noqa: E731
    key = jax.random.key(5)
    ctc, hutchinson = optax.losses.ctc_loss, contrib.hutchinson_estimator_diag_hessian(jax.random.PRNGKey(3))
    hstate = hutchinson.init(moments)
    probabilities = optax.losses.ctc_loss_with_forward_probs(logits, paddings, labels, label_paddings, blank_id=3)
    f = {
        'x': x,
        'y': y,
        'logits': logits,
        'examples': examples,
        'multi_normal sample': normal.sample((2,), key),
        'multi_normal log_prob': normal.log_prob(x),
        'multi_normal broadcast log_prob': pair.log_prob(x + 1),
        'multi_normal broadcast sample': pair.sample((), key),
        'multi_normal grad of sample': jax.grad(lambda s: jnp.sum(optax.multi_normal(y, s).sample((3,), key) ** 2))(y),
        'ctc_loss(blank_id=3)': ctc(logits, paddings, labels, label_paddings, blank_id=3),
        'ctc_loss(blank_id=3,log_epsilon=-20)': ctc(logits, paddings, labels, label_paddings, blank_id=3, log_epsilon=-20.0),
        'ctc_loss grad': jax.grad(lambda a: jnp.sum(ctc(a, paddings, labels, label_paddings, blank_id=3)))(logits),
        'ctc_loss_with_forward_probs phi': probabilities[1],
        'ctc_loss_with_forward_probs emit': probabilities[2],
        'micro_vmap(sin,2)': m.micro_vmap(jnp.sin, microbatch_size=2)(examples),
        'micro_grad sum': m.micro_grad(squares, microbatch_size=2, keep_batch_dim=False)(w, examples)[0],
        'micro_grad mean of clipped': m.micro_grad(
            squares,
            microbatch_size=3,
            keep_batch_dim=False,
            accumulator=m.AccumulationType.MEAN,
            transform_fn=lambda g: jnp.clip(g, -1, 1),
        )(w, examples)[0],
        'unitwise_norm of examples': optax.transforms.unitwise_norm(examples),
        'safe_increment(float)': optax.safe_increment(jnp.float32(3.5)),
        'matrix_inverse_pth_root(8,ridge_epsilon=.1)': optax.matrix_inverse_pth_root(x @ x.T + jnp.eye(3), 8, ridge_epsilon=0.1)[0],
        'power_iteration(v0,num_iters=3)': optax.power_iteration(x @ x.T + jnp.eye(3), v0=jnp.array([1.0, 2, 3]), num_iters=3)[1],
        'nnls(L=50)': optax.nnls(examples, jnp.arange(6.0), 20, L=50.0),
        'periodic_update(4,4)': optax.periodic_update(x, -x, jnp.array(4), 4),
        'periodic_update(5,4)': optax.periodic_update(x, -x, jnp.array(5), 4),
        'incremental_update(.3)': optax.incremental_update(x, -x, 0.3),
    }
    out = {k: encode(v) for k, v in f.items()}
    T = optax.tree
    out |= {
        'update_infinity_moment(.9,.1)': leaves(T.update_infinity_moment(updates, moments, 0.9, 0.1)),
        'update_moment(.9,2)': leaves(T.update_moment(updates, moments, 0.9, 2)),
        'bias_correction(.9,3)': leaves(T.bias_correction(moments, 0.9, jnp.array(3))),
        'tree norms': [encode(T.norm(updates, ord=o, squared=s)) for o in (1, 2, jnp.inf) for s in (False, True)],
        'hutchinson': leaves(
            hutchinson.update(updates, hstate, moments, obj_fn=lambda p: jnp.sum(p['a'] ** 3) + jnp.sum(jnp.exp(p['b'])))[0]
        ),
    }
    return out


def zoom():
    def f(p):
        return jnp.sum(100.0 * (p[1:] - p[:-1] ** 2) ** 2 + (1.0 - p[:-1]) ** 2)

    p = jnp.array([-1.2, 1.0])
    v, g = jax.value_and_grad(f)(p)
    out = {}
    for name, size, options in (
        ('guess 1', 1.0, {}),
        ('guess 1e-5', 1e-5, {'increase_factor': 3.0, 'curv_rtol': 0.01}),
        ('guess 1e-4, max 1e-3', 1e-4, {'max_stepsize': 1e-3, 'curv_rtol': 0.1}),
    ):
        init, step, cond = linesearch.zoom_linesearch(12, **options)
        s = init(-g, p, value=v, grad=g, prev_stepsize=size, initial_guess_strategy='keep')
        rows = []
        while cond(s):
            s = step(s, value_and_grad_fn=jax.value_and_grad(f), fn_kwargs={})
            rows.append(
                {
                    k: scalar(getattr(s, k))
                    for k in ('stepsize', 'value', 'slope', 'interval_found', 'done', 'failed', 'low', 'high', 'cubic_ref', 'safe_stepsize')
                }
            )
        out[name] = rows
    return out


def main() -> None:
    jax.config.update('jax_threefry_partitionable', False)
    body = {'runs': runs(), 'aggregating': aggregate(), 'schedules': schedules(), 'helpers': helpers(), 'zoom': zoom()}
    write('optax-parts.json', 'Parts of Optax by themselves: contrib, monitors, aggregation, schedules, helpers.', body)


if __name__ == '__main__':
    main()
