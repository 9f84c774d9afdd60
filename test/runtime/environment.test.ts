import test from 'ava'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { availableProviders, spinMicroseconds, threadCount } from '../../src/runtime/environment.js'
import { EnvironmentVariableError } from '../../src/runtime/errors.js'
import { giveThreads, takeThreads } from '../../src/runtime/ownThreads.js'

const root = process.cwd()

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs `body` in a process of its own, with a session of y = x / y. */
function inProcess(body: string, variables: Readonly<Record<string, string>> = {}, first = ''): Promise<Ended> {
  const program = `
    ${first}
    const { GraphBuilder } = await import('./src/onnx/index.js')
    const { Session } = await import('./src/runtime/session.js')
    const { TensorBuffer } = await import('./src/runtime/buffer.js')
    const graph = new GraphBuilder()
    const x = graph.input('float32', ['n'], 'x')
    const z = graph.input('float32', ['m'], 'z')
    graph.output(graph.op('Div', [x, z]), 'float32', ['k'], 'y')
    const open = (optimize = 'none') => new Session(graph.encode(), { inputs: ['x', 'z'], outputs: ['y'], optimize })
    const input = (n) => TensorBuffer.from('float32', [n], new Float32Array(n).fill(3))
    const output = (n) => TensorBuffer.allocate('float32', [n])
    ${body}`
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', program], {
      cwd: root,
      env: { ...process.env, ...variables },
    })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output, errors }))
  })
}

const failing = `
  const session = open()
  try { session.run([input(2), input(3)], [output(3)]) } catch (error) { console.log(error.name) }`

test('the CPU provider is always there', (t) => {
  t.true(availableProviders().includes('CPUExecutionProvider'))
})

test('ONNX Runtime keeps no database of what it does for its maker', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'onnax-home-'))
  const variables = { HOME: home, CI: '', GITHUB_ACTIONS: '', TF_BUILD: '', TRAVIS: '', JENKINS_URL: '' }
  try {
    const { output } = await inProcess(`open(); console.log(process.env.ORT_DISABLE_TELEMETRY)`, variables)
    t.is(output.trim(), '1')
    t.false(existsSync(join(home, '.cache', 'Microsoft')))
  } finally {
    rmSync(home, { recursive: true })
  }
})

const koffiFirst = (sync: number, async: number): string => `
  const { default: koffi } = await import('koffi')
  koffi.config({ sync_stack_size: ${sync}, async_stack_size: ${async} })
  koffi.load(null)`

test('a program may load libraries with koffi before', async (t) => {
  const body = `
    const session = open('all')
    const [a, b] = [output(3), output(3)]
    session.run([input(3), input(3)], [a])
    const ends = session.runAsync([input(3), input(3)], [b])
    console.log(a.view().join(), b.view().join())
    await ends
    console.log(b.view().join())`
  const enough = await inProcess(body, {}, koffiFirst(1 << 20, 1 << 20))
  t.regex(enough.output, /\n1,1,1\n$/, enough.errors)
  // Where other threads have too little stack, it is done on this one.
  t.is((await inProcess(body, {}, koffiFirst(1 << 20, 1 << 16))).output, '1,1,1 1,1,1\n1,1,1\n')
})

test('calls that would have too little stack are refused', async (t) => {
  const body = `try { open() } catch (error) { console.log(error.name, error.message) }`
  const { output } = await inProcess(body, {}, koffiFirst(1 << 16, 1 << 20))
  t.regex(output, /^LibraryError .*need stacks of 524288 bytes.*was set to 65536; leave its 'sync_stack_size'/)
})

test.serial('ONNAX_NUM_THREADS sets the threads, and must be a positive integer', (t) => {
  const before = process.env['ONNAX_NUM_THREADS']
  process.env['ONNAX_NUM_THREADS'] = '3'
  t.is(threadCount(), 3)
  for (const wrong of ['0', 'many', '1.5']) {
    process.env['ONNAX_NUM_THREADS'] = wrong
    t.like(t.throws(threadCount, { instanceOf: EnvironmentVariableError }), { got: wrong })
  }
  delete process.env['ONNAX_NUM_THREADS']
  t.true(threadCount() >= 1)
  if (before !== undefined) process.env['ONNAX_NUM_THREADS'] = before
})

