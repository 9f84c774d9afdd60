/** The devices of this machine: which there are, which work, and why the others don't. */
import { existsSync } from 'node:fs'
import { availableProviders } from '../environment.js'
import { ArgumentError, config, cpuDevice, Device, type MemoryStats, type Platform } from '../../core/index.js'
import { EnvironmentVariableError } from '../errors.js'
import { cudaDriver, cudaLibrary } from './cuda.js'
import type { Driver } from './driver.js'
import { DeviceIndexError, DeviceUnavailableError } from './errors.js'
import { fakeDriver } from './fake.js'
import { DeviceTarget } from './target.js'
import { webGpuDriver } from './webgpu.js'

const drivers: Readonly<Record<Exclude<Platform, 'cpu'>, Driver>> = {
  cuda: cudaDriver,
  webgpu: webGpuDriver,
  fake: fakeDriver,
}

/** Platforms that a listing of all names. */
const listed: readonly Platform[] = ['cpu', 'cuda', 'webgpu']

const known = new Map<string, Device>([['cpu', cpuDevice]])
const opened = new Map<Device, DeviceTarget>()

/** Whether any device besides the CPU was used; until then nothing needs to ask where arrays are. */
let inUse = false

const deviceOf = (platform: Platform, id: number): Device => {
  const name = platform === 'cpu' ? 'cpu' : `${platform}:${id}`
  let device = known.get(name)
  if (device === undefined) {
    const stats = (): MemoryStats | null => opened.get(device!)?.memory.stats() ?? null
    known.set(name, (device = new Device(platform, id, stats)))
  }
  return device
}

const parse = (name: string): readonly [Platform, number] | null => {
  const match = /^(cpu|cuda|webgpu|fake)(?::(\d+))?$/.exec(name)
  return match === null ? null : [match[1] as Platform, Number(match[2] ?? 0)]
}

/** What opens a device. @throws DeviceUnavailableError */
export const openTarget = (device: Device): DeviceTarget => {
  let target = opened.get(device)
  if (target === undefined) {
    const driver = drivers[device.platform as Exclude<Platform, 'cpu'>]
    const count = driver.count()
    if (device.id >= count) throw new DeviceIndexError(device.name, device.id, count)
    try {
      target = new DeviceTarget(device, driver)
    } catch (error) {
      throw (error instanceof Error ? driver.explain?.(device.name, error) : null) ?? error
    }
    opened.set(device, target)
  }
  inUse = true
  return target
}

/** The opened target of a device; `null` for the CPU. @throws DeviceUnavailableError */
export const targetOf = (device: Device): DeviceTarget | null =>
  device === cpuDevice ? null : (opened.get(device) ?? openTarget(device))

/** From here on, calls look at where their arguments are. */
export const watchPlacement = (): void => {
  inUse = true
}

let fromEnvironment: Device | null = null

const environmentDevice = (): Device => (fromEnvironment ??= chooseDevice(process.env['ONNAX_DEVICE'] ?? ''))

/**
 * The default device that a text of `ONNAX_DEVICE` means.
 * @throws EnvironmentVariableError, DeviceUnavailableError
 */
export const chooseDevice = (given: string): Device => {
  if (given === '' || given === 'auto') return automatic()
  const named = parse(given)
  if (named === null) {
    throw new EnvironmentVariableError('ONNAX_DEVICE', 'auto, cpu, cuda, cuda:N or webgpu', given)
  }
  return usable(deviceOf(...named))
}

/** CUDA's first device where it works, else the CPU; without its library nothing is tried. */
const automatic = (): Device => {
  if (!existsSync(cudaLibrary())) return cpuDevice
  try {
    return usable(deviceOf('cuda', 0))
  } catch (error) {
    if (error instanceof DeviceUnavailableError) return cpuDevice
    throw error
  }
}

/** The device, opened. @throws DeviceUnavailableError */
const usable = (device: Device): Device => {
  if (device === cpuDevice) return device
  openTarget(device)
  return device
}

