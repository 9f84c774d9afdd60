import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ArgumentError, config, grad, jit, lax, type NDArray, np, profile, runtimeStats } from '../../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'onnax-test-'))
test.after.always(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The line of this file that holds `text`, as profiles name it. */
const lineOf = (text: string): RegExp => {
  const lines = readFileSync('test/runtime/profile.test.ts', 'utf8').split('\n')
  return new RegExp(`profile\\.test\\.[jt]s:${lines.findIndex((line) => line.includes(text)) + 1}$`)
}

const f = (w: NDArray, x: NDArray): NDArray => {
  const h = np.tanh(x.matmul(w)) // forward
  const [sum] = lax.scan((c: NDArray, y: NDArray) => [c.add(np.sin(y)), null] as const, np.zeros([8]), h) // loop
  return sum.mean()
}
const step = jit((w: NDArray, x: NDArray) => w.sub(grad(f)(w, x)))

test.serial('kernels are counted per primitive and line, backward ones with the line of the forward pass', (t) => {
  const [w, x] = [np.ones([4, 8]), np.ones([6, 4])]
  step(w, x)
  const live = runtimeStats().sessionsLive
  const { rows, result, events } = profile(() => [step(w, x), step(w, x), np.cos(x)] as const)
  t.deepEqual(result[0].toArray(), step(w, x).toArray())
  const row = (name: string, text: string) => rows.find((r) => r.name === name && lineOf(text).test(r.source))
  t.like(row('tanh', '// forward'), { calls: 2 })
  t.like(row('dot_general', '// forward'), { calls: 4 })
  t.like(row('cos', '[step(w, x), step(w, x), np.cos(x)]'), { calls: 1 })
  t.true(rows.some(({ name, source, calls }) => name === 'sin' && lineOf('// loop').test(source) && calls === 12))
  t.true(rows.filter(({ name }) => name === 'compile').length >= 2)
  t.true(Math.abs(rows.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9)
  t.true(rows.every(({ milliseconds }) => milliseconds >= 0))
  const [kernels, programs] = ['kernel', 'program'].map((cat) => events.filter((event) => event.cat === cat))
  t.is(programs!.length, 3)
  t.true(kernels!.every(({ ts, dur }) => programs!.some((p) => p.ts <= ts && ts + dur <= p.ts + p.dur)))
  const outermost = kernels!.filter(
    (e, i) => !kernels!.slice(0, i).some((o) => o.tid === e.tid && o.ts <= e.ts && e.ts < o.ts + o.dur),
  )
  t.true(outermost.length < kernels!.length, 'the kernels of the loop run inside of it')
  const own = rows.filter(({ name }) => name !== 'compile' && name !== 'transfer')
  const [counted, spent] = [own.map((r) => r.milliseconds), outermost.map((e) => e.dur / 1000)].map((all) =>
    all.reduce((sum, ms) => sum + ms, 0),
  )
  t.true(Math.abs(counted! - spent!) < 1e-6, `${counted} of ${spent} ms: what is nested counts once`)
  t.true(runtimeStats().sessionsLive <= live + 2, 'the sessions of the profile are released')
  t.false(config.get('sourceLines'))
})

test.serial('transfers have their bytes; the table and the file say the same', (t) => {
  const finished = profile(() => np.array([[1, 2, 3, 4]]).add(1))
  const [transfer] = finished.events.filter(({ cat }) => cat === 'transfer')
  t.is(transfer!.args['bytes'], 16)
  const path = join(folder, 'trace.json')
  finished.save(path)
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { traceEvents: finished.events })
  t.regex(String(finished), /^primitive +ms +share +calls +from\n/)
  t.is(String(finished).split('\n').length, finished.rows.length + 2)
})

test.serial('asynchronous functions, errors, and profiles in profiles', async (t) => {
  const double = jit((x: NDArray) => x.mul(2))
  const { result, rows } = await profile(() => double.async(np.ones([2])))
  t.deepEqual(result.toArray(), [2, 2])
  t.true(rows.some(({ name }) => name === 'mul'))
  t.throws(() => profile(() => profile(() => 1)), { instanceOf: ArgumentError, message: /one profile at a time/ })
  await t.throwsAsync(async () => profile(() => Promise.reject(new RangeError('late'))), { instanceOf: RangeError })
  t.is(profile(() => 3).result, 3)
})

test.serial('ONNAX_PROFILE profiles the whole process', (t) => {
  const path = join(folder, 'process.json')
  const program = "const { np } = await import('./src/index.js'); np.tanh(np.ones([3]))"
  const child = spawnSync(process.execPath, ['--import=tsx', '--input-type=module', '-e', program], {
    env: { ...process.env, ONNAX_PROFILE: path },
    encoding: 'utf8',
  })
  t.is(child.status, 0, child.stderr)
  t.regex(child.stderr, /^primitive[^]*\ntanh /)
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { readonly traceEvents: readonly { readonly name: string }[] } // prettier-ignore
  t.true(traceEvents.some(({ name }) => name === 'tanh'))
})
