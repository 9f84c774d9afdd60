/**
 * Feeds every public function of arrays, Optax, NNX and the transformations with random arguments: `npm run fuzz -- [minutes] [seed] [name…]`.
 *
 * Most calls are those of the golden tables with something changed: other shapes, dtypes, NaN, infinities, empty arrays, bad numbers and
 * names, values of another kind than the type says; functions without a table get arguments from a pool. Control flow and transformations
 * get fixed programs too, and what they return is called. A call must return or throw one of our errors: JavaScript's own, and
 * those of ONNX Runtime, are findings. Calls run in a child process: if one kills it or hangs, the parent says which, and starts another
 * child. Shapes come from few, so that most programs have been compiled before.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as onnax from '../src/index.js'

const { grad, image, jit, jvp, lax, NDArray, nn, nnx, np, ops, optax, random, scipy, vmap } = onnax
type NDArray = onnax.NDArray
type F = (...args: unknown[]) => unknown
type Kind = 'returned' | 'refused' | 'finding'

/** A call under a transformation: of all its arrays, or of the first one. */
const transformed = (name: string, f: F, args: readonly unknown[], pool: Pool): readonly [text: string, call: F] => {
  const at = args.findIndex((x) => x instanceof NDArray)
  const of = (x: unknown): unknown => f(...args.map((arg, i) => (i === at ? x : arg)))
  const first = args[at]
  const arraysOf = (y: unknown): readonly NDArray[] =>
    y instanceof NDArray ? [y] : Array.isArray(y) ? (y as readonly unknown[]).flatMap(arraysOf) : []
  const loss = (x: unknown): NDArray =>
    arraysOf(of(x)).reduce<NDArray>((sum, y) => sum.add(np.sum(y.astype('float32'))), np.zeros([]))
  const axis = pool.pick([0, 0, 1, -1, 2, 5])
  if (at < 0 || pool.chance(0.7)) return [name, f]
  return pool.pick<readonly [string, F]>([
    [`jit ${name}`, () => jit((x: NDArray) => arraysOf(of(x)))(first as NDArray)],
    [`grad ${name}`, () => grad((x: NDArray) => loss(x))(first as NDArray)],
    [`vmap(${axis}) ${name}`, () => vmap((x: NDArray) => arraysOf(of(x)), { inAxes: axis })(first as NDArray)],
    [`jvp ${name}`, () => jvp((x: NDArray) => arraysOf(of(x)), [first as NDArray], [np.onesLike(first as NDArray)])],
  ])
}

/** What a child tells: one finding, or the counts since it last told. */
type Message =
  | { readonly finding: string; readonly call: string }
  | { readonly counts: Readonly<Record<string, Readonly<Partial<Record<Kind, number>>>>> }

const isModule = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === '[object Module]'

/** Functions whose arguments are programs: `control` below calls them. And those that print, or whose every name is a function. */
const skipped = /^(lax\.(cond|switch|scan|whileLoop|foriLoop|associativeScan|map)|nnx\.(graphlib\.)?(display|call))$/

type Unary = (x: NDArray) => NDArray
const unary: readonly Unary[] = [
  (x) => np.add(np.multiply(x, 2), 1),
  (x) => np.sin(x),
  (x) => x,
  (x) => np.cumsum(x),
  (x) => np.sum(x),
  (x) => np.astype(x, 'float32'),
]
const choice = (i: unknown): Unary => {
  const n = Number.isFinite(i) ? Math.abs(Math.trunc(Number(i))) : 0
  return unary[n % unary.length]!
}

/** Control flow with fixed programs; what it is called with is drawn. */
const control: Readonly<Record<string, F>> = {
  cond: (p, x, i, j) => lax.cond(p as NDArray, choice(i), choice(j), x as NDArray),
  switch: (k, x, i, j) => lax.switch(k as NDArray, [choice(i), choice(j)], x as NDArray),
  scan: (c, xs, i) => lax.scan((a: NDArray, x: NDArray) => [choice(i)(a), np.multiply(a, x)] as const, c as NDArray, xs as NDArray), // prettier-ignore
  foriLoop: (x, i, n) => lax.foriLoop(0, Math.min(Number(n) || 0, 9), (_i, c: NDArray) => choice(i)(c), x as NDArray),
  whileLoop: (x, i) =>
    lax.whileLoop(
      ([n]: readonly [NDArray, NDArray]) => np.less(n, 3),
      ([n, c]: readonly [NDArray, NDArray]) => [np.add(n, 1), choice(i)(c)] as const,
      [np.array(0, { dtype: 'int32' }), x as NDArray] as const,
    ),
  associativeScan: (x, axis) =>
    lax.associativeScan(([a], [b]) => [np.multiply(a!, b!)], [x as NDArray], axis as number),
  map: (xs, i) => lax.map(choice(i), xs as NDArray),
}

