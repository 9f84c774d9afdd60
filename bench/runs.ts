/** Runs of workloads in processes of their own, their values checked. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What one process says. */
export interface Run {
  /** The loss, or another number that tells right from wrong, of each step. */
  readonly values: readonly number[]
  /** Milliseconds from the start of the process to the first value. */
  readonly firstAt: number
  readonly firstStep: number
  readonly step: { readonly median: number; readonly min: number; readonly max: number }
  /** Milliseconds of the processor for a step, of all threads; mean of the counted steps. */
  readonly cpuMs: number
  readonly maxRssMegabytes: number
  /** Of the memory at the end, what the process has written to; the rest are files, ONNX Runtime's library say. */
  readonly ownMegabytes: number | null
}
/** A row of a table. */
export type Row = Readonly<Record<string, unknown>>

export const libraries = ['onnax', 'jaxjs', 'tfjs', 'jax', 'torch'] as const
export type Library = (typeof libraries)[number]
export const workloads = ['w1', 'w2', 'w3', 'w4', 'w5'] as const
export type Workload = (typeof workloads)[number]

/** Without certificates of the machine's own, which Node.js reads at its start, in 30 ms, whichever library runs. */
const environment = (): NodeJS.ProcessEnv => {
  const { NODE_EXTRA_CA_CERTS: _certificates, ...rest } = process.env
  return rest
}

const command = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: environment() })

const lastLine = (output: string): string => output.trim().split('\n').at(-1)!

/** The last line that a script of this folder prints. */
export const node = <T>(script: string, ...args: readonly string[]): T =>
  JSON.parse(lastLine(command(process.execPath, '--expose-gc', fileURLToPath(new URL(script, import.meta.url)), ...args))) as T // prettier-ignore

/** A Python that has JAX or PyTorch: `ONNAX_PYTHON_TORCH` where it isn't the one of `ONNAX_PYTHON`. */
const python = (library: Library): string => {
  const common = process.env['ONNAX_PYTHON'] ?? 'python3'
  return library === 'torch' ? (process.env['ONNAX_PYTHON_TORCH'] ?? common) : common
}

/** Whether a Python has a library. */
export const isInstalled = (library: 'jax' | 'torch'): boolean => {
  try {
    execFileSync(python(library), ['-c', `import ${library}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const version = (library: Library): string => {
  const ofPackage = (path: string): string => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
  switch (library) {
    case 'onnax':
      return `${ofPackage('package.json')}, onnxruntime-node ${ofPackage('node_modules/onnxruntime-node/package.json')}`
    case 'jaxjs':
      return ofPackage('node_modules/@jax-js/jax/package.json')
    case 'tfjs':
      return ofPackage('bench/peers/node_modules/@tensorflow/tfjs-backend-wasm/package.json')
    default:
      return command(python(library), '-c', `import ${library}; print(${library}.__version__)`).trim()
  }
}

/** Values at some steps, in JAX. A fast wrong answer is no answer. */
const expected: Readonly<Record<Workload, readonly (readonly [step: number, value: number])[]>> = {
  w1: [[1, 2.298615], [2, 2.68805], [10, 2.316824]], // prettier-ignore
  w2: [[1, 2.307702], [2, 2.316786], [10, 2.298696]], // prettier-ignore
  w3: [[1, 5.876797], [2, 5.798914], [10, 5.605632]], // prettier-ignore
  w4: [
    [1, -0.216822],
    [10, -0.2078222],
  ],
  w5: [[1, 3.346343]],
}

/** What libraries differ by: PyTorch corrects biases in double precision, and WebAssembly sums in another order. */
const tolerance = 1.5e-5

const start = (workload: Workload, library: Library, steps: number): Run => {
  const args = [workload, String(steps)]
  const output =
    library === 'jax' || library === 'torch'
      ? command(python(library), `bench/python/${library}_workload.py`, ...args)
      : library === 'tfjs'
        ? command(process.execPath, 'bench/peers/tfjs.js', ...args)
        : command(
            process.execPath,
            fileURLToPath(new URL('workload.js', import.meta.url)),
            workload,
            library,
            `${steps}`,
          )
  return JSON.parse(lastLine(output)) as Run
}

/** @throws Error where a value of a workload is not JAX's */
export const requireValues = (workload: Workload, library: string, values: readonly number[]): void => {
  for (const [step, value] of expected[workload]) {
    const got = values[step - 1]
    if (got !== undefined && !(Math.abs(got - value) <= tolerance)) {
      throw new Error(`${workload} of ${library} requires ${value} at step ${step}, got ${got}`)
    }
  }
}

/** A workload in a library. @throws Error where a value is not JAX's */
export const run = (workload: Workload, library: Library, steps: number): Run => {
  const result = start(workload, library, steps)
  requireValues(workload, library, result.values)
  return result
}

/** The middle one. */
export const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!

/** Numbers to two places. */
export const rounded = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Math.round(v * 100) / 100 : v])),
  )

/** Where it was measured. */
export const machine = {
  cpu: cpus()[0]?.model.trim(),
  cores: availableParallelism(),
  gigabytes: Math.round(totalmem() / 2 ** 30),
  platform: `${platform()} ${arch()}`,
  node: process.version,
}

/** Versions of libraries. */
export const versionsOf = (measured: readonly Library[]): Readonly<Record<string, string>> =>
  Object.fromEntries(measured.map((library) => [library, version(library)]))
