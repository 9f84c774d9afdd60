/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `scipy`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../scipy/index.js'

export const scipy: typeof module = guarded('scipy', module, {
  'scipy.linalg.blockDiag': '...xs: ArrayLike[]',
  'scipy.linalg.choFactor': 'x: ArrayLike, options?: {lower?: boolean}',
  'scipy.linalg.choSolve': 'options: [array, boolean], b: ArrayLike',
  'scipy.linalg.cholesky': 'x: ArrayLike, options?: {lower?: boolean}',
  'scipy.linalg.det': 'x: ArrayLike',
  'scipy.linalg.inv': 'x: ArrayLike',
  'scipy.linalg.lu': 'x: ArrayLike',
  'scipy.linalg.luFactor': 'x: ArrayLike',
  'scipy.linalg.luSolve': 'options: [array, array], b: ArrayLike, options?: {trans?: boolean}',
  'scipy.linalg.solve': "a: ArrayLike, b: ArrayLike, options?: {assumeA?: 'gen' | 'pos' | 'sym'}",
  'scipy.linalg.solveTriangular':
    'a: ArrayLike, b: ArrayLike, options?: {lower?: boolean, trans?: boolean, unitDiagonal?: boolean}',
  'scipy.linalg.toeplitz': 'column: ArrayLike, row?: ArrayLike',
  'scipy.special.beta': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.betainc': 'a: ArrayLike, b: ArrayLike, x: ArrayLike',
  'scipy.special.betaln': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.comb': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.digamma': 'x: ArrayLike',
  'scipy.special.entr': 'x: ArrayLike',
  'scipy.special.erf': 'x: ArrayLike',
  'scipy.special.erfc': 'x: ArrayLike',
  'scipy.special.erfinv': 'x: ArrayLike',
  'scipy.special.exp1': 'x: ArrayLike',
  'scipy.special.expi': 'x: ArrayLike',
  'scipy.special.expit': 'x: ArrayLike',
  'scipy.special.expn': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.factorial': 'x: ArrayLike',
  'scipy.special.gamma': 'x: ArrayLike',
  'scipy.special.gammainc': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.gammaincc': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.gammaln': 'x: ArrayLike',
  'scipy.special.gammasgn': 'x: ArrayLike',
  'scipy.special.i0': 'x: ArrayLike',
  'scipy.special.i0e': 'x: ArrayLike',
  'scipy.special.i1': 'x: ArrayLike',
  'scipy.special.i1e': 'x: ArrayLike',
  'scipy.special.klDiv': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.logNdtr': 'x: ArrayLike',
  'scipy.special.logSoftmax': 'x: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
  'scipy.special.logit': 'x: ArrayLike',
  'scipy.special.logsumexp':
    'x: ArrayLike, options: {axis?: number | number[] | null, keepdims?: boolean, b?: ArrayLike | null, where?: ArrayLike | null, returnSign: boolean}; x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, b?: ArrayLike | null, where?: ArrayLike | null, returnSign?: boolean}',
  'scipy.special.multigammaln': 'a: ArrayLike, d: number',
  'scipy.special.ndtr': 'x: ArrayLike',
  'scipy.special.ndtri': 'x: ArrayLike',
  'scipy.special.poch': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.polygamma': 'n: array | number, x: ArrayLike',
  'scipy.special.relEntr': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.softmax': 'x: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
  'scipy.special.xlog1py': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.xlogy': 'x: ArrayLike, y: ArrayLike',
  'scipy.special.zeta': 'x: ArrayLike, y: ArrayLike',
  'scipy.stats.norm.cdf': 'x: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
  'scipy.stats.norm.isf': 'q: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
  'scipy.stats.norm.logcdf': 'x: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
  'scipy.stats.norm.logpdf': 'x: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
  'scipy.stats.norm.logsf': 'x: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
  'scipy.stats.norm.pdf': 'x: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
  'scipy.stats.norm.ppf': 'q: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
  'scipy.stats.norm.sf': 'x: ArrayLike, loc?: ArrayLike, scale?: ArrayLike',
})

/** The types of `scipy`. */
export declare namespace scipy {
  export namespace linalg {
    export type ChoFactor = module.linalg.ChoFactor
    export type LowerOptions = module.linalg.LowerOptions
    export type SolveTriangularOptions = module.linalg.SolveTriangularOptions
  }
}