/** Functions of one argument for transformations, some of which they must refuse. */
const programs: readonly F[] = [
  (x) => np.sum(np.multiply(x as NDArray, x as NDArray)),
  (x) => np.sin(x as NDArray),
  (x) => np.multiply(x as NDArray, 2),
  (x) => [x, x],
  (x) => ({ a: x }),
  (x) => [np.sum(x as NDArray), x],
  (x) => np.sum(np.sort(x as NDArray)),
  () => 3,
  () => undefined,
  () => 'text',
]

const transformations = [
  ...['blockUntilReady', 'checkGrads', 'checkify', 'checkJaxpr', 'checkpoint', 'checkpointName', 'closureConvert', 'customGradient'],
  ...['customJvp', 'customVjp', 'disableJit', 'ensureCompileTimeEval', 'evalShape', 'fwdAndBwd', 'grad', 'hessian', 'jacfwd'],
  ...['jacobian', 'jacrev', 'jit', 'jvp', 'linearize', 'linearizeWithAux', 'linearTranspose', 'makeJaxpr', 'namedCall'],
  ...['namedScope', 'ravelPytree', 'remat', 'typeof', 'valueAndGrad', 'vjp', 'vjpWithAux', 'vmap'],
] // prettier-ignore

const isClass = (f: unknown): boolean =>
  typeof f === 'function' && Object.getOwnPropertyDescriptor(f, 'prototype')?.writable === false

const collect = (path: string, value: unknown): readonly (readonly [string, F])[] => {
  if (isClass(value)) {
    const Class = value as new (...args: readonly unknown[]) => unknown
    return [[path, (...args) => new Class(...args)]]
  }
  if (typeof value === 'function') return skipped.test(path) ? [] : [[path, value as F]]
  return isModule(value) ? Object.entries(value).flatMap(([key, inner]) => collect(`${path}.${key}`, inner)) : []
}

const moduleOf = (members: Readonly<Record<string, unknown>>): object =>
  Object.assign(Object.create(null, { [Symbol.toStringTag]: { value: 'Module' } }) as object, members)

const functions = new Map(
  Object.entries({
    image,
    lax,
    nn,
    np,
    ops,
    random,
    scipy,
    optax,
    nnx,
    control: moduleOf(control),
    transforms: moduleOf(Object.fromEntries(transformations.map((name) => [name, (onnax as Record<string, unknown>)[name]]))), // prettier-ignore
  }).flatMap(([name, value]) => collect(name, value)),
)

// random arguments

/** A small, fast generator: mulberry32. */
const generator = (seed: number): (() => number) => {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let z = Math.imul(s ^ (s >>> 15), s | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
}

/** None that asks for gigabytes: such calls take long and are right. */
const oddNumbers = [0, 1, -1, 2, 3, 7, -5, 0.5, -2.5, NaN, Infinity, -Infinity, 1e15, 2 ** 40, -70_000]
const oddStrings = [
  '',
  'mean',
  'sum',
  'none',
  'wrap',
  'clip',
  'float32',
  'int8',
  'bool',
  'SAME',
  'VALID',
  'linear',
  '__proto__',
  'ij,jk->ik',
]
const oddElements = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  -3.7,
  1e30,
  -1e30,
  NaN,
  Infinity,
  -Infinity,
  127,
  -128,
  2147483647,
  -2147483648,
]

/** Few, so that sessions are used again. */
const shapes: readonly (readonly number[])[] = [[], [3], [3], [2, 3], [2, 3], [3, 3], [0], [1], [2, 0], [1, 1], [2, 3, 4], [1, 2, 3, 3]] // prettier-ignore

interface Pool {
  readonly pick: <T>(xs: readonly T[]) => T
  readonly chance: (p: number) => boolean
  readonly array: () => NDArray
  readonly any: (depth?: number) => unknown
}

