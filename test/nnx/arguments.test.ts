/**
 * One law for all that nnx exports: who calls it with nothing, with junk, or with an unknown option gets one of our errors, which says
 * what was called. The calls are made from the types that `npm run docs:compat` writes, so that what is added is tested, too.
 */
import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import * as onnax from '../../src/index.js'
import { parseSignatures, type Signature, type Type } from '../../src/core/signature.js'
import * as raw from '../../src/nnx/index.js'

const { ArgumentError, nnx, np, OptionsError, optax, random } = onnax
type F = (...args: readonly unknown[]) => unknown
type Class = new (...args: readonly unknown[]) => object

const ours = Object.entries(onnax).flatMap(([name, value]) =>
  name.endsWith('Error') ? [value as unknown as new () => Error] : [],
)
const isOurs = (error: unknown): error is Error => ours.some((type) => error instanceof type)
const errorOf = (f: () => unknown): unknown => {
  try {
    const result = f()
    // Generators look at nothing before the first element.
    if (Object.prototype.toString.call(result) === '[object Generator]') Array.from(result as Iterable<unknown>)
    return null
  } catch (error) {
    return error
  }
}

const isModule = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === '[object Module]'
/** Classes have a prototype that can't be written. */
const isClass = (value: F): boolean => Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false

/** Functions and classes by their paths, each under its first name. */
const exported = ((): ReadonlyMap<string, F> => {
  const found = new Map<F, string>()
  const walk = (path: string, namespace: Readonly<Record<string, unknown>>): void => {
    for (const [name, member] of Object.entries(namespace))
      if (typeof member === 'function' && !found.has(member as F)) found.set(member as F, `${path}.${name}`)
    for (const [name, member] of Object.entries(namespace)) if (isModule(member)) walk(`${path}.${name}`, member)
  }
  walk('nnx', nnx)
  return new Map([...found].map(([f, path]) => [path, f]))
})()
const kindsOfVariables = [...exported].filter(([, f]) => raw.isVariableClass(f)).map(([path]) => path)

/** The types, as the guards have them. */
const signatures = new Map(
  Array.from(
    readFileSync('src/guarded/nnx.ts', 'utf8').matchAll(/^\s+'(nnx\.[\w.]+)':\s+(?:'([^'\n]*)'|"([^"\n]*)"),$/gm),
    ([, path, one, other]) => [path!, parseSignatures(one ?? other!)] as const,
  ),
)

const call = (path: string, args: readonly unknown[]): unknown => {
  const f = exported.get(path)!
  return isClass(f) ? new (f as unknown as Class)(...args) : f(...args)
}

/** What the functions and classes are called in errors. */
const namesOf = (path: string): readonly string[] => [path.slice(path.lastIndexOf('.') + 1), exported.get(path)!.name]

const refuses = (t: ExecutionContext, path: string, args: readonly unknown[], what: string): void => {
  const error = errorOf(() => call(path, args))
  t.true(isOurs(error), `${path} with ${what}: ${String(error)}`)
  if (!isOurs(error)) return
  t.true(namesOf(path).some((name) => error.message.includes(name)), `${path} with ${what}: ${error.message}`) // prettier-ignore
}

const words = (text: string): readonly string[] => text.split(/\s+/).map((name) => `nnx.${name}`)

/** Classes without arguments, which are there to be extended. */
const abstract = words('Metric Module Object RNNCellBase')

test('each export has a type by which it checks its arguments, or is a kind of Variables, or has no arguments', (t) => {
  const without = [...exported.keys()].filter((path) => !signatures.has(path))
  t.deepEqual(without.sort(), [...kindsOfVariables, ...abstract].sort())
  t.true(exported.size > 220)
  t.true([...signatures.keys()].every((path) => path.split('.').reduce<unknown>((o, name) => (o as Record<string, unknown>)[name], onnax) !== undefined)) // prettier-ignore
})