/** Whether arrays can only be on the CPU: what a call asks first. */
export const isCpuOnly = (): boolean => {
  if (inUse) return false
  const device = config.get('defaultDevice')
  return device === null ? environmentDevice() === cpuDevice : device === cpuDevice
}

/** Where what is bound to no device goes. */
export const currentDevice = (): Device => config.get('defaultDevice') ?? environmentDevice()

/**
 * A device by its name or itself.
 * @throws ArgumentError where there is no such name
 * @throws DeviceUnavailableError where it cannot be used
 */
export const resolveDevice = (where: string, device: Device | string): Device => {
  if (device instanceof Device) return usable(device)
  const named = parse(device)
  if (named === null) throw new ArgumentError(where, 'a device or its name (cpu, cuda, cuda:N, webgpu)', `'${device}'`)
  if (named[0] === 'cpu' && named[1] !== 0) throw new DeviceIndexError(device, named[1], 1)
  return usable(deviceOf(...named))
}

/** A device, or a platform without any that works. */
export interface DeviceStatus {
  readonly platform: Platform
  /** `null` where there is none that can be used. */
  readonly device: Device | null
  /** Why it cannot be used; `null` if it can. */
  readonly reason: string | null
  readonly error: Error | null
}

const ofPlatform = (platform: Platform): readonly Device[] => {
  if (platform === 'cpu') return [cpuDevice]
  const count = drivers[platform].count()
  const first = usable(deviceOf(platform, 0))
  return [first, ...Array.from({ length: count - 1 }, (_, i) => deviceOf(platform, i + 1))]
}

const statusOf = (platform: Platform): readonly DeviceStatus[] => {
  try {
    return ofPlatform(platform).map((device) => ({ platform, device, reason: null, error: null }))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return [{ platform, device: null, reason: error.message, error }]
  }
}

/**
 * The devices of a platform, by default of the one that programs run on by default.
 *
 * `{ all: true }`: one row for each device of each platform, and for each platform that cannot be used the reason.
 *
 * @throws DeviceUnavailableError where the platform cannot be used
 * @throws ArgumentError where there is no such platform
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.devices.html
 * @example
 * devices('cpu') // => [ CpuDevice(id=0) ]
 * devices({ all: true }).map(({ platform }) => platform) // => [ 'cpu', 'cuda', 'webgpu' ]
 */
export function devices(platform?: string): readonly Device[]
export function devices(options: { readonly all: true }): readonly DeviceStatus[]
export function devices(
  argument: string | { readonly all: true } = currentDevice().platform,
): readonly Device[] | readonly DeviceStatus[] {
  if (typeof argument === 'object') {
    const platforms = process.env['ONNAX_FAKE_DEVICES'] === undefined ? listed : [...listed, 'fake' as const]
    return platforms.flatMap(statusOf)
  }
  const named = parse(argument)
  if (named === null || argument.includes(':')) {
    throw new ArgumentError('devices', 'cpu, cuda or webgpu', `'${argument}'`)
  }
  return ofPlatform(named[0])
}

/** The devices' number. @see {@link devices} */
export const deviceCount = (platform?: string): number => devices(platform).length

/**
 * Where arrays are made and programs run that are bound to no device. With a device and a function: run `f` with
 * another default.
 *
 * It is what `config.update('defaultDevice', …)` says, else `ONNAX_DEVICE` (`auto`, the default: CUDA where it works,
 * else the CPU).
 *
 * @throws EnvironmentVariableError, DeviceUnavailableError
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.default_device.html
 * @example
 * defaultDevice('cpu', () => np.ones([2]).device) // => CpuDevice(id=0)
 */
export function defaultDevice(): Device
export function defaultDevice<T>(device: Device | string, f: () => T): T
export function defaultDevice<T>(device?: Device | string, f?: () => T): Device | T {
  if (device === undefined || f === undefined) return currentDevice()
  return config.using('defaultDevice', resolveDevice('defaultDevice', device), f)
}

/** The platform of {@link defaultDevice}: `cpu`, `cuda`, `webgpu`. */
export const defaultBackend = (): Platform => currentDevice().platform

/** Execution providers that the library was compiled with, which does not mean that they work. */
export const compiledProviders = availableProviders
