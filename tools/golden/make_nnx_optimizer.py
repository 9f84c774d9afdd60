"""Writes nnx-optimizer.json: flax.nnx.Optimizer and training loops of real Flax.

`documented` is the example of the class's documentation (two Linear layers, Adam 1e-3) in both threefry layouts, by
nnx.ModelAndOptimizer (the older Optimizer that holds the model) and by nnx.Optimizer: losses, parameters and the flat
state. `wrt` selects Param, a user's Variable class and both. `metrics` is the TrainState example. `training` is a
Conv + BatchNorm + Dropout network, three steps. `combined` has two
optimizers over one model, accumulated gradients, frozen parameters and line searches. `value_and_grad` holds results of nnx.value_and_grad and nnx.grad.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from common import encode, ramp, scalar, write


def flat(state):
    """A state as {path joined by '/': array}, with the class of the Variable."""
    out = {}
    for path, v in nnx.to_flat_state(state):
        value = v.get_value() if isinstance(v, nnx.Variable) else v
        out['/'.join(map(str, path))] = {'type': type(v).__name__, **encode(value)}
    return out


class Model(nnx.Module):
    def __init__(self, rngs):
        self.linear1 = nnx.Linear(2, 3, rngs=rngs)
        self.linear2 = nnx.Linear(3, 4, rngs=rngs)

    def __call__(self, x):
        return self.linear2(self.linear1(x))


def documented(steps=5):
    x = jax.random.normal(jax.random.key(0), (1, 2))
    y = jnp.ones((1, 4))

    def loss(model):
        return ((model(x) - y) ** 2).mean()

    out = {'x': encode(x), 'y': encode(y)}
    for kind in ('model_and_optimizer', 'optimizer'):
        model = Model(nnx.Rngs(0))
        out['params_before'] = flat(nnx.state(model, nnx.Param))
        opt = nnx.ModelAndOptimizer(model, optax.adam(1e-3)) if kind[0] == 'm' else nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
        out['state_before'] = flat(nnx.state(opt, nnx.optimizer.OptState))
        losses = [scalar(loss(model))]
        for i in range(steps):
            grads = nnx.grad(loss)(model)
            if i == 0:
                out['grads_first'] = flat(grads)
            opt.update(grads) if kind[0] == 'm' else opt.update(model, grads)
            losses.append(scalar(loss(model)))
            if i == 0:
                out['state_after_1'] = flat(nnx.state(opt, nnx.optimizer.OptState))
        out[kind] = {'losses': losses, 'step': scalar(opt.step[...])}
        out['params_after'] = flat(nnx.state(model, nnx.Param))
        out['state_after'] = flat(nnx.state(opt, nnx.optimizer.OptState))
    return out


class Custom(nnx.Variable):
    """The user's kind of parameter, as in the documentation of wrt."""


class WithCustom(nnx.Module):
    def __init__(self, rngs):
        self.linear = nnx.Linear(2, 3, rngs=rngs)
        self.scale = Custom(jnp.array([1.0, -0.5, 2.0]))
        self.shift = Custom(jnp.array([0.1, 0.2, 0.3]))

    def __call__(self, x):
        return self.linear(x) * self.scale + self.shift


def wrt():
    x = ramp(4, 2, seed=1)
    y = ramp(4, 3, seed=2)
    out = {'x': encode(x), 'y': encode(y)}
    filters = {
        'Param': nnx.Param,
        'Custom': Custom,
        '(Param,Custom)': (nnx.Param, Custom),
        "PathContains('scale')": nnx.PathContains('scale'),
    }
    for name, f in filters.items():
        model = WithCustom(nnx.Rngs(3))
        tx = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(0.1, weight_decay=0.01))
        opt = nnx.Optimizer(model, tx, wrt=f)
        run = {'params_before': flat(nnx.state(model)), 'state_before': flat(nnx.state(opt, nnx.optimizer.OptState)), 'losses': []}

        def loss(m):
            return jnp.mean((m(x) - y) ** 2)

        for i in range(4):
            v, g = nnx.value_and_grad(loss, argnums=nnx.DiffState(0, f))(model)
            run['losses'].append(scalar(v))
            if i == 0:
                run['grads_first'] = flat(g)
            opt.update(model, g)
        run['params_after'] = flat(nnx.state(model))
        run['state_after'] = flat(nnx.state(opt, nnx.optimizer.OptState))
        out[name] = run
    return out