/** What does something sensible without arguments. */
const withNothing = new Set([
  ...abstract,
  ...words('All Any Dict Everything List MergeContext Nothing PathIn PReLU Rngs Sequential SplitContext combineMasks display forkRngs'),
  ...words('metrics.Accuracy metrics.Average metrics.Welford'),
  ...words('initializers.deltaOrthogonal initializers.normal initializers.onesInit initializers.orthogonal'),
  ...words('initializers.truncatedNormal initializers.uniform initializers.zerosInit'),
  ...words('initializers.glorotNormal initializers.glorotUniform initializers.heNormal initializers.heUniform'),
  ...words('initializers.lecunNormal initializers.lecunUniform'),
]) // prettier-ignore

test('nothing is refused where something is required', (t) => {
  for (const path of exported.keys()) {
    if (withNothing.has(path))
      t.is(
        errorOf(() => call(path, [])),
        null,
        path,
      )
    else refuses(t, path, [], 'nothing')
  }
})

const junk = Symbol('junk')
/** What takes any value as its first argument; what must be an object or an array of what it holds looks at it later. */
const takesAny = (path: string): boolean => signatures.get(path)?.some(({ parameters: [first] }) => first === undefined || first.type.text === 'any') ?? true // prettier-ignore

test('a first argument of another kind is refused, and none makes an error of JavaScript', (t) => {
  for (const path of exported.keys()) {
    if (!takesAny(path)) refuses(t, path, [junk], 'a symbol')
    for (const value of [junk, null, -1, 2.5, NaN, 1e15, 'junk', {}, [1], (x: unknown) => x, new (class Junk {})()]) {
      const error = errorOf(() => call(path, [value]))
      t.true(error === null || isOurs(error), `${path} with ${typeof value}: ${String(error)}`)
    }
  }
})

/** A value of a type, by its text or by its kinds. */
const samples: Readonly<Record<string, () => unknown>> = {
  Rngs: () => new nnx.Rngs(0),
  Module: () => new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) }),
  Object: () => new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) }),
  RNNCellBase: () => new nnx.SimpleCell(2, 2, { rngs: new nnx.Rngs(0) }),
  RNN: () => new nnx.RNN(new nnx.SimpleCell(2, 2, { rngs: new nnx.Rngs(0) })),
  GraphDef: () => nnx.graphdef(new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) })),
  KeyArray: () => random.key(0),
  '{ init, update }': () => optax.sgd(0.1),
  Filter: () => nnx.Param,
}
const kinds: readonly (readonly [text: RegExp, make: (type: Type) => unknown])[] = [
  [/^(any|array|ArrayLike|KeyArray \| array)\b/, () => np.ones([2, 2])],
  [/^number\[\]/, () => [2, 2]],
  [/^number\b/, () => 2],
  [/^'/, ({ strings }) => strings![0]],
  [/^DType\b/, () => 'float32'],
  [/\b(list|Iterable)\b|\[\]$/, () => []],
  [/^string\b/, () => 'ij,jk->ik'],
  [/\bboolean\b/, () => true],
  [/\bfunction\b/, () => (x: unknown) => x],
  [/^object\b/, () => ({})],
  [/^undefined$/, () => undefined],
]
const valueOf = (type: Type): unknown => {
  const sample = samples[type.text]
  if (sample !== undefined) return sample()
  if (type.fields !== undefined) return fieldsOf(type.fields)
  const kind = kinds.find(([text]) => text.test(type.text))
  if (kind === undefined) throw new Error(`no sample of ${type.text}`)
  return kind[1](type)
}
const isOptional = ({ mask }: Type): boolean => (mask & (1 << 9)) !== 0
/** All that has no default. */
const fieldsOf = (fields: Readonly<Record<string, Type>>): object =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, type]) => (type.text !== 'any' && isOptional(type) ? [] : [[name, valueOf(type)]]))) // prettier-ignore

