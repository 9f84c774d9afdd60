import test from 'ava'
import {
  elementArray,
  elementBytes,
  elementCode,
  elementTypeOfCode,
  elementTypes,
  fromBfloat16Bits,
  fromFloat16Bits,
  toBfloat16Bits,
  toFloat16Bits,
} from '../../src/onnx/index.js'

test('the codes are those of onnx.proto', (t) => {
  t.deepEqual(Object.fromEntries(elementTypes.map((type) => [type, elementCode(type)])), {
    float32: 1,
    uint8: 2,
    int8: 3,
    uint16: 4,
    int16: 5,
    int32: 6,
    int64: 7,
    bool: 9,
    float16: 10,
    float64: 11,
    uint32: 12,
    uint64: 13,
    bfloat16: 16,
  })
})

test('a code leads back to its type, and strings (8) to none', (t) => {
  for (const type of elementTypes) t.is(elementTypeOfCode(elementCode(type)), type)
  t.is(elementTypeOfCode(8), null)
})

test('the typed array of a type has elements of its size', (t) => {
  for (const type of elementTypes) t.is(elementArray(type).BYTES_PER_ELEMENT, elementBytes(type), type)
})

test('float16: values, ties to even, overflow, subnormals', (t) => {
  const cases: readonly (readonly [number, number])[] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65520, 0x7c00],
    [2 ** -24, 0x0001],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [-0, 0x8000],
  ]
  for (const [value, bits] of cases) t.is(toFloat16Bits(value), bits, String(value))
  t.is(fromFloat16Bits(0x3555), 0.333251953125)
  t.is(fromFloat16Bits(toFloat16Bits(NaN)), NaN)
})

test('bfloat16: values, ties to even, overflow, NaN', (t) => {
  const cases: readonly (readonly [number, number])[] = [
    [1, 0x3f80],
    [-3, 0xc040],
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [3.4028234663852886e38, 0x7f80],
    [-Infinity, 0xff80],
    [NaN, 0x7fc0],
    [-0, 0x8000],
  ]
  for (const [value, bits] of cases) t.is(toBfloat16Bits(value), bits, String(value))
  t.is(fromBfloat16Bits(0x4049), 3.140625)
  t.is(fromBfloat16Bits(0x7fc0), NaN)
})

test('each bfloat16 that is a number survives the way to a number and back', (t) => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromBfloat16Bits(bits)
    if (!Number.isNaN(value) && toBfloat16Bits(value) !== bits) t.fail(`0x${bits.toString(16)}`)
  }
  t.pass()
})