def metrics_example():
    """TrainState with metrics: update(grads=..., loss=...) updates the average of the losses, then the parameters."""

    class TrainState(nnx.ModelAndOptimizer):
        def __init__(self, model, tx, metrics):
            self.metrics = metrics
            super().__init__(model, tx)

        def update(self, *, grads, **updates):
            self.metrics.update(**updates)
            super().update(grads)

    x = jax.random.normal(jax.random.key(0), (1, 2))
    y = jnp.ones((1, 4))
    model = Model(nnx.Rngs(0))
    loss = lambda m: ((m(x) - y) ** 2).mean()
    state = TrainState(model, optax.adam(1e-3), nnx.metrics.Average())
    out = {'x': encode(x), 'computed': [], 'losses': []}
    grads = nnx.grad(loss)(state.model)
    state.update(grads=grads, values=loss(state.model))
    out['computed'].append(scalar(state.metrics.compute()))
    # the documented order: the loss after the first update is what is recorded by the next
    out['losses'].append(scalar(loss(state.model)))
    for _ in range(3):
        grads = nnx.grad(loss)(state.model)
        state.update(grads=grads, values=loss(state.model))
        out['computed'].append(scalar(state.metrics.compute()))
        out['losses'].append(scalar(loss(state.model)))
    # as in the documentation: train once, then measure, then train and measure again
    model = Model(nnx.Rngs(0))
    state = TrainState(model, optax.adam(1e-3), nnx.metrics.Average())
    documented = []
    for _ in range(2):
        grads = nnx.grad(loss)(state.model)
        nnx.ModelAndOptimizer.update(state, grads)
        state.metrics.update(values=loss(state.model))
        documented.append(scalar(state.metrics.compute()))
    out['update_then_measure'] = documented
    multi = nnx.MultiMetric(accuracy=nnx.metrics.Accuracy(), loss=nnx.metrics.Average())
    logits, labels = ramp(5, 3, seed=3), np.array([0, 2, 1, 1, 0], np.int32)
    steps = []
    for i in range(2):
        multi.update(logits=jnp.asarray(logits) * (1 if i == 0 else -1), labels=jnp.asarray(labels), values=jnp.array([1.5, 0.5]) * (i + 1))
        steps.append({k: scalar(v) for k, v in multi.compute().items()})
    multi.reset()
    multi.update(logits=jnp.asarray(logits), labels=jnp.asarray(labels), values=3.0)
    steps.append({k: scalar(v) for k, v in multi.compute().items()})
    out['multi'] = {'logits': encode(logits), 'labels': encode(labels), 'computed': steps}
    masked = nnx.metrics.Average()
    masked.update(values=jnp.array([1.0, 2.0, 3.0]), mask=jnp.array([True, False, True]))
    out['average_masked'] = scalar(masked.compute())
    welford = nnx.metrics.Welford()
    rows = []
    for v in ([1.0, 2.0, 4.0], [0.5], [-3.0, 8.0]):
        welford.update(values=jnp.array(v))
        c = welford.compute()
        rows.append([scalar(c.mean), scalar(c.standard_error_of_mean), scalar(c.standard_deviation)])
    out['welford [1,2,4],[.5],[-3,8]: mean, sem, std'] = rows
    return out


class Net(nnx.Module):
    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 3, (3, 3), rngs=rngs)
        self.bn = nnx.BatchNorm(3, rngs=rngs)
        self.dropout = nnx.Dropout(0.25, rngs=rngs)
        self.out = nnx.Linear(3 * 2 * 2, 4, rngs=rngs)

    def __call__(self, x):
        h = nnx.relu(self.bn(self.conv(x)))
        h = nnx.max_pool(h, (2, 2), (2, 2))
        return self.out(self.dropout(h.reshape(h.shape[0], -1)))


def state_of(model):
    return flat(nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat, nnx.RngCount, nnx.RngKey)))


def training():
    x = ramp(6, 4, 4, 1, seed=4)
    labels = np.array([0, 1, 2, 3, 0, 1], np.int32)
    model = Net(nnx.Rngs(0, params=1, dropout=2))
    opt = nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)
    out = {'x': encode(x), 'labels': encode(labels), 'state_before': state_of(model), 'steps': []}

    def loss(m, x, labels):
        logits = m(x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), logits

    @nnx.jit
    def step(m, o, x, labels):
        (value, logits), grads = nnx.value_and_grad(loss, has_aux=True)(m, x, labels)
        o.update(m, grads)
        return value, logits, grads

    for i in range(3):
        value, logits, grads = step(model, opt, jnp.asarray(x), jnp.asarray(labels))
        row = {'loss': scalar(value), 'logits': encode(logits), 'state': state_of(model)}
        if i == 0:
            row['grads'] = flat(grads)
        out['steps'].append(row)
    model.eval()
    out['eval_logits'] = encode(model(jnp.asarray(x)))
    model.train()
    out['train_logits_after_eval'] = encode(model(jnp.asarray(x)))
    out['state_after'] = state_of(model)
    return out


