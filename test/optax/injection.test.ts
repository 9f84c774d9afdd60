/** What `injectHyperparams` knows of Optax's functions, held to the codecs of their options and to what they do. */
import test from 'ava'
import { grad, jit, type NDArray, np, optax, random, tree, valueAndGrad } from '../../src/index.js'
import { factoriesWithSignature, type Signature, signatureOf } from '../../src/optax/signatures.js'
import { allClose, elements } from '../helpers/arrays.js'

type Transformation = optax.GradientTransformation<unknown>
type Factory = (...args: readonly unknown[]) => Transformation

const isTransformation = (x: unknown): boolean => typeof x === 'object' && x !== null && 'init' in x && 'update' in x

/** What arguments before the options may be. */
const arguments_: Readonly<Record<string, unknown>> = {
  baseOptimizer: optax.sgd(0.1),
  clipping: 2,
  decay: 0.5,
  eta: 0.1,
  gamma: 0.5,
  initStep: ['heuristic', 1e-6],
  k: 2,
  key: 0,
  l2NormClip: 1,
  learningRate: 0.1,
  maxBacktrackingSteps: 4,
  maxDelta: 0.5,
  maxLearningRate: 1,
  maxLinesearchSteps: 4,
  maxNorm: 2,
  measure: (u: optax.Updates) => u,
  minScale: 0.001,
  noiseMultiplier: 0.1,
  stepSize: 2,
  threshold: 1,
  weightDecay: 0.1,
}

/** Every function of the two namespaces that makes a transformation of numbers, by name. */
const factories = new Map<string, Factory>(
  [...Object.entries(optax), ...Object.entries(optax.contrib)]
    .filter(([name, f]) => /^[a-z]/.test(name) && typeof f === 'function')
    .map(([name, f]) => [name, f as Factory]),
)

const argumentsOf = ({ positional }: Signature): readonly unknown[] => positional.map((name) => arguments_[name])

const attempt = (f: () => unknown): unknown => {
  try {
    return f()
  } catch (error) {
    return error
  }
}

/** The options that a function knows, from what it says of an unknown one; `null`: it has none. */
const optionsOf = (make: Factory, args: readonly unknown[]): readonly string[] | null => {
  const error = attempt(() => make(...args, { unknownOption: 1 }))
  const known =
    error instanceof Error ? /unknown option unknownOption; known: (.*)/.exec(error.message)?.[1] : undefined
  return known?.split(', ') ?? null
}

/** Those that may be a number as well as an array; masks are trees, counts of things and seeds are no arrays. */
const numericOptionsOf = (make: Factory, args: readonly unknown[]): readonly string[] =>
  (optionsOf(make, args) ?? []).filter((name) => {
    const takes = (value: unknown) => {
      const made = attempt(() => make(...args, { [name]: value }))
      return !(made instanceof Error && made.name === 'OptionsError')
    }
    return (takes(0.5) || takes(1)) && takes(np.array(0.5))
  })

const signatures = [...factories].flatMap(([name, make]) => {
  const signature = signatureOf(make)
  return signature === null ? [] : [{ name, make, signature }]
})

test('the numeric hyperparameters are those that the codecs of the options take', (t) => {
  for (const { name, make, signature } of signatures) {
    const args = argumentsOf(signature)
    t.true(args.every((x) => x !== undefined), `${name}: arguments`) // prettier-ignore
    t.true(isTransformation(make(...args)), `${name} makes a transformation`)
    t.deepEqual([...numericOptionsOf(make, args)].sort(), Object.keys(signature.options).sort(), name)
  }
  t.is(signatures.length, factoriesWithSignature().length)
})

test('every function with numeric hyperparameters is known', (t) => {
  const tx = optax.sgd(0.1)
  // Arguments that may come before the options, in functions whose names of them aren't known.
  const before = [[], [0.1], [tx], [tx, 2], [tx, tx], [0.1, 0.1], [tx, 2, 0.5], [0.1, 0.1, 0]]
  const unknown = [...factories]
    .filter(([, make]) => signatureOf(make) === null)
    .filter(([, make]) =>
      before.some((args) => isTransformation(attempt(() => make(...args))) && numericOptionsOf(make, args).length > 0),
    )
    .map(([name]) => name)
  t.deepEqual(unknown, [])
})

