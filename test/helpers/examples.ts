/** Examples in documents and TSDoc: found, turned into modules, run and type-checked. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { importSource } from './importSource.js'

export interface Example {
  /** The file that holds it. */
  readonly file: string
  /** 1-based line of its first line of code. */
  readonly line: number
  /** Its code, each line at its place in the file: the lines before are empty. */
  readonly code: string
}

const example = (file: string, lines: ReadonlyMap<number, string>): Example => {
  const numbers = [...lines.keys()]
  const code = Array.from({ length: Math.max(...numbers) }, (_, i) => lines.get(i + 1) ?? '').join('\n')
  return { file, line: Math.min(...numbers), code }
}

/** The fenced blocks in language `ts`. One that begins with `// continues` becomes a part of the one before. */
export const markdownExamples = (file: string, text = readFileSync(file, 'utf8')): readonly Example[] => {
  const blocks: Map<number, string>[] = []
  let fence: string | null = null
  let block: Map<number, string> | null = null
  for (const [i, line] of text.split('\n').entries()) {
    const [, ticks, language] = /^\s*(`{3,}|~{3,})\s*(\w*)/.exec(line) ?? []
    if (fence === null && ticks !== undefined) {
      fence = ticks
      block = language === 'ts' ? new Map() : null
    } else if (fence !== null && line.trim() === fence) {
      if (block !== null && block.size > 0) blocks.push(block)
      fence = block = null
    } else block?.set(i + 1, line)
  }
  const modules: Map<number, string>[] = []
  for (const lines of blocks) {
    const previous = modules.at(-1)
    if (previous !== undefined && /^\s*\/\/ continues\b/.test([...lines.values()][0]!))
      for (const [line, code] of lines) previous.set(line, code)
    else modules.push(lines)
  }
  return modules.map((lines) => example(file, lines))
}

/** The `@example` blocks of doc comments, with or without a fence; what stands on the line of `@example` is a title. */
export const tsdocExamples = (file: string, text = readFileSync(file, 'utf8')): readonly Example[] => {
  const examples: Example[] = []
  for (const comment of text.matchAll(/^[ \t]*\/\*\*[^]*?\*\//gm)) {
    const first = text.slice(0, comment.index).split('\n').length
    let block: Map<number, string> | null = null
    const end = () => {
      if (block !== null && [...block.values()].some((line) => line.trim() !== '')) examples.push(example(file, block))
      block = null
    }
    for (const [i, raw] of comment[0]
      .replace(/\s*\*\/$/, '')
      .split('\n')
      .entries()) {
      const line = raw.replace(/^\s*\/?\*+ ?/, '')
      if (/^@\w+/.test(line)) end()
      if (/^@example\b/.test(line)) block = new Map<number, string>()
      else if (!line.startsWith('```')) block?.set(first + i, line)
    }
    end()
  }
  return examples
}

/** Public names of `onnax`, and whether each is a value or only a type. */
export const publicNames = (): ReadonlyMap<string, 'value' | 'type'> => {
  const index = resolve('src/index.ts')
  const program = ts.createProgram([index], compilerOptions())
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(index)!)
  return new Map(
    (module === undefined ? [] : checker.getExportsOfModule(module)).map((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return [symbol.name, target.flags & ts.SymbolFlags.Value ? 'value' : 'type']
    }),
  )
}

/** Names that a file exports by declaration: those of an example that is not about public names. */
export const ownNames = (file: string): ReadonlyMap<string, 'value' | 'type'> =>
  new Map(
    [...readFileSync(file, 'utf8').matchAll(/^export (?:abstract )?(const|function|class|interface|type) (\w+)/gm)].map(
      ([, kind, name]) => [name!, kind === 'interface' || kind === 'type' ? 'type' : 'value'],
    ),
  )

/** The names of `known` that the code uses and does not declare, as an import from `specifier`. */
export const importOfUsed = (code: string, known: ReadonlyMap<string, 'value' | 'type'>, specifier: string): string => {
  const used = new Set<string>()
  const declared = new Set<string>()
  const declare = (name: ts.Node | undefined): void => {
    if (name === undefined) return
    if (ts.isIdentifier(name)) declared.add(name.text)
    else
      ts.forEachChild(name, (element) => {
        if (ts.isBindingElement(element)) declare(element.name)
      })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isMemberName(node)) used.add(node.text)
    ts.forEachChild(node, visit)
  }
  const source = parse('example.ts', code)
  visit(source)
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) for (const { name } of statement.declarationList.declarations) declare(name)
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) declare(statement.name)
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) declare(statement.name)
    if (!ts.isImportDeclaration(statement)) continue
    const bindings = statement.importClause?.namedBindings
    declare(statement.importClause?.name)
    if (bindings !== undefined)
      for (const { name } of ts.isNamespaceImport(bindings) ? [bindings] : bindings.elements) declare(name)
  }
  const names = [...known].filter(([name]) => used.has(name) && !declared.has(name))
  const list = names.map(([name, kind]) => (kind === 'type' ? `type ${name}` : name)).join(', ')
  return names.length > 0 ? `import { ${list} } from '${specifier}';` : ''
}
const isMemberName = (node: ts.Identifier): boolean =>
  (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) ||
  (ts.isPropertyAssignment(node.parent) && node.parent.name === node)

