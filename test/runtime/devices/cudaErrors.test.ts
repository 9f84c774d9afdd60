/** What CUDA and its provider say when they fail, and what we make of it. The texts are recorded from version 1.30.0. */
process.env['ONNAX_FAKE_DEVICES'] = '2'

import { existsSync } from 'node:fs'
import test from 'ava'
import { cudaLibrary } from '../../../src/runtime/devices/cuda.js'
import { fetchCudaProvider, installerReason } from '../../../src/runtime/devices/cudaSetup.js'
import { explainCuda } from '../../../src/runtime/devices/cudaErrors.js'
import { cudaOptions } from '../../../src/runtime/devices/cudaOptions.js'
import {
  DeviceIndexError,
  DeviceLibraryError,
  NoAdapterError,
  ProviderFetchError,
  ProviderMissingError,
} from '../../../src/runtime/devices/errors.js'
import { chooseDevice } from '../../../src/runtime/devices/registry.js'
import { EnvironmentVariableError } from '../../../src/runtime/errors.js'

const explained = (text: string): Error | null => explainCuda('cuda:0', new Error(text))

test('libraries of CUDA that are missing, or of another version', (t) => {
  const cublas = explained(
    'Failed to load library /opt/ort/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: ' +
      'cannot open shared object file: No such file or directory',
  )
  t.true(cublas instanceof DeviceLibraryError)
  t.like(cublas, { library: 'libcublasLt.so.13', device: 'cuda:0' })
  t.regex(cublas!.message, /requires libcublasLt\.so\.13 of CUDA 13, got no such library.*Install the CUDA toolkit 13/)
  const cudnn = explained('libcudnn.so.9: cannot open shared object file: No such file or directory')
  t.regex(cudnn!.message, /requires libcudnn\.so\.9, got no such library\. Install cuDNN 9/)
  const symbol = explained('/opt/providers_cuda.so: undefined symbol: cudnnSetStream, version libcudnn.so.9')
  t.like(symbol, { name: 'DeviceLibraryError', library: 'libcudnn.so.9' })
  const frontend = explained(
    'Non-zero status code returned while running ReduceMax node. Name: Status Message: cuDNN is unavailable for CUDA ' +
      'Execution Provider: dlsym failed for cudnnCreateReduceTensorDescriptor',
  )
  t.regex(frontend!.message, /cuDNN does not load or does not suit the CUDA libraries\. Install cuDNN 9/)
  const driver = explained(
    'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0 ; hostname=h ; ' +
      'file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider_info.cc ; line=69',
  )
  t.regex(driver!.message, /the NVIDIA driver is older than the CUDA libraries\. Update the driver/)
})

test('no GPU, and an index that is too large', (t) => {
  const none = explained(
    'provider_options_utils.h:187 Parse Failed to parse provider option "device_id": CUDA failure 100: ' +
      'no CUDA-capable device is detected ; GPU=0 ; hostname=h ; file=cuda_execution_provider_info.cc ; line=69 ; ' +
      'expr=cudaGetDeviceCount(&num_devices); ',
  )
  t.true(none instanceof NoAdapterError)
  t.regex(none!.message, /cuda:0 cannot be used: no CUDA-capable device is detected\. Look at nvidia-smi/)
  const index = explained(
    'provider_options_utils.h:187 Parse Failed to parse provider option "device_id": ' +
      'cuda_execution_provider_info.cc:70 operator() Invalid device ID: 3, must be between 0 (inclusive) and 1 (exclusive).',
  )
  t.true(index instanceof DeviceIndexError)
  t.like(index, { index: 3, count: 1 })
  t.is(explained('something else'), null)
})

test('ONNAX_CUDA_OPTIONS', (t) => {
  t.like(cudaOptions(''), { use_tf32: '1', cudnn_conv_algo_search: 'EXHAUSTIVE' })
  t.like(cudaOptions('use_tf32=0, cudnn_conv_algo_search=HEURISTIC'), { use_tf32: '0', cudnn_conv_algo_search: 'HEURISTIC' }) // prettier-ignore
  t.is(cudaOptions('')['enable_cuda_graph'], '0')
  t.is(cudaOptions('enable_cuda_graph=auto')['enable_cuda_graph'], 'auto')
  for (const wrong of ['enable_cuda_graph=on', 'use_tf32', 'use_tf32=yes', 'speed=9', 'use_tf32=0=1']) {
    t.throws(() => cudaOptions(wrong), { instanceOf: EnvironmentVariableError, message: /use_tf32, arena/ })
  }
})