const loss = (p: NDArray): NDArray => np.sum(p.square().mul(np.array([[1, 2], [0.5, 3]]))) // prettier-ignore
const start = np.array([[1, -2], [0.5, 3]]) // prettier-ignore
/** Those whose gradients are of single examples. */
const perExample = ['differentiallyPrivateAggregate', 'dpsgd']

const steps = (name: string, tx: Transformation): readonly NDArray[] => {
  let [p, s] = [start, tx.init(start)]
  return [0, 1].map(() => {
    const [value, g] = valueAndGrad(loss)(p)
    const grads = perExample.includes(name) ? np.stack([g, np.multiply(2, g)]) : g
    const extra = { value, grad: g, valueFn: loss, objFn: loss, gradFn: grad(loss) }
    const [u, next] = tx.update(grads, s, p, extra)
    ;[p, s] = [optax.applyUpdates(p, u.ndim > p.ndim ? u.slice(0) : u), next]
    return p
  })
}

for (const { name, make, signature } of signatures)
  test(`${name}: the defaults are its own, and injected it goes on nearly as without`, (t) => {
    const args = argumentsOf(signature)
    const given = Object.fromEntries(Object.entries(signature.options).filter(([, value]) => value !== null))
    const defaults = signature.positional.map((key, i) => signature.defaults[key] ?? args[i])
    const plain = steps(name, make(...signature.positional.map((key, i) => (key in signature.defaults ? undefined : args[i])))) // prettier-ignore
    const spelled = steps(name, make(...defaults, ...(optionsOf(make, args) === null ? [] : [given])))
    plain.forEach((x, i) => {
      t.deepEqual(elements(spelled[i]!), elements(x), `after ${i + 1} steps`)
    })
    const injected = optax.injectHyperparams(make)(...(defaults as never)) as unknown as Transformation
    steps(name, injected).forEach((x, i) => {
      allClose(t, x, plain[i]!, { rtol: 2e-3, atol: 1e-5 }, `injected, after ${i + 1} steps`)
    })
    const { hyperparams } = injected.init(start) as optax.InjectHyperparamsState
    const expected = [...signature.positional.filter((key) => !signature.fixed.includes(key)), ...Object.keys(given)]
    t.deepEqual(Object.keys(hyperparams).sort(), expected.sort())
    for (const [key, value] of Object.entries({ ...signature.defaults, ...given }))
      t.is(hyperparams[key]!.item(), Math.fround(value!), key)
  })

test('arguments by name, for functions whose first argument has another name', (t) => {
  const clipped = optax.injectHyperparams(optax.clip, { parameters: ['maxDelta'] })({ maxDelta: 0.5 })
  t.is(clipped.init(start).hyperparams.maxDelta.item(), 0.5)
  const polyak = optax.injectHyperparams(optax.polyakSgd, { parameters: ['maxLearningRate'] })({ maxLearningRate: 0.5 })
  t.deepEqual(Object.keys(polyak.init(start).hyperparams).sort(), ['eps', 'fMin', 'maxLearningRate', 'scaling'])
  const dog = optax.injectHyperparams(optax.contrib.dog)({ learningRate: optax.linearSchedule(1, 0, 2) })
  const [, state] = dog.update(start, dog.init(start), start)
  t.is(dog.update(start, state, start)[1].hyperparams.learningRate.item(), 0.5)
  const noisy = optax.injectHyperparams(optax.addNoise)(0.1, 0.5, random.key(1))
  t.deepEqual(Object.keys(noisy.init(start).hyperparams).sort(), ['eta', 'gamma'])
})

test('all hyperparameters of a jitted step can change without a new program', (t) => {
  const tx = optax.injectHyperparams(optax.contrib.ademamix)(0.1)
  const step = jit((s: optax.StateOf<typeof tx>) => tx.update(start, s, start))
  let [u, s] = step(tx.init(start))
  for (const change of [{ b1: 0.5 }, { alpha: 1 }, { weightDecay: 0.5 }, { eps: 1 }, { learningRate: 0.2 }]) {
    const next = tree.map((x: number) => np.array(x), change)
    const before = elements(u)
    ;[u, s] = step({ ...s, hyperparams: { ...s.hyperparams, ...next } })
    t.notDeepEqual(elements(u), before)
  }
  t.is(step.traceCount, 1)
})
