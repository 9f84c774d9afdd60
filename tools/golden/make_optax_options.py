"""Writes optax-options.json: options of Optax's named optimizers and of its transformations, on the problem of make_optax_golden.py.

`runs` is as in optax-heart.json: five updates a variation, with the state tree before and after the first, and the leaves of the last
state in the order of our names (keys by their words). `clips` holds functions of single arrays and per-example clips, with their inputs. JAX's own layout of
random bits (`jax_threefry_partitionable`).
"""

import jax
import jax.numpy as jnp
import optax
from optax import transforms

from common import encode, ramp, scalar, write
from make_optax_heart import LR, MASK, P, arrays, loss
from make_optax_heart import describe as describe_arrays


def describe(x):
    """As in make_optax_heart, with keys as objects of their words."""
    if isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
        return {'impl': 'threefry2x32', 'data': 'uint32[2]'}
    if isinstance(x, tuple) and hasattr(x, '_fields'):
        return {'class': type(x).__name__, **{f: describe(getattr(x, f)) for f in x._fields}}
    if isinstance(x, (tuple, list)):
        return [describe(v) for v in x]
    if isinstance(x, dict):
        return {k: describe(v) for k, v in x.items()}
    return describe_arrays(x)


def plain(x):
    """Named tuples as dictionaries with the names of the library, so that leaves come in its order."""
    if isinstance(x, tuple) and hasattr(x, '_fields'):
        camel = lambda f: ''.join(part if i == 0 else part.capitalize() for i, part in enumerate(f.split('_')))  # noqa: E731
        return {camel(f): plain(getattr(x, f)) for f in x._fields}
    if isinstance(x, (tuple, list)):
        return [plain(v) for v in x]
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    return x


def run(tx, dtype=jnp.float32, steps=5):
    tx = optax.with_extra_args_support(tx)
    p = arrays(P, dtype)
    s = tx.init(p)
    out = {'dtype': jnp.dtype(dtype).name, 'init': describe(s), 'steps': []}
    for i in range(steps):
        v, g = jax.value_and_grad(loss)(p)
        u, s = tx.update(g, s, p, value=v)
        p = optax.apply_updates(p, u)
        if i == 0:
            out['after1'] = describe(s)
            out['updates1'] = {k: encode(x) for k, x in u.items()}
        out['steps'].append({'value': scalar(v), 'params': {k: encode(x)['data'] for k, x in p.items()}})
    out['final'] = [encode(x) for x in jax.tree.leaves(plain(s))]
    return out


def then(tx, lr=LR):
    return optax.chain(tx, optax.scale(-lr))


def belief_with_decay(weight_decay, mask=None, **options):
    """adabelief of Optax 0.2.9."""
    return optax.chain(optax.scale_by_belief(**options), optax.add_decayed_weights(weight_decay, mask), optax.scale_by_learning_rate(LR))


