/** Whether a tree is like another: its structure, and the shapes and dtypes of its arrays. */
import type * as t from 'io-ts'
import { NDArray } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { expand, type NodeType, nodeTypeOf, type Step } from '../pytree/registry.js'
import { PRNGKey } from '../random/index.js'
import { ShapeDtypeStruct } from '../transforms/index.js'
import { failAt, stepInto } from './arrayCodec.js'

export interface FitOptions {
  /** The field that `like` is, if only shapes must be as there, and dtypes may differ. */
  readonly shapesOf?: string
}

const showArray = ({ shape, dtype }: NDArray | ShapeDtypeStruct, weak: boolean): string =>
  `${weak ? 'weak ' : ''}${dtype}[${shape.join()}]`

const isArray = (x: unknown): x is NDArray | ShapeDtypeStruct => x instanceof NDArray || x instanceof ShapeDtypeStruct

const isWeak = (x: NDArray | ShapeDtypeStruct): boolean => x instanceof NDArray && x.weakType

const showNode = (type: NodeType, x: unknown): string => {
  const { steps, children } = expand(type, x)
  if (type.tag === 'null') return 'null'
  if (type.tag === 'array') return `a list of ${children.length}`
  if (type.tag === 'class') return `a node ${type.label}`
  const names = (steps ?? []).map(String).join(', ') || 'none'
  return `${type.tag === 'map' ? 'a Map with the keys' : 'an object with the fields'} ${names}`
}

/** @internal What a value is, in the words of errors. */
export const describe = (x: unknown): string => {
  if (x === undefined) return 'nothing'
  if (isArray(x)) return showArray(x, isWeak(x))
  if (x instanceof PRNGKey) return `keys[${x.data.shape.slice(0, -1).join()}]`
  const type = nodeTypeOf(x)
  return type === null ? `a ${typeof x}` : showNode(type, x)
}

const keyOf = (step: Step): string => String(typeof step === 'object' ? step.key : step)

const fitArray = (
  like: NDArray | ShapeDtypeStruct,
  value: unknown,
  context: t.Context,
  { shapesOf }: FitOptions,
): t.Errors => {
  // The shapes that evalShape gives say nothing of weak types.
  const knowsWeak = like instanceof NDArray
  const fits =
    value instanceof NDArray &&
    `${value.shape}` === `${like.shape}` &&
    (shapesOf !== undefined || (value.dtype === like.dtype && (!knowsWeak || value.weakType === like.weakType)))
  if (fits) return []
  const expected =
    shapesOf === undefined ? showArray(like, isWeak(like)) : `the shape [${like.shape.join()}] of ${shapesOf}`
  return errorsOf(failAt(context, value, `requires ${expected}, got ${describe(value)}`))
}

/** @internal The errors of a failure. */
export const errorsOf = (validation: t.Validation<never>): t.Errors =>
  validation._tag === 'Left' ? validation.left : []

const fitNode = (type: NodeType, like: unknown, value: unknown, context: t.Context, options: FitOptions): t.Errors => {
  const refuse = (): t.Errors =>
    errorsOf(failAt(context, value, `requires ${showNode(type, like)}, got ${describe(value)}`))
  if (nodeTypeOf(value) !== type) return refuse()
  const [expected, got] = [expand(type, like), expand(type, value)]
  const into = (key: string, child: unknown): t.Context => stepInto(context, key, child, 'Tree')
  if (type.tag === 'object' || type.tag === 'map') {
    const names = expected.steps ?? []
    const given = new Map((got.steps ?? []).map((step, i) => [step, got.children[i]]))
    const faults = names.flatMap((name, i): t.Errors => {
      const child = given.get(name)
      const at = into(keyOf(name), child)
      return given.has(name)
        ? fit(expected.children[i], child, at, options)
        : errorsOf(failAt(at, undefined, `requires ${describe(expected.children[i])}, got nothing`))
    })
    const unknown = [...given].filter(([name]) => !names.includes(name))
    const known = names.map(keyOf).join(', ') || 'none'
    return [
      ...faults,
      ...unknown.flatMap(([name, child]) =>
        errorsOf(failAt(into(keyOf(name), child), child, `requires no field of this name; known: ${known}`)),
      ),
    ]
  }
  if (got.children.length !== expected.children.length) return refuse()
  const faults = expected.children.flatMap((child, i) => {
    const key = keyOf(expected.steps?.[i] ?? i)
    return fit(child, got.children[i], into(key, got.children[i]), options)
  })
  if (faults.length > 0 || type.tag !== 'class') return faults
  const hollow = (x: unknown): tree.TreeDef => {
    let isRoot = true
    return tree.flatten<unknown>(x, { isLeaf: () => (isRoot ? (isRoot = false) : true) })[1]
  }
  const [a, b] = [hollow(like), hollow(value)]
  return a.equals(b) ? [] : errorsOf(failAt(context, value, `requires the static fields of ${a}, got ${b}`))
}

/** @internal What of a tree differs from another one, with the path of each difference. */
export const fit = (like: unknown, value: unknown, context: t.Context, options: FitOptions = {}): t.Errors => {
  if (isArray(like)) return fitArray(like, value, context, options)
  if (like instanceof PRNGKey) {
    const fits = value instanceof PRNGKey && `${value.data.shape}` === `${like.data.shape}`
    return fits ? [] : errorsOf(failAt(context, value, `requires ${describe(like)}, got ${describe(value)}`))
  }
  const type = nodeTypeOf(like)
  if (type !== null) return fitNode(type, like, value, context, options)
  const isOther = typeof value !== typeof like || nodeTypeOf(value) !== null
  return isOther ? errorsOf(failAt(context, value, `requires ${describe(like)}, got ${describe(value)}`)) : []
}
