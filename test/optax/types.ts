/** Types of the protocol: compiled, not run. */
import { jit, lax, type NDArray, np, optax, tree } from '../../src/index.js'

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const holds = <T extends true>(): T | null => null

// The state of a chain is the tuple of its parts' states.
const clipped = optax.chain(optax.clipByGlobalNorm(1), optax.scaleByAdam(), optax.scale(-1e-3))
holds<Same<optax.StateOf<typeof clipped>, readonly [optax.EmptyState, optax.ScaleByAdamState, optax.EmptyState]>>()
const scheduled = optax.adam(optax.cosineDecaySchedule(0.1, 5))
holds<Same<optax.StateOf<typeof scheduled>, readonly [optax.ScaleByAdamState, optax.ScaleByScheduleState]>>()
const plain = optax.adam(0.1)
holds<Same<optax.StateOf<typeof plain>, readonly [optax.ScaleByAdamState, optax.EmptyState]>>()
const momentum = optax.sgd(0.1, { momentum: 0.9 })
holds<Same<optax.StateOf<typeof momentum>, readonly [optax.TraceState, optax.EmptyState]>>()
const none = optax.sgd(0.1)
holds<Same<optax.StateOf<typeof none>, readonly [optax.EmptyState, optax.EmptyState]>>()
const decayed = optax.adamw(0.1, { mask: { w: true }, weightDecay: optax.constantSchedule(1) })
holds<
  Same<
    optax.StateOf<typeof decayed>,
    readonly [optax.ScaleByAdamState, optax.MaskedState<optax.WeightDecaySchedule>, optax.EmptyState]
  >
>()
const corrected = optax.rmsprop(0.1, { biasCorrection: true })
holds<
  Same<optax.StateOf<typeof corrected>, readonly [optax.ScaleByRmsWithCountState, optax.EmptyState, optax.EmptyState]>
>()
const centered = optax.rmsprop(optax.constantSchedule(1), { centered: true, momentum: 0.9 })
holds<
  Same<
    optax.StateOf<typeof centered>,
    readonly [optax.ScaleByRStdDevState, optax.ScaleByScheduleState, optax.TraceState]
  >
>()
const believing = optax.adabelief(0.1)
holds<Same<optax.StateOf<typeof believing>, readonly [optax.ScaleByBeliefState, optax.EmptyState]>>()
const lamb = optax.lamb(0.1, { weightDecay: 0.1, mask: { w: true } })
holds<
  Same<
    optax.StateOf<typeof lamb>,
    readonly [optax.ScaleByAdamState, optax.MaskedState<optax.EmptyState>, optax.EmptyState, optax.EmptyState]
  >
>()
const masked = optax.masked(optax.trace(0.9), true)
holds<Same<optax.StateOf<typeof masked>, optax.MaskedState<optax.TraceState>>>()
// @ts-expect-error a state of three parts isn't one of two
holds<Same<optax.StateOf<typeof clipped>, readonly [optax.EmptyState, optax.ScaleByAdamState]>>()

// Trees keep the user's types, interfaces as well.
interface Layer {
  readonly kernel: NDArray
  readonly bias: NDArray | null
}
declare const layer: Layer
const [updates, state] = plain.update(layer, plain.init(layer), layer)
holds<Same<typeof updates, Layer>>()
const next: Layer = optax.applyUpdates(layer, updates)
holds<Same<ReturnType<typeof optax.incrementalUpdate<Layer>>, Layer>>()
// @ts-expect-error params of another tree
plain.update(layer, plain.init(layer), { other: np.zeros([]) })
// @ts-expect-error a state of another transformation
plain.update(layer, scheduled.init(layer))
// @ts-expect-error the state is read-only
state[0].count = np.zeros([])
const step = jit((p: Layer, s: optax.StateOf<typeof plain>) => plain.update(p, s, p))
holds<Same<ReturnType<typeof step>, readonly [Layer, optax.StateOf<typeof plain>]>>()

