/** Each ```ts block of README.md and of docs/ is a test: it type-checks, runs, and prints what its `// =>` comments say. */
import { existsSync, readdirSync } from 'node:fs'
import test from 'ava'
import { markdownExamples, runExample, typeErrors, writeExamples } from './helpers/examples.js'

const pages = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${folder}/${name}`)
    : []

const documents = ['README.md', ...pages('docs'), ...pages('docs/decisions')].filter((file) => existsSync(file))
const written = writeExamples(
  'docs-test',
  documents.flatMap((file) => markdownExamples(file)),
)

for (const [{ file, line }, path] of written)
  test.serial(`${file}:${line}`, async (t) => {
    await t.notThrowsAsync(() => runExample(path))
  })

test('the blocks have no type errors', (t) => {
  t.deepEqual(written.size > 0 ? typeErrors(written) : [], [])
})

test('a block that prints something else, or does not throw, fails', async (t) => {
  const text = '```ts\n[1, 2].length // => 3\n```\n\n```ts\nString(1) // throws TypeError: no\n```\n'
  const paths = [...writeExamples('docs-test-self', markdownExamples('self.md', text)).values()]
  await t.throwsAsync(() => runExample(paths[0]!), { message: 'self.md:2: prints 2, not 3' })
  await t.throwsAsync(() => runExample(paths[1]!), { message: 'self.md:6: throws nothing, not TypeError: no' })
})
