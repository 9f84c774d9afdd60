/** The intermediate language: a list of equations in single-assignment form. */
import { ConcreteArray, type NDArray, type Scalar } from './array.js'
import { equalAvals, type ShapedArray, showAval, showAvalShort } from './aval.js'
import { ArgumentError } from './errors.js'
import type { Primitive } from './primitive.js'
import { fromLine } from './sourceLine.js'
import { bind } from './trace.js'

/** A value that an equation or the caller defines. */
export class Var {
  constructor(readonly aval: ShapedArray) {}
}

/** A scalar that is part of the program. */
export class Literal {
  constructor(
    readonly value: Scalar,
    readonly aval: ShapedArray,
  ) {}
}

/** What an equation can take. */
export type Atom = Var | Literal

/** One application of a primitive. */
export interface Eqn {
  readonly primitive: Primitive
  readonly inputs: readonly Atom[]
  readonly params: unknown
  readonly outputs: readonly Var[]
  /** The user's line that it comes from, where the setting `sourceLines` asked for it. */
  readonly source?: string
}

/** A program without free variables. Programs that close over arrays take them as leading inputs. */
export class Jaxpr {
  #text: string | null = null
  #axisNames: ReadonlySet<string> | null = null
  #hasEffects: boolean | null = null
  constructor(
    readonly inputs: readonly Var[],
    readonly eqns: readonly Eqn[],
    readonly outputs: readonly Atom[],
  ) {}

