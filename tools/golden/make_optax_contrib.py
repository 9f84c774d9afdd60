"""Writes optax-contrib.json: optax.contrib with options, on the quadratic problem of make_optax_heart.py.

`runs` has one trajectory of updates per variation: {dtype, init, after1, steps: [{value, params: {b, w}}], state}: `init` and `after1`
describe the state tree (fields, 'dtype[shape]'), `state` is the last state with flat data in the place of arrays. Updates get the extra
arguments value, obj_fn and grad_fn where they take them. `orthogonalize` holds Newton-Schulz iterations of matrices, `privacy` sums of
clipped gradients per example with noise, `eval_params` those of schedule_free after the run of that name.
"""

import jax
import jax.numpy as jnp
import optax
from optax import contrib
from optax.contrib import _muon

from common import encode, ramp, scalar, write
from make_optax_heart import LR, MASK, P, arrays, describe, loss

BF16 = jnp.bfloat16


def fields(x):
    """A state tree by fields, with flat data in the place of arrays."""
    if x is None:
        return None
    if isinstance(x, tuple) and hasattr(x, '_fields'):
        return {f: fields(getattr(x, f)) for f in x._fields}
    if isinstance(x, (tuple, list)):
        return [fields(v) for v in x]
    if isinstance(x, dict):
        return {k: fields(v) for k, v in x.items()}
    return encode(x)['data']


def grad_fn(p, i):
    return jax.grad(loss)(p)


def run(tx, dtype=jnp.float32, steps=5, extra=()):
    p = arrays(P, dtype)
    s = tx.init(p)
    out = {'dtype': jnp.dtype(dtype).name, 'init': describe(s), 'steps': []}
    for i in range(steps):
        v, g = jax.value_and_grad(loss)(p)
        known = {'value': v, 'obj_fn': loss, 'grad_fn': grad_fn}
        u, s = tx.update(g, s, p, **{k: known[k] for k in extra})
        p = optax.apply_updates(p, u)
        if i == 0:
            out['after1'] = describe(s)
        out['steps'].append({'value': scalar(v), 'params': {k: encode(x)['data'] for k, x in p.items()}})
    out['state'] = fields(s)
    return out, s, p


def sgd_in_ascent():
    return optax.chain(contrib.normalize(), optax.sgd(0.05, momentum=0.5))