test.serial('ONNAX_SPIN is a number of microseconds', (t) => {
  const before = process.env['ONNAX_SPIN']
  for (const [given, expected] of [
    ['1', 1],
    ['0', 0],
    ['', 100],
    ['2000', 2000],
  ] as const) {
    // prettier-ignore
    process.env['ONNAX_SPIN'] = given
    t.is(spinMicroseconds(), expected)
  }
  for (const wrong of ['yes', '-1', '0.5', '1000000']) {
    process.env['ONNAX_SPIN'] = wrong
    t.like(t.throws(spinMicroseconds, { instanceOf: EnvironmentVariableError }), { got: wrong })
  }
  delete process.env['ONNAX_SPIN']
  if (before !== undefined) process.env['ONNAX_SPIN'] = before
})

test.serial('programs have threads of their own up to 64 of all, and give them back', (t) => {
  const before = process.env['ONNAX_NUM_THREADS']
  process.env['ONNAX_NUM_THREADS'] = '24'
  const taken = [takeThreads(), takeThreads(), takeThreads()]
  t.deepEqual(taken, [23, 23, 0])
  taken.forEach(giveThreads)
  process.env['ONNAX_NUM_THREADS'] = '1'
  t.is(takeThreads(), 0)
  delete process.env['ONNAX_NUM_THREADS']
  if (before !== undefined) process.env['ONNAX_NUM_THREADS'] = before
})

test('sessions with threads of their own leave JavaScript its denormals', async (t) => {
  const code = "open('all'); console.log(Number('5e-324') * 1 > 0, 2 ** Number('-1070') / 2 > 0)"
  t.like(await inProcess(code), { code: 0, output: 'true true\n' })
})

interface Report {
  readonly header: { readonly glibcVersionRuntime?: string }
}

const isGnuLinux = (): boolean => {
  const { header } = process.report.getReport() as unknown as Report
  return process.platform === 'linux' && header.glibcVersionRuntime !== undefined
}

test('after some large results such arrays are in the heap of the C library, unless its variables say otherwise', async (t) => {
  if (!isGnuLinux()) {
    t.pass('another C library')
    return
  }
  // The word before a block says its size, and by its second bit whether it is mapped apart.
  const code = `
    const { bytesAt } = await import('./src/runtime/api.js')
    const { BufferPool } = await import('./src/runtime/pool.js')
    const pool = new BufferPool()
    const results = Array.from({ length: 6 }, () => pool.take('float32', [1 << 21]))
    const isMapped = ({ address }) => (bytesAt(address - 8n, 8)[0] & 2) !== 0
    console.log(isMapped(results[1]), isMapped(results.at(-1)))`
  t.like(await inProcess(code), { output: 'true false\n', code: 0 })
  t.like(await inProcess(code, { MALLOC_MMAP_THRESHOLD_: '131072' }), { output: 'true true\n', code: 0 })
})

test('pages of the library that its start needs go back, and none that was written to', async (t) => {
  if (!isGnuLinux()) {
    t.pass('another system')
    return
  }
  const { output, errors } = await inProcess(`
    const { readFileSync } = await import('node:fs')
    const { openLibrary } = await import('./src/runtime/api.js')
    const { leaveLibraryPages } = await import('./src/runtime/libraryPages.js')
    const parts = () => readFileSync('/proc/self/smaps', 'utf8').split(/\\n(?=[0-9a-f]+-)/).filter((text) => / r.xp .*libonnxruntime/.test(text))
    const sum = (field) => parts().reduce((total, text) => total + Number(new RegExp(field + ': +([0-9]+)').exec(text)[1]), 0)
    const session = open()
    const runs = () => { const y = output(2); session.run([input(2), input(2)], [y]); return y.view().join() }
    runs()
    leaveLibraryPages()
    const left = sum('Rss')
    const first = runs()
    // What a debugger does when it sets a breakpoint.
    const c = openLibrary('libc.so.6')
    const protect = c.func('mprotect', 'int', ['size_t', 'size_t', 'int'])
    const place = parseInt(parts()[0], 16)
    protect(place, 4096, 7)
    const view = (await import('koffi')).default.view(BigInt(place), 1)
    new Uint8Array(view)[0] = new Uint8Array(view)[0]
    protect(place, 4096, 5)
    const written = sum('Private_Dirty')
    leaveLibraryPages()
    console.log(left, first, written, sum('Private_Dirty'), runs())`)
  t.is(output, '0 1,1 4 4 1,1\n', errors)
})

