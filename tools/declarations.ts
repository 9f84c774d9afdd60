/**
 * Compiles a program of a user against the types as they are published: by the names of the package, strictly, and with all
 * declarations that it leads to checked. A name that `stripInternal` takes out of a declaration and another still needs is found here.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

const folder = resolve('out/consumer')
const installed = join(folder, 'node_modules/onnax')
const program = join(folder, 'doors.ts')

/** As consumers may have it: without Node's types and with them, resolved as Node does and as bundlers do. */
const consumers: Readonly<Record<string, ts.CompilerOptions>> = {
  'Node.js, without its types': {
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    types: [],
  },
  'a bundler, with the types of Node.js and browsers': {
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ['node'],
  },
}

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
}

let failures = 0
const report = (title: string, diagnostics: readonly ts.Diagnostic[]): void => {
  // Types of Node.js and the language are not ours.
  const ours = diagnostics.filter(({ file }) => file === undefined || !/node_modules\/(@types|typescript)\//.test(file.fileName)) // prettier-ignore
  if (ours.length > 0) console.error(`${title}:\n${ts.formatDiagnostics(ours, host)}`)
  failures += ours.length
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(installed, { recursive: true })
// A package of its own: the name of the repository's would lead to its own `dist`.
writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "type": "module" }\n')
copyFileSync('package.json', join(installed, 'package.json'))
copyFileSync('test/consumer/doors.ts', program)

const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
  ts.readConfigFile('tsconfig.build.json', (path) => ts.sys.readFile(path)).config,
  ts.sys,
  process.cwd(),
)
// `npm run typecheck` checks the sources.
const built = ts.createProgram(fileNames, { ...options, outDir: join(installed, 'dist'), declarationMap: false, noCheck: true }) // prettier-ignore
report('the declarations', [...errors, ...built.emit().diagnostics])

for (const [title, more] of Object.entries(consumers)) {
  const consumer = ts.createProgram([program], { target: ts.ScriptTarget.ES2022, strict: true, noEmit: true, ...more }) // prettier-ignore
  report(title, ts.getPreEmitDiagnostics(consumer))
}
if (failures > 0) process.exitCode = 1