def cases():
    """Transformations, the extra arguments they get, the number of steps."""
    cosine = optax.cosine_decay_schedule(0.5, 5)
    value, objective = ('value',), ('obj_fn',)
    c = contrib
    dims = _muon.MuonDimensionNumbers
    return {
        'acprop(.05)': (c.acprop(LR),),
        'acprop(.05,b1=.7,b2=.9,eps=1e-3,eps_root=1e-4,weight_decay=.1,mask)': (c.acprop(LR, 0.7, 0.9, 1e-3, 1e-4, 0.1, MASK),),
        'ademamix(.05)': (c.ademamix(LR),),
        'ademamix(.05,b3=cosine,alpha=cosine,eps_root=.01,weight_decay=.1,mask)': (
            c.ademamix(LR, 0.8, 0.95, cosine, cosine, 1e-3, 0.01, None, 0.1, MASK),
        ),
        'ademamix(.05,mu_dtype=bfloat16)': (c.ademamix(LR, mu_dtype=BF16),),
        'scale_by_ademamix()': (c.scale_by_ademamix(),),
        'simplified_ademamix(.05)': (c.simplified_ademamix(LR),),
        'simplified_ademamix(.05,b1=.9,b2=.8,alpha=cosine,eps=1e-3,eps_root=.01,weight_decay=.1,mask)': (
            c.simplified_ademamix(LR, 0.9, 0.8, cosine, 1e-3, 0.01, 0.1, MASK),
        ),
        'adopt(.05)': (c.adopt(LR),),
        'adopt(.05,b1=.8,b2=.95,eps=.1,nesterov)': (c.adopt(LR, 0.8, 0.95, 0.1, nesterov=True),),
        'adopt(.05,use_clipping=False,eps=10)': (c.adopt(LR, eps=10.0, use_clipping=False),),
        'adopt(.05,clip_value_fn=n->.5/(n+1),mu_dtype=bfloat16)': (
            c.adopt(LR, mu_dtype=BF16, clip_value_fn=lambda n: 0.5 / (n + 1)),
        ),
        'cocob()': (c.cocob(),),
        'cocob(.5,alpha=10,eps=.1,weight_decay=.1,mask)': (c.cocob(0.5, 10.0, 0.1, 0.1, MASK),),
        'dadapt_adamw()': (c.dadapt_adamw(),),
        'dadapt_adamw(cosine,betas=(.8,.95),eps=1e-3,estim_lr0=.01,weight_decay=.1)': (
            c.dadapt_adamw(cosine, (0.8, 0.95), 1e-3, 0.01, 0.1),
        ),
        'dog()': (c.dog(),),
        "dog(.5,('distance',.1),eps=.1,weight_decay=.1,mask)": (c.dog(0.5, ('distance', 0.1), 0.1, 0.1, MASK),),
        "dog(('learning_rate',.1))": (c.dog(init_step=('learning_rate', 0.1)),),
        'dowg()': (c.dowg(),),
        'dowg(cosine,init_estim_sq_dist=.1,eps=.01,weight_decay=.1,mask)': (c.dowg(cosine, 0.1, 0.01, 0.1, MASK),),
        'galore(.05,rank=1,update_proj_gap=2)': (c.galore(LR, rank=1, update_proj_gap=2),),
        'galore(.05,rank=2,update_proj_gap=9,scale=.5,base_optimizer=trace(.9),weight_decay=.1,mask)': (
            c.galore(LR, 2, 9, 0.5, optax.trace(0.9), 0.1, MASK),
        ),
        'madgrad(.05)': (c.madgrad(LR),),
        'madgrad(cosine,momentum=.5,weight_decay=.1,eps=.01)': (c.madgrad(cosine, 0.5, 0.1, 0.01),),
        'mechanize(sgd(.05))': (c.mechanize(optax.sgd(LR)),),
        'mechanize(adam(.05),weight_decay=.1,eps=1e-3,s_init=.1,num_betas=3)': (
            c.mechanize(optax.adam(LR), 0.1, 1e-3, 0.1, 3),
        ),
        'momo()': (c.momo(), value),
        'momo(cosine,beta=.5,lower_bound=1,weight_decay=.1)': (c.momo(cosine, 0.5, 1.0, 0.1), value),
        'momo(lower_bound=60,adapt_lower_bound)': (c.momo(lower_bound=60.0, adapt_lower_bound=True), value),
        'momo_adam()': (c.momo_adam(), value),
        'momo_adam(cosine,b1=.5,b2=.9,eps=1e-3,lower_bound=1,weight_decay=.1)': (
            c.momo_adam(cosine, 0.5, 0.9, 1e-3, 1.0, 0.1),
            value,
        ),
        'momo_adam(1,lower_bound=60,adapt_lower_bound)': (c.momo_adam(1.0, lower_bound=60.0, adapt_lower_bound=True), value),
        'muon(.05)': (c.muon(LR),),
        'muon(.05,dion,beta=.8,eps=1e-3,weight_decay=.1,mask,nesterov=False,adaptive,consistent_rms=.2)': (
            c.muon(LR, 'dion', 5, 0.8, 1e-3, 0.1, MASK, nesterov=False, adaptive=True, consistent_rms=0.2),
        ),
        'muon(.05,mu_dtype=bfloat16,ns_steps=2,aol,adam_b1=.8,adam_b2=.9,adam_eps_root=.01,adam_weight_decay=.1,adam_learning_rate=cosine)': (
            c.muon(
                LR,
                ns_steps=2,
                mu_dtype=BF16,
                preconditioning='aol',
                adam_b1=0.8,
                adam_b2=0.9,
                adam_eps_root=0.01,
                adam_weight_decay=0.1,
                adam_learning_rate=cosine,
            ),
        ),
        'muon(.05,muon_weight_dimension_numbers={b:None,w:(1,0)})': (
            c.muon(LR, muon_weight_dimension_numbers={'b': None, 'w': dims(1, 0)}),
        ),
        'prodigy()': (c.prodigy(),),
        'prodigy(cosine,betas=(.8,.95),beta3=.5,eps=1e-3,estim_lr0=.01,estim_lr_coef=2,weight_decay=.1)': (
            c.prodigy(cosine, (0.8, 0.95), 0.5, 1e-3, 0.01, 2.0, 0.1),
        ),
        'prodigy(estim_lr0=.01,safeguard_warmup)': (c.prodigy(estim_lr0=0.01, safeguard_warmup=True),),
        'chain(sgd(.05),reduce_on_plateau(patience=1,factor=.5,rtol=.5))': (
            optax.chain(optax.sgd(LR), c.reduce_on_plateau(0.5, 1, 0.5)),
            value,
            6,
        ),
        'chain(sgd(.05),reduce_on_plateau(patience=1,cooldown=2,rtol=.9,min_scale=.05))': (
            optax.chain(optax.sgd(LR), c.reduce_on_plateau(0.1, 1, 0.9, cooldown=2, min_scale=0.05)),
            value,
            8,
        ),
        'chain(sgd(.05),reduce_on_plateau(patience=1,atol=10,accumulation_size=2))': (
            optax.chain(optax.sgd(LR), c.reduce_on_plateau(0.5, 1, 1e-4, 10.0, accumulation_size=2)),
            value,
            8,
        ),
        'sam(sgd(.05),ascent)': (c.sam(optax.sgd(LR), sgd_in_ascent()),),
        'sam(adam(.05),ascent,sync_period=3)': (c.sam(optax.adam(LR), sgd_in_ascent(), 3), (), 7),
        'sam(sgd(.05),ascent,sync_period=3,reset_state=False)': (c.sam(optax.sgd(LR), sgd_in_ascent(), 3, False), (), 7),
        'sam(adam(.05),ascent,sync_period=3,opaque_mode)': (
            c.sam(optax.adam(LR), sgd_in_ascent(), 3, opaque_mode=True),
            ('grad_fn',),
        ),
        'sam(sgd(.05),ascent,reset_state=False,opaque_mode)': (
            c.sam(optax.sgd(LR), sgd_in_ascent(), 2, False, True),
            ('grad_fn',),
        ),
        'schedule_free_adamw()': (c.schedule_free_adamw(),),
        'schedule_free_adamw(.05,warmup_steps=2,b1=.8,b2=.95,eps=1e-3,weight_decay=.1,weight_lr_power=1)': (
            c.schedule_free_adamw(LR, 2, 0.8, 0.95, 1e-3, 0.1, 1.0),
        ),
        'schedule_free_sgd(.05)': (c.schedule_free_sgd(LR),),
        'schedule_free_sgd(.05,warmup_steps=3,b1=.5,weight_decay=.1,weight_lr_power=1.5,state_dtype=bfloat16)': (
            c.schedule_free_sgd(LR, 3, 0.5, 0.1, 1.5, BF16),
        ),
        'schedule_free(adam(.05,b1=0),cosine)': (c.schedule_free(optax.adam(LR, b1=0.0), cosine),),
        'sophia(.05)': (c.sophia(LR), objective),
        'sophia(.05,b1=.8,b2=.5,eps=.1,weight_decay=.1,mask,gamma=2,clip_threshold=.2,update_interval=2,mu_dtype=bfloat16)': (
            c.sophia(LR, 0.8, 0.5, 0.1, 0.1, MASK, 2.0, 0.2, 2, mu_dtype=BF16),
            objective,
        ),
        'sophia(.05,clip_threshold=None,gamma=1,update_interval=1,key=7)': (
            c.sophia(
                LR,
                clip_threshold=None,
                gamma=1.0,
                update_interval=1,
                hessian_diagonal_fn=c.hutchinson_estimator_diag_hessian(jax.random.PRNGKey(7)),
            ),
            objective,
        ),
    }


