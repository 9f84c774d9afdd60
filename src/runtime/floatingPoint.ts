/**
 * Flushing of denormal numbers on the thread that runs JavaScript.
 *
 * ONNX Runtime's own switch reaches the threads of its pool only. The calling thread computes a share of every run, and
 * denormals cost it up to 33 times the time; so its floating-point mode is changed for the run, and restored after it,
 * because JavaScript's own doubles must keep their denormals.
 */
import { koffi, openLibrary, posixLibrary } from './api.js'

interface Mode {
  readonly set: (address: bigint) => number
  readonly flushing: bigint
  readonly usual: bigint
  /** Keeps the memory of both addresses. */
  readonly memory: readonly ArrayBuffer[]
}

interface DenormalCall {
  readonly library: string
  readonly name: string
  readonly environment: Uint8Array
}

interface Control {
  readonly flush: () => void
  readonly restore: () => void
}

const NONE: Control = { flush: () => undefined, restore: () => undefined }
let control: Control | undefined

/** From here on this thread treats denormals as zero, until {@link restoreDenormals}. */
export function flushDenormals(): void {
  control ??= openControl()
  control.flush()
}

/** This thread computes with denormals again. */
export function restoreDenormals(): void {
  control?.restore()
}

/**
 * The call by which another thread flushes denormals for good, where the system has one of this form: a function of a
 * library, and the environment that it takes.
 */
export function denormalCall(): DenormalCall | null {
  if (process.platform === 'win32') return null
  try {
    const mode = posixMode()
    return mode === null
      ? null
      : { library: posixLibrary(), name: 'fesetenv', environment: new Uint8Array(mode.memory[1]!) }
  } catch {
    return null
  }
}

// Denormals are a matter of speed: where the mode cannot be reached, everything else still works.
function openControl(): Control {
  try {
    if (process.platform === 'win32') return windowsControl()
    const mode = posixMode()
    return mode === null
      ? NONE
      : { flush: () => void mode.set(mode.flushing), restore: () => void mode.set(mode.usual) }
  } catch {
    return NONE
  }
}

// The word of `fenv_t` that holds the mode, and its bits: MXCSR's DAZ and FTZ, FPCR's FZ.
function modeBits(): readonly [word: number, bits: number] | null {
  if (process.arch === 'x64') return [7, 0x8040]
  if (process.arch !== 'arm64') return null
  return [process.platform === 'darwin' ? 2 : 0, 1 << 24]
}

function posixMode(): Mode | null {
  const place = modeBits()
  if (place === null) return null
  const [word, bits] = place
  const { address } = koffi()
  const library = openLibrary(posixLibrary())
  const usual = new ArrayBuffer(64)
  library.func('fegetenv', 'int', ['void *'])(usual)
  const flushing = usual.slice(0)
  new Uint32Array(flushing)[word]! |= bits
  return {
    set: library.func('fesetenv', 'int', ['void *']) as unknown as Mode['set'],
    flushing: address(flushing),
    usual: address(usual),
    memory: [usual, flushing],
  }
}

function windowsControl(): Control {
  const set = openLibrary('ucrtbase.dll').func('_controlfp_s', 'int', ['void *', 'uint32_t', 'uint32_t'])
  const current = new Uint32Array(new ArrayBuffer(4))
  const DENORMALS_FLUSH = 0x01000000
  const DENORMALS_MASK = 0x03000000
  return {
    flush: () => void set(current, DENORMALS_FLUSH, DENORMALS_MASK),
    restore: () => void set(current, 0, DENORMALS_MASK),
  }
}