const poolOf = (next: () => number): Pool => {
  const pick = <T>(xs: readonly T[]): T => xs[Math.floor(next() * xs.length)]!
  const chance = (p: number): boolean => next() < p
  const shape = (): readonly number[] => pick(shapes)
  const array = (): NDArray => {
    const dtype = chance(0.8) ? pick(['float32', 'float32', 'int32', 'bool'] as const) : pick(np.dtypes)
    const sizes = shape()
    const isTame = chance(0.6)
    const size = sizes.reduce((a, b) => a * b, 1)
    const values = Float64Array.from({ length: size }, () =>
      isTame ? Math.round(next() * 12 - 4) / 2 : pick(oddElements),
    )
    return np.array(values).astype(dtype).reshape(sizes)
  }
  const any = (depth = 0): unknown => {
    const draw = next()
    if (draw < 0.45) return array()
    if (draw < 0.65) return pick(oddNumbers)
    if (draw < 0.72) return shape()
    if (draw < 0.77) return pick(oddStrings)
    if (draw < 0.8) return chance(0.5)
    if (draw < 0.84) return null
    if (draw < 0.88) return undefined
    if (draw < 0.92 && depth < 2) return Array.from({ length: pick([0, 1, 2, 3]) }, () => any(depth + 1))
    if (draw < 0.97) return { axis: pick([0, 1, -1, 5, null]), ...(chance(0.3) ? { keepdims: true } : {}) }
    return (x: unknown) => x
  }
  return { pick, chance, array, any }
}

// calls of the golden tables, changed

type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json }
interface Row {
  readonly args: readonly Json[]
  readonly options?: { readonly [key: string]: Json }
}
const golden = fileURLToPath(new URL('../test/golden/', import.meta.url))
const rows = new Map<string, Row[]>()
for (const file of readdirSync(golden).filter((name) => name.startsWith('calls-'))) {
  const { calls } = JSON.parse(readFileSync(join(golden, file), 'utf8')) as { calls: Record<string, Row[]> }
  for (const [name, list] of Object.entries(calls)) rows.set(name, [...(rows.get(name) ?? []), ...list])
}

const specialNumbers: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN }
const decode = (v: Json): unknown => {
  if (Array.isArray(v)) return (v as readonly Json[]).map(decode)
  if (typeof v !== 'object' || v === null) return v
  const record = v as Readonly<Record<string, Json>>
  if ('shape' in record && 'dtype' in record) {
    const values = (record['data'] as readonly (number | string | boolean)[]).map((x) =>
      typeof x === 'string' ? (specialNumbers[x] ?? Number(x)) : Number(x),
    )
    return np
      .array(Float64Array.from(values))
      .astype(record['dtype'] as 'float32')
      .reshape(record['shape'] as number[])
  }
  if ('float' in record) return specialNumbers[record['float'] as string]
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, decode(item)]))
}

/** The value with something changed, mostly of its kind. */
const mutate = (v: unknown, pool: Pool): unknown => {
  const { pick, chance, array } = pool
  if (chance(0.1)) return pool.any()
  if (v instanceof NDArray) {
    const draw = pick([0, 1, 2, 3, 4, 5])
    if (draw === 0) return v.astype(pick(np.dtypes))
    if (draw === 1) return v.shape.length > 0 ? v.slice([0, 0]) : v.reshape(1)
    if (draw === 2)
      return np
        .full(v.shape, pick(oddElements), { dtype: v.dtype.includes('float') ? v.dtype : 'float32' })
        .astype(v.dtype)
    if (draw === 3) return v.reshape([...v.shape, 1])
    if (draw === 4) return pick(oddNumbers)
    return array()
  }
  if (typeof v === 'number') return pick(oddNumbers)
  if (typeof v === 'string') return pick(oddStrings)
  if (typeof v === 'boolean') return !v
  if (Array.isArray(v)) {
    const items = v as readonly unknown[]
    if (items.length === 0 || chance(0.3)) return chance(0.5) ? items.slice(1) : [...items, ...items.slice(0, 1)]
    const at = pick(items.map((_, i) => i))
    return items.map((item, i) => (i === at ? mutate(item, pool) : item))
  }
  if (typeof v === 'object' && v !== null) {
    const key = pick(Object.keys(v))
    return Object.fromEntries(Object.entries(v).map(([k, item]) => [k, k === key ? mutate(item, pool) : item]))
  }
  return v
}

