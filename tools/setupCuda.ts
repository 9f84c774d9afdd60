/**
 * `npm run setup:cuda`: ONNX Runtime's provider for CUDA, and what it needs.
 *
 * With `ONNAX_ORT_DIR` set, that folder is checked and nothing is fetched. Else the installer of onnxruntime-node
 * fetches the provider libraries of the same version from NuGet. Then everything is looked at as `onnax doctor` does,
 * and what is missing is said; the exit code is 0 only if CUDA can be used. `--check` fetches nothing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runtimeVersion } from '../src/runtime/api.js'
import { cudaLibrary } from '../src/runtime/devices/cuda.js'
import { examine, reportText } from '../src/runtime/devices/doctor.js'
import { devices } from '../src/runtime/devices/registry.js'

const expected = '1.30.0'
const isCheck = process.argv.includes('--check')
const given = process.env['ONNAX_ORT_DIR'] ?? ''

const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Runs the installer that the package has, which `.npmrc` keeps from running with `npm install`. */
const fetchProvider = (): boolean => {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  say('Fetching the CUDA provider from NuGet (some hundred megabytes) …')
  const { status } = spawnSync(process.execPath, [join(folder, 'script', 'install.js'), '--onnxruntime-node-install=cuda12'], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'cuda12', npm_config_onnxruntime_node_install: 'cuda12' },
  }) // prettier-ignore
  return status === 0
}

const works = (): string | null => {
  try {
    devices('cuda')
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

if (given !== '' && runtimeVersion() !== expected) {
  say(`ONNAX_ORT_DIR requires ONNX Runtime ${expected}, got ${runtimeVersion()} in ${given}.`)
  process.exit(1)
}
if (given === '' && !existsSync(cudaLibrary()) && !isCheck) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    say('The installer has the CUDA provider for Linux on x64 only; set ONNAX_ORT_DIR to a folder that has it.')
  } else if (!fetchProvider()) {
    say(
      'The provider could not be fetched. Where NuGet cannot be reached, unpack the Python package ' +
        `onnxruntime-gpu ${expected} and set ONNAX_ORT_DIR to its folder onnxruntime/capi.`,
    )
  }
}
say(reportText(examine()))
const reason = works()
say(reason === null ? '\nCUDA can be used.' : `\nCUDA cannot be used.\n${reason}`)
process.exitCode = reason === null ? 0 : 1
