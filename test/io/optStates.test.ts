/** Codecs of the states of Optax, one by one. */
import { readdirSync, readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import * as t_ from 'io-ts'
import test from 'ava'
import { DecodeError, evalShape, io, jit, type NDArray, np, optax, random } from '../../src/index.js'
import { sameTree } from './arbitraries.js'

const S = io.optStates
const c = optax.contrib
const a = optax.experimental.aggregating
const params = { b: np.array([1, 2]), w: np.ones([2, 3]) }
const matrix = { w: params.w }

type Tx = optax.GradientTransformation<unknown, never>
const stateOf = (tx: Tx, of: unknown = params, at?: number): unknown =>
  at === undefined ? tx.init(of) : (tx.init(of) as readonly unknown[])[at]

type Row = readonly [codec: t_.Type<any, unknown>, state: unknown, free?: readonly string[]]

/** A codec of each kind, a state, and the fields whose shapes it doesn't know. */
const rows: Readonly<Record<string, Row>> = {
  EmptyState: [S.EmptyState, {}],
  ScaleByAdamState: [S.ScaleByAdamState, stateOf(optax.scaleByAdam())],
  ScaleByAmsgradState: [S.ScaleByAmsgradState, stateOf(optax.scaleByAmsgrad())],
  ScaleByAdanState: [S.ScaleByAdanState, stateOf(optax.scaleByAdan())],
  ScaleByBeliefState: [S.ScaleByBeliefState, stateOf(optax.scaleByBelief())],
  ScaleByLionState: [S.ScaleByLionState, stateOf(optax.scaleByLion()), ['mu']],
  ScaleByNovogradState: [S.ScaleByNovogradState, stateOf(optax.scaleByNovograd()), ['mu', 'nu']],
  ScaleByRmsState: [S.ScaleByRmsState, stateOf(optax.scaleByRms()), ['nu']],
  ScaleByRmsWithCountState: [S.ScaleByRmsWithCountState, stateOf(optax.scaleByRms({ biasCorrection: true })), ['nu']],
  ScaleByRssState: [S.ScaleByRssState, stateOf(optax.scaleByRss()), ['sumOfSquares']],
  ScaleByRStdDevState: [S.ScaleByRStdDevState, stateOf(optax.scaleByStddev())],
  ScaleByRStdDevWithCountState: [S.ScaleByRStdDevWithCountState, stateOf(optax.scaleByStddev({ biasCorrection: true }))],
  ScaleByRpropState: [S.ScaleByRpropState, stateOf(optax.scaleByRprop(0.1))],
  ScaleByAdaDeltaState: [S.ScaleByAdaDeltaState, stateOf(optax.scaleByAdadelta())],
  ScaleBySM3State: [S.ScaleBySM3State, stateOf(optax.scaleBySm3()), ['mu', 'nu']],
  FactoredState: [S.FactoredState, stateOf(optax.scaleByFactoredRms()), ['vRow', 'vCol', 'v']],
  ScaleByOptimisticGradientState: [S.ScaleByOptimisticGradientState, stateOf(optax.scaleByOptimisticGradient()), ['previousGradient']],
  ScaleByDistanceOverGradientsState: [S.ScaleByDistanceOverGradientsState, stateOf(optax.scaleByDistanceOverGradients()), ['maxDist', 'gradSumOfSquares', 'initParams']],
  TraceState: [S.TraceState, stateOf(optax.trace(0.9)), ['trace']],
  EmaState: [S.EmaState, stateOf(optax.ema(0.9)), ['ema']],
  ApplyEvery: [S.ApplyEvery, stateOf(optax.applyEvery(2)), ['gradAcc']],
  ScaleByScheduleState: [S.ScaleByScheduleState, stateOf(optax.scaleBySchedule((n) => n))],
  WrappedScheduleState: [S.WrappedScheduleState, new optax.WrappedSchedule(optax.constantSchedule(1)).init()],
  WeightDecaySchedule: [S.WeightDecaySchedule, stateOf(optax.addDecayedWeights(optax.constantSchedule(1)))],
  AddNoiseState: [S.AddNoiseState, stateOf(optax.addNoise(1, 0, 0))],
  ZeroNansState: [S.ZeroNansState, stateOf(optax.zeroNans())],
  ScaleByLBFGSState: [S.ScaleByLBFGSState, stateOf(optax.scaleByLbfgs({ memorySize: 2 })), ['diffParamsMemory', 'diffUpdatesMemory', 'weightsMemory']],
  ScaleByBacktrackingLinesearchState: [S.ScaleByBacktrackingLinesearchState, stateOf(optax.scaleByBacktrackingLinesearch(3))],
  BacktrackingLinesearchInfo: [S.BacktrackingLinesearchInfo, optax.scaleByBacktrackingLinesearch(3).init(params).info],
  ScaleByZoomLinesearchState: [S.ScaleByZoomLinesearchState, stateOf(optax.scaleByZoomLinesearch(3)), ['grad']],
  ZoomLinesearchInfo: [S.ZoomLinesearchInfo, optax.scaleByZoomLinesearch(3).init(params).info],
  ChainState: [S.ChainState(S.TraceState, S.EmptyState), stateOf(optax.sgd(1, { momentum: 0.9 })), ['0/trace']],
  NamedChainState: [S.NamedChainState({ adam: S.ScaleByAdamState, rate: S.EmptyState }), stateOf(optax.namedChain(['adam', optax.scaleByAdam()], ['rate', optax.scale(1)]))],
  MaskedState: [S.MaskedState(S.ScaleByAdamState), stateOf(optax.masked(optax.scaleByAdam(), { b: false, w: true }))],
  PartitionState: [S.PartitionState({ x: S.ScaleByAdamState, y: S.EmptyState }), stateOf(optax.partition({ x: optax.scaleByAdam(), y: optax.setToZero() }, { b: 'x', w: 'y' }))],
  ApplyIfFiniteState: [S.ApplyIfFiniteState(S.EmptyState), stateOf(optax.applyIfFinite(optax.scale(1), 3))],
  ConditionallyMaskState: [S.ConditionallyMaskState(S.EmptyState), stateOf(optax.conditionallyMask(optax.scale(1), () => true))],
  ConditionallyTransformState: [S.ConditionallyTransformState(S.EmptyState), stateOf(optax.conditionallyTransform(optax.scale(1), () => true))],
  InjectHyperparamsState: [S.InjectHyperparamsState(S.ChainState(S.EmptyState, S.EmptyState)), stateOf(optax.injectHyperparams(optax.sgd)({ learningRate: optax.constantSchedule(1) })), ['hyperparams', 'hyperparamsStates']],
  LookaheadState: [S.LookaheadState(S.ChainState(S.EmptyState, S.EmptyState)), optax.lookahead(optax.sgd(1), 2, 0.5).init(params)],
  SnapshotState: [S.SnapshotState, stateOf(optax.snapshot('sum', (u) => np.sum((u as typeof params).b))), ['measurement']],
  MonitorState: [S.MonitorState(S.EmptyState), stateOf(optax.monitor({ sum: (u) => np.sum((u as typeof params).b) }))],
  SkipNotFiniteState: [S.SkipNotFiniteState, optax.skipNotFinite(params)[1]],
  SkipLargeUpdatesState: [S.SkipLargeUpdatesState, optax.skipLargeUpdates(params, np.array(0), null, 1)[1]],
  MultiStepsState: [S.MultiStepsState(S.ChainState(S.EmptyState, S.EmptyState)), new optax.MultiSteps(optax.sgd(1), 2).init(params), ['accGrads']],
  ScaleByAcpropState: [S.ScaleByAcpropState, stateOf(c.scaleByAcprop())],
  ScaleByAdemamixState: [S.ScaleByAdemamixState, stateOf(c.scaleByAdemamix())],
  ScaleBySimplifiedAdEMAMixState: [S.ScaleBySimplifiedAdEMAMixState, stateOf(c.scaleBySimplifiedAdemamix())],
  COCOBState: [S.COCOBState, stateOf(c.scaleByCocob())],
  DAdaptAdamWState: [S.DAdaptAdamWState, stateOf(c.dadaptAdamw())],
  DoGState: [S.DoGState, stateOf(c.scaleByDog(['distance', 1])), ['initParams']],
  DoWGState: [S.DoWGState, stateOf(c.scaleByDowg()), ['initParams']],
  MadgradState: [S.MadgradState, stateOf(c.scaleByMadgrad(0.1))],
  MomoState: [S.MomoState, stateOf(c.momo()), ['expAvg']],
  MomoAdamState: [S.MomoAdamState, stateOf(c.momoAdam())],
  MuonState: [S.MuonState, stateOf(c.scaleByMuon(), matrix), ['mu', 'nsCoeffs']],
  DifferentiallyPrivateAggregateState: [S.DifferentiallyPrivateAggregateState, stateOf(c.differentiallyPrivateAggregate(1, 1, 0))],
  ProdigyState: [S.ProdigyState, stateOf(c.prodigy())],
  ReduceLROnPlateauState: [S.ReduceLROnPlateauState, stateOf(c.reduceOnPlateau())],
  HutchinsonState: [S.HutchinsonState, stateOf(c.hutchinsonEstimatorDiagHessian())],
  GaLoreState: [S.GaLoreState(S.EmptyState), stateOf(c.scaleByGalore({ rank: 1, baseOptimizer: optax.scale(1) }), matrix), ['projector']],
  MechanicState: [S.MechanicState(S.EmptyState), stateOf(c.mechanize(optax.scale(1))), ['x0']],
  SAMState: [S.SAMState(S.EmptyState, S.EmptyState), stateOf(c.sam(optax.scale(1), optax.scale(1))), ['cache']],
  ScheduleFreeState: [S.ScheduleFreeState(S.EmptyState), stateOf(c.scheduleFree(optax.scale(1), 1)), ['b1', 'z']],
  AccumulateAvgUpdatesState: [S.AccumulateAvgUpdatesState, stateOf(a.accumulateAvgUpdates(2)), ['avgGrad']],
  PerElementMeanAndSumSqDiffGradsState: [S.PerElementMeanAndSumSqDiffGradsState, stateOf(a.addMeanVarianceToOpt(optax.sgd(1), { accumulationSteps: 2 }), params, 1)],
  PerElementMeanAndVarianceEMAState: [S.PerElementMeanAndVarianceEMAState, stateOf(a.trackPerElementMeanAndVarianceWithEma())],
  SophiaState: [S.SophiaState(S.HutchinsonState), stateOf(c.scaleBySophia())],
} // prettier-ignore

const messageOf = (codec: t_.Decoder<unknown, unknown>, data: unknown): string => {
  const result = codec.decode(data)
  return E.isLeft(result) ? new DecodeError('data', result.left).message : ''
}

type Encoded = Record<string, unknown>

/** The arrays of an encoded state, with their paths. */
const arraysOf = (json: unknown, path: readonly string[] = []): readonly (readonly [string, Encoded])[] => {
  if (typeof json !== 'object' || json === null) return []
  const { $: tag } = json as Encoded
  if (tag === 'array' || tag === 'key')
    return [[path.join('/'), (json as Encoded)[tag === 'key' ? 'data' : 'array'] as Encoded]]
  return Object.entries(json).flatMap(([key, item]) => arraysOf(item, [...path, key]))
}

for (const [name, [codec, state, free = []]] of Object.entries(rows))
  test(`${name}: there and back; fields, dtypes and shapes`, (t) => {
    const json = JSON.stringify(codec.encode(state))
    t.true(codec.is(state))
    t.false(codec.is({ ...(state as object), more: 1 }))
    t.true(sameTree(io.decodeOrThrow('json', codec, JSON.parse(json)), state))
    // What one codec of trees writes, the other reads.
    t.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(io.treeCodec().encode(state))))
    if (Array.isArray(state))
      t.regex(messageOf(codec, [...(JSON.parse(json) as unknown[]), {}]), /requires a list of 2/)
    else {
      const fields = JSON.parse(json) as Encoded
      t.regex(
        messageOf(codec, { ...fields, unheardOf: null }),
        /^data: unheardOf: requires no field of this name; known: /,
      )
      for (const field of Object.keys(fields)) {
        const { [field]: _, ...others } = fields
        t.is(messageOf(codec, others), `data: ${field}: requires a field, got nothing`)
      }
      t.regex(messageOf(codec, 1), /^data: requires an object with the fields /)
    }
    const isFree = (path: string): boolean => free.some((field) => path === field || path.startsWith(`${field}/`))
    arraysOf(JSON.parse(json)).forEach(([path], i) => {
      const broken = (change: (array: Encoded) => void): string => {
        const copy: unknown = JSON.parse(json)
        change(arraysOf(copy)[i]![1])
        return messageOf(codec, copy)
      }
      const shaped = broken((array) => {
        array['shape'] = [1, ...(array['shape'] as readonly number[])]
      })
      if (isFree(path)) t.is(shaped, '', path)
      else t.regex(shaped, new RegExp(`(${path}|(${Object.keys(state as object).join('|')})/\\w+)[^;]*: requires`))
      const { dtype } = arraysOf(JSON.parse(json))[i]![1] as { readonly dtype: string }
      const known: Readonly<Record<string, string>> = { int32: 'float32', bool: 'int8' }
      if (known[dtype] === undefined || isFree(path)) return
      const cast = broken((array) => {
        array['dtype'] = known[dtype]
      })
      t.true(cast.includes(`${path}: requires`) && cast.includes(`got ${known[dtype]}`), cast)
    })
  })

