/** `nnx.EMA`: an exponential moving average of a model's Variables. */
import { ArgumentError } from '../core/index.js'
import * as np from '../numpy/index.js'
import { showPaths } from './build.js'
import { Builder } from './build.js'
import type { Filter } from './filter.js'
import { state } from './graph.js'
import { GraphObject } from './object.js'
import { toFlatState } from './flatState.js'
import { type AnyState, isState, mapState } from './state.js'
import { filterState } from './stateFilters.js'
import { VariableState } from './variableState.js'
import type { Variable } from './variable.js'
import { flattenGraph } from './walk.js'

export interface EMAOptions {
  /** Which Variables are averaged; default all, which must be floating point. */
  readonly only?: Filter
}

const keyOf = (path: readonly unknown[]): string => path.join('\u0000')

/**
 * A copy of a model's Variables that follows them slowly: `ema = decay * ema + (1 - decay) * value` at each update. It
 * starts from the values, so there is no bias to correct.
 *
 * @example
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const ema = new nnx.EMA(model, 0.9)
 * model.bias!.value = np.array([1])
 * ema.update(model)
 * ema.applyTo(model).bias?.value // => Array([0.1], dtype=float32)
 */
export class EMA extends GraphObject {
  readonly decay: number
  readonly only: Filter
  /** The averages: a state whose leaves are Variables, of the kinds in the model. */
  readonly params: AnyState

  /**
   * @param params - a model, or a state of one
   * @param decay - in [0, 1]
   * @throws ArgumentError if the decay is out of range, or a leaf isn't a Variable
   */
  constructor(params: unknown, decay: number, { only = true }: EMAOptions = {}) {
    super()
    if (!(decay >= 0 && decay <= 1)) throw new ArgumentError('EMA', 'a decay in [0, 1]', `${decay}`)
    this.decay = decay
    this.only = only
    this.params = mapState((path, leaf) => {
      if (leaf instanceof VariableState) return leaf.toVariable()
      throw new ArgumentError('EMA', 'Variables; choose them by `only`', `a bare array at ${showPaths([path])}`)
    }, this.chosen(params))
  }

  /**
   * Move the averages towards the values of a model, or of a state.
   *
   * @throws ArgumentError, naming the paths, if the model lacks averaged Variables
   */
  update(updates: unknown): void {
    const given = new Map(toFlatState(this.chosen(updates)).map(([path, leaf]) => [keyOf(path), leaf]))
    const held = toFlatState(this.params)
    const missing = [...held].filter(([path]) => !given.has(keyOf(path))).map(([path]) => path)
    if (missing.length > 0) {
      throw new ArgumentError('EMA.update', 'a value for each average', `none for ${showPaths(missing)}`)
    }
    for (const [path, leaf] of held) {
      const average = leaf as unknown as Variable
      const { value } = given.get(keyOf(path))!
      average.value = np.add(np.multiply(average.value, this.decay), np.multiply(value, 1 - this.decay))
    }
  }

  /** A new model with the averages in the place of the values. Its averaged Variables are those of this object. */
  applyTo<M>(model: M): M {
    const { def, leaves } = flattenGraph(model, true)
    const averages = new Map(toFlatState(this.params).map(([path, leaf]) => [keyOf(path), leaf as unknown as Variable]))
    const chosen = leaves.map((_, i) => averages.get(keyOf(def.paths[i]!)))
    const indices = new Map<number, Variable>()
    const visit = (node: typeof def.root): void => {
      const average = node.kind === 'variable' ? chosen[node.leaf] : undefined
      if (node.kind === 'variable' && average !== undefined) indices.set(node.index, average)
      if (node.kind === 'object' || node.kind === 'container') node.children.forEach(visit)
    }
    visit(def.root)
    const values = leaves.map((leaf, i) => chosen[i]?.rawValue ?? leaf)
    return new Builder(values, [], (index) => indices.get(index)).build(def.root) as M
  }

  private chosen(params: unknown): AnyState {
    return isState(params) ? filterState(params, this.only) : state(params, this.only)
  }
}
