/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `np`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../numpy/index.js'

export const np: typeof module = guarded('np', module, {
  'np.abs': 'x: ArrayLike',
  'np.absolute': 'x: ArrayLike',
  'np.acos': 'x: ArrayLike',
  'np.acosh': 'x: ArrayLike',
  'np.add': 'x: ArrayLike, y: ArrayLike',
  'np.all': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.allclose': 'x: ArrayLike, y: ArrayLike, options?: {rtol?: number, atol?: number, equalNan?: boolean}',
  'np.amax':
    'x: ArrayLike, options?: {initial?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.amin':
    'x: ArrayLike, options?: {initial?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.angle': 'x: ArrayLike | {real: array, imag: array}, options?: {deg?: boolean}',
  'np.any': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.append': 'x: ArrayLike, values: ArrayLike, options?: {axis?: number}',
  'np.applyAlongAxis': 'f: function, axis: number, x: ArrayLike',
  'np.applyOverAxes': 'f: function, x: ArrayLike, axes: number | number[]',
  'np.arange': 'start: number, stop?: number, step?: number, options?: {dtype?: DType}',
  'np.arccos': 'x: ArrayLike',
  'np.arccosh': 'x: ArrayLike',
  'np.arcsin': 'x: ArrayLike',
  'np.arcsinh': 'x: ArrayLike',
  'np.arctan': 'x: ArrayLike',
  'np.arctan2': 'x: ArrayLike, y: ArrayLike',
  'np.arctanh': 'x: ArrayLike',
  'np.argmax': 'x: ArrayLike, options?: {axis?: number, keepdims?: boolean}',
  'np.argmin': 'x: ArrayLike, options?: {axis?: number, keepdims?: boolean}',
  'np.argsort': 'x: ArrayLike, options?: {axis?: number | null, descending?: boolean}',
  'np.argwhere': 'x: ArrayLike, options?: {size?: number, fillValue?: number | number[]}',
  'np.around': 'x: ArrayLike, decimals?: number',
  'np.array': 'data: ArrayLike | list | object, options?: {dtype?: DType}',
  'np.arrayEqual': 'x: ArrayLike, y: ArrayLike, options?: {equalNan?: boolean}',
  'np.arrayEquiv': 'x: ArrayLike, y: ArrayLike',
  'np.arraySplit': 'x: ArrayLike, parts: number | number[], options?: {axis?: number}',
  'np.asarray': 'data: ArrayLike | list | object, options?: {dtype?: DType}',
  'np.asin': 'x: ArrayLike',
  'np.asinh': 'x: ArrayLike',
  'np.astype': 'x: ArrayLike, dtype: DType',
  'np.atan': 'x: ArrayLike',
  'np.atan2': 'x: ArrayLike, y: ArrayLike',
  'np.atanh': 'x: ArrayLike',
  'np.atleast1d': 'x: ArrayLike',
  'np.atleast2d': 'x: ArrayLike',
  'np.atleast3d': 'x: ArrayLike',
  'np.average':
    'x: ArrayLike, options?: {weights?: ArrayLike, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.bincount': 'x: ArrayLike, options?: {weights?: ArrayLike, minlength?: number, length?: number}',
  'np.bitwiseAnd': 'x: ArrayLike, y: ArrayLike',
  'np.bitwiseLeftShift': 'x: ArrayLike, y: ArrayLike',
  'np.bitwiseNot': 'x: ArrayLike',
  'np.bitwiseOr': 'x: ArrayLike, y: ArrayLike',
  'np.bitwiseRightShift': 'x: ArrayLike, y: ArrayLike',
  'np.bitwiseXor': 'x: ArrayLike, y: ArrayLike',
  'np.block': 'blocks: ArrayLike | list',
  'np.broadcastArrays': '...xs: ArrayLike[]',
  'np.broadcastShapes': '...shapes: number[][]',
  'np.broadcastTo': 'x: ArrayLike, shape: number[]',
  'np.canCast': "from: DType, to: DType, options?: {casting?: 'equiv' | 'no' | 'safe' | 'same_kind' | 'unsafe'}",
  'np.cbrt': 'x: ArrayLike',
  'np.ceil': 'x: ArrayLike',
  'np.choose': "index: ArrayLike, choices: ArrayLike[], options?: {mode?: 'clip' | 'wrap'}",
  'np.clip': 'x: ArrayLike, min?: ArrayLike | null, max?: ArrayLike | null',
  'np.columnStack': 'xs: ArrayLike[]',
  'np.compress': 'condition: ArrayLike, x: ArrayLike, options?: {size?: number, fillValue?: ArrayLike, axis?: number}',
  'np.concat': 'xs: ArrayLike[], options?: {axis?: number}',
  'np.concatenate': 'xs: ArrayLike[], options?: {axis?: number}',
  'np.conj': 'x: ArrayLike; x: {real: array, imag: array}',
  'np.conjugate': 'x: ArrayLike; x: {real: array, imag: array}',
  'np.convolve': "x: ArrayLike, v: ArrayLike, options?: {mode?: 'full' | 'same' | 'valid'}",
  'np.copy': 'x: ArrayLike',
  'np.copysign': 'x: ArrayLike, y: ArrayLike',
  'np.corrcoef': 'x: ArrayLike, y?: ArrayLike | null, options?: {rowvar?: boolean}',
  'np.correlate': "x: ArrayLike, v: ArrayLike, options?: {mode?: 'full' | 'same' | 'valid'}",
  'np.cos': 'x: ArrayLike',
  'np.cosh': 'x: ArrayLike',
  'np.countNonzero': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.cov':
    'x: ArrayLike, y?: ArrayLike | null, options?: {rowvar?: boolean, bias?: boolean, ddof?: number, fweights?: ArrayLike, aweights?: ArrayLike}',
  'np.cross': 'x: ArrayLike, y: ArrayLike, options?: {axis?: number}',
  'np.cumprod': 'x: ArrayLike, options?: {axis?: number | null, dtype?: DType}',
  'np.cumsum': 'x: ArrayLike, options?: {axis?: number | null, dtype?: DType}',
  'np.deg2rad': 'x: ArrayLike',
  'np.degrees': 'x: ArrayLike',
  'np.delete': 'x: ArrayLike, at: array | number | number[], options?: {axis?: number}',
  'np.diag': 'x: ArrayLike, k?: number',
  'np.diagflat': 'x: ArrayLike, k?: number',
  'np.diagonal': 'x: ArrayLike, options?: {offset?: number, axis1?: number, axis2?: number}',
  'np.diff': 'x: ArrayLike, n?: number, options?: {axis?: number}',
  'np.digitize': 'x: ArrayLike, bins: ArrayLike, options?: {right?: boolean}',
  'np.divide': 'x: ArrayLike, y: ArrayLike',
  'np.divmod': 'x: ArrayLike, y: ArrayLike',
  'np.dot': 'x: ArrayLike, y: ArrayLike',
  'np.dstack': 'xs: ArrayLike[]',
  'np.ediff1d': 'x: ArrayLike',
  'np.einsum': 'subscripts: string, ...xs: ArrayLike[]',
  'np.einsumPath': 'subscripts: string, ...xs: ArrayLike[]',
  'np.empty': 'shape: number[], options?: {dtype?: DType}',
  'np.emptyLike': 'x: ArrayLike, options?: {dtype?: DType}',
  'np.equal': 'x: ArrayLike, y: ArrayLike',
  'np.exp': 'x: ArrayLike',
  'np.exp2': 'x: ArrayLike',
  'np.expandDims': 'x: ArrayLike, axis: number | number[]',
  'np.expm1': 'x: ArrayLike',
  'np.extract': 'condition: ArrayLike, x: ArrayLike, options?: {size?: number, fillValue?: ArrayLike}',
  'np.eye': 'n: number, m?: number, k?: number, options?: {dtype?: DType}',
  'np.fabs': 'x: ArrayLike',
  'np.fft.fft':
    "x: ArrayLike | {real: array, imag: array}, options?: {n?: number, axis?: number, norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.fft2':
    "x: ArrayLike | {real: array, imag: array}, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.fftfreq': 'n: number, d?: number, options?: {dtype?: DType}',
  'np.fft.fftn':
    "x: ArrayLike | {real: array, imag: array}, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.fftshift': 'x: ArrayLike, axes?: number | number[]',
  'np.fft.hfft':
    "x: ArrayLike | {real: array, imag: array}, options?: {n?: number, axis?: number, norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.ifft':
    "x: ArrayLike | {real: array, imag: array}, options?: {n?: number, axis?: number, norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.ifft2':
    "x: ArrayLike | {real: array, imag: array}, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.ifftn':
    "x: ArrayLike | {real: array, imag: array}, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.ifftshift': 'x: ArrayLike, axes?: number | number[]',
  'np.fft.ihfft': "x: ArrayLike, options?: {n?: number, axis?: number, norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.irfft':
    "x: ArrayLike | {real: array, imag: array}, options?: {n?: number, axis?: number, norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.irfft2':
    "x: ArrayLike | {real: array, imag: array}, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.irfftn':
    "x: ArrayLike | {real: array, imag: array}, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.rfft': "x: ArrayLike, options?: {n?: number, axis?: number, norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.rfft2': "x: ArrayLike, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fft.rfftfreq': 'n: number, d?: number, options?: {dtype?: DType}',
  'np.fft.rfftn': "x: ArrayLike, options?: {s?: number[], axes?: number[], norm?: 'backward' | 'forward' | 'ortho'}",
  'np.fillDiagonal': 'x: ArrayLike, value: ArrayLike, options?: {wrap?: boolean}',
  'np.finfo': 'dtype: ArrayLike | DType',
  'np.fix': 'x: ArrayLike',
  'np.flatnonzero': 'x: ArrayLike, options?: {size?: number, fillValue?: number | number[]}',
  'np.flip': 'x: ArrayLike, axis?: number | number[]',
  'np.fliplr': 'x: ArrayLike',
  'np.flipud': 'x: ArrayLike',
  'np.floatPower': 'x: ArrayLike, y: ArrayLike',
  'np.floor': 'x: ArrayLike',
  'np.floorDivide': 'x: ArrayLike, y: ArrayLike',
  'np.fmax': 'x: ArrayLike, y: ArrayLike',
  'np.fmin': 'x: ArrayLike, y: ArrayLike',
  'np.fmod': 'x: ArrayLike, y: ArrayLike',
  'np.frexp': 'x: ArrayLike',
  'np.fromfunction': 'f: function, shape: number[], options?: {dtype?: DType}',
  'np.full': 'shape: number[], value: ArrayLike, options?: {dtype?: DType}',
  'np.fullLike': 'x: ArrayLike, value: boolean | number, options?: {dtype?: DType}',
  'np.gcd': 'x: ArrayLike, y: ArrayLike',
  'np.geomspace': 'start: number, stop: number, num?: number, options?: {endpoint?: boolean, dtype?: DType}',
  'np.gradient': 'x: ArrayLike, spacings?: ArrayLike[], options?: {axis?: number | number[]}',
  'np.greater': 'x: ArrayLike, y: ArrayLike',
  'np.greaterEqual': 'x: ArrayLike, y: ArrayLike',
  'np.heaviside': 'x: ArrayLike, y: ArrayLike',
  'np.histogram':
    'x: ArrayLike, bins?: array | number | number[], options?: {range?: [number, number], weights?: ArrayLike, density?: boolean}',
  'np.histogram2d':
    'x: ArrayLike, y: ArrayLike, bins?: [array | number | number[], array | number | number[]] | number, options?: {range?: [number, number][], weights?: ArrayLike, density?: boolean}',
  'np.histogramBinEdges': 'x: ArrayLike, bins?: array | number | number[], options?: {range?: [number, number]}',
  'np.histogramdd':
    'points: ArrayLike, bins?: (array | number | number[])[] | number, options?: {range?: [number, number][], weights?: ArrayLike, density?: boolean}',
  'np.hsplit': 'x: ArrayLike, parts: number | number[]',
  'np.hstack': 'xs: ArrayLike[]',
  'np.hypot': 'x: ArrayLike, y: ArrayLike',
  'np.identity': 'n: number, options?: {dtype?: DType}',
  'np.iinfo': 'dtype: ArrayLike | DType',
  'np.imag': 'x: ArrayLike | {real: array, imag: array}',
  'np.indices': 'shape: number[], options?: {dtype?: DType}',
  'np.inner': 'x: ArrayLike, y: ArrayLike',
  'np.insert': 'x: ArrayLike, at: array | number | number[], values: ArrayLike, options?: {axis?: number}',
  'np.interp': 'x: ArrayLike, xp: ArrayLike, fp: ArrayLike, options?: {left?: ArrayLike, right?: ArrayLike}',
  'np.intersect1d': 'x: ArrayLike, y: ArrayLike, options?: {size?: number, fillValue?: ArrayLike}',
  'np.isclose': 'x: ArrayLike, y: ArrayLike, options?: {rtol?: number, atol?: number, equalNan?: boolean}',
  'np.isfinite': 'x: ArrayLike',
  'np.isin': 'x: ArrayLike, elements: ArrayLike, options?: {invert?: boolean}',
  'np.isinf': 'x: ArrayLike',
  'np.isnan': 'x: ArrayLike',
  'np.isneginf': 'x: ArrayLike',
  'np.isposinf': 'x: ArrayLike',
  'np.isreal': 'x: ArrayLike | {real: array, imag: array}',
  'np.isrealobj': 'x: ArrayLike | {real: array, imag: array}',
  'np.isscalar': 'x: any',
  'np.issubdtype':
    "dtype: DType, kind: 'complexfloating' | 'floating' | 'generic' | 'inexact' | 'integer' | 'number' | 'signedinteger' | 'unsignedinteger' | DType",
  'np.ix': '...vectors: ArrayLike[]',
  'np.kron': 'x: ArrayLike, y: ArrayLike',
  'np.lcm': 'x: ArrayLike, y: ArrayLike',
  'np.ldexp': 'x: ArrayLike, n: ArrayLike',
  'np.leftShift': 'x: ArrayLike, y: ArrayLike',
  'np.less': 'x: ArrayLike, y: ArrayLike',
  'np.lessEqual': 'x: ArrayLike, y: ArrayLike',
  'np.lexsort': 'keys: ArrayLike[], axis?: number',
  'np.linalg.cholesky': 'x: ArrayLike, options?: {upper?: boolean, symmetrizeInput?: boolean}',
  'np.linalg.cond': "x: ArrayLike, options?: {p?: 'fro' | 'nuc' | number}",
  'np.linalg.cross': 'x: ArrayLike, y: ArrayLike, options?: {axis?: number}',
  'np.linalg.det': 'x: ArrayLike',
  'np.linalg.diagonal': 'x: ArrayLike, options?: {offset?: number}',
  'np.linalg.eigh': 'x: ArrayLike',
  'np.linalg.eigvalsh': 'x: ArrayLike',
  'np.linalg.inv': 'x: ArrayLike',
  'np.linalg.lstsq': 'a: ArrayLike, b: ArrayLike, options?: {rtol?: number}',
  'np.linalg.matmul': 'x: ArrayLike, y: ArrayLike',
  'np.linalg.matrixNorm': "x: ArrayLike, options?: {ord?: 'fro' | 'nuc' | number, keepdims?: boolean}",
  'np.linalg.matrixPower': 'x: ArrayLike, n: number',
  'np.linalg.matrixRank': 'x: ArrayLike, options?: {rtol?: number}',
  'np.linalg.matrixTranspose': 'x: ArrayLike',
  'np.linalg.multiDot': 'xs: ArrayLike[]',
  'np.linalg.norm':
    "x: ArrayLike, options?: {ord?: 'fro' | 'nuc' | number, axis?: number | number[] | null, keepdims?: boolean}",
  'np.linalg.outer': 'x: ArrayLike, y: ArrayLike',
  'np.linalg.pinv': 'x: ArrayLike, options?: {rtol?: number}',
  'np.linalg.qr': "x: ArrayLike, options: {mode: 'r'}; x: ArrayLike, options?: {mode?: 'complete' | 'reduced'}",
  'np.linalg.slogdet': 'x: ArrayLike',
  'np.linalg.solve': 'a: ArrayLike, b: ArrayLike',
  'np.linalg.svd': 'x: ArrayLike, options?: {fullMatrices?: boolean}',
  'np.linalg.svdvals': 'x: ArrayLike',
  'np.linalg.tensordot': 'x: ArrayLike, y: ArrayLike, axes?: [number[], number[]] | number',
  'np.linalg.tensorinv': 'x: ArrayLike, options?: {ind?: number}',
  'np.linalg.tensorsolve': 'a: ArrayLike, b: ArrayLike, options?: {axes?: number[]}',
  'np.linalg.trace': 'x: ArrayLike, options?: {offset?: number}',
  'np.linalg.vecdot': 'x: ArrayLike, y: ArrayLike, options?: {axis?: number}',
  'np.linalg.vectorNorm': 'x: ArrayLike, options?: {ord?: number, axis?: number | number[] | null, keepdims?: boolean}',
  'np.linspace': 'start: number, stop: number, num?: number, options?: {endpoint?: boolean, dtype?: DType}',
  'np.log': 'x: ArrayLike',
  'np.log10': 'x: ArrayLike',
  'np.log1p': 'x: ArrayLike',
  'np.log2': 'x: ArrayLike',
  'np.logaddexp': 'x: ArrayLike, y: ArrayLike',
  'np.logaddexp2': 'x: ArrayLike, y: ArrayLike',
  'np.logicalAnd': 'x: ArrayLike, y: ArrayLike',
  'np.logicalNot': 'x: ArrayLike',
  'np.logicalOr': 'x: ArrayLike, y: ArrayLike',
  'np.logicalXor': 'x: ArrayLike, y: ArrayLike',
  'np.logspace':
    'start: number, stop: number, num?: number, options?: {endpoint?: boolean, dtype?: DType, base?: number}',
  'np.matmul': 'x: ArrayLike, y: ArrayLike',
  'np.matrixTranspose': 'x: ArrayLike',
  'np.matvec': 'x: ArrayLike, y: ArrayLike',
  'np.max':
    'x: ArrayLike, options?: {initial?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.maximum': 'x: ArrayLike, y: ArrayLike',
  'np.mean': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.median': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean}',
  'np.meshgrid': "xs: ArrayLike[], options?: {indexing?: 'ij' | 'xy', sparse?: boolean}",
  'np.mgrid': '...ranges: ([number, number, (number | {count: number})?] | number)[]',
  'np.min':
    'x: ArrayLike, options?: {initial?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.minimum': 'x: ArrayLike, y: ArrayLike',
  'np.mod': 'x: ArrayLike, y: ArrayLike',
  'np.moveaxis': 'x: ArrayLike, source: number | number[], destination: number | number[]',
  'np.multiply': 'x: ArrayLike, y: ArrayLike',
  'np.nanToNum': 'x: ArrayLike, options?: {nan?: number, posinf?: number, neginf?: number}',
  'np.nanargmax': 'x: ArrayLike, options?: {axis?: number, keepdims?: boolean}',
  'np.nanargmin': 'x: ArrayLike, options?: {axis?: number, keepdims?: boolean}',
  'np.nancumprod': 'x: ArrayLike, options?: {axis?: number | null, dtype?: DType}',
  'np.nancumsum': 'x: ArrayLike, options?: {axis?: number | null, dtype?: DType}',
  'np.nanmax': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.nanmean': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.nanmin': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.nanprod': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.nanstd':
    'x: ArrayLike, options?: {ddof?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.nansum':
    'x: ArrayLike, options?: {initial?: number, dtype?: DType, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.nanvar':
    'x: ArrayLike, options?: {ddof?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.ndim': 'x: ArrayLike',
  'np.negative': 'x: ArrayLike',
  'np.nextafter': 'x: ArrayLike, y: ArrayLike',
  'np.nonzero': 'x: ArrayLike, options?: {size?: number, fillValue?: number | number[]}',
  'np.notEqual': 'x: ArrayLike, y: ArrayLike',
  'np.ogrid': '...ranges: ([number, number, (number | {count: number})?] | number)[]',
  'np.ones': 'shape: number[], options?: {dtype?: DType}',
  'np.onesLike': 'x: ArrayLike, options?: {dtype?: DType}',
  'np.outer': 'x: ArrayLike, y: ArrayLike',
  'np.packbits': "x: ArrayLike, options?: {axis?: number, bitorder?: 'big' | 'little'}",
  'np.pad':
    "x: ArrayLike, width: [number, number] | [number, number][] | number, options?: {mode?: 'constant' | 'edge' | 'empty' | 'linear_ramp' | 'maximum' | 'mean' | 'median' | 'minimum' | 'reflect' | 'symmetric' | 'wrap', constantValues?: ArrayLike | [number, number] | [number, number][], endValues?: [number, number] | [number, number][] | number, statLength?: [number, number] | [number, number][] | number}",
  'np.percentile': 'x: ArrayLike, q: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean}',
  'np.permuteDims': 'x: ArrayLike, axes?: number[]',
  'np.piecewise': 'x: ArrayLike, conditions: ArrayLike[], pieces: (ArrayLike | function)[]',
  'np.poly': 'roots: ArrayLike',
  'np.polyadd': 'p: ArrayLike, q: ArrayLike',
  'np.polyder': 'p: ArrayLike, m?: number',
  'np.polyfit': 'x: ArrayLike, y: ArrayLike, degree: number, options?: {rcond?: number, w?: ArrayLike}',
  'np.polyint': 'p: ArrayLike, m?: number, options?: {k?: number | number[]}',
  'np.polymul': 'p: ArrayLike, q: ArrayLike',
  'np.polysub': 'p: ArrayLike, q: ArrayLike',
  'np.polyval': 'p: ArrayLike, x: ArrayLike',
  'np.positive': 'x: ArrayLike',
  'np.pow': 'x: ArrayLike, y: ArrayLike',
  'np.power': 'x: ArrayLike, y: ArrayLike',
  'np.prod':
    'x: ArrayLike, options?: {initial?: number, dtype?: DType, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.promoteTypes': 'a: DType, b: DType',
  'np.ptp': 'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.putAlongAxis': 'x: ArrayLike, indices: ArrayLike, values: ArrayLike, axis: number | null',
  'np.quantile': 'x: ArrayLike, q: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean}',
  'np.rad2deg': 'x: ArrayLike',
  'np.radians': 'x: ArrayLike',
  'np.ravel': 'x: ArrayLike',
  'np.ravelMultiIndex': "indices: ArrayLike[], shape: number[], options?: {mode?: 'clip' | 'wrap'}",
  'np.real': 'x: ArrayLike | {real: array, imag: array}',
  'np.reciprocal': 'x: ArrayLike',
  'np.remainder': 'x: ArrayLike, y: ArrayLike',
  'np.repeat': 'x: ArrayLike, repeats: number | number[], options?: {axis?: number}',
  'np.reshape': 'x: ArrayLike, shape: number | number[]',
  'np.resize': 'x: ArrayLike, shape: number | number[]',
  'np.resultDtype': '...xs: ArrayLike[]',
  'np.resultType': '...xs: {dtype: DType, weakType: boolean}[]',
  'np.rightShift': 'x: ArrayLike, y: ArrayLike',
  'np.rint': 'x: ArrayLike',
  'np.roll': 'x: ArrayLike, shift: number | number[], axis?: number | number[]',
  'np.rollaxis': 'x: ArrayLike, axis: number, start?: number',
  'np.rot90': 'x: ArrayLike, k?: number, axes?: [number, number]',
  'np.round': 'x: ArrayLike, decimals?: number',
  'np.searchsorted': "sorted: ArrayLike, values: ArrayLike, options?: {side?: 'left' | 'right'}",
  'np.select': 'conditions: ArrayLike[], choices: ArrayLike[], fallback?: ArrayLike',
  'np.setdiff1d': 'x: ArrayLike, y: ArrayLike, options?: {size?: number, fillValue?: ArrayLike}',
  'np.setxor1d': 'x: ArrayLike, y: ArrayLike, options?: {size?: number, fillValue?: ArrayLike}',
  'np.shape': 'x: ArrayLike',
  'np.sign': 'x: ArrayLike',
  'np.signbit': 'x: ArrayLike',
  'np.sin': 'x: ArrayLike',
  'np.sinc': 'x: ArrayLike',
  'np.sinh': 'x: ArrayLike',
  'np.size': 'x: ArrayLike, axis?: number | number[]',
  'np.sort': 'x: ArrayLike, options?: {axis?: number | null, descending?: boolean}',
  'np.split': 'x: ArrayLike, parts: number | number[], options?: {axis?: number}',
  'np.sqrt': 'x: ArrayLike',
  'np.square': 'x: ArrayLike',
  'np.squeeze': 'x: ArrayLike, axis?: number | number[]',
  'np.stack': 'xs: ArrayLike[], options?: {axis?: number}',
  'np.std':
    'x: ArrayLike, options?: {ddof?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.subtract': 'x: ArrayLike, y: ArrayLike',
  'np.sum':
    'x: ArrayLike, options?: {initial?: number, dtype?: DType, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.swapaxes': 'x: ArrayLike, axis1: number, axis2: number',
  'np.take':
    "x: ArrayLike, indices: ArrayLike, options?: {axis?: number, mode?: 'clip' | 'fill' | 'promise_in_bounds' | 'wrap'}",
  'np.takeAlongAxis':
    "x: ArrayLike, indices: ArrayLike, axis: number, options?: {mode?: 'clip' | 'fill' | 'promise_in_bounds' | 'wrap'}",
  'np.tan': 'x: ArrayLike',
  'np.tanh': 'x: ArrayLike',
  'np.tensordot': 'x: ArrayLike, y: ArrayLike, axes?: [number[], number[]] | number',
  'np.tile': 'x: ArrayLike, reps: number | number[]',
  'np.trace': 'x: ArrayLike, options?: {offset?: number, axis1?: number, axis2?: number}',
  'np.transpose': 'x: ArrayLike, axes?: number[]',
  'np.trapezoid': 'y: ArrayLike, options?: {x?: ArrayLike, dx?: ArrayLike, axis?: number}',
  'np.tri': 'n: number, m?: number, k?: number, options?: {dtype?: DType}',
  'np.tril': 'x: ArrayLike, k?: number',
  'np.trilIndices': 'n: number, k?: number, m?: number',
  'np.triu': 'x: ArrayLike, k?: number',
  'np.triuIndices': 'n: number, k?: number, m?: number',
  'np.trueDivide': 'x: ArrayLike, y: ArrayLike',
  'np.trunc': 'x: ArrayLike',
  'np.union1d': 'x: ArrayLike, y: ArrayLike, options?: {size?: number, fillValue?: ArrayLike}',
  'np.unique': 'x: ArrayLike, options?: {axis?: number, equalNan?: boolean, size?: number, fillValue?: ArrayLike}',
  'np.uniqueAll': 'x: ArrayLike, options?: {axis?: number, equalNan?: boolean, size?: number, fillValue?: ArrayLike}',
  'np.unpackbits': "x: ArrayLike, options?: {axis?: number, bitorder?: 'big' | 'little', count?: number}",
  'np.unravelIndex': 'indices: ArrayLike, shape: number | number[]',
  'np.unstack': 'x: ArrayLike, options?: {axis?: number}',
  'np.unwrap': 'x: ArrayLike, options?: {discont?: number, axis?: number, period?: number}',
  'np.vander': 'x: ArrayLike, n?: number, options?: {increasing?: boolean}',
  'np.var':
    'x: ArrayLike, options?: {ddof?: number, axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike}',
  'np.vdot': 'x: ArrayLike, y: ArrayLike',
  'np.vecdot': 'x: ArrayLike, y: ArrayLike, options?: {axis?: number}',
  'np.vecmat': 'x: ArrayLike, y: ArrayLike',
  'np.vectorize': 'f: function, options?: {excluded?: number[], signature?: string}',
  'np.vsplit': 'x: ArrayLike, parts: number | number[]',
  'np.vstack': 'xs: ArrayLike[]',
  'np.where': 'condition: ArrayLike, onTrue: ArrayLike, onFalse: ArrayLike',
  'np.zeros': 'shape: number[], options?: {dtype?: DType}',
  'np.zerosLike': 'x: ArrayLike, options?: {dtype?: DType}',
})

/** The types of `np`. */
export declare namespace np {
  export namespace fft {
    export type FftNorm = module.fft.FftNorm
    export type FftOptions = module.fft.FftOptions
    export type FftnOptions = module.fft.FftnOptions
  }
  export namespace linalg {
    export type CholeskyOptions = module.linalg.CholeskyOptions
    export type NormOptions = module.linalg.NormOptions
    export type OffsetOptions = module.linalg.OffsetOptions
    export type QrMode = module.linalg.QrMode
    export type SvdOptions = module.linalg.SvdOptions
    export type ToleranceOptions = module.linalg.ToleranceOptions
    export type VectorNormOptions = module.linalg.VectorNormOptions
  }
  export type ArgOptions = module.ArgOptions
  export type ArrayData = module.ArrayData
  export type ArrayLike = module.ArrayLike
  export type ArrayOptions = module.ArrayOptions
  export type AverageOptions = module.AverageOptions
  export type Axis = module.Axis
  export type BincountOptions = module.BincountOptions
  export type Bins = module.Bins
  export type BitOptions = module.BitOptions
  export type Blocks = module.Blocks
  export type Casting = module.Casting
  export type ChooseMode = module.ChooseMode
  export type CloseOptions = module.CloseOptions
  export type Complex = module.Complex
  export type ComplexLike = module.ComplexLike
  export type ConvolveMode = module.ConvolveMode
  export type CovOptions = module.CovOptions
  export type CumulativeOptions = module.CumulativeOptions
  export type DTypeKind = module.DTypeKind
  export type DiagonalOptions = module.DiagonalOptions
  export type ExtractOptions = module.ExtractOptions
  export type ExtremumOptions = module.ExtremumOptions
  export type FloatInfo = module.FloatInfo
  export type GetOptions = module.GetOptions
  export type GradientOptions = module.GradientOptions
  export type GridRange = module.GridRange
  export type HistogramOptions = module.HistogramOptions
  export type HistogramddOptions = module.HistogramddOptions
  export type Index = module.Index
  export type IndexUpdate = module.IndexUpdate
  export type IntegerInfo = module.IntegerInfo
  export type InterpOptions = module.InterpOptions
  export type LinspaceOptions = module.LinspaceOptions
  export type MeshgridOptions = module.MeshgridOptions
  export type OutOfRange = module.OutOfRange
  export type PadMode = module.PadMode
  export type PadOptions = module.PadOptions
  export type PadWidth = module.PadWidth
  export type Piece = module.Piece
  export type PolyfitOptions = module.PolyfitOptions
  export type QuantileOptions = module.QuantileOptions
  export type ReduceOptions = module.ReduceOptions
  export type SetOptions = module.SetOptions
  export type SizeOptions = module.SizeOptions
  export type SortOptions = module.SortOptions
  export type SpaceOptions = module.SpaceOptions
  export type SumOptions = module.SumOptions
  export type TrapezoidOptions = module.TrapezoidOptions
  export type Unique = module.Unique
  export type UniqueOptions = module.UniqueOptions
  export type UnwrapOptions = module.UnwrapOptions
  export type VarOptions = module.VarOptions
  export type VectorizeOptions = module.VectorizeOptions
}
