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
   * instead of ONNX Runtime's operations; `true` by default. The results are the same bit for bit, but for
   * zeros and denormals that are selected: ONNX Runtime loses the sign of the one and flushes the other.
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
  /**
   * Folder in which programs that ONNX Runtime has optimized are kept for later processes, JAX's `jax_compilation_cache_dir`: a
   * program that is there is compiled in a third of the time. `''` keeps none; by default what `ONNAX_CACHE_DIR` in the environment says.
   */
  readonly compilationCacheDir: string
  /** Most bytes in that folder, 1 GiB by default; what was used least recently goes. */
  readonly compilationCacheMaxSize: number
}

const switches: readonly unknown[] = [false, true]

/** The values of each setting that has few, the default first. */
const choices: Readonly<Partial<Record<keyof Settings, readonly unknown[]>>> = {
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

/** Of the others what is required of a value, and whether it is that. */
const rules: Readonly<Partial<Record<keyof Settings, readonly [string, (value: unknown) => boolean]>>> = {
  defaultDevice: ['one of devices(), or null', (value) => value === null || value instanceof Device],
  compilationCacheDir: ["a folder, or ''", (value) => typeof value === 'string'],
  compilationCacheMaxSize: ['a number of bytes', (value) => typeof value === 'number' && value >= 0],
}

/** Settings that no program depends on. */
const independent: readonly string[] = [
  'logCompiles',
  'explainCacheMisses',
  'defaultDevice',
  'compilationCacheDir',
  'compilationCacheMaxSize',
] satisfies readonly (keyof Settings)[]

let settings = {
  ...Object.fromEntries(Object.entries(choices).map(([name, [first]]) => [name, first])),
  defaultDevice: null,
  compilationCacheDir: process.env['ONNAX_CACHE_DIR'] ?? '',
  compilationCacheMaxSize: 2 ** 30,
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
    const values = choices[name]
    const [expected, fits] = rules[name] ?? [
      `one of ${values?.map((x) => JSON.stringify(x)).join(', ') ?? ''}`,
      (x: unknown) => values?.includes(x) === true,
    ]
    if (!fits(value)) throw new ArgumentError(`config.update('${name}')`, expected, JSON.stringify(value))
    settings = { ...settings, [name]: value }
    if (!independent.includes(name)) version += 1
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