/** Models, what they are taken apart into, and what is said of them. */
const modelOf = ({ pick }: Pool): unknown => {
  const rngs = new nnx.Rngs(0)
  const makers: readonly (() => unknown)[] = [
    () => new nnx.Linear(3, 2, { rngs }),
    () => new nnx.BatchNorm(3, { rngs }),
    () => new nnx.Dropout(0.5, { rngs }),
    () => new nnx.Sequential(new nnx.Linear(3, 3, { rngs }), nnx.relu),
    () => new nnx.SimpleCell(3, 2, { rngs }),
    () => new nnx.Optimizer(new nnx.Linear(3, 2, { rngs }), optax.sgd(0.1)),
    () => ({ a: new nnx.Param(np.ones([3])), b: [new nnx.Linear(1, 1, { rngs })] }),
    () => new nnx.List([1, np.ones([2])]),
    () => rngs,
  ]
  return pick(makers)()
}
const nnxArgument = (pool: Pool): unknown =>
  pool.pick<() => unknown>([
    () => modelOf(pool),
    () => modelOf(pool),
    () => nnx.state(modelOf(pool)),
    () => nnx.graphdef(modelOf(pool)),
    () => pool.pick([nnx.Param, nnx.BatchStat, nnx.RngState, '...', 'dropout', true, null, [nnx.Param, 'x']]),
    () => pool.pick<F>([(m) => nnx.state(m), (x) => x, () => np.ones([])]),
    () => pool.pick([1, 2, 3, 3, 4]),
    () => ({ rngs: new nnx.Rngs(0) }),
    () => pool.array(),
    () => pool.any(),
  ])() // prettier-ignore

/** Options with something among them that is another's, or of another kind. */
const odd = ['useBias', 'dtype', 'axis', 'features', 'paramDtype', 'kernelInit', 'padding', 'strides', 'rngs', 'bias']
const nnxArguments = (pool: Pool): readonly unknown[] => {
  const { chance, pick } = pool
  if (chance(0.5)) return Array.from({ length: pick([1, 1, 2, 2, 3]) }, () => nnxArgument(pool))
  const sizes = Array.from({ length: pick([1, 2, 2, 3]) }, () => (chance(0.9) ? pick([1, 2, 3, [3], [2, 2]]) : pool.any()))
  return [...sizes, { rngs: new nnx.Rngs(0), ...(chance(0.4) ? { [pick(odd)]: pool.any() } : {}) }]
} // prettier-ignore

const argumentsFor = (name: string, f: F, pool: Pool): readonly unknown[] => {
  const { pick, chance } = pool
  if (name.startsWith('nnx.') && chance(0.8)) return nnxArguments(pool)
  if (name.startsWith('transforms.') && chance(0.8)) {
    const isNamed = name === 'transforms.namedScope'
    const rest = Array.from({ length: pick([0, 1, 1, 2]) }, () => (chance(0.6) ? pool.array() : pool.any()))
    return [...(isNamed ? ['name'] : []), pick(programs), ...rest]
  }
  if (name.startsWith('optax.tree.') && chance(0.8)) {
    const leaf = (): unknown => (chance(0.9) ? pool.array() : pool.any(2))
    const tree = (): unknown => pick([() => ({ a: leaf(), b: [leaf()] }), leaf, () => [leaf(), leaf()], () => ({})])()
    const trees = Array.from({ length: Math.max(f.length, 1) }, () => (chance(0.8) ? tree() : pool.any()))
    return trees
  }
  if (name.startsWith('optax.schedules.') && chance(0.8)) {
    return Array.from({ length: Math.max(f.length, 3) }, () => pick([...oddNumbers, 0.1, 10, 100]))
  }
  const table = rows.get(name)
  if (table !== undefined && chance(0.85)) {
    const { args, options } = pick(table)
    let all = [...args, ...(options === undefined ? [] : [options])].map(decode)
    const times = pick([0, 1, 1, 1, 2, 3])
    for (let i = 0; i < times && all.length > 0; i++) {
      const at = pick(all.map((_, k) => k))
      all = all.map((v, k) => (k === at ? mutate(v, pool) : v))
    }
    return all
  }
  const count = Math.max(f.length, pick([1, 1, 2, 2, 3]))
  const isRandom = name.startsWith('random.')
  if (chance(0.6)) {
    // Arrays only, and a key in front of samplers: what most functions take.
    const arrays = Array.from({ length: Math.max(f.length, 1) }, () => pool.array())
    return isRandom ? [random.key(pick([0, 1, 7])), ...arrays.slice(1)] : arrays
  }
  const args = Array.from({ length: count }, () => pool.any())
  return isRandom ? [random.key(0), ...args.slice(1)] : args
}