/** Where the options are, and good arguments up to there. */
const withOptions = (path: string): readonly (readonly [before: readonly unknown[], fields: NonNullable<Type['fields']>, signature: Signature])[] =>
  (signatures.get(path) ?? []).flatMap((signature) => {
    const at = signature.parameters.findIndex(({ options }) => options !== null)
    const fields = signature.parameters[at]?.type.fields
    return fields === undefined ? [] : [[signature.parameters.slice(0, at).map(({ type }) => valueOf(type)), fields, signature]]
  }) // prettier-ignore

test('unknown options are refused, with the nearest of those that are known', (t) => {
  let count = 0
  for (const path of exported.keys()) {
    for (const [before, fields] of withOptions(path)) {
      count += 1
      const [name] = Object.keys(fields)
      const error = errorOf(() => call(path, [...before, { ...fieldsOf(fields), [`${name}x`]: 1 }]))
      t.true(error instanceof OptionsError, `${path}: ${String(error)}`)
      if (!(error instanceof OptionsError)) continue
      t.true(error.message.includes(`unknown option ${name}x; known: `), error.message)
      if (name!.length > 2) t.true(error.message.endsWith(`did you mean ${name}?`), error.message)
      t.true(namesOf(path).some((own) => error.where.endsWith(own)), error.message) // prettier-ignore
    }
  }
  t.true(count > 80, `${count} functions and classes with options`)
})

test('options of a wrong kind are refused, and those without a default must be there', (t) => {
  let count = 0
  for (const path of exported.keys()) {
    for (const [before, fields] of withOptions(path)) {
      for (const [name, type] of Object.entries(fields)) {
        if (type.text === 'any') continue
        refuses(t, path, [...before, { ...fieldsOf(fields), [name]: junk }], `a symbol for ${name}`)
        if (isOptional(type) || signatures.get(path)!.length > 1) continue
        count += 1
        const { [name]: _, ...others } = fieldsOf(fields) as Readonly<Record<string, unknown>>
        refuses(t, path, [...before, others], `no ${name}`)
        if (name === 'rngs')
          for (const given of [others, undefined]) {
            const error = errorOf(() => call(path, [...before, ...(given === undefined ? [] : [given])])) as Error
            t.regex(error.message, /pass \{ (loraRank, )?rngs: new nnx\.Rngs\(0\) \}$/, path)
          }
      }
    }
  }
  t.true(count >= 20, `${count} options without a default`)
})

test('messages say what is required, what was given, and what to write', (t) => {
  const untyped = nnx as unknown as Readonly<Record<string, Class>>
  const rngs = new nnx.Rngs(0)
  const messages: Readonly<Record<string, () => unknown>> = {
    'nnx.Linear requires outFeatures: number, got undefined; pass outFeatures': () => new untyped['Linear']!(2),
    'nnx.Linear requires options.rngs: Rngs, got undefined; pass { rngs: new nnx.Rngs(0) }': () =>
      new untyped['Linear']!(2, 3, {}),
    'nnx.Linear requires options.rngs: Rngs, got an object of class KeyArray; make them with new nnx.Rngs(seed)': () =>
      new untyped['Linear']!(2, 3, { rngs: random.key(0) }),
    'nnx.Linear requires options.kernelInit: function, got 3; pass function': () =>
      new untyped['Linear']!(2, 3, { rngs, kernelInit: 3 }),
    'nnx.Linear: unknown option bias; known: rngs, useBias, dtype, paramDtype, kernelInit, biasInit, kernelMetadata, biasMetadata, preferredElementType, dotGeneral, promoteDtype; did you mean useBias?':
      () => new untyped['Linear']!(2, 3, { rngs, bias: true }),
    'Linear requires a whole number of input features, got 2.5': () => new nnx.Linear(2.5, 3, { rngs }),
    'Linear requires a whole number of output features, got -3': () => new nnx.Linear(2, -3, { rngs }),
    'nnx.Linear requires new, got a call; write new nnx.Linear(…)': () => (nnx.Linear as unknown as F)(2, 3, { rngs }),
    'nnx.RNN requires cell: RNNCellBase, got a function; pass RNNCellBase': () => new untyped['RNN']!(nnx.relu),
    'nnx.Optimizer requires tx: { init, update }, got undefined; pass tx': () =>
      new untyped['Optimizer']!(new nnx.Linear(2, 3, { rngs })),
    'nnx.merge requires graphdef: GraphDef, got an object of class StateNode; pass GraphDef': () =>
      nnx.merge(nnx.state(new nnx.Linear(2, 3, { rngs })) as never),
    'Param requires metadata by name, got 3; write { name: value }': () => new nnx.Param(np.ones([2]), 3 as never),
  }
  for (const [message, f] of Object.entries(messages)) t.throws(f, { any: true, message })
})