HALF = (
    'acprop(.05)',
    'ademamix(.05)',
    'simplified_ademamix(.05)',
    'adopt(.05)',
    'cocob()',
    'dadapt_adamw()',
    'dog()',
    'dowg()',
    'madgrad(.05)',
    'mechanize(sgd(.05))',
    'momo()',
    'momo_adam()',
    'muon(.05)',
    'prodigy()',
    'chain(sgd(.05),reduce_on_plateau(patience=1,factor=.5,rtol=.5))',
    'sam(sgd(.05),ascent)',
    'schedule_free_sgd(.05)',
    'sophia(.05)',
)


def runs():
    out, evals = {}, {}
    for name, (tx, *rest) in cases().items():
        extra, steps = (*rest, *((), 5)[len(rest) :])
        out[name], s, p = run(tx, steps=steps, extra=extra)
        if name.startswith('schedule_free'):
            evals[name] = {k: encode(x)['data'] for k, x in contrib.schedule_free_eval_params(s, p).items()}
        if name in HALF:
            try:
                out[f'bfloat16 {name}'], _, _ = run(tx, BF16, 3, extra)
            except Exception as e:  # a cond whose branches differ in dtype
                out[f'bfloat16 {name}'] = {'error': type(e).__name__}
    return out, evals


def orthogonalize():
    wide, tall, deep = ramp(3, 5, seed=1), ramp(4, 2, seed=2), ramp(2, 3, 2, 2, seed=3)
    standard, dion = jnp.array(_muon._DEFAULT_NS_COEFFS), jnp.array(_muon._DION_NS_COEFFS)
    f = _muon.orthogonalize_via_newton_schulz
    out = {'inputs': {'wide': encode(wide), 'tall': encode(tall), 'deep': encode(deep)}}
    for kind in ('frobenius', 'spectral', 'aol', 'schatten'):
        for name, x in (('wide', wide), ('tall', tall)):
            out[f'{kind} {name}'] = encode(f(jnp.array(x), standard, 5, kind))
        out[f'{kind} dion wide'] = encode(f(jnp.array(wide), dion, 5, kind))
    dims = _muon.MuonDimensionNumbers
    out['deep (1,-1)'] = encode(f(jnp.array(deep), standard, 3, dimension_numbers=dims(1, -1)))
    out['deep ([1,0],[3])'] = encode(f(jnp.array(deep), standard, 3, dimension_numbers=dims((1, 0), (3,))))
    return out