def runs():
    bf16, f32 = jnp.bfloat16, jnp.float32
    cosine = optax.cosine_decay_schedule(0.1, 5)
    c = {
        'nadam(b1=.8,mu_dtype=bfloat16)': optax.nadam(LR, b1=0.8, mu_dtype=bf16),
        'nadamw(mask)': optax.nadamw(LR, weight_decay=0.1, mask=MASK),
        'amsgrad(b1=.5,b2=.3,eps=1e-3,eps_root=1e-4)': optax.amsgrad(LR, 0.5, 0.3, 1e-3, 1e-4),
        'amsgrad(no corrections)': optax.amsgrad(LR, b2=0.5, bias_correction_mu=False, bias_correction_nu=False),
        'amsgrad(mu_dtype=bfloat16)': optax.amsgrad(LR, b2=0.5, mu_dtype=bf16, bias_correction_nu=False),
        'adamax(b1=.5,b2=.6,eps=.1)': optax.adamax(LR, 0.5, 0.6, 0.1),
        'adamaxw(mask,schedule)': optax.adamaxw(cosine, weight_decay=0.1, mask=MASK),
        'adamaxw()': optax.adamaxw(0.5),
        'adabelief(b1=.8,b2=.9,eps=1e-3,eps_root=1e-2)': optax.adabelief(LR, 0.8, 0.9, 1e-3, 1e-2),
        'adabelief(nesterov)': optax.adabelief(LR, nesterov=True),
        'adabelief(weight_decay=.1,mask)': belief_with_decay(0.1, MASK),
        'adabelief(weight_decay=cosine)': belief_with_decay(cosine),
        'yogi(b1=.5,b2=.9,eps=1e-2)': optax.yogi(LR, 0.5, 0.9, 1e-2),
        'scale_by_yogi(eps_root=.1,initial_accumulator_value=.5)': then(optax.scale_by_yogi(eps_root=0.1, initial_accumulator_value=0.5)),
        'radam(b1=.5,b2=.7,eps=1e-2,eps_root=1e-2,threshold=2.5)': optax.radam(LR, 0.5, 0.7, 1e-2, 1e-2, 2.5),
        'radam(b2=.9,threshold=4.5)': optax.radam(LR, b2=0.9, threshold=4.5),
        'radam(b2=.9,threshold=4.2,nesterov)': optax.radam(LR, b2=0.9, threshold=4.2, nesterov=True),
        'adan(b1=.9,b2=.8,b3=.7,eps=1e-2,eps_root=1e-3)': optax.adan(LR, 0.9, 0.8, 0.7, 1e-2, 1e-3),
        'adan(weight_decay=.1,mask)': optax.adan(LR, weight_decay=0.1, mask=MASK),
        'scale_by_adan()': then(optax.scale_by_adan()),
        'rmsprop(decay=.5,eps=1e-2,initial_scale=.3)': optax.rmsprop(LR, 0.5, 1e-2, 0.3),
        'rmsprop(eps_in_sqrt=False)': optax.rmsprop(LR, eps_in_sqrt=False, eps=1e-2),
        'rmsprop(bias_correction,momentum=.5)': optax.rmsprop(LR, bias_correction=True, momentum=0.5),
        'rmsprop(centered,bias_correction)': optax.rmsprop(LR, centered=True, bias_correction=True, eps=1e-3),
        'rmsprop(centered,eps_in_sqrt=False)': optax.rmsprop(LR, centered=True, initial_scale=0.1, eps_in_sqrt=False, eps=1e-2),
        'rmsprop(cosine,momentum=.9)': optax.rmsprop(cosine, momentum=0.9),
        'scale_by_stddev()': then(optax.scale_by_stddev(eps=1e-2)),
        'adagrad(initial_accumulator_value=.5,eps=1e-2)': optax.adagrad(LR, 0.5, 1e-2),
        'adadelta(None)': optax.adadelta(),
        'adadelta(rho=.5,eps=1e-2,weight_decay=.1,mask)': optax.adadelta(1.0, 0.5, 1e-2, 0.1, MASK),
        'adadelta(cosine)': optax.adadelta(cosine),
        'adafactor(None)': optax.adafactor(),
        'adafactor(unfactored,decay_rate=.5,eps=1e-3)': optax.adafactor(LR, 2, 0.5, eps=1e-3, factored=False),
        'adafactor(plain)': optax.adafactor(LR, min_dim_size_to_factor=2, multiply_by_parameter_scale=False, clipping_threshold=None),
        'adafactor(momentum=.9,weight_decay_rate=.1)': optax.adafactor(LR, min_dim_size_to_factor=2, momentum=0.9, weight_decay_rate=0.1),
        'adafactor(momentum=.5,dtype_momentum=bfloat16,weight_decay_mask)': optax.adafactor(
            LR, momentum=0.5, dtype_momentum=bf16, weight_decay_rate=0.1, weight_decay_mask=MASK
        ),
        'adafactor(cosine,clipping_threshold=.5)': optax.adafactor(cosine, clipping_threshold=0.5),
        'scale_by_factored_rms(step_offset=-2,epsilon=.1)': then(
            optax.scale_by_factored_rms(step_offset=-2, epsilon=0.1, min_dim_size_to_factor=2)
        ),
        'scale_by_factored_rms(decay_rate_fn)': then(
            optax.scale_by_factored_rms(decay_rate=0.3, decay_rate_fn=lambda i, rate: rate * i / (i + 1.0))
        ),
        'lion(b1=.5,b2=.6,weight_decay=.1,mask)': optax.lion(LR, 0.5, 0.6, weight_decay=0.1, mask=MASK),
        'lion(mu_dtype=bfloat16)': optax.lion(LR, mu_dtype=bf16),
        'scale_by_lion(smooth,smooth_beta=.3)': then(optax.scale_by_lion(mode='smooth', smooth_beta=0.3)),
        'scale_by_lion(refined)': then(optax.scale_by_lion(mode='refined')),
        'signum(beta=.5)': optax.signum(LR, 0.5, f32),
        'sign_sgd(cosine)': optax.sign_sgd(cosine),
        'lamb()': optax.lamb(LR),
        'lamb(b1=.5,b2=.6,eps=1e-2,eps_root=1e-2,weight_decay=.1,mask)': optax.lamb(LR, 0.5, 0.6, 1e-2, 1e-2, 0.1, MASK),
        'lars()': optax.lars(1.0),
        'lars(weight_decay=.1,masks,trust_coefficient=.1,eps=.1,momentum=.5,nesterov)': optax.lars(
            LR, 0.1, MASK, 0.1, 0.1, {'b': True, 'w': False}, 0.5, True
        ),
        'fromage(min_norm=4)': optax.fromage(LR, 4.0),
        'fromage(cosine)': optax.fromage(cosine),
        'scale_by_trust_ratio(min_norm=3,trust_coefficient=.5,eps=.1)': then(optax.scale_by_trust_ratio(3.0, 0.5, 0.1)),
        'scale_by_param_block_norm()': then(optax.scale_by_param_block_norm()),
        'scale_by_param_block_norm(3)': then(optax.scale_by_param_block_norm(3.0)),
        'scale_by_param_block_rms(1.7)': then(optax.scale_by_param_block_rms(1.7)),
        'novograd(b1=.5,b2=.6,eps=1e-2,eps_root=.1,weight_decay=.1)': optax.novograd(LR, 0.5, 0.6, 1e-2, 0.1, 0.1),
        'scale_by_novograd(mu_dtype=bfloat16)': then(optax.scale_by_novograd(mu_dtype=bf16)),
        'noisy_sgd(eta=.1,gamma=.3,key=7)': optax.noisy_sgd(LR, 0.1, 0.3, 7),
        'noisy_sgd()': optax.noisy_sgd(LR),
        'optimistic_gradient_descent(alpha=.7,beta=.1)': optax.optimistic_gradient_descent(LR, 0.7, 0.1),
        'optimistic_adam()': optax.optimistic_adam(LR),
        'optimistic_adam(optimism=.1,nesterov=False)': optax.optimistic_adam(LR, 0.1, nesterov=False),
        'optimistic_adam_v2(alpha=.7,beta=.1,b1=.5,nesterov=False)': optax.optimistic_adam_v2(
            cosine, alpha=0.7, beta=0.1, b1=0.5, nesterov=False
        ),
        'polyak_sgd(.05)': optax.polyak_sgd(0.05),
        'polyak_sgd(scaling=.5,f_min=1,eps=.1)': optax.polyak_sgd(1.0, 0.5, 1.0, 0.1),
        'polyak_sgd(f_min=40)': optax.polyak_sgd(f_min=40.0),
        'polyak_sgd(f_min=20,sps+)': optax.polyak_sgd(f_min=20.0, variant='sps+'),
        'rprop(eta_minus=.3,eta_plus=3,min=.02,max=.3)': optax.rprop(0.1, 0.3, 3.0, 0.02, 0.3),
        'rprop(.5)': optax.rprop(0.5),
        'sm3(momentum=.5)': optax.sm3(LR, 0.5),
        'scale_by_sm3(b1=.8,b2=.7,eps=1e-2)': then(optax.scale_by_sm3(0.8, 0.7, 1e-2)),
        'scale_by_distance_over_gradients()': optax.chain(optax._src.transform.scale_by_distance_over_gradients(), optax.scale(-1.0)),
        'scale_by_distance_over_gradients(reps_rel=.1,eps=.1,global_scale=2)': optax.chain(
            optax._src.transform.scale_by_distance_over_gradients(0.1, 0.1, f32, 2.0), optax.scale(-1.0)
        ),
        'normalize_by_update_norm(scale_factor=3,eps=.1)': then(optax.normalize_by_update_norm(3.0, 0.1)),
        'normalize_by_update_norm()': then(optax.normalize_by_update_norm()),
        'ema(.5,debias=False,accumulator_dtype=bfloat16)': then(optax.ema(0.5, False, bf16)),
        'apply_every(2)': then(optax.apply_every(2)),
        'apply_every()': then(optax.apply_every()),
        'clip_by_block_rms(2)': then(optax.clip_by_block_rms(2.0)),
        'adaptive_grad_clip(.5,eps=1.5)': then(optax.adaptive_grad_clip(0.5, 1.5)),
        'adaptive_grad_clip(.5,axis=-1)': then(optax.adaptive_grad_clip(0.5, axis=-1)),
        'keep_params_nonnegative()': optax.chain(optax.sgd(0.3), optax.keep_params_nonnegative()),
        'set_to_zero()': optax.set_to_zero(),
        'zero_nans()': then(optax.zero_nans()),
    }
    halves = {
        'bfloat16 adafactor()': optax.adafactor(LR, min_dim_size_to_factor=2),
        'bfloat16 radam()': optax.radam(LR, b2=0.9, threshold=4.5),
        'bfloat16 sm3()': optax.sm3(LR),
        'bfloat16 yogi()': optax.yogi(LR),
        'bfloat16 rprop()': optax.rprop(0.1),
        'bfloat16 noisy_sgd()': optax.noisy_sgd(LR),
        'bfloat16 lion(mu_dtype=float32)': optax.lion(LR, mu_dtype=f32),
        'bfloat16 adafactor(momentum=.5)': optax.adafactor(LR, momentum=0.5),
    }
    out = {name: run(tx) for name, tx in c.items()}
    return {**out, **{name: run(tx, bf16) for name, tx in halves.items()}}


