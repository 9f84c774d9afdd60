/** Settings of the process: what a trace means, and what is said of it. */
import { Device } from './device.js'
import { ArgumentError } from './errors.js'

/** Names and values of the settings. */
export interface Settings {
  /**
   * Layout of threefry's random bits. `false` (default) is JAX's before 0.5, the layout of the documented numbers of
   * `nnx.Optimizer`; `true` is that of later JAX.
   */
  readonly threefryPartitionable: boolean
  /** Whether each equation keeps the line of the user's code that it comes from, for profiles; `false` by default. */
  readonly sourceLines: boolean
  /** Whether a result with NaN throws a `FloatingPointError` that names the primitive; `false` by default. Slow. */
  readonly debugNans: boolean
  /** The same for infinities. */
  readonly debugInfs: boolean
  /**
   * Whether the elementwise end of a jitted program, such as an optimizer's update, runs as fused WebAssembly loops
   * instead of ONNX Runtime's operations; `true` by default. The results are the same bit for bit.
   */
  readonly fusedLoops: boolean
  /** Where arrays are made and programs run that are bound to no device; `null` (default) for what `ONNAX_DEVICE` says. */
  readonly defaultDevice: Device | null
  /** Whether a random key that is used a second time throws a `KeyReuseError`; `false` by default. */
  readonly debugKeyReuse: boolean
  /**
   * Whether a value that outlives the transformation it was traced by throws a `LeakedTracerError`; `false` by default.
   * Very slow: the garbage collector runs at the end of each trace.
   */
  readonly checkTracerLeaks: boolean
  /**
   * Which arrays of `np` functions may differ in dtype: `'standard'` (default) promotes them, with `'strict'` only numbers
   * adapt to arrays, and all else throws a `DTypeError`.
   */
  readonly numpyDtypePromotion: 'standard' | 'strict'
  /** What happens where arrays of `np` functions, none a scalar, differ in rank; `'allow'` by default. */
  readonly numpyRankPromotion: 'allow' | 'warn' | 'raise'
  /** Whether each trace and each compilation is told on the console, with its time; `false` by default. */
  readonly logCompiles: boolean
  /** Whether the console is told why a call of a compiled function is traced again; `false` by default. */
  readonly explainCacheMisses: boolean
}

const switches: readonly unknown[] = [false, true]

/** The values of each setting, the default first. */
const choices: Readonly<Record<Exclude<keyof Settings, 'defaultDevice'>, readonly unknown[]>> = {
  threefryPartitionable: switches,
  sourceLines: switches,
  debugNans: switches,
  debugInfs: switches,
  fusedLoops: [true, false],
  debugKeyReuse: switches,
  checkTracerLeaks: switches,
  numpyDtypePromotion: ['standard', 'strict'],
  numpyRankPromotion: ['allow', 'warn', 'raise'],
  logCompiles: switches,
  explainCacheMisses: switches,
}

/** Settings that no program depends on. */
const reports: readonly string[] = ['logCompiles', 'explainCacheMisses'] satisfies readonly (keyof Settings)[]

let settings = {
  ...Object.fromEntries(Object.entries(choices).map(([name, [first]]) => [name, first])),
  defaultDevice: null,
} as unknown as Settings
let version = 0

/** Settings of the process. */
export const config = {
  /** Value of a setting. */
  get: <K extends keyof Settings>(name: K): Settings[K] => settings[name],

  /**
   * Change a setting; functions jitted before are traced again.
   *
   * @throws ArgumentError if the setting or its value is unknown
   */
  update: <K extends keyof Settings>(name: K, value: Settings[K]): void => {
    if (!Object.hasOwn(settings, name)) {
      throw new ArgumentError('config.update', `one of ${Object.keys(settings).join(', ')}`, name)
    }
    if (name === 'defaultDevice') {
      if (value !== null && !(value instanceof Device)) {
        throw new ArgumentError(`config.update('${name}')`, 'one of devices(), or null', typeof value)
      }
      // A trace is the same for every device.
      settings = { ...settings, [name]: value }
      return
    }
    const values: readonly unknown[] = choices[name as Exclude<K, 'defaultDevice'>]
    if (!values.includes(value)) {
      const known = values.map((x) => JSON.stringify(x)).join(', ')
      throw new ArgumentError(`config.update('${name}')`, `one of ${known}`, JSON.stringify(value))
    }
    settings = { ...settings, [name]: value }
    if (!reports.includes(name)) version += 1
  },

  /** Run `f` with a setting, then restore it. */
  using: <K extends keyof Settings, T>(name: K, value: Settings[K], f: () => T): T => {
    const saved = settings[name]
    config.update(name, value)
    try {
      return f()
    } finally {
      config.update(name, saved)
    }
  },
} as const

/** Has functions jitted before traced again. */
export const forgetTraces = (): void => {
  version += 1
}

/** Changes with every change of a setting that programs depend on. */
export const settingsVersion = (): number => version