def privacy():
    g = {'b': jnp.array(ramp(4, 3, seed=5)), 'w': jnp.array(ramp(4, 2, 3, seed=6))}
    out = {'gradients': {k: encode(x) for k, x in g.items()}}
    p = arrays(P)
    for name, clip, noise, more in (
        ('clip=1,noise=0', 1.0, 0.0, ()),
        ('clip=1.5,noise=.3', 1.5, 0.3, ()),
        ('clip=2,noise=.1,dpsgd(.05,momentum=.9,nesterov)', 2.0, 0.1, (optax.trace(0.9, nesterov=True), optax.scale_by_learning_rate(LR))),
    ):
        tx = optax.chain(contrib.differentially_private_aggregate(clip, noise, jax.random.key(3)), *more)
        s = tx.init(p)
        rows = []
        for _ in range(2):
            u, s = tx.update(g, s, p)
            rows.append({k: encode(x)['data'] for k, x in u.items()})
        out[name] = {'updates': rows, 'key': encode(s[0].rng_key)['data']}
    return out


def main() -> None:
    jax.config.update('jax_threefry_partitionable', False)
    trajectories, evals = runs()
    body = {'runs': trajectories, 'eval_params': evals, 'orthogonalize': orthogonalize(), 'privacy': privacy()}
    write('optax-contrib.json', 'optax.contrib: trajectories with options, states, Newton-Schulz iterations, privacy.', body)


if __name__ == '__main__':
    main()
