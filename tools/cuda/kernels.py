"""Writes src/runtime/devices/cudaKernels.ts: the CUDA kernels of a build of ONNX Runtime, at the opset we emit.

    LD_LIBRARY_PATH=<CUDA libraries> python tools/cuda/kernels.py

Needs the Python package onnxruntime-gpu and libraries that its providers load; the table is read from the providers
themselves. No GPU is used: libraries without hardware behind them (tools/cuda/README.md) are enough.
"""

import collections
import pathlib
import sys

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

OPSET = {"": 18, "com.microsoft": 1}
LETTERS = {
    "float": "F", "double": "D", "float16": "H", "bfloat16": "B", "bool": "b",
    **{f"{u}int{n}": f"{'u' if u else 'i'}{n}" for u in ("", "u") for n in (8, 16, 32, 64)},
}  # fmt: skip
ORDER = list(LETTERS.values())


def letter(text):
    return LETTERS.get(text.removeprefix("tensor(").removesuffix(")")) if text.startswith("tensor(") else None


def types(texts):
    known = {letter(t) for t in texts} - {None}
    return " ".join(sorted(known, key=ORDER.index))


def main():
    schemas = collections.defaultdict(list)
    for s in state.get_all_operator_schema():
        if s.domain in OPSET and s.since_version <= OPSET[s.domain] and not s.deprecated:
            schemas[s.domain, s.name].append(s)
    kernels = collections.defaultdict(list)
    for k in state.get_all_opkernel_def():
        if k.provider == "CUDAExecutionProvider":
            kernels[k.domain, k.op_name].append(k)
    rows = []
    for (domain, name), versions in sorted(schemas.items()):
        schema = max(versions, key=lambda s: s.since_version)
        since = schema.since_version
        # A kernel serves a schema that it starts with, or one inside of a closed range; open ranges do not reach on.
        fits = [
            k.type_constraints
            for k in kernels[domain, name]
            if k.version_range[0] == since or (k.version_range[0] <= since <= k.version_range[1] < 2**31 - 1)
        ]
        if not fits:
            continue
        formal = lambda ports: [(p.typeStr, p.option.name == "Variadic", p.isHomogeneous) for p in ports]
        ports = lambda ps: " ".join(f"{t}{'*' if v and h else '**' if v else ''}" for t, v, h in formal(ps))
        named = sorted({key for k in fits for key in k})
        # Kernels that differ in one constraint only are one row.
        merged = []
        for constraints in fits:
            row = {key: set(types(constraints.get(key, [])).split()) for key in named}
            for other in merged:
                differing = [key for key in named if row[key] != other[key]]
                if len(differing) <= 1:
                    for key in differing:
                        other[key] |= row[key]
                    break
            else:
                merged.append(row)
        text = ["; ".join(f"{key} {' '.join(sorted(row[key], key=ORDER.index))}" for key in named) for row in merged]
        rows.append((f"{domain}.{name}" if domain else name, ports(schema.inputs), ports(schema.outputs), text))
    out = pathlib.Path(__file__).parents[2] / "src/runtime/devices/cudaKernels.ts"
    quote = lambda s: "'" + s.replace("'", "\\'") + "'"
    lines = [
        f"/** CUDA kernels of ONNX Runtime {onnxruntime.__version__}; made by tools/cuda/kernels.py. */",
        "",
        "/**",
        " * Types of an operator's inputs and outputs at opset 18 (com.microsoft: 1), and its kernels: what each type may be.",
        " * `T*` stands for any number of one type, `T**` of any types. F, D, H, B, b: float32, float64, float16, bfloat16,",
        " * bool; i8 … u64: integers.",
        " */",
        "export type KernelRow = readonly [inputs: string, outputs: string, ...kernels: string[]]",
        "",
        f"export const cudaKernelsVersion = '{onnxruntime.__version__}'",
        "",
        "export const cudaKernels: Readonly<Record<string, KernelRow>> = {",
        *(
            f"  {quote(n) if '.' in n else n}: [{', '.join(map(quote, [i, o, *k]))}],"
            for n, i, o, k in rows
        ),
        "}",
    ]
    out.write_text("\n".join(lines) + "\n")
    print(len(rows), "operators", file=sys.stderr)


main()
