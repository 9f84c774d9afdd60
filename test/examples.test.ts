/** Each `@example` of the TSDoc in src is a test, with the public names of onnax and the exports of its own file in scope. */
import { readdirSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import test from 'ava'
import {
  importOfUsed,
  ownNames,
  publicNames,
  runExample,
  tsdocExamples,
  typeErrors,
  writeExamples,
} from './helpers/examples.js'

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file.replaceAll('\\', '/')}`)
  .sort()

const known = publicNames()
const written = writeExamples(
  'examples-test',
  files.flatMap((file) => tsdocExamples(file)),
  ({ file, code }) => {
    const own = new Map([...ownNames(file)].filter(([name]) => !known.has(name)))
    const path = relative(`out/examples-test/${dirname(file)}/_`, file.replace(/\.ts$/, '.js')).replaceAll('\\', '/')
    return importOfUsed(code, known, 'onnax') + importOfUsed(code, own, path)
  },
)

for (const file of new Set([...written.keys()].map(({ file }) => file))) {
  const examples = [...written].filter(([example]) => example.file === file)
  test.serial(`${file}: ${examples.length} examples`, async (t) => {
    for (const [{ line }, path] of examples) await t.notThrowsAsync(() => runExample(path), `line ${line}`)
  })
}

test('the examples have no type errors', (t) => {
  t.deepEqual(written.size > 0 ? typeErrors(written) : [], [])
})