/** The code with its `// => text` and `// throws SomeError…` comments made into calls; lines stay where they are. */
export const withAssertions = ({ file, code }: Example): string => {
  const source = parse(file, code)
  const edits: { readonly at: number; readonly end: number; readonly text: string }[] = []
  let asserted = 0
  const visit = (node: ts.Node): void => {
    const comment =
      ts.isExpressionStatement(node) || ts.isVariableStatement(node) ? assertionAfter(code, node.end) : null
    const value = comment === null ? undefined : valueOf(node)
    if (comment !== null && value !== undefined) {
      asserted++
      const where = `${file}:${source.getLineAndCharacterOfPosition(value.end).line + 1}`
      const [expected, at, end] = [
        `${JSON.stringify(comment.text)}, ${JSON.stringify(where)}`,
        value.getStart(source),
        value.end,
      ]
      const before = (text: string) => edits.push({ at, end: at, text })
      const after = (text: string) => edits.push({ at: end, end, text })
      if (comment.kind === 'throws') {
        before('__throws(() => (')
        after(`), ${expected})`)
      } else if (ts.isCallExpression(value) && value.expression.getText(source) === 'console.log')
        edits.push({ at, end: value.expression.end, text: `__log(${expected})` })
      else {
        before('__check((')
        after(`), ${expected})`)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  const written = code.match(/^(.*\s)?\/\/ (=>|throws \w*Error\b)/gm) ?? []
  if (written.length !== asserted)
    throw new Error(`${file}: ${written.length - asserted} of the // => comments do not follow a statement`)
  return edits
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, end, text: insert }) => text.slice(0, at) + insert + text.slice(end), code)
}

/** The value of `expr` or of `const x = expr`. */
const valueOf = (node: ts.Node): ts.Expression | undefined => {
  if (ts.isExpressionStatement(node)) return node.expression
  return ts.isVariableStatement(node) ? node.declarationList.declarations.at(-1)?.initializer : undefined
}

/** The comment after a statement, on its line or the next; lines that go on (`//    more`) belong to it. */
const assertionAfter = (code: string, end: number) => {
  const ranges = [...(ts.getTrailingCommentRanges(code, end) ?? []), ...(ts.getLeadingCommentRanges(code, end) ?? [])]
  const [first, ...rest] = ranges.map(({ pos, end }) => code.slice(pos, end))
  const [, sign, text = ''] = /^\/\/ (=>|throws(?= \w*Error\b)) ?(.*)$/.exec(first ?? '') ?? []
  if (sign === undefined) return null
  const stop = rest.findIndex((line) => !/^\/\/ {3}/.test(line))
  const more = rest.slice(0, stop < 0 ? rest.length : stop).map((line) => line.slice(2).trim())
  return { kind: sign === '=>' ? 'prints' : 'throws', text: [text, ...more].join(' ') } as const
}

const parse = (file: string, code: string): ts.SourceFile =>
  ts.createSourceFile(file, code, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS)

/** Write each example as a module under `out/<folder>`; in `header` stand imports of its own. */
export const writeExamples = (
  folder: string,
  examples: readonly Example[],
  header: (example: Example) => string = () => '',
): ReadonlyMap<Example, string> => {
  const root = join('out', folder)
  rmSync(root, { recursive: true, force: true })
  return new Map(
    examples.map((example) => {
      const path = join(root, example.file.replace(/\.\w+$/, ''), `${example.line}.ts`)
      const helper = relative(dirname(path), 'test/helpers/printed.js').replaceAll('\\', '/')
      const names = 'check as __check, checkLog as __log, checkThrows as __throws'
      const head = `import { ${names} } from '${helper}'; ${header(example)}`
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, head + withAssertions(example))
      return [example, path]
    }),
  )
}

/** Run a written example. @throws what it throws, or the assertion that fails */
export const runExample = (path: string): Promise<unknown> => importSource(path)

/** Type errors of the written examples, each with the place in its document. */
export const typeErrors = (written: ReadonlyMap<Example, string>): readonly string[] => {
  const program = ts.createProgram([...written.values()], compilerOptions())
  return [...written].flatMap(([{ file }, path]) => {
    const source = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => {
      const line = source?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0
      return `${file}:${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`
    })
  })
}

const compilerOptions = (): ts.CompilerOptions => {
  const { options } = ts.parseJsonConfigFileContent(
    {
      ...ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')).config,
      include: [],
      files: ['src/index.ts'],
    },
    ts.sys,
    resolve('.'),
    undefined,
    resolve('tsconfig.json'),
  )
  return { ...options, noUnusedLocals: false, noUnusedParameters: false }
}
