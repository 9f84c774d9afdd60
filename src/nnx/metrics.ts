/** Metrics: running statistics of a training. */
import { ArgumentError, DTypeError, NDArray, ShapeError, showAval } from '../core/index.js'
import * as np from '../numpy/index.js'
import type { Filter } from './filter.js'
import { split } from './graph.js'
import { GraphObject } from './object.js'
import { classNameOf } from './print.js'
import { Variable } from './variable.js'

/** State of a metric. */
export class MetricState<T = NDArray> extends Variable<T> {}

/** What metrics are updated with, by name. Each takes what it knows. */
export interface MetricInputs {
  readonly [name: string]: unknown
}

/** Base of metrics. */
export abstract class Metric extends GraphObject {
  /** Forget what was seen. */
  abstract reset(): void
  /** Take in values. */
  abstract update(inputs: MetricInputs): void
  /** The statistic of what was seen since the last reset. */
  abstract compute(): unknown

  /** Structure and state, as {@link split}. */
  split(...filters: readonly Filter[]): readonly unknown[] {
    return split<Metric, readonly Filter[]>(this, ...filters)
  }
}

const isNumber = (x: unknown): x is number | boolean => typeof x === 'number' || typeof x === 'boolean'

/** The input of a name. @throws ArgumentError */
const inputOf = (metric: Metric, inputs: MetricInputs, name: string): NDArray | number | boolean => {
  const value = inputs[name]
  if (value instanceof NDArray || isNumber(value)) return value
  const got = value === undefined ? `only ${Object.keys(inputs).join(', ') || 'nothing'}` : typeof value
  throw new ArgumentError(`${classNameOf(metric)}.update`, `an array or a number '${name}'`, got)
}

const maskOf = (inputs: MetricInputs): NDArray | null => (inputs['mask'] as NDArray | null | undefined) ?? null

/** Adds to a sum in its own dtype, so that it stays what it is. */
const addTo = (state: MetricState, x: np.ArrayLike): void => {
  state.value = np.add(state.value, x).astype(state.value.dtype)
}

const zero = (dtype: 'float32' | 'int32'): NDArray => np.zeros([], { dtype })

/**
 * The mean of all values seen.
 *
 * @example
 * const average = new nnx.metrics.Average('loss')
 * average.update({ loss: np.array([1, 2, 3]) })
 * average.update({ loss: 4 })
 * average.compute().item() // => 2.5
 */
export class Average extends Metric {
  /** The name of the input. */
  readonly argname: string
  /** Sum of the values, `float32[]`. */
  readonly total: MetricState
  /** Number of values, `int32[]`. */
  readonly count: MetricState

  /** @param argname - of the input; default `values` */
  constructor(argname = 'values') {
    super()
    this.argname = argname
    this.total = new MetricState(zero('float32'))
    this.count = new MetricState(zero('int32'))
  }

  override reset(): void {
    this.total.value = zero('float32')
    this.count.value = zero('int32')
  }

  /**
   * Take in the input named `argname`: an array or a number. `mask` (of its shape) says which elements count.
   *
   * @throws ArgumentError if the input is missing
   */
  override update(inputs: MetricInputs): void {
    this.add(inputOf(this, inputs, this.argname), maskOf(inputs))
  }

  /** @internal */
  protected add(values: NDArray | number | boolean, mask: NDArray | null): void {
    const weighted = mask === null ? values : np.multiply(values, mask)
    addTo(this.total, isNumber(weighted) ? Number(weighted) : np.sum(weighted))
    addTo(this.count, mask !== null ? np.sum(mask) : isNumber(values) ? 1 : values.size)
  }

  /** `float32[]`; NaN if nothing was seen. */
  override compute(): NDArray {
    return np.divide(this.total.value, this.count.value)
  }
}

export interface AccuracyOptions {
  /** For two classes: logits from here on are the class 1. Default: several classes, the greatest logit wins. */
  readonly threshold?: number | null
}

/**
 * The share of right classifications.
 *
 * @example
 * const accuracy = new nnx.metrics.Accuracy()
 * accuracy.update({ logits: np.array([[1, 2], [3, 1]]), labels: np.array([1, 1], { dtype: 'int32' }) })
 * accuracy.compute().item() // => 0.5
 */
export class Accuracy extends Average {
  readonly threshold: number | null

  constructor({ threshold = null }: AccuracyOptions = {}) {
    super()
    this.threshold = threshold
  }

  /**
   * Take in `logits`, `[...batch, classes]` (`[...batch]` with a threshold), and `labels`, int32 `[...batch]`; `mask` says
   * which count.
   *
   * @throws ShapeError, DTypeError
   */
  override update(inputs: MetricInputs): void {
    const logits = np.asarray(inputOf(this, inputs, 'logits'))
    const labels = np.asarray(inputOf(this, inputs, 'labels'))
    const { threshold } = this
    const ndim = labels.ndim + (threshold === null ? 1 : 0)
    if (logits.ndim !== ndim) {
      throw new ShapeError(
        'Accuracy.update',
        threshold === null ? 'logits of one axis more than the labels' : 'logits and labels of as many axes',
        `${showAval(logits.aval)} and ${showAval(labels.aval)}`,
      )
    }
    if (labels.dtype !== 'int32' && labels.dtype !== 'int64') {
      throw new DTypeError('Accuracy.update', 'labels of dtype int32', labels.dtype)
    }
    const classes = labels.astype('int32')
    const right =
      threshold === null
        ? np.equal(np.argmax(logits, { axis: -1 }), classes)
        : np.equal(np.greaterEqual(logits, threshold), np.greater(classes, 0))
    this.add(right, maskOf(inputs))
  }
}

