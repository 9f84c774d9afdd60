/** Gets ONNX Runtime's provider for CUDA, with the installer of onnxruntime-node, and says what keeps it from being used. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runtimeVersion } from '../api.js'
import { cudaLibrary } from './cuda.js'
import { examine, reportText } from './doctor.js'
import { ProviderFetchError } from './errors.js'
import { devices } from './registry.js'

/** The version that everything is made for. */
const expected = '1.30.0'

/** What a run of the installer gave. */
export interface InstallerResult {
  /** `null` where a signal ended it. */
  readonly status: number | null
  readonly errors: string
}

const byHand =
  `Where the Python package index can be reached, run \`pip download --no-deps onnxruntime-gpu==${expected}\`, unpack the file (it is a ZIP archive), ` +
  'and set ONNAX_ORT_DIR to its folder onnxruntime/capi.'

/** What the installer's words mean. */
const reasons: readonly (readonly [pattern: RegExp, reason: (match: RegExpExecArray) => string])[] = [
  [/getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (\S+)/, ([, host]) => `the host ${host!} is not known here`],
  [/connect (ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH) (\S+)/, ([, code, to]) => `${to!} can't be reached (${code!})`],
  [/(ECONNRESET|socket hang up|ETIMEDOUT)/, ([, code]) => `the connection broke (${code!})`],
  [/^Error: (.*certificate.*)$/im, ([, words]) => `the connection is not trusted (${words!})`],
  [/HTTP status code = (\d+)/, ([, status]) => `the server answers with status ${status!}`],
  [/(EACCES|EPERM|EROFS)[^'\n]*'([^']+)'/, ([, code, path]) => `${path!} can't be written (${code!})`],
  [/ENOSPC/, () => 'the disk is full'],
  [/^(?:\w*Error): (.+)$/m, ([, words]) => words!],
] // prettier-ignore

/** Why the installer failed. */
export const installerReason = ({ status, errors }: InstallerResult): string => {
  for (const [pattern, reason] of reasons) {
    const match = pattern.exec(errors)
    if (match !== null) return reason(match)
  }
  return status === null ? 'its installer was ended' : `its installer ended with ${status}`
}

const runInstaller = (): InstallerResult => {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  // Named manifests (`cuda12`) it takes for no order at all, and then does nothing if npm runs it.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' }
  const script = join(folder, 'script', 'install.js')
  const { status, stderr } = spawnSync(process.execPath, [script], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  return { status, errors: stderr }
}

/**
 * Fetches the provider, some hundred megabytes, to where ONNX Runtime's library is.
 * @throws ProviderFetchError
 */
export const fetchCudaProvider = (
  install: () => InstallerResult = runInstaller,
  platform = `${process.platform}/${process.arch}`,
  library = cudaLibrary(),
): void => {
  if (platform !== 'linux/x64') {
    throw new ProviderFetchError(`its installer has nothing for ${platform}, only for linux/x64`, byHand)
  }
  const result = install()
  if (result.status !== 0) throw new ProviderFetchError(installerReason(result), byHand)
  if (!existsSync(library)) throw new ProviderFetchError(`its installer left no file ${library}`, byHand)
}

const isUsable = (): string | null => {
  try {
    devices('cuda')
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * Fetches the provider where it is missing, unless `ONNAX_ORT_DIR` names a folder or `fetch` is false, and tells what
 * was found.
 * @returns whether CUDA can be used
 */
export const setUpCuda = (say: (text: string) => void, fetch: boolean): boolean => {
  const given = process.env['ONNAX_ORT_DIR'] ?? ''
  if (given !== '' && runtimeVersion() !== expected) {
    say(`ONNAX_ORT_DIR requires ONNX Runtime ${expected}, got ${runtimeVersion()} in ${given}.`)
    return false
  }
  if (given === '' && !existsSync(cudaLibrary()) && fetch) {
    say('Fetching the CUDA provider from NuGet (some hundred megabytes) …')
    try {
      fetchCudaProvider()
    } catch (error) {
      if (!(error instanceof ProviderFetchError)) throw error
      say(error.message)
    }
  }
  say(reportText(examine()))
  const reason = isUsable()
  say(reason === null ? '\nCUDA can be used.' : `\nCUDA cannot be used.\n${reason}`)
  return reason === null
}
