export { deviceBackend } from './backend.js'
export {
  DeviceIndexError,
  DeviceLibraryError,
  DeviceMismatchError,
  DeviceUnavailableError,
  GraphCaptureError,
  type MemoryHolder,
  NoAdapterError,
  OutOfMemoryError,
  ProviderMissingError,
  type UnsupportedNode,
  UnsupportedNodesError,
} from './errors.js'
export { defaultBackend, defaultDevice, deviceCount, devices, type DeviceStatus } from './registry.js'
export { deviceGet, devicePut } from './transfer.js'
