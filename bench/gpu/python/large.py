"""One of the larger workloads in JAX or PyTorch: `python large.py <jax|torch> <mlp|resnet|transformer> <steps> [--small]`.

The models are those of bench/workloads/large.ts; prints values and times as JSON, as workload.ts does.
"""

import json
import resource
import sys
import time

START = time.perf_counter()
WARMUP = 10


def sizes(workload, small):
    return {
        'mlp': (64, 16, 4) if small else (4096, 1024, 4),
        'resnet': (32, 2, 8, 10) if small else (224, 64, 64, 1000),
        'transformer': (32, 2, 4, 64, 16, 2) if small else (768, 12, 12, 16384, 512, 16),
    }[workload]


def in_jax(workload, size):
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx

    rngs = nnx.Rngs(0)
    if workload == 'mlp':
        width, batch, layers = size

        class Model(nnx.Module):
            def __init__(self):
                self.layers = nnx.List([nnx.Linear(width, width, rngs=rngs) for _ in range(layers)])

            def __call__(self, x):
                for i, layer in enumerate(self.layers):
                    x = layer(x if i == 0 else nnx.relu(x))
                return x

        x = jax.random.normal(jax.random.key(1), (batch, width))
        y, tx = jax.random.randint(jax.random.key(9), (batch,), 0, width), optax.adam(1e-3)
    elif workload == 'resnet':
        side, batch, base, classes = size
        conv = lambda a, b, k, s: nnx.Conv(a, b, (k, k), strides=(s, s), padding='SAME', use_bias=False, rngs=rngs)

        class Block(nnx.Module):
            def __init__(self, a, b, s):
                self.conv1, self.norm1 = conv(a, b, 3, s), nnx.BatchNorm(b, rngs=rngs)
                self.conv2, self.norm2 = conv(b, b, 3, 1), nnx.BatchNorm(b, rngs=rngs)
                same = s == 1 and a == b
                self.shortcut = None if same else conv(a, b, 1, s)
                self.shortcut_norm = None if same else nnx.BatchNorm(b, rngs=rngs)

            def __call__(self, x):
                y = self.norm2(self.conv2(nnx.relu(self.norm1(self.conv1(x)))))
                return nnx.relu(y + (x if self.shortcut is None else self.shortcut_norm(self.shortcut(x))))

        class Model(nnx.Module):
            def __init__(self):
                self.stem, self.norm = conv(3, base, 7, 2), nnx.BatchNorm(base, rngs=rngs)
                strides = [1, 1, 2, 1, 2, 1, 2, 1]
                width = lambda i: base * 2 ** (i // 2)
                self.blocks = nnx.List([Block(width(i) // s, width(i), s) for i, s in enumerate(strides)])
                self.head = nnx.Linear(base * 8, classes, rngs=rngs)

            def __call__(self, x):
                x = nnx.max_pool(nnx.relu(self.norm(self.stem(x))), (3, 3), strides=(2, 2), padding='SAME')
                for block in self.blocks:
                    x = block(x)
                return self.head(x.mean((1, 2)))

        x = jax.random.normal(jax.random.key(1), (batch, side, side, 3))
        y, tx = jax.random.randint(jax.random.key(9), (batch,), 0, classes), optax.sgd(0.1, momentum=0.9)
    else:
        width, layers, heads, vocabulary, length, batch = size
        mask = nnx.make_causal_mask(jnp.ones((1, length)))
        dense = lambda a, b, **options: nnx.Linear(a, b, rngs=rngs, **options)

        class Layer(nnx.Module):
            def __init__(self):
                self.norm1, self.norm2 = nnx.LayerNorm(width, rngs=rngs), nnx.LayerNorm(width, rngs=rngs)
                self.q, self.k, self.v, self.o = (dense(width, width) for _ in range(4))
                self.up, self.down = dense(width, 4 * width), dense(4 * width, width)

            def __call__(self, x):
                h = self.norm1(x)
                split = lambda a: a.reshape(batch, length, heads, width // heads)
                mixed = nnx.dot_product_attention(split(self.q(h)), split(self.k(h)), split(self.v(h)), mask=mask)
                x = x + self.o(mixed.reshape(batch, length, width))
                return x + self.down(nnx.gelu(self.up(self.norm2(x))))

        class Model(nnx.Module):
            def __init__(self):
                self.tokens, self.positions = nnx.Embed(vocabulary, width, rngs=rngs), nnx.Embed(length, width, rngs=rngs)
                self.layers = nnx.List([Layer() for _ in range(layers)])
                self.norm, self.head = nnx.LayerNorm(width, rngs=rngs), dense(width, vocabulary, use_bias=False)

            def __call__(self, x):
                h = self.tokens(x) + self.positions(jnp.arange(length))
                for layer in self.layers:
                    h = layer(h)
                return self.head(self.norm(h))

        x = jax.random.randint(jax.random.key(1), (batch, length), 0, vocabulary)
        y, tx = jax.random.randint(jax.random.key(9), (batch, length), 0, vocabulary), optax.adamw(3e-4)

    model = Model()
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)

    @nnx.jit
    def step(model, optimizer, x, y):
        def loss(m):
            return optax.softmax_cross_entropy_with_integer_labels(m(x), y).mean()

        value, grads = nnx.value_and_grad(loss)(model)
        optimizer.update(model, grads)
        return value

    return lambda: float(step(model, optimizer, x, y))


def in_torch(workload, size):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_float32_matmul_precision('high')
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    if workload == 'mlp':
        width, batch, layers = size
        parts = [part for _ in range(layers) for part in (nn.Linear(width, width), nn.ReLU())]
        model = nn.Sequential(*parts[:-1])
        x, y = torch.randn(batch, width), torch.randint(width, (batch,))
        optimizer = lambda p: torch.optim.Adam(p, 1e-3)
    elif workload == 'resnet':
        side, batch, base, classes = size
        conv = lambda a, b, k, s: nn.Conv2d(a, b, k, s, k // 2, bias=False)

        class Block(nn.Module):
            def __init__(self, a, b, s):
                super().__init__()
                self.main = nn.Sequential(conv(a, b, 3, s), nn.BatchNorm2d(b), nn.ReLU(), conv(b, b, 3, 1), nn.BatchNorm2d(b))
                self.shortcut = nn.Identity() if s == 1 and a == b else nn.Sequential(conv(a, b, 1, s), nn.BatchNorm2d(b))

            def forward(self, x):
                return F.relu(self.main(x) + self.shortcut(x))

        width = lambda i: base * 2 ** (i // 2)
        blocks = [Block(width(i) // s, width(i), s) for i, s in enumerate([1, 1, 2, 1, 2, 1, 2, 1])]
        stem = [conv(3, base, 7, 2), nn.BatchNorm2d(base), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        model = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(base * 8, classes))
        model = model.to(memory_format=torch.channels_last)
        x = torch.randn(batch, 3, side, side).to(memory_format=torch.channels_last)
        y = torch.randint(classes, (batch,))
        optimizer = lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)
    else:
        width, layers, heads, vocabulary, length, batch = size

        class Layer(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
                self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
                self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

            def forward(self, x):
                h = self.norm1(x)
                split = lambda a: a.view(batch, length, heads, width // heads).transpose(1, 2)
                mixed = F.scaled_dot_product_attention(split(self.q(h)), split(self.k(h)), split(self.v(h)), is_causal=True)
                x = x + self.o(mixed.transpose(1, 2).reshape(batch, length, width))
                return x + self.down(F.gelu(self.up(self.norm2(x)), approximate='tanh'))

        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
                self.layers = nn.Sequential(*(Layer() for _ in range(layers)))
                self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

            def forward(self, x):
                h = self.tokens(x) + self.positions(torch.arange(length, device=x.device))
                return self.head(self.norm(self.layers(h)))

        model = Model()
        x, y = torch.randint(vocabulary, (batch, length)), torch.randint(vocabulary, (batch, length))
        optimizer = lambda p: torch.optim.AdamW(p, 3e-4, weight_decay=1e-4)

    model, x, y = model.to(device), x.to(device), y.to(device)
    update = optimizer(model.parameters())

    def step():
        update.zero_grad(set_to_none=True)
        logits = model(x)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))
        loss.backward()
        update.step()
        return float(loss)

    return step


def main(library, workload, steps, small):
    step = {'jax': in_jax, 'torch': in_torch}[library](workload, sizes(workload, small))
    values, times = [], []
    for i in range(steps):
        start = time.perf_counter()
        values.append(step())
        times.append((time.perf_counter() - start) * 1000)
        if i == 0:
            first_at = (time.perf_counter() - START) * 1000
    kept = sorted(times[WARMUP:] if steps > WARMUP else times)
    timing = {'median': kept[len(kept) // 2], 'min': kept[0], 'max': kept[-1]}
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({'values': values, 'firstAt': first_at, 'firstStep': times[0], 'step': timing, 'maxRssMegabytes': rss}))


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), '--small' in sys.argv)
