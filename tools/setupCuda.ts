/**
 * `npm run setup:cuda`: ONNX Runtime's provider for CUDA, and what it needs; the same as `npx onnax setup:cuda`.
 *
 * With `ONNAX_ORT_DIR` set, that folder is checked and nothing is fetched. Else the installer of onnxruntime-node
 * fetches the provider libraries of the same version from NuGet. Then everything is looked at as `onnax doctor` does,
 * and what is missing is said; the exit code is 0 only if CUDA can be used. `--check` fetches nothing.
 */
import { setUpCuda } from '../src/runtime/devices/cudaSetup.js'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
process.exitCode = setUpCuda(say, !process.argv.includes('--check')) ? 0 : 1
