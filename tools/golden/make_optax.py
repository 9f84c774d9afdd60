"""Writes optax-golden.json: trajectories of all optimizers on a quadratic problem, and schedules.

The stored file was made with Optax 0.2.9.dev; what the installed version lacks is recorded as an error.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

from common import out_dir

P = {'b': jnp.array([0.5, -1.5, 2.0], jnp.float32), 'w': jnp.array([[1.0, -2.0, 3.0], [0.25, 0.5, -0.75]], jnp.float32)}
T = {'b': jnp.array([0.1, 0.2, -0.3], jnp.float32), 'w': jnp.array([[0.5, 0.5, -0.5], [1.0, -1.0, 2.0]], jnp.float32)}
A = {'b': jnp.array([1.0, 2.0, 0.5], jnp.float32), 'w': jnp.array([[1.0, 3.0, 0.2], [2.0, 0.7, 1.5]], jnp.float32)}


def loss(p):
    return sum(jnp.sum(a * (x - t) ** 2) for a, x, t in zip(jax.tree.leaves(A), jax.tree.leaves(p), jax.tree.leaves(T), strict=True))


def run(tx, n=5, kw=None, jit=False):
    p = P
    s = tx.init(p)
    out = []
    for _ in range(n):
        v, g = jax.value_and_grad(loss)(p)
        ex = {}
        if kw:
            ex = {k: (v if k == 'value' else g if k == 'grad' else loss) for k in kw}
        u, s = tx.update(g, s, p, **ex)
        p = optax.apply_updates(p, u)
        out.append({'value': float(v), 'params': [float(x) for x in np.concatenate([np.ravel(l) for l in jax.tree.leaves(p)])]})
    return out


def since_0_2_9(make):
    """An optimizer whose option older versions refuse."""
    try:
        return make()
    except TypeError:
        return None


lr = 0.05
cases = {
    'sgd': (optax.sgd(lr), None),
    'sgd_momentum': (optax.sgd(lr, momentum=0.9), None),
    'sgd_nesterov': (optax.sgd(lr, momentum=0.9, nesterov=True), None),
    'adam': (optax.adam(lr), None),
    'adam_eps_root': (optax.adam(lr, eps_root=1e-8), None),
    'nadam': (optax.nadam(lr), None),
    'adamw': (optax.adamw(lr, weight_decay=0.01), None),
    'nadamw': (optax.nadamw(lr, weight_decay=0.01), None),
    'adabelief': (optax.adabelief(lr), None),
    'adabelief_wd': (since_0_2_9(lambda: optax.adabelief(lr, weight_decay=0.01)), None),
    'adadelta': (optax.adadelta(1.0), None),
    'adafactor': (optax.adafactor(lr), None),
    'adafactor_factored_min2': (optax.adafactor(lr, min_dim_size_to_factor=2), None),
    'adagrad': (optax.adagrad(lr), None),
    'adamax': (optax.adamax(lr), None),
    'adamaxw': (optax.adamaxw(lr, weight_decay=0.01), None),
    'adan': (optax.adan(lr), None),
    'amsgrad': (optax.amsgrad(lr), None),
    'fromage': (optax.fromage(lr), None),
    'lamb': (optax.lamb(lr, weight_decay=0.01), None),
    'lars': (optax.lars(lr, weight_decay=0.01), None),
    'lion': (optax.lion(lr), None),
    'noisy_sgd_key0': (optax.noisy_sgd(lr, key=jax.random.key(0)), None),
    'novograd': (optax.novograd(lr), None),
    'optimistic_gradient_descent': (optax.optimistic_gradient_descent(lr), None),
    'optimistic_adam_v2': (optax.optimistic_adam_v2(lr), None),
    'polyak_sgd': (optax.polyak_sgd(), ['value']),
    'radam': (optax.radam(lr), None),
    'radam_nesterov': (optax.radam(lr, nesterov=True), None),
    'rmsprop': (optax.rmsprop(lr), None),
    'rmsprop_centered_momentum': (optax.rmsprop(lr, centered=True, momentum=0.9, nesterov=True), None),
    'rmsprop_eps_out_bias': (optax.rmsprop(lr, eps_in_sqrt=False, bias_correction=True), None),
    'rprop': (optax.rprop(lr), None),
    'sign_sgd': (optax.sign_sgd(lr), None),
    'signum': (optax.signum(lr), None),
    'sm3': (optax.sm3(lr), None),
    'yogi': (optax.yogi(lr), None),
    'lbfgs_default': (optax.lbfgs(), ['value', 'grad', 'value_fn']),
    'lbfgs_no_linesearch': (optax.lbfgs(lr, linesearch=None), None),
    'gd_backtracking': (
        optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(max_backtracking_steps=15)),
        ['value', 'grad', 'value_fn'],
    ),
    'gd_zoom': (optax.chain(optax.sgd(1.0), optax.scale_by_zoom_linesearch(max_linesearch_steps=15)), ['value', 'grad', 'value_fn']),
    'clip_global_norm_1_sgd': (optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(lr)), None),
    'agc_sgd': (optax.chain(optax.adaptive_grad_clip(0.01), optax.sgd(lr)), None),
    'ema_debias_sgd': (optax.chain(optax.ema(0.9), optax.scale(-lr)), None),
    'multisteps2_adam': (optax.MultiSteps(optax.adam(lr), 2).gradient_transformation(), None),
    'centralize_sgd': (optax.chain(optax.centralize(), optax.sgd(lr)), None),
    'contrib.acprop': (contrib.acprop(lr), None),
    'contrib.ademamix': (contrib.ademamix(lr), None),
    'contrib.simplified_ademamix': (contrib.simplified_ademamix(lr, alpha=0.5), None),
    'contrib.adopt': (contrib.adopt(lr), None),
    'contrib.cocob': (contrib.cocob(), None),
    'contrib.dadapt_adamw': (contrib.dadapt_adamw(), None),
    'contrib.dog': (contrib.dog(), None),
    'contrib.dowg': (contrib.dowg(), None),
    'contrib.galore_rank1': (contrib.galore(lr, rank=1, update_proj_gap=2), None),
    'contrib.madgrad': (contrib.madgrad(lr), None),
    'contrib.mechanize_sgd': (contrib.mechanize(optax.sgd(lr)), None),
    'contrib.momo': (contrib.momo(), ['value']),
    'contrib.momo_adam': (contrib.momo_adam(), ['value']),
    'contrib.muon': (contrib.muon(lr), None),
    'contrib.prodigy': (contrib.prodigy(), None),
    'contrib.reduce_on_plateau': (optax.chain(optax.sgd(lr), contrib.reduce_on_plateau(patience=1)), ['value']),
    'contrib.sam': (contrib.sam(optax.sgd(lr), optax.chain(contrib.normalize(), optax.sgd(0.05))), None),
    'contrib.schedule_free_adamw': (contrib.schedule_free_adamw(lr), None),
    'contrib.schedule_free_sgd': (contrib.schedule_free_sgd(lr), None),
}
res = {}
for k, (tx, kw) in cases.items():
    try:
        res[k] = run(tx, 5, kw)
    except Exception as e:
        res[k] = {'error': repr(e)[:300]}
        print('ERR', k, repr(e)[:200])
# inject divergence
b = run(optax.inject_hyperparams(optax.adam)(learning_rate=lr), 5)
res['inject_hyperparams_adam'] = b
sch = {
    'constant(0.1)': optax.constant_schedule(0.1),
    'linear(1,0,10)': optax.linear_schedule(1.0, 0.0, 10),
    'polynomial(1,0.1,2,10,begin=3)': optax.polynomial_schedule(1.0, 0.1, 2, 10, 3),
    'cosine_decay(1,10)': optax.cosine_decay_schedule(1.0, 10),
    'cosine_decay(1,10,alpha=.1,exp=2)': optax.cosine_decay_schedule(1.0, 10, 0.1, 2.0),
    'exponential_decay(1,5,.5)': optax.exponential_decay(1.0, 5, 0.5),
    'exponential_decay(1,5,.5,begin=2,staircase,end=.3)': optax.exponential_decay(1.0, 5, 0.5, 2, True, 0.3),
    'piecewise_constant(1,{5:.5,10:.1})': optax.piecewise_constant_schedule(1.0, {5: 0.5, 10: 0.1}),
    'piecewise_interpolate(linear,1,{5:.5,10:.1})': optax.piecewise_interpolate_schedule('linear', 1.0, {5: 0.5, 10: 0.1}),
    'piecewise_interpolate(cosine,1,{5:.5,10:.1})': optax.piecewise_interpolate_schedule('cosine', 1.0, {5: 0.5, 10: 0.1}),
    'linear_onecycle(20,1)': optax.linear_onecycle_schedule(20, 1.0),
    'cosine_onecycle(20,1)': optax.cosine_onecycle_schedule(20, 1.0),
    'warmup_constant(0,1,5)': optax.warmup_constant_schedule(0.0, 1.0, 5),
    'warmup_cosine_decay(0,1,5,20,end=.1)': optax.warmup_cosine_decay_schedule(0.0, 1.0, 5, 20, 0.1),
    'warmup_exponential_decay(0,1,5,5,.5)': optax.warmup_exponential_decay_schedule(0.0, 1.0, 5, 5, 0.5),
    'sgdr([{0,1,2,8},{0,.5,2,8}])': optax.sgdr_schedule(
        [
            dict(init_value=0.0, peak_value=1.0, warmup_steps=2, decay_steps=8),
            dict(init_value=0.0, peak_value=0.5, warmup_steps=2, decay_steps=8),
        ]
    ),
    'join([const1,const.1],[7])': optax.join_schedules([optax.constant_schedule(1.0), optax.constant_schedule(0.1)], [7]),
}
S = {k: [float(f(i)) for i in range(24)] for k, f in sch.items()}
payload = {
    'versions': {'jax': jax.__version__, 'optax': optax.__version__},
    'problem': {
        'params_b': [0.5, -1.5, 2.0],
        'params_w': [[1.0, -2.0, 3.0], [0.25, 0.5, -0.75]],
        'target_b': [0.1, 0.2, -0.3],
        'target_w': [[0.5, 0.5, -0.5], [1.0, -1.0, 2.0]],
        'weight_b': [1.0, 2.0, 0.5],
        'weight_w': [[1.0, 3.0, 0.2], [2.0, 0.7, 1.5]],
        'loss': 'sum over leaves of sum(a*(p-t)^2)',
        'leaf_order': 'b then w (sorted dict keys), row-major',
        'lr': lr,
    },
    'optimizers': res,
    'schedules_steps_0_to_23': S,
}
(out_dir() / 'optax-golden.json').write_text(json.dumps(payload))
