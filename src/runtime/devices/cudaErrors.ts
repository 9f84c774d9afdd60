/** What the CUDA provider and CUDA itself say when they fail, as errors that say what to do. */
import { DeviceIndexError, DeviceLibraryError, NoAdapterError } from './errors.js'

/** First words of a file of CUDA's libraries, and the package that brings it. */
const packages: readonly (readonly [RegExp, string])[] = [
  [/cudnn/, 'cuDNN 9'],
  [/cublas|cudart|cufft|curand|nvrtc|nvJitLink/, 'the CUDA toolkit'],
  [/^libcuda|nvcuda/, 'the NVIDIA driver'],
]

const versionOf = (library: string): string | null => {
  if (/cudnn|curand|cufft|^libcuda\.|^nvcuda/.test(library)) return null
  return (/\.so\.(\d+)/.exec(library) ?? /_(\d+)\.dll/.exec(library))?.[1] ?? null
}

const missing = (device: string, library: string, cause: Error): DeviceLibraryError => {
  const source = packages.find(([pattern]) => pattern.test(library))?.[1] ?? 'the library'
  const version = versionOf(library)
  const cuda = version === null ? '' : ` of CUDA ${version}`
  const repair =
    `Install ${source}${version === null ? '' : ` ${version}`} and put its folder on the path of libraries ` +
    `(LD_LIBRARY_PATH), or take a build of ONNX Runtime for the CUDA that is installed (ONNAX_ORT_DIR).`
  return new DeviceLibraryError(device, library, `requires ${library}${cuda}, got no such library`, repair, cause)
}

/** The error that a failure of CUDA is; `null` where its words are not known. */
export const explainCuda = (device: string, error: Error): Error | null => {
  const text = error.message
  const library =
    /([\w.-]+\.so[\w.]*): cannot open shared object file/.exec(text)?.[1] ??
    /(?:depends on|error loading|LoadLibrary failed with error 126).*?([\w.-]+\.dll)/i.exec(text)?.[1]
  if (library !== undefined) return missing(device, library, error)
  const symbol = /(\S+): undefined symbol: (\S+), version (lib\S+)/.exec(text)
  if (symbol !== null) {
    const reason = `${symbol[3]!} lacks ${symbol[2]!}, which ONNX Runtime's provider needs: it is another version`
    return new DeviceLibraryError(
      device,
      symbol[3]!,
      reason,
      'Install the newest release of that major version.',
      error,
    )
  }
  if (/CUDA failure 35\b|driver version is insufficient/.test(text)) {
    const reason = 'the NVIDIA driver is older than the CUDA libraries'
    return new DeviceLibraryError(
      device,
      'libcuda.so.1',
      reason,
      'Update the driver, or use older CUDA libraries.',
      error,
    )
  }
  if (/CUDNN_STATUS_(NOT_INITIALIZED|.*VERSION_MISMATCH)|cuDNN is unavailable|initialize CUDNN Frontend/i.test(text)) {
    const reason = 'cuDNN does not load or does not suit the CUDA libraries'
    return new DeviceLibraryError(device, 'libcudnn.so.9', reason, 'Install cuDNN 9 for this version of CUDA.', error)
  }
  const index = /Invalid device ID: (\d+), must be between 0 \(inclusive\) and (\d+)/.exec(text)
  if (index !== null) return new DeviceIndexError(device, Number(index[1]), Number(index[2]))
  if (/CUDA failure (100|999|3|46|802|803)\b|no CUDA-capable device/.test(text)) {
    const reason = /CUDA failure \d+: ([^;]+)/.exec(text)?.[1]?.trim() ?? 'CUDA finds no device'
    return new NoAdapterError(device, reason, 'Look at nvidia-smi: the GPU must be visible to this process.', error)
  }
  return null
}
