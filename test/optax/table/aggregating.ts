/** Rows of `optax.experimental.aggregating`: gradients are means of those of two examples. */
import { optax } from '../../../src/index.js'
import { ofTwoExamples, part, type Row } from './row.js'

const a = optax.experimental.aggregating

const rows: readonly Row[] = [
  part('averagePerElementUpdates', ofTwoExamples(a.averagePerElementUpdates())),
  part('accumulateAvgUpdates', a.accumulateAvgUpdates(2)),
  part('averageIncrementallyUpdates', ofTwoExamples(a.averageIncrementallyUpdates(0, 2))),
  {
    name: 'process',
    make: (lr) => ofTwoExamples(a.process(optax.identity(), a.averageIncrementallyUpdates(0, 2), optax.adam(lr))),
    learningRate: 0.1,
  },
  {
    name: 'addMeanVarianceToOpt',
    make: (lr) => ofTwoExamples(a.addMeanVarianceToOpt(optax.adam(lr))),
    learningRate: 0.1,
  },
  part(
    'addMeanVarianceToOpt, several',
    ofTwoExamples(a.addMeanVarianceToOpt(optax.sgd(0.1), { accumulationSteps: 2 })),
  ),
]

export const aggregating: readonly Row[] = rows.map((row) => ({ ...row, name: `aggregating.${row.name}` }))
