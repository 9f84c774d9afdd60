"""What every program of this folder shares: the encoding of arrays and the writing of one JSON file.

An array becomes {"dtype", "shape", "data"}: `data` is flat, row-major. Floats are the shortest decimals that
read back to the same value of their dtype; "nan", "inf" and "-inf" are strings, -0.0 keeps its sign. 64-bit
integers beyond 2^53 are decimal strings. bool is true/false.
"""

from __future__ import annotations

import argparse
import json
import math
import warnings
from pathlib import Path
from typing import Any

warnings.filterwarnings('ignore')

import flax  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import jaxlib  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

SAFE = 2**53
DEFAULT_OUT = Path(__file__).resolve().parents[2] / 'test' / 'golden'


def versions() -> dict[str, str]:
    return {m.__name__: m.__version__ for m in (jax, jaxlib, flax, optax, np)}


def number(v: Any, dtype: Any) -> Any:
    """One element as a JSON value."""
    kind = jnp.dtype(dtype)
    if kind == np.bool_:
        return bool(v)
    if jnp.issubdtype(kind, np.integer):
        n = int(v)
        return n if -SAFE <= n <= SAFE else str(n)
    f = float(v)
    if math.isnan(f):
        return 'nan'
    if math.isinf(f):
        return 'inf' if f > 0 else '-inf'
    if kind == np.float64:
        return f
    return float(str(np.float32(f)))  # shortest decimal that is the same float32 (exact for f16 and bf16 too)


def encode(x: Any) -> dict[str, Any]:
    """An array (or scalar, or typed key) as {dtype, shape, data}."""
    if isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
        x = jax.random.key_data(x)
    a = np.asarray(x)
    return {'dtype': str(a.dtype), 'shape': list(a.shape), 'data': [number(v, a.dtype) for v in a.ravel()]}


def scalar(x: Any) -> Any:
    """A 0-d array as a bare JSON number."""
    a = np.asarray(x)
    assert a.shape == (), a.shape
    return number(a[()], a.dtype)


def tree(x: Any) -> Any:
    """A pytree of dicts, lists and tuples with every array encoded."""
    if isinstance(x, dict):
        return {str(k): tree(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [tree(v) for v in x]
    return encode(x)


def ramp(*shape: int, seed: int = 0, lo: float = -2.0, hi: float = 2.0, digits: int = 2, dtype: Any = np.float32) -> np.ndarray:
    """Deterministic inputs without a random library: a linear congruential stream rounded to a few digits."""
    n = math.prod(shape)
    s = (seed * 7919 + 12345) % 2**32
    out = []
    for _ in range(n):
        s = (s * 1664525 + 1013904223) % 2**32
        out.append(round(lo + (hi - lo) * (s / 2**32), digits) + 0.0)
    return np.array(out, dtype=np.float64).astype(dtype).reshape(shape)


def error(e: Exception) -> dict[str, str]:
    """A case JAX refuses: recorded by the name of its error only."""
    return {'error': type(e).__name__}


def out_dir() -> Path:
    parser = argparse.ArgumentParser(description='Writes one golden file.')
    parser.add_argument('out', nargs='?', type=Path, default=DEFAULT_OUT, help='output directory (default test/golden)')
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    return out


def write(name: str, about: str, body: dict[str, Any]) -> None:
    """Writes {about, versions, ...body}, one entry of each section on a line, so that differences read well."""
    payload = {'about': about, 'versions': versions(), **body}
    compact = lambda v: json.dumps(v, separators=(',', ':'), allow_nan=False)  # noqa: E731
    sections = []
    for key, value in payload.items():
        if isinstance(value, dict) and key != 'versions':
            rows = ',\n'.join(f'{compact(k)}:{compact(v)}' for k, v in value.items())
            sections.append(f'{compact(key)}:{{\n{rows}\n}}')
        elif isinstance(value, list):
            sections.append(f'{compact(key)}:[\n' + ',\n'.join(compact(v) for v in value) + '\n]')
        else:
            sections.append(f'{compact(key)}:{compact(value)}')
    path = out_dir() / name
    path.write_text('{' + ',\n'.join(sections) + '}\n')
    size = path.stat().st_size
    print(f'{path.name}: {size / 1000:.0f} kB')
    assert size < 400_000, f'{name} is too large'