// Needed extra arguments can't be forgotten, wherever the transformation sits.
interface Needs {
  readonly value: NDArray
}
const search = optax.GradientTransformation<optax.EmptyState, Needs>(
  () => ({}),
  (u, s, _params, { value }) => [tree.map((g: NDArray) => g.mul(value), u), s],
)
const value = np.array(1)
search.update(layer, {}, layer, { value })
search.update(layer, {}, null, { value, more: 1 })
// @ts-expect-error the value is missing
search.update(layer, {}, layer)
// @ts-expect-error no value, but another
search.update(layer, {}, layer, { valve: value })
// @ts-expect-error not an array
search.update(layer, {}, layer, { value: 'great' })
const line = optax.chain(optax.sgd(1), search)
line.update(layer, line.init(layer), layer, { value })
// @ts-expect-error the value is missing
line.update(layer, line.init(layer), layer)
const masking = optax.masked(search, true)
// @ts-expect-error the value is missing
masking.update(layer, masking.init(layer), layer)
// @ts-expect-error what calls update without a value can't take it
const forgetful: optax.GradientTransformation<unknown> = line
const any: optax.AnyGradientTransformation = line
const fine: optax.GradientTransformation<unknown, Needs> = plain
plain.update(layer, plain.init(layer), layer, { value, more: 1 })
holds<Same<optax.ExtraArgsOf<typeof line>['value'], NDArray>>()

// Objects of two functions are transformations.
const custom: optax.GradientTransformation<{ readonly calls: NDArray }> = {
  init: () => ({ calls: np.array(0) }),
  update: (u, s) => [u, { calls: s.calls.add(1) }],
}
optax.chain(custom, optax.scale(1)).init(layer)[0].calls.shape satisfies readonly number[]
const typed = optax.GradientTransformation(
  (params) => ({ sum: tree.map((p: NDArray) => np.zerosLike(p), params) }),
  (u, s) => [tree.map((g: NDArray, m: NDArray) => lax.add(g, m), u, s.sum), s],
)
holds<Same<optax.StateOf<typeof typed>, { sum: optax.ArrayTree }>>()

// Schedules are functions of a number or an array; users' own ones need only take arrays.
optax.constantSchedule(1)(3).item() satisfies number
optax.sgd((count: NDArray) => np.divide(0.1, count.add(1)))
optax.sgd((count) => count.mul(0.1))
optax.sgd(() => 0.1)
// @ts-expect-error a schedule of strings
optax.sgd(() => '0.1')
// @ts-expect-error an unknown option
optax.adam(0.1, { beta1: 0.9 })
// @ts-expect-error a dtype that doesn't exist
optax.adam(0.1, { muDtype: 'f32' })

// Wrappers carry the states and the needed arguments of what they wrap.
const injected = optax.injectHyperparams(optax.adam)({ learningRate: 0.1 }).init(layer)
injected.hyperparams.learningRate satisfies NDArray
injected.hyperparams.b1 satisfies NDArray | undefined
// @ts-expect-error not a hyperparameter
injected.hyperparams.nesterov satisfies unknown
injected.innerState[0].mu satisfies optax.ArrayTree
optax.injectHyperparams(optax.adamw)(0.1, { weightDecay: 0.1 }).init(layer).hyperparams.weightDecay?.item() satisfies
  number | undefined
// @ts-expect-error a learning rate is needed
optax.injectHyperparams(optax.adam)({ b1: 0.5 })
const parted = optax.partition({ a: optax.adam(1), b: search }, 'a')
parted.init(layer).innerStates.a.innerState[0].nu satisfies optax.ArrayTree
// @ts-expect-error the value is missing
parted.update(layer, parted.init(layer), layer)
parted.update(layer, parted.init(layer), layer, { value })
const named = optax.namedChain(['clip', optax.clip(1)], ['search', search])
holds<Same<keyof optax.StateOf<typeof named>, 'clip' | 'search'>>()
// @ts-expect-error the value is missing
named.update(layer, named.init(layer), layer)
const several = new optax.MultiSteps(search, 2)
// @ts-expect-error the value is missing
several.update(layer, several.init(layer), layer)
const [slow, fast] = [optax.lookahead(plain, 5, 0.5), optax.LookaheadParams.initSynced(layer)]
slow.update(layer, slow.init(fast), fast)[0].slow satisfies Layer
// @ts-expect-error the params must be a pair
slow.update(layer, slow.init(fast), layer)
const lbfgs = optax.lbfgs()
holds<
  Same<
    optax.StateOf<typeof lbfgs>,
    readonly [optax.ScaleByLBFGSState, optax.EmptyState, optax.ScaleByZoomLinesearchState]
  >
