/** Types of `optax.contrib`: compiled, not run. */
import { type NDArray, np, optax } from '../../../src/index.js'

const c = optax.contrib
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const holds = <T extends true>(): T | null => null
const p = { w: np.ones([2, 2]) }
const value = np.array(1)

// States are those of the parts.
const acprop = c.acprop(0.1)
holds<
  Same<optax.StateOf<typeof acprop>, readonly [optax.contrib.ScaleByAcpropState, optax.EmptyState, optax.EmptyState]>
>()
const dog = c.dog({ learningRate: optax.constantSchedule(1), weightDecay: 0.1, mask: { w: true } })
holds<
  Same<
    optax.StateOf<typeof dog>,
    readonly [optax.MaskedState<optax.EmptyState>, optax.contrib.DoGState, optax.ScaleByScheduleState]
  >
>()
const mechanic = c.mechanize(optax.sgd(0.1, { momentum: 0.9 }))
mechanic.init(p).baseOptimizerState[0].trace satisfies optax.ArrayTree
c.muon(0.1).init(p).innerStates.muon.innerState[0].nsCoeffs satisfies NDArray

// Needed extra arguments can't be forgotten, wherever the transformation sits.
const plateau = optax.chain(optax.sgd(0.1), c.reduceOnPlateau())
plateau.update(p, plateau.init(p), p, { value })
// @ts-expect-error the value is missing
plateau.update(p, plateau.init(p), p)
const sophia = c.sophia(0.1)
const objFn = (q: typeof p) => np.sum(q.w)
sophia.update(p, sophia.init(p), p, { objFn })
// @ts-expect-error the loss is missing
sophia.update(p, sophia.init(p), p)
const opaque = c.sam(optax.sgd(0.1), optax.sgd(0.1), { opaqueMode: true })
opaque.update(p, opaque.init(p), p, { gradFn: (q: typeof p) => q })
// @ts-expect-error gradFn is missing
opaque.update(p, opaque.init(p), p)
const transparent = c.sam(optax.sgd(0.1), optax.sgd(0.1))
transparent.update(p, transparent.init(p), p)
const wrapped = c.scheduleFree(c.mechanize(c.momo()), 0.1)
wrapped.update(p, wrapped.init(p), p, { value })
// @ts-expect-error the value is missing
wrapped.update(p, wrapped.init(p), p)
const own = c.scaleBySophia({ hessianDiagonalFn: optax.identity() })
own.update(p, own.init(p), p)
// @ts-expect-error an unknown option
c.prodigy({ beta: 1 })