def clips():
    out = {}
    shapes = {
        '[]': (),
        '[4]': (4,),
        '[1,4]': (1, 4),
        '[3,4]': (3, 4),
        '[2,3,4]': (2, 3, 4),
        '[2,2,2,3]': (2, 2, 2, 3),
        '[2,1,2,2,3]': (2, 1, 2, 2, 3),
    }
    for name, shape in shapes.items():
        x = jnp.asarray(ramp(*shape, seed=len(name)))
        out[f'unitwise_norm {name}'] = {'x': encode(x), 'y': encode(transforms.unitwise_norm(x))}
    x = jnp.asarray(ramp(3, 4, seed=2))
    for axis in (0, 1, (0, 1), -1):
        out[f'unitwise_norm axis={axis}'] = {'x': encode(x), 'y': encode(transforms.unitwise_norm(x, axis))}
    y = jnp.asarray(ramp(3, 4, seed=3, lo=0, hi=3))
    out['unitwise_clip'] = {'x': encode(x), 'max': encode(y), 'y': encode(transforms.unitwise_clip(jnp.abs(x), y, x))}
    grads = {'a': jnp.asarray(ramp(4, 3, seed=4)).at[2].set(0.0), 'b': jnp.asarray(ramp(4, 2, 2, seed=5)).at[2].set(0.0)}
    for norm in (0.5, 2.5, 100.0):
        for kind, f in {
            'global': optax.per_example_global_norm_clip,
            'layer': optax.per_example_layer_norm_clip,
            'layer by size': lambda g, n: optax.per_example_layer_norm_clip(g, n, uniform=False),
        }.items():
            clipped, n = f(grads, norm)
            out[f'per_example {kind} {norm:g}'] = {
                'grads': {k: encode(v) for k, v in grads.items()},
                'sum': {k: encode(v) for k, v in clipped.items()},
                'clipped': [encode(v) for v in jax.tree.leaves(n)],
            }
    return out


def main() -> None:
    write(
        'optax-options.json',
        "Options of Optax's named optimizers and transformations: trajectories, states; clips.",
        {'runs': runs(), 'clips': clips()},
    )


if __name__ == '__main__':
    main()