/** What {@link Welford} computes. */
export interface Statistics {
  readonly mean: NDArray
  readonly standardErrorOfMean: NDArray
  readonly standardDeviation: NDArray
}

/**
 * Mean, standard deviation and standard error of all values seen, by Welford's method.
 *
 * @see https://en.wikipedia.org/wiki/Algorithms_for_calculating_variance#Parallel_algorithm
 * @example
 * const welford = new nnx.metrics.Welford()
 * welford.update({ values: np.array([1, 3]) })
 * welford.compute().standardDeviation.item() // => 1
 */
export class Welford extends Metric {
  /** The name of the input. */
  readonly argname: string
  /** Number of values, `int32[]`. */
  readonly count: MetricState
  /** Mean of the values, `float32[]`. */
  readonly mean: MetricState
  /** Sum of the squared distances from the mean, `float32[]`. */
  readonly m2: MetricState

  /** @param argname - of the input; default `values` */
  constructor(argname = 'values') {
    super()
    this.argname = argname
    this.count = new MetricState(zero('int32'))
    this.mean = new MetricState(zero('float32'))
    this.m2 = new MetricState(zero('float32'))
  }

  override reset(): void {
    this.count.value = zero('int32')
    this.mean.value = zero('float32')
    this.m2.value = zero('float32')
  }

  /** Take in the input named `argname`: an array or a number. @throws ArgumentError if it is missing */
  override update(inputs: MetricInputs): void {
    const values = inputOf(this, inputs, this.argname)
    const count = isNumber(values) ? 1 : values.size
    const before = this.count.value
    addTo(this.count, count)
    const after = this.count.value
    const delta = np.subtract(isNumber(values) ? Number(values) : np.mean(values), this.mean.value)
    addTo(this.mean, np.divide(np.multiply(delta, count), after))
    const within = isNumber(values) ? 0 : np.multiply(np.var(values), count)
    const between = np.divide(np.multiply(np.multiply(np.square(delta), count), before), after)
    addTo(this.m2, np.add(within, between))
  }

  /** Each `float32[]`; NaN if nothing was seen. */
  override compute(): Statistics {
    const count = this.count.value
    const standardDeviation = np.sqrt(np.divide(this.m2.value, count))
    return {
      mean: this.mean.value,
      standardErrorOfMean: np.divide(standardDeviation, np.sqrt(count)),
      standardDeviation,
    }
  }
}

/** Metrics by name. */
export type MetricGroup = Readonly<Record<string, Metric>>

/** What the metrics of a group compute, by name. */
export type Computed<T> = { readonly [K in keyof T]: T[K] extends Metric ? ReturnType<T[K]['compute']> : never }

class MultiMetricClass<T extends object> extends Metric {
  /** The names in the order of the constructor. */
  readonly metricNames: readonly string[]

  constructor(metrics: T) {
    super()
    this.metricNames = Object.keys(metrics)
    const fields = this as unknown as Record<string, Metric>
    for (const [name, metric] of Object.entries(metrics) as readonly (readonly [string, Metric])[]) {
      if (name in this) {
        throw new ArgumentError('MultiMetric', 'names other than those of its own methods and fields', `'${name}'`)
      }
      fields[name] = metric
    }
  }

  /** The metrics with their names. */
  private metrics(): readonly (readonly [name: string, metric: Metric])[] {
    const fields = this as unknown as MetricGroup
    return this.metricNames.map((name) => [name, fields[name]!] as const)
  }

  override reset(): void {
    for (const [, metric] of this.metrics()) metric.reset()
  }

  /**
   * Update each metric with the same inputs.
   *
   * @param inputs - with `mask` for all, or by name of metric
   */
  override update(inputs: MetricInputs): void {
    const { mask, ...values } = inputs
    const byName = typeof mask === 'object' && mask !== null && !(mask instanceof NDArray)
    for (const [name, metric] of this.metrics()) {
      const own = byName ? (mask as MetricInputs)[name] : mask
      metric.update(own === undefined || own === null ? values : { ...values, mask: own })
    }
  }

  /** The results by name, in the order of the constructor. */
  override compute(): Computed<T> {
    return Object.fromEntries(this.metrics().map(([name, metric]) => [name, metric.compute()])) as Computed<T>
  }
}

/**
 * Metrics that are updated together; each is a field.
 *
 * @example
 * const metrics = new nnx.MultiMetric({ accuracy: new nnx.metrics.Accuracy(), loss: new nnx.metrics.Average() })
 * metrics.update({ logits: np.array([[0, 1]]), labels: np.array([1], { dtype: 'int32' }), values: 0.5 })
 * const { accuracy, loss } = metrics.compute()
 * accuracy.item() // => 1
 * metrics.loss.total.value.item() // => 0.5
 */
export type MultiMetric<T extends object = object> = MultiMetricClass<T> & T

/** The class of groups of metrics. @throws ArgumentError if a name is that of a method */
export const MultiMetric = MultiMetricClass as unknown as new <T extends MetricGroup>(metrics: T) => MultiMetric<T>
