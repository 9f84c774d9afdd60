/** Overlapping calls on a device. */
process.env['ONNAX_FAKE_DEVICES'] = '1'
import test from 'ava'
import { clearCaches, devicePut, devices, runtimeStats } from '../../../src/index.js'
import { checkInterleaved } from '../../transforms/interleaved.js'

const [fake] = devices('fake')

test.serial('sequences of calls on arrays that stay on a device', (t) =>
  checkInterleaved(t, 20, (x) => devicePut(x, fake)),
)

test.serial('the same with runs that are recorded', async (t) => {
  clearCaches()
  process.env['ONNAX_FAKE_GRAPHS'] = '1'
  const before = runtimeStats().replays
  await checkInterleaved(t, 20, (x) => devicePut(x, fake))
  t.true(runtimeStats().replays > before)
})
