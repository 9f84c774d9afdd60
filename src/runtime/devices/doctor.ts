/** What of this machine onnax can use, and why not the rest. */
import { existsSync } from 'node:fs'
import { libraryPath, ort, runtimeVersion } from '../api.js'
import { availableProviders, threadCount } from '../environment.js'
import { cudaLibrary } from './cuda.js'
import { cudaDriverInfo, cudaRuntimeVersion, cudnnVersion } from './cudaLibraries.js'
import { cudaKernelsVersion } from './cudaKernels.js'
import { defaultDevice, devices } from './registry.js'

/** One line of the report: what it is about, what was found, and whether that is a fault. */
export interface Finding {
  readonly topic: string
  readonly text: string
  readonly isFault: boolean
}

const variables = [
  'ONNAX_DEVICE',
  'ONNAX_ORT_DIR',
  'ONNAX_ORT_LIBRARY',
  'ONNAX_NUM_THREADS',
  'ONNAX_SPIN',
  'ONNAX_MEMORY_LIMIT',
  'ONNAX_PINNED_MEMORY',
  'ONNAX_CUDA_OPTIONS',
  'ONNAX_STRICT_DEVICE',
  'ONNAX_LOG_LEVEL',
]

/** What `f` finds, or why it found nothing. */
const looking = (topic: string, f: () => string, isFault = true): Finding => {
  try {
    return { topic, text: f(), isFault: false }
  } catch (error) {
    return { topic, text: error instanceof Error ? error.message : String(error), isFault }
  }
}

const cudaFindings = (): readonly Finding[] => [
  looking('CUDA provider', () => `${cudaLibrary()}${existsSync(cudaLibrary()) ? '' : ' (missing)'}`, false),
  looking(
    'NVIDIA driver',
    () => {
      const { version, devices: gpus } = cudaDriverInfo()
      const names = gpus.map(({ name, bytes }) => `${name} (${(bytes / 2 ** 30).toFixed(0)} GiB)`)
      return `CUDA up to ${version}; ${names.join(', ')}`
    },
    false,
  ),
  looking('CUDA runtime', () => cudaRuntimeVersion() ?? 'does not load', false),
  looking('cuDNN', () => cudnnVersion() ?? 'does not load', false),
]

/** Versions, devices and reasons. A fault is what keeps onnax from running at all. */
export const examine = (): readonly Finding[] => {
  const library = [
    looking('node', () => `${process.version} on ${process.platform}/${process.arch}`),
    looking('ONNX Runtime', () => `${runtimeVersion()}, ${libraryPath()}`),
    looking('build', () => ort().GetBuildInfoString()),
    looking('providers', () => availableProviders().join(', ')),
    looking('threads', () => `${threadCount()}`),
  ]
  const set = variables.flatMap((name): Finding[] => {
    const text = process.env[name]
    return text === undefined ? [] : [{ topic: name, text, isFault: false }]
  })
  if (library.some(({ isFault }) => isFault)) return [...library, ...set]
  const statuses = devices({ all: true }).map(({ platform, device, reason }): Finding => ({
    topic: device === null ? platform : device.name,
    text: reason ?? `${String(device)} works`,
    isFault: false,
  }))
  const chosen = looking('default', () => String(defaultDevice()))
  const lint = { topic: 'kernel table', text: `CUDA kernels of ONNX Runtime ${cudaKernelsVersion}`, isFault: false }
  return [...library, ...set, ...cudaFindings(), lint, ...statuses, chosen]
}

/** The findings as lines of text. */
export const reportText = (findings: readonly Finding[]): string => {
  const width = Math.max(...findings.map(({ topic }) => topic.length))
  return findings.map(({ topic, text, isFault }) => `${isFault ? '✘' : ' '} ${topic.padEnd(width)}  ${text}`).join('\n')
}
