/** Programs kept in files for later processes: found again, bounded, and never in the way. */
import test from 'ava'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../src/core/index.js'
import { clearCaches, config, grad, jit, lax, type NDArray, np } from '../../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'onnax-cache-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const x = np.arange(2 * 8 * 8 * 4).astype('float32').div(100).reshape(2, 8, 8, 4) // prettier-ignore
const kernel = np.ones([3, 3, 4, 16]).div(7)
/** Convolutions have layouts of their own after optimization, matrix products and transposes are fused. */
const f = (k: NDArray): NDArray => {
  const dimensionNumbers = ['NHWC', 'HWIO', 'NHWC'] as const
  const h = np.tanh(lax.convGeneralDilated(x, k, [1, 1], 'SAME', { dimensionNumbers }))
  return np.sum(np.matmul(h.reshape(128, 16).transpose(), h.reshape(128, 16)))
}
/** What a process gives that begins with what is in the files. */
const anew = (dir: string, g: (k: NDArray) => NDArray = f): Float32Array => {
  clearCaches()
  return config.using('compilationCacheDir', dir, () => jit(grad(g))(kernel).data() as Float32Array)
}
const files = (dir: string): readonly string[] => readdirSync(dir).map((name) => join(dir, name))
const longAgo = new Date(2001, 0)

test.serial('a program is optimized once, and comes out of its file the same', (t) => {
  const dir = join(folder, 'made', 'by the first')
  const plain = anew('')
  t.false(existsSync(dir))
  t.deepEqual(anew(dir), plain)
  const [file, ...others] = files(dir)
  t.deepEqual(others, [])
  const bytes = readFileSync(file!)
  utimesSync(file!, longAgo, longAgo)
  t.deepEqual(anew(dir), plain)
  t.deepEqual(readFileSync(file!), bytes)
  t.true(statSync(file!).mtimeMs > longAgo.getTime(), 'a use is noted')
  anew(dir, (k) => f(k.mul(2)))
  t.is(files(dir).length, 2)
})

test.serial('files that are cut, altered, foreign or no models are not used, and written anew', (t) => {
  const dir = join(folder, 'corrupt')
  const plain = anew('')
  anew(dir)
  const [file] = files(dir)
  const good = readFileSync(file!)
  const altered = Buffer.from(good)
  altered[good.length - 20]! ^= 1
  const noModel = Buffer.from('no model at all')
  const sealed = Buffer.concat([good.subarray(0, 14), Buffer.from(sha256(noModel)), noModel])
  const broken = { empty: Buffer.alloc(0), cut: good.subarray(0, 100), altered, foreign: Buffer.from('hello'), sealed }
  for (const [what, bytes] of Object.entries(broken)) {
    writeFileSync(file!, bytes)
    t.deepEqual(anew(dir), plain, what)
    // A sealed file that the runtime refuses is removed, and made at the next start.
    if (what === 'sealed') anew(dir)
    t.deepEqual(readFileSync(file!), good, what)
    t.is(files(dir).length, 1, what)
  }
})

test.serial('a folder that cannot be is as none', (t) => {
  const file = join(folder, 'a file')
  writeFileSync(file, '')
  t.deepEqual(anew(file), anew(''))
  t.deepEqual(anew(join(file, 'below')), anew(''))
})

test.serial('the folder is bounded: what was used least recently goes, and what an ended process left', (t) => {
  const dir = join(folder, 'bounded')
  anew(dir)
  const [first] = files(dir)
  const size = statSync(first!).size
  const left = `${first!}.tmp-1-00000000`
  const foreign = join(dir, 'notes.txt')
  writeFileSync(left, 'half')
  writeFileSync(foreign, 'mine')
  utimesSync(left, longAgo, longAgo)
  utimesSync(first!, longAgo, longAgo)
  config.using('compilationCacheMaxSize', Math.round(1.5 * size), () => anew(dir, (k) => f(k.mul(3))))
  t.false(existsSync(first!))
  t.false(existsSync(left))
  t.true(existsSync(foreign))
  t.is(files(dir).length, 2)
})
