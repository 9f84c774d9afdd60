/** The built package has the names of its sources: users read them in errors, programs and printed modules. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import * as sources from '../src/index.js'

/** Namespaces are modules in the sources, and plain objects in the bundle. */
const isModule = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value) as object | null)

/** Names and lengths of functions, and those of their static functions and methods, by their paths. */
const namesIn = (path: string, value: unknown, names: Map<string, string>): Map<string, string> => {
  if (typeof value === 'function') {
    names.set(path, `${value.name}/${value.length}`)
    const prototype: unknown = value.prototype
    for (const [mark, holder] of [
      ['.', value],
      ['#', prototype],
    ] as const) {
      for (const [key, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(holder ?? {}))) {
        if (typeof member === 'function' && key !== 'constructor') names.set(path + mark + key, (member as { readonly name: string }).name) // prettier-ignore
      }
    }
  } else if (isModule(value)) {
    for (const [key, member] of Object.entries(value)) namesIn(`${path}.${key}`, member, names)
  }
  return names
}

test('functions and classes of the bundle are called as in the sources, and its maps lead there', async (t) => {
  // Within the repository, so that packages are found.
  mkdirSync('out', { recursive: true })
  const folder = mkdtempSync(resolve('out/bundle-'))
  try {
    execFileSync(process.execPath, ['--import=tsx', 'tools/bundle.ts', folder])
    const bundle: unknown = await import(pathToFileURL(join(folder, 'index.js')).href)
    const expected = namesIn('onnax', sources, new Map())
    t.true(expected.size > 1500)
    t.deepEqual(namesIn('onnax', bundle, new Map()), expected)
    for (const door of ['nnx', 'optax'] as const) {
      const given = (await import(pathToFileURL(join(folder, door, 'entry.js')).href)) as object
      const namespace = (bundle as typeof sources)[door] as object
      t.deepEqual(Object.keys(given).sort(), Object.keys(namespace).sort())
      for (const [key, value] of Object.entries(given)) t.is(value, namespace[key as keyof typeof namespace], key)
    }
    const map = JSON.parse(readFileSync(join(folder, 'index.js.map'), 'utf8')) as {
      readonly sources: readonly string[]
    }
    t.true(map.sources.length > 10)
    t.deepEqual(map.sources.filter((source) => !existsSync(resolve(folder, source))), []) // prettier-ignore
  } finally {
    rmSync(folder, { recursive: true })
  }
})