const show = (v: unknown): string => {
  if (v instanceof NDArray) {
    const data =
      v.size <= 12 ? JSON.stringify(Array.from(v.data() as Float32Array, (x) => String(x))).replaceAll('"', '') : '…'
    return `${v.dtype}[${v.shape.join()}]${data}`
  }
  if (Array.isArray(v)) return `[${v.map(show).join(', ')}]`
  if (typeof v === 'object' && v !== null && Object.getPrototypeOf(v) === Object.prototype)
    return `{ ${Object.entries(v)
      .map(([key, item]) => `${key}: ${show(item)}`)
      .join(', ')} }`
  return typeof v === 'string' ? `'${v}'` : typeof v === 'object' && v !== null ? v.constructor.name : String(v)
}

// the child

/** Errors of ours. A RuntimeError is what ONNX Runtime refuses: it should have been refused before. */
const ours = Object.entries(onnax).flatMap(([name, value]) =>
  name.endsWith('Error') && name !== 'RuntimeError' ? [value as unknown as new () => Error] : [],
)

/** What a call gave, used once: functions are called, transformations of gradients run. */
const used = (result: unknown, pool: Pool): unknown => {
  if (typeof result === 'function') return isClass(result) ? null : (result as F)(pool.chance(0.7) ? pool.array() : pool.any()) // prettier-ignore
  if (Array.isArray(result))
    return result.map((item: unknown) => (typeof item === 'function' ? used(item, pool) : item))
  if (
    typeof result === 'object' &&
    result !== null &&
    'init' in result &&
    'update' in result &&
    !(result instanceof optax.WrappedSchedule)
  ) {
    const { init, update } = result as unknown as { readonly init: F; readonly update: F }
    if (typeof init !== 'function' || typeof update !== 'function') return result
    const params = pool.pick<() => unknown>([() => ({ a: np.ones([3]), b: [np.ones([2, 3])] }), () => pool.array(), () => pool.any()])() // prettier-ignore
    const grads = pool.chance(0.7) ? params : pool.any()
    return update(grads, init(params), pool.chance(0.8) ? params : pool.any())
  }
  return result
}

const force = (x: unknown): void => {
  if (x instanceof NDArray) x.data({ copy: false })
  else if (Array.isArray(x)) x.forEach(force)
  else if (typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype)
    Object.values(x).forEach(force)
}

const runChild = (seed: number, seconds: number, log: string, names: readonly string[]): void => {
  const file = openSync(log, 'w')
  const pool = poolOf(generator(seed))
  const all = [...functions].filter(([name]) => names.length === 0 || names.some((n) => name.startsWith(n)))
  let counts: Record<string, Partial<Record<Kind, number>>> = {}
  const tell = (message: Message): void => void process.send?.(message)
  const end = Date.now() + seconds * 1000
  let lastTold = Date.now()
  let count = 0
  while (Date.now() < end) {
    const [name, f] = pool.pick(all)
    const args = argumentsFor(name, f, pool)
    const [called, call] = transformed(name, f, args, pool)
    const text = `${called}(${args.map(show).join(', ')})`.slice(0, 2000)
    count += 1
    writeSync(file, `${count} ${text}\n`.padEnd(2048), 0)
    let kind: Kind = 'returned'
    try {
      const result = call(...args)
      if (!name.startsWith('nnx.')) force(used(result, pool))
    } catch (error) {
      // A model or a class that is called with anything is a function of the caller's.
      const isOfCaller = /src\/nnx\/(object|tabulate)\.ts|^TypeError: Class constructor/.test(
        (error as Error).stack ?? '',
      )
      const isOurs = isOfCaller || ours.some((type) => error instanceof type)
      kind = isOurs ? 'refused' : 'finding'
      if (kind === 'finding')
        tell({ finding: `${called}: ${(error as Error).name}: ${(error as Error).message.slice(0, 300)}`, call: `${text}\n    ${((error as Error).stack ?? '').split('\n').filter((line) => line.includes('/src/')).slice(0, 3).join('\n    ')}` }) // prettier-ignore
    }
    const of = (counts[name] ??= {})
    of[kind] = (of[kind] ?? 0) + 1
    if (Date.now() - lastTold > 1000) {
      tell({ counts })
      counts = {}
      lastTold = Date.now()
    }
  }
  tell({ counts })
  closeSync(file)
  process.disconnect()
}