test('a process with live sessions, and with runs under way, ends with code 0', async (t) => {
  const idle = await inProcess(`const session = open(); session.run([input(2), input(2)], [output(2)])`)
  t.deepEqual(idle, { code: 0, output: '', errors: '' })
  const busy = await inProcess(`
    const session = open()
    for (let run = 0; run < 40; run++) void session.runAsync([input(4e5), input(4e5)], [output(4e5)])
    setTimeout(() => process.exit(0), 3)`)
  t.deepEqual(busy, { code: 0, output: '', errors: '' })
})

test('errors are thrown, not printed; ONNAX_LOG_LEVEL=error prints them to stderr', async (t) => {
  t.deepEqual(await inProcess(failing), { code: 0, output: 'RuntimeError\n', errors: '' })
  const loud = await inProcess(failing, { ONNAX_LOG_LEVEL: 'error' })
  t.is(loud.output, 'RuntimeError\n')
  t.regex(loud.errors, /Div node/)
  const wrong = await inProcess('open()', { ONNAX_LOG_LEVEL: 'loud' })
  t.not(wrong.code, 0)
  t.regex(wrong.errors, /ONNAX_LOG_LEVEL requires one of verbose, info, warning, error, fatal, got 'loud'/)
})

test('a library that is not there is a typed error that says how to repair it', async (t) => {
  const ended = await inProcess(
    `try { open() } catch (error) { console.log(error.name, error.path); console.log(error.message) }`,
    { ONNAX_ORT_LIBRARY: '/nowhere/libonnxruntime.so' },
  )
  t.is(ended.code, 0)
  t.regex(ended.output, /^LibraryError \/nowhere\/libonnxruntime.so\n/)
  t.regex(ended.output, /npm install onnxruntime-node@1.30.0.*ONNAX_ORT_LIBRARY/)
})

test('importing loads neither koffi nor protobufjs nor the library', async (t) => {
  const ended = await inProcess(`
    const { createRequire } = await import('node:module')
    const heavy = () => Object.keys(createRequire(import.meta.url).cache)
      .filter((file) => /node_modules.(koffi|protobufjs|@petamoriken|onnxruntime)/.test(file)).length
    graph.encode()
    console.log(heavy())
    open()
    console.log(heavy() > 0)`)
  t.deepEqual(ended, { code: 0, output: '0\ntrue\n', errors: '' })
})

test('onnxruntime-node may have made the environment before', async (t) => {
  const first = `
    const { createRequire } = await import('node:module')
    const require = createRequire(process.cwd() + '/package.json')
    const theirs = require('onnxruntime-node')
    await theirs.InferenceSession.create(Buffer.alloc(3)).catch(() => undefined)`
  const ended = await inProcess(
    `const [a, y] = [input(1), output(1)]
     open().run([a, a], [y])
     console.log(y.view()[0])`,
    {},
    first,
  )
  t.is(ended.code, 0)
  t.is(ended.output, '1\n')
})

test('the library stays loaded through garbage collections', async (t) => {
  // Without an environment no thread of the library's holds it, and 200,000 calls make the collector run.
  const ended = await inProcess(`for (let count = 0; count < 200_000; count++) input(1).use(0)`)
  t.deepEqual(ended, { code: 0, output: '', errors: '' })
})