/** Names of states that the source declares, or that Optax has under a name that the source has. */
const declared = (): readonly string[] => {
  const files = readdirSync('src/optax', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const source = files.map((file) => readFileSync(`src/optax/${file}`, 'utf8')).join('')
  const inventory = JSON.parse(readFileSync('docs/inventory.json', 'utf8')) as readonly { readonly section: string; readonly name: string }[] // prettier-ignore
  const states = /(\w+(State|Info)|ApplyEvery|WeightDecaySchedule)/
  const known = inventory
    .filter(({ section }) => section.startsWith('5'))
    .flatMap(({ name }) => new RegExp(`${states.source}( \\(private\\))?$`).exec(name)?.[1] ?? [])
  const interfaces = source.matchAll(new RegExp(`export interface ${states.source}\\b`, 'g'))
  return [
    ...[...interfaces].map(([, name]) => name!),
    ...known.filter((name) => new RegExp(`\\b${name}\\b`).test(source)),
  ]
}

test('each state has a codec, and each codec a test', (t) => {
  // OptState is any state; that of a zoom search lives inside of one update; EstimatedRateState is what two states share.
  const names = declared().filter((name) => !['OptState', 'ZoomLinesearchState', 'EstimatedRateState'].includes(name))
  t.true(names.length > 100)
  t.deepEqual(names.filter((name) => !(name in S)), []) // prettier-ignore
  const tested = new Set(Object.values(rows).map(([codec]) => codec.name))
  const named = Object.entries(S).map(([name, codec]) => (codec instanceof t_.Type ? codec.name : name))
  const aliases = ['InjectStatefulHyperparamsState', 'MultiTransformState']
  t.deepEqual(named.filter((name) => !tested.has(name) && !aliases.includes(name)), []) // prettier-ignore
})

interface Calls {
  readonly calls: NDArray
}
/** A transformation of a user, with a state of its own and a codec for it. */
const counted = optax.GradientTransformation<Calls>(
  () => ({ calls: np.array(0, { dtype: 'int32' }) }),
  (updates, { calls }) => [updates, { calls: calls.add(1) }],
)
const CallsCodec = new t_.Type<Calls, { readonly version: 1; readonly calls: number }>(
  'Calls',
  (u): u is Calls => typeof u === 'object' && u !== null && Object.keys(u).join() === 'calls',
  (u, context) => {
    const { version, calls } = u as Record<string, unknown>
    return version === 1 && typeof calls === 'number'
      ? t_.success({ calls: np.array(calls, { dtype: 'int32' }) })
      : t_.failure(u, context, `${context.map(({ key }) => key).filter(Boolean).join('/')}: requires version 1`) // prettier-ignore
  },
  ({ calls }) => ({ version: 1, calls: calls.item() }),
)

test('a state of a user with a codec of its own: in chain, in partition, among named codecs, JSON and bytes', (t) => {
  const tx = optax.chain(
    optax.partition({ counted: optax.chain(counted, optax.scaleByAdam()), rest: counted }, { b: 'rest', w: 'counted' }),
    counted,
    optax.scale(-0.1),
  )
  const step = jit((s: optax.StateOf<typeof tx>) => tx.update(params, s, params))
  const like = tx.init(params)
  const [, state] = step(like)
  const named = S.ChainState(
    S.PartitionState({ counted: S.ChainState(CallsCodec, S.ScaleByAdamState), rest: CallsCodec }),
    CallsCodec,
    S.EmptyState,
  )
  const codecs = { Calls: CallsCodec }
  const whole = io.treeCodec({ like, codecs })
  const bytes = io.binaryCodec(io.treeCodec({ like, codecs, form: 'bytes' }))
  const json = JSON.stringify(whole.encode(state))
  t.is(json.match(/"\$":"own","codec":"Calls","value":\{"version":1,"calls":1\}/g)!.length, 3)
  const next = step(state)
  for (const back of [
    io.decodeOrThrow('named', named, JSON.parse(JSON.stringify(named.encode(state)))),
    io.decodeOrThrow('json', whole, JSON.parse(json)),
    io.decodeOrThrow('bytes', bytes, bytes.encode(state)),
  ] as readonly optax.StateOf<typeof tx>[]) {
    t.true(sameTree(back, state))
    t.true(sameTree(step(back), next))
  }
  const old = JSON.parse(json.replaceAll('"version":1', '"version":2')) as unknown
  t.regex(messageOf(whole, old), /0\/innerStates\/counted\/innerState\/0\/value: requires version 1/)
  t.regex(messageOf(io.treeCodec(), JSON.parse(json)), /requires a codec of \{ codecs \}; known: none/)
  t.regex(messageOf(named, [{}, { version: 1, calls: 1 }, {}]), /0\/innerStates: requires a field, got nothing/)
})

test('like: shapes without arrays, keys, Maps, nodes', (t) => {
  const value = { key: random.key(1), map: new Map([['x', np.ones([2])]]), pair: new optax.LookaheadParams(np.ones([1]), null), n: 1 } // prettier-ignore
  const codec = io.treeCodec({ like: value })
  const encoded = codec.encode(value)
  t.true(sameTree(io.decodeOrThrow('json', codec, encoded), value))
  const refused = (other: object, message: RegExp) =>
    t.regex(messageOf(codec, io.treeCodec().encode({ ...value, ...other })), message)
  refused({ key: random.split(random.key(1), 3) }, /key: requires keys\[\], got keys\[3\]/)
  refused({ map: new Map([['y', np.ones([2])]]) }, /map\/x: requires float32\[2\], got nothing; map\/y: requires no field of this name; known: x/) // prettier-ignore
  refused(
    { pair: new optax.LookaheadParams(np.ones([1]), np.ones([1])) },
    /pair\/slow: requires null, got float32\[1\]/,
  )
  refused({ pair: [1, 2] }, /pair: requires a node LookaheadParams, got a list of 2/)
  refused({ n: '1' }, /n: requires a number, got a string/)
  // Shapes are enough.
  const shapes = evalShape((w: NDArray) => ({ w }), np.ones([2])) as { readonly w: NDArray }
  const shaped = io.treeCodec({ like: shapes })
  t.is(messageOf(shaped, io.treeCodec().encode({ w: np.ones([2]) })), '')
  t.regex(messageOf(shaped, io.treeCodec().encode({ w: np.ones([3]) })), /w: requires float32\[2\], got float32\[3\]/)
})
