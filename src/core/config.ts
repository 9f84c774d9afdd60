/** Settings of the process that change what a trace means. */
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
}

let settings: Settings = {
  threefryPartitionable: false,
  sourceLines: false,
  debugNans: false,
  debugInfs: false,
  fusedLoops: true,
  defaultDevice: null,
}
let version = 0

/** Settings of the process. */
export const config = {
  /** Value of a setting. */
  get: <K extends keyof Settings>(name: K): Settings[K] => settings[name],

  /**
   * Change a setting; functions jitted before are traced again.
   *
   * @throws ArgumentError if the setting or its type is unknown
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
    if (typeof value !== typeof settings[name]) {
      throw new ArgumentError(`config.update('${name}')`, `a ${typeof settings[name]}`, typeof value)
    }
    settings = { ...settings, [name]: value }
    version += 1
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

/** Changes with every change of a setting. */
export const settingsVersion = (): number => version
