/** The examples of saving, sending and exporting, with quick settings. */
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { DecodeError, io } from '../../src/index.js'
import { exportModel, trainInPlainRuntime } from '../../examples/exportOnnx.js'
import * as resume from '../../examples/resume.js'
import * as socket from '../../examples/socket.js'
import { sameTree } from './arbitraries.js'

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'onnax-example-'))

test('a training that is stopped goes on from its checkpoint with the same losses', async (t) => {
  const through = await resume.train(newFolder(), 24)
  const folder = newFolder()
  const before = await resume.train(folder, 15)
  t.deepEqual(before, through.slice(0, 15))
  t.deepEqual(await resume.train(folder, 24), through.slice(10))
  t.true(through.at(-1)! < through[0]!)
})

test('a training goes on at the other end of a socket with the same losses', async (t) => {
  const run = await socket.trainElsewhere(5, 7)
  const alone = socket.train(socket.newRun(), 12)
  t.is(run.step, 12)
  t.deepEqual(run.losses, alone.losses)
  t.true(sameTree([run.params, run.state, run.key], [alone.params, alone.state, alone.key]))
  const bytes = socket.RunBytes.encode(run)
  bytes[300]! ^= 4
  t.throws(() => io.decodeOrThrow('socket', socket.RunBytes, bytes), { instanceOf: DecodeError })
})

test('a trained model and a training step run in plain ONNX Runtime', async (t) => {
  const folder = newFolder()
  t.true((await exportModel(join(folder, 'model.onnx'), 5)) < 1e-5)
  t.deepEqual(readdirSync(folder).sort(), ['model.onnx', 'model.weights'])
  const losses = await trainInPlainRuntime(40)
  t.true(losses.at(-1)! < 0.5 * losses[0]!, losses.join())
})