def combined():
    """Losses before each step, and the parameters and optimizer states after the last."""
    x, y = ramp(4, 2, seed=1), ramp(4, 3, seed=2)

    def loss(m):
        return jnp.mean((m(x) - y) ** 2)

    def run(steps, optimizers, update):
        model = WithCustom(nnx.Rngs(3))
        opts = optimizers(model)
        losses = []
        for _ in range(steps):
            losses.append(scalar(loss(model)))
            update(model, opts)
        after = [flat(nnx.state(opt, nnx.optimizer.OptState)) for opt in opts]
        return {'losses': losses, 'params_after': flat(nnx.state(model)), 'states_after': after}

    def each(model, opts):
        grads = [nnx.grad(loss, argnums=nnx.DiffState(0, opt.wrt))(model) for opt in opts]
        for opt, g in zip(opts, grads):
            opt.update(model, g)

    def searched(model, opts):
        graphdef, params, rest = nnx.split(model, nnx.Param, ...)
        value, grads = nnx.value_and_grad(loss)(model)

        def value_fn(params):
            return loss(nnx.merge(graphdef, params, rest))

        opts[0].update(model, grads, value=value, grad=nnx.as_pure(grads), value_fn=value_fn)

    kernel = nnx.PathContains('kernel')
    backtracking = optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(max_backtracking_steps=10))
    return {
        'two': run(3, lambda m: [nnx.Optimizer(m, optax.adam(0.1), wrt=kernel), nnx.Optimizer(m, optax.sgd(0.2, momentum=0.9), wrt=Custom)], each),
        'accumulated': run(5, lambda m: [nnx.Optimizer(m, optax.MultiSteps(optax.adam(0.1), 2), wrt=nnx.Param)], each),
        'frozen': run(3, lambda m: [nnx.Optimizer(m, optax.adam(0.1), wrt=nnx.All(nnx.Param, nnx.Not(kernel)))], each),
        'backtracking': run(3, lambda m: [nnx.Optimizer(m, backtracking, wrt=nnx.Param)], searched),
        'lbfgs': run(4, lambda m: [nnx.Optimizer(m, optax.lbfgs(), wrt=nnx.Param)], searched),
    }


def gradients():
    x = ramp(3, 2, seed=5)
    out = {'x': encode(x)}
    model = WithCustom(nnx.Rngs(7))
    f = lambda m, x: jnp.sum(m(x) ** 2)
    out['params'] = flat(nnx.state(model))
    v, g = nnx.value_and_grad(f)(model, jnp.asarray(x))
    out['value'] = scalar(v)
    out['wrt model (Param)'] = flat(g)
    out['wrt DiffState(0,Custom)'] = flat(nnx.grad(f, argnums=nnx.DiffState(0, Custom))(model, jnp.asarray(x)))
    gm, gx = nnx.grad(f, argnums=(0, 1))(model, jnp.asarray(x))
    out['wrt (0,1)'] = {'model': flat(gm), 'x': encode(gx)}
    other = Model(nnx.Rngs(1))
    two = lambda a, b, x: jnp.sum(a(x)) + jnp.mean(b(x) ** 2)
    ga, gb = nnx.grad(two, argnums=(nnx.DiffState(0, Custom), 1))(model, other, jnp.asarray(x))
    out['two models: (DiffState(0,Custom), 1)'] = {'a': flat(ga), 'b': flat(gb), 'params_b': flat(nnx.state(other))}
    return out


def main() -> None:
    body = {}
    for name, layout in (('original', False), ('partitionable', True)):
        with jax.threefry_partitionable(layout):
            body[name] = {
                'documented': documented(),
                'wrt': wrt(),
                'metrics': metrics_example(),
                'training': training(),
                'combined': combined(),
                'value_and_grad': gradients(),
            }
    about = 'flax.nnx: Optimizer, metrics, a training with batch statistics and dropout, gradients; both threefry layouts.'
    write('nnx-optimizer.json', about, body)


if __name__ == '__main__':
    main()