test('classes that check are the classes: names, instances, what extends them, what Variables are', (t) => {
  const rngs = new nnx.Rngs(0)
  const layer = new nnx.Linear(2, 3, { rngs })
  t.true(layer instanceof nnx.Linear)
  t.true(layer instanceof nnx.Module)
  t.is(layer.constructor, nnx.Linear)
  t.is(nnx.Linear.name, 'Linear')
  t.is(nnx.Linear.length, raw.Linear.length)
  t.is(nnx.Linear, nnx.Linear)
  t.is(nnx.ModelAndOptimizer, nnx.Optimizer)
  t.is(nnx.metrics.MultiMetric, nnx.MultiMetric)
  // What layers make of layers, the library makes.
  const cell = new nnx.LSTMCell(2, 3, { rngs })
  t.true(cell.ii instanceof nnx.Linear)
  t.is(cell.ii.constructor, nnx.Linear)

  class Scaled extends nnx.Linear {
    readonly factor = 2
    override call(x: onnax.NDArray): onnax.NDArray {
      return super.call(x).mul(this.factor)
    }
  }
  const scaled = new Scaled(2, 3, { rngs })
  t.is(scaled.constructor, Scaled)
  t.true(scaled instanceof nnx.Linear)
  t.deepEqual(scaled(np.ones([4, 2])).shape, [4, 3])
  t.throws(() => new Scaled(2, 3, {} as never), { instanceOf: ArgumentError, message: /^nnx\.Linear requires options\.rngs/ }) // prettier-ignore
  const [graphdef, state] = nnx.split(scaled)
  const merged = nnx.merge(graphdef, state)
  t.true(merged instanceof Scaled)
  t.true(graphdef.equals(nnx.graphdef(merged)))
  t.true(nnx.graphdef(new raw.Linear(2, 3, { rngs })).equals(nnx.graphdef(layer)))
  t.is([...nnx.iterModules({ layer, cell })].filter(([, module]) => module instanceof nnx.Linear).length, 9)

  for (const path of kindsOfVariables) t.is(exported.get(path), path.split('.').slice(1).reduce<unknown>((o, name) => (o as Record<string, unknown>)[name], raw) as F) // prettier-ignore
  t.is(layer.kernel.type, nnx.Param)
})

test('a function may be what a method of lists calls, and is the same in a structure as the one behind it', (t) => {
  const model = new nnx.Dict({ act: nnx.relu })
  t.deepEqual([model, 3].map(nnx.isGraphObject), [true, false])
  t.deepEqual([np.ones([1]), np.zeros([1])].map(nnx.relu).map((x) => x.item()), [1, 0]) // prettier-ignore
  t.throws(() => (nnx.relu as F)(np.ones([1]), 1), { instanceOf: ArgumentError, message: /at most 1 arguments/ })
  t.true(nnx.graphdef(model).equals(nnx.graphdef(new nnx.Dict({ act: raw.relu }))))
  t.false(nnx.graphdef(model).equals(nnx.graphdef(new nnx.Dict({ act: nnx.tanh }))))
  t.is(new nnx.DiffState(0, nnx.Param).argnum, 0)
})