  get avalsIn(): readonly ShapedArray[] {
    return this.inputs.map((v) => v.aval)
  }
  get avalsOut(): readonly ShapedArray[] {
    return this.outputs.map((a) => a.aval)
  }
  /** Named axes that its equations, and the programs in them, run over. */
  get axisNames(): ReadonlySet<string> {
    return (this.#axisNames ??= new Set(this.eqns.flatMap((eqn) => axisNamesOf(eqn.primitive, eqn.params))))
  }
  /** Whether an equation, or a program in one, does something on the host. */
  get hasEffects(): boolean {
    return (this.#hasEffects ??= this.eqns.some((eqn) => isEffect(eqn.primitive, eqn.params)))
  }
  /** Text as JAX prints it. Two programs of one text are one program. */
  toString(): string {
    return (this.#text ??= printJaxpr(this))
  }
}

/** How often equations take a value, and results are it. */
export const countUses = (jaxpr: Jaxpr): ReadonlyMap<Atom, number> => {
  const uses = new Map<Atom, number>()
  for (const a of [...jaxpr.eqns.flatMap(({ inputs }) => inputs), ...jaxpr.outputs]) uses.set(a, (uses.get(a) ?? 0) + 1)
  return uses
}

/** The programs among the parameters of an operation. */
const jaxprsIn = (params: unknown): readonly Jaxpr[] =>
  params === null || typeof params !== 'object'
    ? []
    : Object.values(params).flatMap((value: unknown) =>
        (Array.isArray(value) ? value : [value]).filter((x): x is Jaxpr => x instanceof Jaxpr),
      )

/** Named axes that an operation, or a program in its parameters, runs over. */
export const axisNamesOf = (primitive: Primitive, params: unknown): readonly string[] =>
  primitive.collective !== undefined
    ? [primitive.collective.axisName(params)]
    : jaxprsIn(params).flatMap((jaxpr) => [...jaxpr.axisNames])

/** Whether an operation, or a program in its parameters, does something on the host. */
export const isEffect = (primitive: Primitive, params: unknown): boolean =>
  primitive.effect !== undefined || jaxprsIn(params).some((jaxpr) => jaxpr.hasEffects)

/** Run a program on values, under the current trace. */
export const evalJaxpr = (jaxpr: Jaxpr, args: readonly NDArray[]): readonly NDArray[] => {
  if (args.length !== jaxpr.inputs.length) {
    throw new Error(`evalJaxpr requires ${jaxpr.inputs.length} arguments, got ${args.length}`)
  }
  const env = new Map<Var, NDArray>()
  jaxpr.inputs.forEach((v, i) => env.set(v, args[i]!))
  const read = (a: Atom): NDArray => (a instanceof Literal ? new ConcreteArray(a.aval, null, a.value) : env.get(a)!)
  for (const { primitive, inputs, params, outputs, source } of jaxpr.eqns) {
    const results = fromLine(source, () => bind(primitive, inputs.map(read), params))
    outputs.forEach((v, i) => env.set(v, results[i]!))
  }
  return jaxpr.outputs.map(read)
}

/**
 * Check that a program is well-formed: every variable defined once and before use, every equation typed by its rule.
 *
 * @throws Error naming the equation
 */
export const checkJaxpr = (jaxpr: Jaxpr): void => {
  const defined = new Set<Var>()
  const define = (v: Var, where: string): void => {
    if (defined.has(v)) throw new Error(`checkJaxpr requires single assignment, got a second definition in ${where}`)
    defined.add(v)
  }
  const use = (a: Atom, where: string): void => {
    if (a instanceof Var && !defined.has(a)) {
      throw new Error(`checkJaxpr requires definitions before uses, got an undefined ${showAval(a.aval)} in ${where}`)
    }
  }
  if (!((jaxpr as unknown) instanceof Jaxpr))
    throw new ArgumentError('checkJaxpr', 'a jaxpr, of makeJaxpr', typeof jaxpr)
  jaxpr.inputs.forEach((v) => define(v, 'the inputs'))
  for (const eqn of jaxpr.eqns) {
    eqn.inputs.forEach((a) => use(a, eqn.primitive.name))
    const avals = eqn.primitive.abstractEval(
      eqn.inputs.map((a) => a.aval),
      eqn.params,
    )
    eqn.outputs.forEach((v, i) => {
      if (!equalAvals(v.aval, avals[i]!)) {
        throw new Error(
          `checkJaxpr requires outputs of the types that rules give, got ${showAval(v.aval)} for ${showAval(avals[i]!)} of ${eqn.primitive.name}`,
        )
      }
      define(v, eqn.primitive.name)
    })
  }
  jaxpr.outputs.forEach((a) => use(a, 'the outputs'))
}

const nameOf = (index: number): string =>
  (index >= 26 ? nameOf(Math.floor(index / 26) - 1) : '') + String.fromCharCode(97 + (index % 26))

const indent = (text: string): string => text.replaceAll('\n', '\n  ')

const showValue = (value: unknown): string => {
  if (value instanceof Jaxpr) return `{\n  ${indent(value.toString())}\n}`
  if (Array.isArray(value)) return `(${value.map(showValue).join(',')}${value.length === 1 ? ',' : ''})`
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}:${showValue(v)}`)
      .join(',')}}`
  }
  return String(value)
}

/** Parameters as text, which is also their identity. */
export const showParams = (primitive: Primitive, params: unknown): string => {
  if (primitive.showParams !== undefined) return primitive.showParams(params)
  if (params === null || typeof params !== 'object') return ''
  const entries = Object.entries(params).filter(([, v]) => v !== undefined && typeof v !== 'function')
  return entries.length === 0 ? '' : `[${entries.map(([k, v]) => `${k}=${showValue(v)}`).join(' ')}]`
}

const showScalar = (value: Scalar): string =>
  Object.is(value, -0) ? '-0.0' : typeof value === 'number' && Number.isInteger(value) ? `${value}` : String(value)

const weak = (aval: ShapedArray): string => (aval.weakType ? '*' : '')

const printJaxpr = (jaxpr: Jaxpr): string => {
  const names = new Map<Var, string>()
  const used = new Set<Atom>([...jaxpr.outputs, ...jaxpr.inputs])
  for (const eqn of jaxpr.eqns) eqn.inputs.forEach((a) => used.add(a))
  let next = 0
  const bound = (v: Var): string => {
    const name = used.has(v) ? nameOf(next++) : '_'
    names.set(v, name)
    return `${name}:${showAvalShort(v.aval)}${weak(v.aval)}`
  }
  const atom = (a: Atom): string =>
    a instanceof Literal ? `${showScalar(a.value)}:${showAvalShort(a.aval)}${weak(a.aval)}` : names.get(a)!
  const inputs = jaxpr.inputs.map(bound).join(' ')
  const lines = jaxpr.eqns.map((eqn) => {
    const outputs = eqn.outputs.map(bound).join(' ')
    return `    ${outputs} = ${eqn.primitive.name}${indent(indent(showParams(eqn.primitive, eqn.params)))} ${eqn.inputs.map(atom).join(' ')}`
  })
  const outputs = `(${jaxpr.outputs.map(atom).join(', ')}${jaxpr.outputs.length === 1 ? ',' : ''})`
  return lines.length === 0
    ? `{ lambda ; ${inputs}. let  in ${outputs} }`
    : `{ lambda ; ${inputs}. let\n${lines.join('\n')}\n  in ${outputs} }`
}
