/**
 * The package's JavaScript: a file for each entry point, and what they share, in `dist` or the folder that is given.
 *
 * Functions and classes must keep the names of the sources, which users read in errors and programs, while a bundle renames what
 * collides. esbuild's `keepNames` sets the name of every function at run time; a third of the time that the bundle takes to evaluate,
 * and 1 MB of the heap, go there. So these calls are taken out again wherever the engine gives the same name by itself, and from
 * functions that are only called: nobody reads their names, and one that is made at each call of another would be named each time.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type BuildOptions, type Plugin, transform } from 'esbuild'
import ts from 'typescript'
import * as nnx from '../src/nnx/index.js'
import * as optax from '../src/optax/index.js'

const folder = process.argv[2] ?? 'dist'
const entryPoints = ['index', 'optax/entry', 'nnx/entry', 'pytree/index', 'transforms/entry', 'runtime/cli']

/**
 * The doors of namespaces give what checks its arguments, as the namespaces do. In TypeScript they are `export *`: a list of constants would
 * have the same types, but not the documentation that editors show.
 */
const guardedDoors: Plugin = {
  name: 'guarded doors',
  setup(esbuild) {
    for (const [name, module] of Object.entries({ nnx, optax })) {
      const names = Object.keys(module)
      // Some are words of the language.
      const contents = `
        import '../install.js'
        import { ${name} } from '../guarded/${name}.js'
        const { ${names.map((key) => `${key}: $${key}`).join(', ')} } = ${name}
        export { ${names.map((key) => `$${key} as ${key}`).join(', ')} }`
      esbuild.onLoad({ filter: new RegExp(`src[\\\\/]${name}[\\\\/]entry\\.ts$`) }, () => ({ contents }))
    }
  },
}

const options = {
  plugins: [guardedDoors],
  entryPoints: entryPoints.map((entry) => `src/${entry}.ts`),
  bundle: true,
  splitting: true,
  keepNames: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outbase: 'src',
  outdir: folder,
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: 'inline',
  external: ['koffi', 'onnxruntime-node', 'protobufjs', '@petamoriken/float16'],
  // ES modules: CommonJS ones would be a second copy, and take longer.
  alias: { 'fp-ts/lib': 'fp-ts/es6', 'io-ts/lib': 'io-ts/es6' },
  mainFields: ['module', 'main'],
  write: false,
} satisfies BuildOptions

/** A call that gives a function its name, the function, and the name. */
const naming = (node: ts.Node): readonly [call: ts.CallExpression, named: ts.Expression, name: string] | null => {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== '__name') return null
  const [named, name] = node.arguments
  return named !== undefined && name !== undefined && ts.isStringLiteral(name) ? [node, named, name.text] : null
}

const isAnonymous = (node: ts.Expression): boolean =>
  ts.isArrowFunction(node) || (ts.isFunctionExpression(node) && node.name === undefined)

/** The name that the engine gives to an anonymous function in this place. */
const inferredName = ({ parent }: ts.CallExpression): string | null => {
  if (!ts.isVariableDeclaration(parent) && !ts.isPropertyAssignment(parent) && !ts.isPropertyDeclaration(parent)) return null // prettier-ignore
  const { name } = parent
  return ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isPrivateIdentifier(name) ? name.text : null
}

/** Methods that call their argument, and do not look at its name. */
const callers = new Set(['map', 'flatMap', 'forEach', 'filter', 'some', 'every', 'find', 'findIndex', 'reduce', 'sort'])

const isCalled = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isVariableDeclaration(parent) || ts.isFunctionDeclaration(parent)) return parent.name === node
  if (!ts.isCallExpression(parent)) return false
  if (parent.expression === node) return true
  if (ts.isIdentifier(parent.expression) && parent.expression.text === '__name') return true
  return ts.isPropertyAccessExpression(parent.expression) && callers.has(parent.expression.name.text)
}

/** Identifiers that stand for something else than a call somewhere in the file. */
const readNames = (file: ts.SourceFile): ReadonlySet<string> => {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isCalled(node)) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return names
}

/** The variable that an expression is the value of. */
const variableOf = ({ parent }: ts.Node): string | null =>
  ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : null

/** Where the code is that does nothing but what the engine does anyway, or what nobody sees. */
const superfluous = (file: ts.SourceFile): readonly (readonly [start: number, end: number])[] => {
  const ranges: (readonly [number, number])[] = []
  const read = readNames(file)
  const visit = (node: ts.Node): void => {
    const found = naming(node)
    if (found !== null) {
      const [call, named, name] = found
      const { parent } = call
      if (isAnonymous(named)) {
        const variable = variableOf(call)
        const isOnlyCalled = variable !== null && !read.has(variable)
        if (isOnlyCalled || inferredName(call) === name)
          ranges.push([call.getStart(file), named.getStart(file)], [named.end, call.end])
      } else if (ts.isExpressionStatement(parent)) {
        const holder = parent.parent.parent
        const isFunction = ts.isIdentifier(named) && (named.text === name || !read.has(named.text))
        const isClass =
          named.kind === ts.SyntaxKind.ThisKeyword &&
          ts.isClassStaticBlockDeclaration(holder) &&
          ts.isClassDeclaration(holder.parent) &&
          holder.parent.name?.text === name
        if (isFunction) ranges.push([parent.getStart(file), parent.end])
        if (isClass) ranges.push([holder.getStart(file), holder.end])
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return ranges.sort(([a], [b]) => a - b)
}

/** Code without its superfluous parts; all else stays in its line and column, where the source map has it. */
const stripped = (path: string, code: string): string => {
  const file = ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS)
  let result = ''
  let end = 0
  for (const [start, next] of superfluous(file)) {
    result += code.slice(end, start) + code.slice(start, next).replace(/[^\n]/g, ' ')
    end = next
  }
  return result + code.slice(end)
}

// Chunks are named after their contents: those of earlier builds would stay.
mkdirSync(folder, { recursive: true })
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (/\.js(\.map)?$/.test(name)) rmSync(join(folder, name))
}
for (const { path, text } of (await build(options)).outputFiles) {
  const { code, map } = await transform(stripped(path, text), {
    sourcefile: path,
    sourcemap: 'external',
    minifyWhitespace: true,
    lineLimit: 160,
    target: options.target,
    format: 'esm',
  })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${code}//# sourceMappingURL=${path.slice(path.lastIndexOf('/') + 1)}.map\n`)
  writeFileSync(`${path}.map`, map)
}
