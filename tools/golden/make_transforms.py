"""Writes transforms.json: grad, jvp, vjp, hessian, jacfwd, jacrev, vmap and their nestings, in float64.

The functions, which a test writes again (x, y vectors; A, B matrices; s, t scalars):
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import encode, ramp, write

FORMULAS = {
    'scalar': 'f(s) = sin(s) * exp(-s^2 / 2) + s^3',
    'rosenbrock': 'f(x) = sum(100 (x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)',
    'mlp': 'f(A, b, x) = sum(tanh(x @ A + b)^2), A [3,2], b [2], x [3]',
    'vector': 'f(x) = [x0 x1, sin(x2), x0^2 + x2, exp(x1) x0], x [3]',
    'logsumexp': 'f(x) = log(sum(exp(x)))',
    'matrix': 'f(A) = sum((A @ A)^2) / 2, A [2,2]',
    'norm': 'f(x) = sqrt(sum(x^2))',
    'where': 'f(x) = sum(where(x > 0, x^2, sin(x)))',
    'scan': 'f(s) = the carry after 5 steps of c -> sin(c) * s + 0.1, from c = s',
    'cond': 'f(s) = s > 1 ? s^2 : 3 s',
    'softmax': 'f(x) = softmax(x), x [4]',
}
__doc__ += '\n'.join(f'  {k}: {v}' for k, v in FORMULAS.items())


def scalar(s):
    return jnp.sin(s) * jnp.exp(-(s**2) / 2) + s**3


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def mlp(a, b, x):
    return jnp.sum(jnp.tanh(x @ a + b) ** 2)


def vector(x):
    return jnp.stack([x[0] * x[1], jnp.sin(x[2]), x[0] ** 2 + x[2], jnp.exp(x[1]) * x[0]])


def logsumexp(x):
    return jnp.log(jnp.sum(jnp.exp(x)))


def matrix(a):
    return jnp.sum((a @ a) ** 2) / 2


def norm(x):
    return jnp.sqrt(jnp.sum(x**2))


def where(x):
    return jnp.sum(jnp.where(x > 0, x**2, jnp.sin(x)))


def scan(s):
    return lax.scan(lambda c, _: (jnp.sin(c) * s + 0.1, None), s, None, length=5)[0]


def cond(s):
    return lax.cond(s > 1, lambda v: v**2, lambda v: 3 * v, s)


def inputs(*shapes):
    return [jnp.asarray(ramp(*s, seed=i + 1, dtype=np.float64, lo=-1.5, hi=1.5)) for i, s in enumerate(shapes)]


def encoded(x):
    return jax.tree.map(encode, x) if not isinstance(x, (tuple, list)) else [encoded(v) for v in x]


def scalar_function(f, x, t):
    """Everything for a function of one array to a number."""
    g = jax.grad(f)
    out = {
        'x': x,
        't': t,
        'value': f(x),
        'grad': g(x),
        'jvp': jax.jvp(f, (x,), (t,)),
        'vjp(2)': jax.vjp(f, x)[1](jnp.asarray(2.0))[0],
        'linearize(t)': jax.linearize(f, x)[1](t),
        'hessian': jax.hessian(f)(x),
        'jacfwd(grad)': jax.jacfwd(g)(x),
        'jacrev(grad)': jax.jacrev(g)(x),
        'hvp: jvp of grad': jax.jvp(g, (x,), (t,))[1],
        'hvp: vjp of grad': jax.vjp(g, x)[1](t)[0],
        'grad of sum(grad^2)': jax.grad(lambda v: jnp.sum(g(v) ** 2))(x),
        'jvp of jvp': jax.jvp(lambda v: jax.jvp(f, (v,), (t,))[1], (x,), (t,)),
        'grad of jvp': jax.grad(lambda v: jax.jvp(f, (v,), (t,))[1])(x),
        'jvp of vjp(1)': jax.jvp(lambda v: jax.vjp(f, v)[1](jnp.ones(()))[0], (x,), (t,))[1],
        'batch': jnp.stack([x, t, x + t]),
        'vmap(f)(batch)': jax.vmap(f)(jnp.stack([x, t, x + t])),
        'vmap(grad)(batch)': jax.vmap(g)(jnp.stack([x, t, x + t])),
        'vmap(hessian)(batch)': jax.vmap(jax.hessian(f))(jnp.stack([x, t, x + t])),
        'grad of sum(vmap(f))(batch)': jax.grad(lambda b: jnp.sum(jax.vmap(f)(b) ** 2))(jnp.stack([x, t, x + t])),
        'third: grad(grad(grad . t) . t) . t': jax.grad(lambda v: jnp.vdot(jax.grad(lambda w: jnp.vdot(g(w), t))(v), t))(x),
    }
    return {k: encoded(v) for k, v in out.items()}


def vector_function(f, x, t):
    y = f(x)
    ct = jnp.asarray(ramp(*y.shape, seed=7, dtype=np.float64))
    batch = jnp.stack([x, t, x - t])
    out = {
        'x': x,
        't': t,
        'ct': ct,
        'value': y,
        'jvp': jax.jvp(f, (x,), (t,)),
        'vjp(ct)': jax.vjp(f, x)[1](ct)[0],
        'jacfwd': jax.jacfwd(f)(x),
        'jacrev': jax.jacrev(f)(x),
        'jacfwd(jacrev)': jax.jacfwd(jax.jacrev(f))(x),
        'hessian': jax.hessian(f)(x),
        'jvp of vjp(ct)': jax.jvp(lambda v: jax.vjp(f, v)[1](ct)[0], (x,), (t,))[1],
        'batch': batch,
        'vmap(jacfwd)(batch)': jax.vmap(jax.jacfwd(f))(batch),
        'vmap(f, in_axes=1, out_axes=1)(batch.T)': jax.vmap(f, in_axes=1, out_axes=1)(batch.T),
        'vmap(vjp)(batch, ct)': jax.vmap(lambda v: jax.vjp(f, v)[1](ct)[0])(batch),
    }
    return {k: encoded(v) for k, v in out.items()}


def several_arguments():
    a, b, x = inputs((3, 2), (2,), (3,))
    xs = jnp.asarray(ramp(4, 3, seed=9, dtype=np.float64))
    out = {
        'A': a,
        'b': b,
        'x': x,
        'xs': xs,
        'value': mlp(a, b, x),
        'grad argnums (0,1,2)': jax.grad(mlp, (0, 1, 2))(a, b, x),
        'hessian argnums (0,2): [[AA, Ax], [xA, xx]]': jax.hessian(mlp, (0, 2))(a, b, x),
        'jacrev of grad_b by A': jax.jacrev(jax.grad(mlp, 1), 0)(a, b, x),
        'vmap(f, (None,None,0))(xs)': jax.vmap(mlp, (None, None, 0))(a, b, xs),
        'per-example gradients of A': jax.vmap(jax.grad(mlp), (None, None, 0))(a, b, xs),
        'per-example norms': jax.vmap(lambda v: jnp.sqrt(sum(jnp.sum(g**2) for g in jax.grad(mlp, (0, 1))(a, b, v))))(xs),
        'MAML: grad_A of f(A - 0.1 grad_A f)': jax.grad(lambda p: mlp(p - 0.1 * jax.grad(mlp)(p, b, x), b, x))(a),
        'vmap in_axes 1 of A columns': jax.vmap(lambda col: jnp.sum(jnp.tanh(x * col)), in_axes=1)(a),
        'vmap of vmap: pairwise distances of xs': jax.vmap(lambda p: jax.vmap(lambda q: jnp.sum((p - q) ** 2))(xs))(xs),
    }
    return {k: encoded(v) for k, v in out.items()}


def confusion():
    """Perturbation confusion: nested differentiation must keep its levels apart."""
    out = {
        'grad x: x * grad y: (x + y) at 1, 1': jax.grad(lambda x: x * jax.grad(lambda y: x + y)(1.0))(1.0),
        'jvp x: x * jvp y: x*y at 2, 3': jax.jvp(lambda x: x * jax.jvp(lambda y: x * y, (3.0,), (1.0,))[1], (2.0,), (1.0,)),
        'grad x: grad y: x^2 y^3 at 2, 3': jax.grad(lambda x: jax.grad(lambda y: x**2 * y**3)(3.0))(2.0),
        'grad^4 of sin at 0.7': jax.grad(jax.grad(jax.grad(jax.grad(jnp.sin))))(0.7),
        'grad^3 of scalar at 0.7': jax.grad(jax.grad(jax.grad(scalar)))(0.7),
        'grad^2 of tanh at 0': jax.grad(jax.grad(jnp.tanh))(0.0),
        'grad of norm at 0': jax.grad(lambda s: jnp.sqrt(s**2))(0.0),
        'grad x^0 at 0': jax.grad(lambda s: s**0)(0.0),
        'grad 0^x at 2': jax.grad(lambda s: jnp.power(0.0, s))(2.0),
        'grad of where(x>0, log x, 0) at 0': jax.grad(lambda s: jnp.where(s > 0, jnp.log(s), 0.0))(0.0),
        'stop_gradient: grad x * sg(x^2) at 3': jax.grad(lambda s: s * lax.stop_gradient(s**2))(3.0),
        'custom_jvp 2x: grad at 1': jax.grad(custom)(1.0),
        'fori_loop jvp: x^5 at 1.5': jax.jvp(lambda s: lax.fori_loop(0, 5, lambda i, c: c * s, jnp.ones(())), (1.5,), (1.0,)),
        'while jvp: halve until < 1 at 10': jax.jvp(lambda s: lax.while_loop(lambda c: c > 1, lambda c: c / 2, s), (10.0,), (1.0,)),
    }
    return {k: encoded(v if isinstance(v, tuple) else jnp.asarray(v)) for k, v in out.items()}


@jax.custom_jvp
def custom(x):
    return x**2


custom.defjvp(lambda primals, tangents: (custom(*primals), 7.0 * tangents[0]))


def main() -> None:
    with jax.enable_x64(True):
        body = {'formulas': FORMULAS, 'functions': {}}
        (s, t) = jnp.asarray(0.7), jnp.asarray(-0.4)
        for name, f, shape in (
            ('rosenbrock', rosenbrock, (3,)),
            ('logsumexp', logsumexp, (3,)),
            ('matrix', matrix, (2, 2)),
            ('norm', norm, (3,)),
            ('where', where, (4,)),
        ):
            body['functions'][name] = scalar_function(f, *inputs(shape, shape))
        for name, f in (('scalar', scalar), ('scan', scan), ('cond', cond)):
            body['functions'][name] = scalar_function(f, s, t)
            if name == 'cond':
                body['functions']['cond, true branch'] = scalar_function(f, s + 1, t)
        body['functions']['vector'] = vector_function(vector, *inputs((3,), (3,)))
        body['functions']['softmax'] = vector_function(jax.nn.softmax, *inputs((4,), (4,)))
        body['mlp'] = several_arguments()
        body['nesting'] = confusion()
    write('transforms.json', 'Transformations of small functions, in float64.', body)


if __name__ == '__main__':
    main()
