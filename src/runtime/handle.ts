/**
 * Native tensor handles, bounded in number.
 *
 * Finalizers do not run inside a synchronous loop, so they cannot bound native memory in a training loop. Handles live
 * in a ring of cells instead, which do not hold the buffers they point into: where the ring is full, a second-chance
 * sweep releases a handle that was not used lately, and its buffer, if it still lives, makes a new one at its next use.
 */
import { elementCode, type ElementType } from '../onnx/index.js'
import { check, ort, type Pointer } from './api.js'
import { cpuMemory } from './environment.js'
import { counters } from './stats.js'

/** A handle's place in the ring. */
export interface HandleCell {
  /** The `OrtValue`, 0 once it is released. */
  pointer: Pointer
  /** Used since the sweep last passed. */
  used: boolean
  /** The run that used it last; the current run's handles stay. */
  epoch: number
  /** Asynchronous runs that use it. */
  pins: number
  slot: number
}

const INITIAL_CAPACITY = 8192
// The data pointer of an empty tensor must not be null.
const NOWHERE = new ArrayBuffer(64)

let capacity = INITIAL_CAPACITY
let hand = 0
let epoch = 0
const ring: (HandleCell | null)[] = []
const free: number[] = []

/** Begins a run: no handle used from here to the next `beginEpoch` is released by the ring. */
export function beginEpoch(): number {
  return ++epoch
}

/** Sizes as C takes them, kept for the shape objects that come again with every run. */
const dimensionsOf = new WeakMap<readonly number[], BigInt64Array>()

const dimensions = (shape: readonly number[]): BigInt64Array => {
  let sizes = dimensionsOf.get(shape)
  if (sizes === undefined) {
    sizes = new BigInt64Array(new ArrayBuffer(Math.max(1, shape.length) * 8))
    for (let axis = 0; axis < shape.length; axis++) sizes[axis] = BigInt(shape[axis]!)
    dimensionsOf.set(shape, sizes)
  }
  return sizes
}

const result = new BigUint64Array(new ArrayBuffer(8))

/** A handle over a part of `memory`, which the caller keeps alive as long as it uses the handle. */
export function createHandle(
  type: ElementType,
  shape: readonly number[],
  memory: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
): HandleCell {
  const whole = byteOffset === 0
  const data = byteLength === 0 ? NOWHERE : whole ? memory : new Uint8Array(memory, byteOffset, byteLength)
  const create = ort().CreateTensorWithDataAsOrtValue
  const sizes = dimensions(shape)
  const status = create(cpuMemory(), data, byteLength, sizes, shape.length, elementCode(type), result)
  if (status !== null) check(status, 'the handle of a tensor')
  const pointer = result[0]!
  const slot = takeSlot()
  const cell: HandleCell = { pointer, used: true, epoch, pins: 0, slot }
  ring[slot] = cell
  counters.handlesCreated++
  counters.handlesLive++
  return cell
}

/** Releases a handle that no run uses, before its turn. */
export function releaseHandle(cell: HandleCell): void {
  if (cell.pointer === 0n || cell.pins > 0) return
  drop(cell)
  free.push(cell.slot)
}

function drop(cell: HandleCell): void {
  ort().ReleaseValue(cell.pointer)
  cell.pointer = 0n
  ring[cell.slot] = null
  counters.handlesLive--
}

function takeSlot(): number {
  const slot = free.pop()
  if (slot !== undefined) return slot
  if (ring.length < capacity) return ring.push(null) - 1
  // Two turns: the first takes the second chances away.
  for (let step = 0; step < 2 * capacity; step++) {
    const at = hand
    hand = (hand + 1) % capacity
    const cell = ring[at]!
    if (cell.pins > 0 || cell.epoch === epoch) continue
    if (cell.used) {
      cell.used = false
      continue
    }
    drop(cell)
    return at
  }
  capacity *= 2
  return ring.push(null) - 1
}
