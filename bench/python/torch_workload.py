"""One run of a workload in PyTorch with its fused optimizers: `python torch_workload.py <w1..w5> <steps>` prints what workload.ts prints."""

import math
import sys

from report import report  # first: it notes when the process began

import numpy as np  # isort: skip
import torch  # isort: skip
import torch.nn.functional as F  # isort: skip
import workload_data as data  # isort: skip


def tensors(tree, grad=False):
    """The arrays of a tree of lists and dicts as tensors; integers as int64."""
    if isinstance(tree, dict):
        return {k: tensors(v, grad) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return [tensors(v, grad) for v in tree]
    x = torch.from_numpy(np.ascontiguousarray(tree, np.int64 if tree.dtype.kind == 'i' else np.float32))
    return x.requires_grad_() if grad else x


def leaves(tree):
    if isinstance(tree, torch.Tensor):
        return [tree]
    return [x for v in (tree.values() if isinstance(tree, dict) else tree) for x in leaves(v)]


def training(params, loss, batches, optimizer):
    params = tensors(params, grad=True)
    optimizer = optimizer(leaves(params))
    batches = tensors(batches)

    def next_value(i):
        x, y = batches[i % len(batches)]
        value = loss(params, x, y)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        return value.item()

    return next_value


def adam(params):
    return torch.optim.Adam(params, lr=1e-3, fused=True)


def w1():
    def loss(params, x, y):
        for p in params[:-1]:
            x = F.relu(torch.addmm(p['b'], x, p['w']))
        return F.cross_entropy(torch.addmm(params[-1]['b'], x, params[-1]['w']), y)

    return training(data.w1_params(), loss, data.split(*data.image_data(1, 1280), 128), adam)


def w2():
    """Kernels OIHW, images NCHW; the rows of the first dense layer in the order of NCHW."""
    params = data.w2_params()
    for name in ('k0', 'k1'):
        params[name] = params[name].transpose(3, 2, 0, 1)
    params['w0'] = params['w0'].reshape(7, 7, 64, 256).transpose(2, 0, 1, 3).reshape(3136, 256)

    def loss(p, x, y):
        h = x.view(-1, 1, 28, 28)
        for k, b in (('k0', 'b0'), ('k1', 'b1')):
            h = F.avg_pool2d(F.relu(F.conv2d(h, p[k], p[b], padding=1)), 2)
        h = F.relu(torch.addmm(p['c0'], h.flatten(1), p['w0']))
        return F.cross_entropy(torch.addmm(p['c1'], h, p['w1']), y)

    return training(params, loss, data.split(*data.image_data(2, 320), 64), adam)


def w3(heads=4):
    def dense(x, p):
        return F.linear(x, p['w'].T, p['b'])

    def norm(x, p):
        return F.layer_norm(x, x.shape[-1:], p['scale'], p['bias'], 1e-5)

    def loss(ps, x, y):
        b, t = x.shape
        h = F.embedding(x, ps['tok']) + ps['pos']
        for p in ps['layers']:
            z = norm(h, p['ln1'])
            q, k, v = (dense(z, p[n]).view(b, t, heads, -1).transpose(1, 2) for n in 'qkv')
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1 / math.sqrt(q.shape[-1]))
            h = h + dense(mixed.transpose(1, 2).reshape(b, t, -1), p['o'])
            h = h + dense(F.gelu(dense(norm(h, p['ln2']), p['f']), approximate='tanh'), p['p'])
        logits = norm(h, ps['ln']) @ ps['head']
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())

    optimizer = lambda params: torch.optim.AdamW(params, lr=3e-4, weight_decay=1e-2, fused=True)
    return training(data.w3_params(), loss, data.split(*data.token_data(3, 80), 16), optimizer)


def w4():
    arrays = lambda seed: [torch.from_numpy(data.uniform(seed + i, 500_000, -1, 1).reshape(500, 1000)) for i in range(20)]
    params = [p.requires_grad_() for p in arrays(400)]
    for p, g in zip(params, arrays(500), strict=True):
        p.grad = g
    optimizer = adam(params)

    def next_value(i):
        optimizer.step()
        return params[0][0, 0].item()

    return next_value


def w5():
    a, b = (torch.from_numpy(data.uniform(seed, 1024 * 1024, -1, 1).reshape(1024, 1024)) for seed in (600, 601))
    return lambda i: (a @ b)[0, 0].item()


if __name__ == '__main__':
    report({'w1': w1, 'w2': w2, 'w3': w3, 'w4': w4, 'w5': w5}[sys.argv[1]], int(sys.argv[2]))
