/** Effects: what a program wants done on the host becomes further outputs, and is done when it has ended. */
import { type Eqn, isEffect, Jaxpr, type Lifted, LoweringError, type NDArray, type Atom, Var } from '../core/index.js'
import { inlineCalls } from './passes.js'

/** A program whose effects are further outputs; those of a program without effects are none. */
export const liftEffects = (program: Jaxpr): Lifted => {
  if (!program.hasEffects) return { jaxpr: program, run: () => undefined }
  const jaxpr = inlineCalls(program)
  const eqns: Eqn[] = []
  const extras: Atom[] = []
  const runs: ((values: readonly NDArray[]) => void)[] = []
  const taking = (count: number, run: (values: readonly NDArray[]) => void): void => {
    const start = extras.length
    runs.push((values) => {
      run(values.slice(start, start + count))
    })
  }
  for (const eqn of jaxpr.eqns) {
    const { primitive, inputs, params } = eqn
    if (!isEffect(primitive, params)) eqns.push(eqn)
    else if (primitive.effect !== undefined) {
      taking(inputs.length, (values) => {
        primitive.effect!(values, params)
      })
      extras.push(...inputs)
    } else {
      if (primitive.liftEffects === undefined) {
        throw new LoweringError(
          primitive.name,
          'what is done on the host in each of its steps is not known before it ends; use lax.scan, or disableJit',
        )
      }
      const lifted = primitive.liftEffects(params, liftEffects)
      const outputs = lifted.avals.map((aval) => new Var(aval))
      eqns.push({ ...eqn, params: lifted.params, outputs: [...eqn.outputs, ...outputs] })
      taking(outputs.length, lifted.run)
      extras.push(...outputs)
    }
  }
  return {
    jaxpr: new Jaxpr(jaxpr.inputs, eqns, [...jaxpr.outputs, ...extras]),
    run: (values) => {
      runs.forEach((run) => {
        run(values)
      })
    },
  }
}
