/** The folders of `src` have one order, and an import goes only downwards in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import ts from 'typescript'

/** What each folder may import besides itself. */
const layers: Readonly<Record<string, readonly string[]>> = {
  pytree: [],
  onnx: [],
  core: ['pytree', 'onnx'],
  lax: ['pytree', 'onnx', 'core'],
  transforms: ['pytree', 'onnx', 'core', 'lax'],
  control: ['pytree', 'onnx', 'core', 'lax', 'transforms'],
  fusion: ['pytree', 'onnx', 'core', 'lax', 'transforms'],
  runtime: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'fusion'],
  numpy: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control'],
  random: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'numpy'],
  image: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'numpy'],
  nn: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'numpy', 'random'],
  scipy: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'numpy', 'random', 'nn'],
  optax: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'numpy', 'random', 'nn', 'scipy'],
  nnx: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'numpy', 'random', 'nn', 'scipy', 'optax'],
  io: ['pytree', 'onnx', 'core', 'lax', 'transforms', 'control', 'numpy', 'random', 'nn', 'scipy', 'optax', 'nnx'],
}

/** Packages that are kept to one place. */
const packages: readonly { readonly name: RegExp; readonly where: RegExp }[] = [
  { name: /^koffi$/, where: /^runtime\// },
  { name: /^onnxruntime-node$/, where: /^runtime\// },
  { name: /^protobufjs$/, where: /^onnx\// },
  // Decoding lives at the edges: options, errors, saved state. Never in traces, rules or tree walks.
  { name: /^(fp-ts|io-ts)$/, where: /^(core\/(options|errors)\.ts|(optax|nnx|io)\/.*|(.*\/)?(codec|\w+Codec)\.ts)$/ },
]

/** The doors of the package: `index.ts` and the subpath entries import anything, and nothing below them imports a door. */
const isDoor = (file: string): boolean =>
  /^(index|install|laxNamespace|guarded|guarded\/\w+\.ts|\w+\/entry)(\.ts)?$/.test(file)

const files = (existsSync('src') ? readdirSync('src', { recursive: true, encoding: 'utf8' }) : [])
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))

/** Every module a file names: static, type-only, side-effect and dynamic imports and re-exports. */
const importsOf = (file: string): readonly string[] =>
  ts.preProcessFile(readFileSync(join('src', file), 'utf8')).importedFiles.map(({ fileName }) => fileName)

const folderOf = (file: string): string => file.split('/')[0]!
const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier

test('every folder of src is in the table, and only doors are beside them', (t) => {
  const entries = existsSync('src') ? readdirSync('src', { withFileTypes: true }) : []
  const unknown = entries.map(({ name }) => name).filter((name) => !(name in layers) && !isDoor(name))
  t.deepEqual(unknown, [])
})

for (const [folder, below] of Object.entries(layers))
  test(`src/${folder} imports only ${below.join(', ') || 'itself'}`, (t) => {
    const upward = files
      .filter((file) => folderOf(file) === folder && !isDoor(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((to) => to.startsWith('.'))
          .map((to) => normalize(join(dirname(file), to)).replaceAll('\\', '/'))
          .filter((to) => ![folder, ...below].includes(folderOf(to)) || isDoor(to.replace(/\.js$/, '.ts')))
          .map((to) => `src/${file} imports ${to}`),
      )
    t.deepEqual(upward, [])
  })

test('packages stay in their place', (t) => {
  const misplaced = files.flatMap((file) =>
    importsOf(file)
      .filter((to) => !to.startsWith('.'))
      .filter((to) => packages.some(({ name, where }) => name.test(packageOf(to)) && !where.test(file)))
      .map((to) => `src/${file} imports ${to}`),
  )
  t.deepEqual(misplaced, [])
})

test('src imports itself by relative paths with the extension .js', (t) => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((to) => packageOf(to) === 'onnax' || (to.startsWith('.') && !to.endsWith('.js')))
      .map((to) => `src/${file} imports ${to}`),
  )
  t.deepEqual(wrong, [])
})