// the parent

/** Seconds of one call after which it hangs. */
const patience = 20

const runParent = async (minutes: number, firstSeed: number, names: readonly string[]): Promise<boolean> => {
  const totals = new Map<string, Record<Kind, number>>()
  const findings = new Map<string, { readonly text: string; readonly call: string; times: number }>()
  const deaths: string[] = []
  const end = Date.now() + minutes * 60_000
  const log = join(tmpdir(), `fuzz-${process.pid}.log`)
  for (let seed = firstSeed; Date.now() < end; seed++) {
    // A child lives for a minute at most: memory that it loses ends with it.
    const seconds = Math.min(60, (end - Date.now()) / 1000)
    const child: ChildProcess = fork(
      fileURLToPath(import.meta.url),
      ['--child', String(seed), String(seconds), log, ...names],
      {
        execArgv: process.execArgv,
      },
    )
    let since = Date.now()
    let underWay = ''
    let hangs = false
    child.on('message', (message: Message) => {
      if ('finding' in message) {
        const key = message.finding.replaceAll(/-?\d+(\.\d+)?(e[+-]?\d+)?|NaN|Infinity|\[[^\]]*\]/g, '#')
        const known = findings.get(key)
        if (known === undefined) findings.set(key, { text: message.finding, call: message.call, times: 1 })
        else known.times += 1
      } else {
        for (const [name, kinds] of Object.entries(message.counts)) {
          const sum = totals.get(name) ?? { returned: 0, refused: 0, finding: 0 }
          for (const [kind, n] of Object.entries(kinds)) sum[kind as Kind] += n
          totals.set(name, sum)
        }
      }
    })
    const watch = setInterval(() => {
      const call = existsSync(log) ? readFileSync(log, 'utf8') : ''
      if (call !== underWay) {
        underWay = call
        since = Date.now()
      }
      if (Date.now() - since < patience * 1000) return
      hangs = true
      child.kill('SIGKILL')
    }, 1000)
    const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve) => {
      child.on('exit', (c, s) => {
        resolve([c, s])
      })
    })
    clearInterval(watch)
    if (hangs || code !== 0) {
      const call = readFileSync(log, 'utf8').split('\n')[0]!
      deaths.push(
        `${hangs ? `hangs for ${patience} s` : `killed by ${signal ?? `exit ${String(code)}`}`} (seed ${seed}): ${call}`,
      )
      console.log(deaths.at(-1))
    }
  }
  const untouched = [...functions.keys()].filter(
    (name) => !totals.has(name) && (names.length === 0 || names.some((n) => name.startsWith(n))),
  )
  const sum = (kind: Kind): number => [...totals.values()].reduce((n, counts) => n + counts[kind], 0)
  for (const [name, counts] of [...totals].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`${name}: ${Object.entries(counts).filter(([, n]) => n > 0).map(([kind, n]) => `${n} ${kind}`).join(', ')}`) // prettier-ignore
  for (const { text, call, times } of [...findings.values()].sort((a, b) => b.times - a.times))
    console.log(`\n${times} × ${text}\n    ${call}`)
  const kinds = (['returned', 'refused', 'finding'] as const).map((kind) => `${sum(kind)} ${kind}`)
  console.log(`\n${[...totals.values()].flatMap((c) => Object.values(c)).reduce((a, b) => a + b, 0)} calls of ${totals.size} functions: ${kinds.join(', ')}; ${findings.size} kinds of findings; ${deaths.length} deaths`) // prettier-ignore
  if (untouched.length > 0) console.log(`not called: ${untouched.join(' ')}`)
  return findings.size === 0 && deaths.length === 0
}

const [first, ...rest] = process.argv.slice(2)
if (first === '--child') runChild(Number(rest[0]), Number(rest[1]), rest[2]!, rest.slice(3))
else process.exitCode = (await runParent(Number(first ?? 10), Number(rest[0] ?? 1), rest.slice(1))) ? 0 : 1
