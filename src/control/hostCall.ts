/** The primitive of calls to the host. */
import { bind, DTypeError, isBool, type NDArray, type Primitive, showAval } from '../core/index.js'
import { moveToFront, reshape, sliceInDim } from '../lax/index.js'

interface HostCall {
  readonly callback: (...values: readonly NDArray[]) => void
}

const ids = new WeakMap<object, number>()
let nextId = 0
const idOf = (f: object): number => {
  let id = ids.get(f)
  if (id === undefined) ids.set(f, (id = nextId++))
  return id
}

/** Calls a function of the host with the values of arrays: at once, or when the compiled program has ended. */
export const hostCallP: Primitive<HostCall> = {
  name: 'debug_callback',
  abstractEval: () => [],
  jvp(primals, _tangents, params) {
    bind(hostCallP, primals, params)
    return [[], []]
  },
  transpose: (_cts, args) => args.map(() => null),
  batch(args, axes, params, size) {
    const fronts = args.map((x, i) => (axes[i] === null ? x : moveToFront(x, axes[i]!)))
    for (let i = 0; i < size; i++) {
      const member = fronts.map((x, k) => (axes[k] === null ? x : reshape(sliceInDim(x, i, i + 1), x.shape.slice(1))))
      bind(hostCallP, member, params)
    }
    return [[], []]
  },
  lower: () => [],
  evaluate(args, { callback }) {
    callback(...args)
    return []
  },
  effect(args, { callback }) {
    callback(...args)
  },
  showParams: ({ callback }) => `[callback=#${idOf(callback)}]`,
}

/** A scalar boolean. @throws DTypeError */
export const scalarBool = (where: string, x: NDArray): NDArray => {
  if (x.ndim === 0 && isBool(x.dtype)) return x
  throw new DTypeError(where, 'a scalar bool', showAval(x.aval))
}
