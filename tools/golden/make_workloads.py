"""Writes workloads.json: the losses of the benchmark workloads of workloads.py by JAX and Optax.

Every step is one jitted function, in float32 and in float64 (what exact arithmetic would give).
"""

import jax
import jax.numpy as jnp

from common import encode, scalar, write
from workloads import glorot, image_data, token_data, w1, w2, w3

REPORTED = (1, 2, 3, 5, 10, 15, 25, 50)


def losses(training, dtype):
    params, state = training.start(dtype)
    step = training.step()
    out = {}
    for i in range(50):
        value, params, state = step(params, state, training.batch(i, dtype))
        if i + 1 in REPORTED:
            out[str(i + 1)] = scalar(value)
    return out


def main() -> None:
    body = {}
    for name, f in (('W1', w1), ('W2', w2), ('W3', w3)):
        body[name] = {'float32': losses(f(), jnp.float32)}
        with jax.enable_x64(True):
            body[name]['float64'] = losses(f(), jnp.float64)
    check = {'tokens of sequence 0': token_data(3, 1)[0][0, :12].tolist(), 'pixels of image 0': encode(image_data(1, 1)[0][0, :6])}
    check['glorot(100, 784, 512)[0, :4]'] = encode(glorot(100, 784, 512)[0, :4])
    body['check'] = check
    write('workloads.json', 'Losses of the benchmark workloads before the k-th update.', body)


if __name__ == '__main__':
    main()