>()
declare const valueFn: (x: Layer) => NDArray
lbfgs.update(layer, lbfgs.init(layer), layer, { value, grad: layer, valueFn })
// @ts-expect-error the function is missing
lbfgs.update(layer, lbfgs.init(layer), layer, { value, grad: layer })
const without = optax.lbfgs({ linesearch: null })
without.update(layer, without.init(layer), layer)
optax.minimize(valueFn, layer, lbfgs).params satisfies Layer
optax.minimize(valueFn, layer, plain).state[0].mu satisfies optax.ArrayTree
optax.valueAndGradFromState(valueFn)(layer, lbfgs.init(layer))[1] satisfies Layer

// What an aggregator gives, the transformation after it needn't be given.
const { aggregating } = optax.experimental
const tracking = optax.chain(aggregating.trackPerElementMeanAndVarianceWithEma(), search)
// @ts-expect-error the statistics are missing
tracking.update(layer, tracking.init(layer), layer, { value })
const statistics = aggregating.getPerElementMeanAndSumSqDiffGrads()
const processed = aggregating.process(optax.identity(), statistics, tracking, { aggregatorHasAux: true })
processed.update(layer, processed.init(layer), layer, { value })
// @ts-expect-error the value is missing
processed.update(layer, processed.init(layer), layer)
processed.init(layer)[2][0].meanGradsEma satisfies optax.ArrayTree
const tuned = aggregating.addMeanVarianceToOpt(plain)
tuned.update(layer, tuned.init(layer))[1][2][1][0].mu satisfies optax.ArrayTree
const kept = optax.withAccumulatorDtype(line, 'float32')
holds<Same<optax.StateOf<typeof kept>, optax.StateOf<typeof line>>>()
// @ts-expect-error the value is missing
kept.update(layer, kept.init(layer), layer)
// @ts-expect-error a dtype that doesn't exist
optax.withAccumulatorDtype(plain, 'float')
const start: optax.TransformInitFn<optax.TraceState> = optax.trace(0.9).init
const advance: optax.TransformUpdateFn<optax.TraceState> = optax.trace(0.9).update
const needing: optax.TransformUpdateExtraArgsFn<optax.EmptyState, Needs> = search.update
const same: optax.GradientTransformationExtraArgs<optax.EmptyState, Needs> = search
// A name that isn't there is no hyperparameter; those of options may be schedules, too.
optax.injectHyperparams(optax.adamw)({ learningRate: 0.1, b1: optax.linearSchedule(0.9, 0.8, 10) })
optax.injectHyperparams(optax.contrib.dog)({ eps: optax.constantSchedule(1) })
// @ts-expect-error no hyperparameter of adamw
optax.injectHyperparams(optax.adamw)({ learningRate: 0.1, beta: 0.5 })

// The parameter of a function that makes a mask has a type, and the state is that of a mask.
const chosen = optax.adamw(0.1, { mask: (of) => tree.map(() => true, of) })
chosen.init(layer)[1].innerState satisfies optax.EmptyState
optax.adamaxw(0.1, { mask: (of: optax.ArrayTree) => of !== null }).init(layer)[1].innerState satisfies optax.EmptyState
optax.adadelta(0.1, { weightDecayMask: (of) => of !== null }).init(layer)[0].innerState satisfies optax.EmptyState
optax.lion(0.1, { mask: () => true }).init(layer)[1].innerState satisfies optax.EmptyState
optax.addDecayedWeights(0.1, { mask: (of) => of !== null }).init(layer).innerState satisfies optax.EmptyState

export { advance, any, fine, forgetful, needing, next, same, start }