test('ONNAX_DEVICE', (t) => {
  t.is(chooseDevice('cpu').name, 'cpu')
  t.is(chooseDevice('fake:1').name, 'fake:1')
  t.throws(() => chooseDevice('gpu'), {
    instanceOf: EnvironmentVariableError,
    message: /ONNAX_DEVICE requires auto, cpu, cuda, cuda:N or webgpu, got 'gpu'/,
  })
  t.throws(() => chooseDevice('fake:9'), { instanceOf: DeviceIndexError, message: /has 2 of its platform/ })
})

test('what the installer says when it fails', (t) => {
  // Recorded where NuGet cannot be reached; the others are Node's and the installer's own words.
  const said = (errors: string, status: number | null = 1): string => installerReason({ status, errors })
  const recorded =
    'node:internal/process/promises:391\n    triggerUncaughtException(err, true /* fromPromise */);\n    ^\n\n' +
    'Error: getaddrinfo ENOTFOUND api.nuget.org\n    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:122:26)'
  t.is(said(recorded), 'the host api.nuget.org is not known here')
  t.is(said('Error: connect ECONNREFUSED 127.0.0.1:443\n  at x'), "127.0.0.1:443 can't be reached (ECONNREFUSED)")
  t.is(said('Error: read ECONNRESET\n  at x'), 'the connection broke (ECONNRESET)')
  t.is(said('Error: unable to get local issuer certificate\n  at x'), 'the connection is not trusted (unable to get local issuer certificate)') // prettier-ignore
  t.is(said('Error: Failed to download from https://x/y. HTTP status code = 503\n'), 'the server answers with status 503') // prettier-ignore
  t.is(said("Error: EACCES: permission denied, open '/opt/a.so'"), "/opt/a.so can't be written (EACCES)")
  t.is(said('Error: ENOSPC: no space left on device, write'), 'the disk is full')
  t.is(said('Error: Failed to resolve package. No package exists for: {}\n'), 'Failed to resolve package. No package exists for: {}') // prettier-ignore
  t.is(said('', 3), 'its installer ended with 3')
  t.is(said('', null), 'its installer was ended')
})

test('a provider that cannot be fetched, and what to do', (t) => {
  const fails = (status: number, errors = '', platform = 'linux/x64'): ProviderFetchError =>
    t.throws(() => fetchCudaProvider(() => ({ status, errors }), platform, '/nowhere/providers_cuda.so'), {
      instanceOf: ProviderFetchError,
    })
  const offline = fails(1, 'Error: getaddrinfo ENOTFOUND api.nuget.org')
  t.regex(
    offline.message,
    /could not be fetched from NuGet: the host api\.nuget\.org is not known here\. Where the Python package index can/,
  )
  t.regex(offline.repair, /pip download --no-deps onnxruntime-gpu==1\.30\.0`.* ONNAX_ORT_DIR .*onnxruntime\/capi/)
  t.regex(fails(0).reason, /left no file \/nowhere\/providers_cuda\.so/)
  t.regex(fails(0, '', 'darwin/arm64').reason, /nothing for darwin\/arm64/)
  t.notThrows(() => fetchCudaProvider(() => ({ status: 0, errors: '' }), 'linux/x64', process.execPath))
})

const withoutProvider = existsSync(cudaLibrary()) ? test.skip : test

withoutProvider('without the provider’s library CUDA says so, and auto takes the CPU', (t) => {
  t.throws(() => chooseDevice('cuda:0'), {
    instanceOf: ProviderMissingError,
    message: /cuda cannot be used: requires ONNX Runtime's provider library, got no file .*providers_cuda/,
  })
  t.is(chooseDevice('auto').name, 'cpu')
  t.is(chooseDevice('').name, 'cpu')
})
