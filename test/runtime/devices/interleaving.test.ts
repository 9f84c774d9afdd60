/** Overlapping calls on a device. */
process.env['ONNAX_FAKE_DEVICES'] = '1'
import test from 'ava'
import { devicePut, devices } from '../../../src/index.js'
import { checkInterleaved } from '../../transforms/interleaved.js'

test('sequences of calls on arrays that stay on a device', (t) => {
  const [fake] = devices('fake')
  return checkInterleaved(t, 20, (x) => devicePut(x, fake))
})
