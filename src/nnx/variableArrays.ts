/** The methods of arrays, on Variables: they act on the value and give arrays. */
import { ArgumentError, NDArray } from '../core/index.js'
import '../numpy/index.js'
import type { leaf } from '../pytree/index.js'
import { classNameOf, printValue } from './print.js'
import { Variable } from './variable.js'

/** What Variables have themselves, and what only arrays are. */
type NotForwarded = 'aval' | 'shape' | 'dtype' | 'ndim' | 'size' | 'toString' | 'constructor' | typeof leaf

type ArrayMembers = Pick<NDArray, Exclude<keyof NDArray, NotForwarded>>

declare module './variable.js' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- merged with the class
  interface Variable<T> extends ArrayMembers {}
}

const own = new Set<string | symbol>([...Reflect.ownKeys(Variable.prototype), 'aval'])

/** Abstract in the class of arrays, and so not on its prototype. */
const abstract = ['item', 'toArray', 'data', 'device']

for (const name of [...Reflect.ownKeys(NDArray.prototype), ...abstract]) {
  if (own.has(name)) continue
  Object.defineProperty(Variable.prototype, name, {
    get(this: Variable<unknown>): unknown {
      const { value } = this
      if (!(value instanceof NDArray)) {
        throw new ArgumentError(`${classNameOf(this)}.${String(name)}`, 'an array as value', printValue(value))
      }
      const member = (value as unknown as Readonly<Record<PropertyKey, unknown>>)[name]
      return typeof member === 'function' ? (member.bind(value) as unknown) : member
    },
    configurable: true,
  })
}
