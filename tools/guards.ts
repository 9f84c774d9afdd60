/**
 * The types of public functions as text, by which they check their arguments: `src/guarded/*.ts`, one file for each namespace.
 * `npm run docs:compat` writes them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import prettier from 'prettier'
import ts from 'typescript'

/** The namespaces whose functions are guarded, and the modules that they are made of. */
export const namespaces: Readonly<Record<string, string>> = {
  image: '../image/index.js',
  lax: '../laxNamespace.js',
  nn: '../nn/index.js',
  nnx: '../nnx/index.js',
  np: '../numpy/index.js',
  ops: '../numpy/ops.js',
  optax: '../optax/index.js',
  random: '../random/index.js',
  scipy: '../scipy/index.js',
}

/** Those that decode numbers and options by codecs of their own. */
const decoding: readonly string[] = ['optax']

/** Those whose classes check what they are made of, too. */
const constructing: readonly string[] = ['nnx']

export const fileOf = (name: string): string => `src/guarded/${name}.ts`

export const programOf = (files: readonly string[]): ts.Program => {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, resolve('.'))
  return ts.createProgram(
    files.map((file) => resolve(file)),
    options,
  )
}

const dtypes = ['bool', 'float16', 'bfloat16', 'float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] // prettier-ignore
const scalars = ['bigint', 'boolean', 'number']

/** Properties of one declaration as it has them: types like `Pick` give them in the order in which the compiler met their names. */
const inOrder = (properties: readonly ts.Symbol[]): readonly ts.Symbol[] => {
  const groups = new Map<unknown, ts.Symbol[]>()
  for (const property of properties) {
    const parent = property.declarations?.[0]?.parent ?? property
    groups.set(parent, [...(groups.get(parent) ?? []), property])
  }
  const at = ({ declarations }: ts.Symbol): number => declarations?.[0]?.pos ?? 0
  return [...groups.values()].flatMap((group) => group.sort((a, b) => at(a) - at(b)))
}

/** Whether JavaScript or another package declares it. */
const isOfLibrary = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((declaration) => declaration.getSourceFile().fileName.includes('node_modules')) ?? false

/** What tells instances of classes that mark them by a symbol, for the compiler too. */
const brands: Readonly<Record<string, string>> = { GraphObject: 'isGraphObject' }

const brandOf = (type: ts.Type): string | null => {
  const marking = type
    .getProperties()
    .filter(({ name }) => name.startsWith('__@'))
    .flatMap(({ declarations = [] }) => declarations.map(({ parent }) => parent))
  const [brand] = marking.flatMap((node) => (ts.isClassDeclaration(node) ? (brands[node.name?.text ?? ''] ?? []) : []))
  return brand ?? null
}

/** Whether only instances of a class have the type: TypeScript asks for them where there are private fields. */
const isNominal = (type: ts.Type): boolean =>
  type
    .getProperties()
    .flatMap(({ declarations = [] }) => declarations)
    .some((declaration) => {
      const name = ts.getNameOfDeclaration(declaration)
      const isHidden = ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.NonPublicAccessibilityModifier
      return isHidden !== 0 || (name !== undefined && ts.isPrivateIdentifier(name))
    })

/**
 * Types as text that `core/signature.ts` reads.
 *
 * @param classes - of the module, by what they make
 * @param told - gets the names of those whose instances are known as such, and what tells them
 */
const typeTexts = (checker: ts.TypeChecker, classes: ReadonlyMap<ts.Symbol, string>, told: Map<string, string>) => {
  const parameterText = (symbol: ts.Symbol, depth: number): string => {
    const declaration = symbol.valueDeclaration
    const isParameter = declaration !== undefined && ts.isParameter(declaration)
    const isRest = isParameter && declaration.dotDotDotToken !== undefined
    const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0 || (isParameter && checker.isOptionalParameter(declaration)) // prettier-ignore
    const name = isParameter && !ts.isIdentifier(declaration.name) ? 'options' : symbol.name
    return `${isRest ? '...' : ''}${name}${isOptional ? '?' : ''}: ${typeText(checker.getTypeOfSymbol(symbol), depth)}`
  }

  const union = (type: ts.UnionType, depth: number): string => {
    const parts = new Set(type.types.map((part) => (part.flags & ts.TypeFlags.BooleanLiteral ? 'boolean' : typeText(part, depth)))) // prettier-ignore
    if (parts.has('any')) return 'any'
    const replace = (members: readonly string[], name: string): void => {
      if (!members.every((member) => parts.has(member))) return
      for (const member of members) parts.delete(member)
      parts.add(name)
    }
    replace(dtypes.map((name) => `'${name}'`), 'DType') // prettier-ignore
    replace(['array', ...scalars], 'ArrayLike')
    if (classes.size > 0) replace(['boolean', 'function', 'list', 'null', 'string'], 'Filter')
    parts.delete('undefined')
    return [...parts].sort((a, b) => Number(a === 'null') - Number(b === 'null') || (a < b ? -1 : 1)).join(' | ')
  }

  /** A list of what the type is of. */
  const listText = (type: ts.Type, depth: number): string => {
    const item = depth > 0 ? typeText(checker.getTypeArguments(type as ts.TypeReference)[0]!, depth - 1) : 'any'
    return item === 'any' ? 'list' : `${item.includes('|') ? `(${item})` : item}[]`
  }

  const objectText = (type: ts.ObjectType | ts.IntersectionType, depth: number): string => {
    if (checker.isTupleType(type)) {
      const { target } = type as ts.TupleTypeReference
      const items = checker.getTypeArguments(type as ts.TupleTypeReference)
      if (target.combinedFlags & ts.ElementFlags.Variable || depth === 0) return 'list'
      const texts = items.map((item, i) => {
        const text = typeText(item, depth - 1)
        if (target.elementFlags[i] === ts.ElementFlags.Required) return text
        return `${text.includes(' ') ? `(${text})` : text}?`
      })
      return `[${texts.join(', ')}]`
    }
    if (checker.isArrayType(type)) return listText(type, depth)
    if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) return 'function'
    const symbol = type.getSymbol()
    if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Class) {
      const bases = [type, ...(checker.getBaseTypes(type as ts.InterfaceType) ?? [])]
      if (bases.some((base) => base.getSymbol()?.name === 'NDArray')) return 'array'
      return isOfLibrary(symbol) ? 'object' : symbol.name
    }
    const isMapped = ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Mapped) !== 0
    const isForeign = !isMapped && symbol !== undefined && isOfLibrary(symbol)
    if (isForeign && symbol.name === 'Iterable') return `${listText(type, depth)} | Iterable`
    // Marks by unique symbols are for the compiler.
    const properties = inOrder(type.getProperties().filter(({ name }) => /^[A-Za-z]\w*$/.test(name)))
    if (isForeign || type.getStringIndexType() !== undefined || properties.length === 0 || depth === 0) return 'object'
    return `{${properties.map((property) => parameterText(property, depth - 1)).join(', ')}}`
  }

  const underWay = new Set<ts.Type>()
  /** Types that hold themselves end in `any`. */
  const typeText = (type: ts.Type, depth: number): string => {
    if (underWay.has(type)) return 'any'
    underWay.add(type)
    try {
      return openText(type, depth)
    } finally {
      underWay.delete(type)
    }
  }

  const openText = (type: ts.Type, depth: number): string => {
    const { flags } = type
    const name = [type.aliasSymbol, type.symbol as ts.Symbol | undefined]
      .map((symbol) => symbol && classes.get(symbol))
      .find((found) => found !== undefined)
    const by = name !== undefined && isNominal(type) ? name : brandOf(type)
    if (name !== undefined && by !== null) {
      told.set(name, by)
      return name
    }
    if (flags & ts.TypeFlags.TypeParameter) {
      const constraint = checker.getBaseConstraintOfType(type)
      return constraint === undefined || constraint === type ? 'any' : typeText(constraint, depth)
    }
    if (flags & ts.TypeFlags.StringLiteral) return `'${(type as ts.StringLiteralType).value}'`
    if (flags & ts.TypeFlags.NumberLike) return 'number'
    if (flags & ts.TypeFlags.StringLike) return 'string'
    if (flags & ts.TypeFlags.BooleanLike) return 'boolean'
    if (flags & ts.TypeFlags.BigIntLike) return 'bigint'
    if (flags & ts.TypeFlags.Null) return 'null'
    if (flags & ts.TypeFlags.Undefined) return 'undefined'
    if (type.isUnion()) return union(type, depth)
    if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return objectText(type as ts.ObjectType, depth)
    return 'any'
  }
  /** All arguments from one on, if their types are those of one tuple. */
  const restText = (name: string, type: ts.Type): string | null => {
    if (!checker.isTupleType(type)) return null
    const { elementFlags, labeledElementDeclarations: labels } = (type as ts.TupleTypeReference).target
    const texts = checker.getTypeArguments(type as ts.TupleTypeReference).map((item, i) => {
      const label = labels?.[i]?.name.getText() ?? name
      const flag = elementFlags[i]!
      if (flag & ts.ElementFlags.Variable) return `...${label}: ${typeText(item, 3)}[]`
      return `${label}${flag & ts.ElementFlags.Optional ? '?' : ''}: ${typeText(item, 4)}`
    })
    return texts.join(', ')
  }

  /** The texts of a signature, several where the last parameter is one of several tuples. */
  const signatureTexts = ({ parameters }: ts.Signature): readonly string[] => {
    const last = parameters.at(-1)
    const declaration = last?.valueDeclaration
    const texts = parameters.map((parameter) => parameterText(parameter, 4))
    if (last === undefined || declaration === undefined || !ts.isParameter(declaration) || declaration.dotDotDotToken === undefined) return [texts.join(', ')] // prettier-ignore
    const type = checker.getTypeOfSymbol(last)
    const rests = (type.isUnion() ? type.types : [type]).map((part) => restText(last.name, part))
    if (rests.includes(null)) return [texts.join(', ')]
    return rests.map((rest) => [...texts.slice(0, -1), ...(rest === null || rest === '' ? [] : [rest])].join(', '))
  }

  return (signatures: readonly ts.Signature[]): string => signatures.flatMap(signatureTexts).join('; ')
}

/** Variables: their classes are told apart by identity, and look at arguments themselves. */
const isKind = (checker: ts.TypeChecker, symbol: ts.Symbol): boolean => {
  if (!(symbol.flags & ts.SymbolFlags.Class)) return false
  const bases = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType)
  return symbol.name === 'Variable' || bases.some((base) => isKind(checker, base.symbol))
}

/** What the classes of a module make, by the name that they have there. */
const classesOf = (checker: ts.TypeChecker, module: ts.Symbol): ReadonlyMap<ts.Symbol, string> => {
  const classes = new Map<ts.Symbol, string>()
  for (const alias of checker.getExportsOfModule(module)) {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
    if (!(symbol.flags & ts.SymbolFlags.Value)) continue
    const [constructor] = checker.getTypeOfSymbol(symbol).getConstructSignatures()
    const made = constructor?.getReturnType()
    const of = made?.aliasSymbol ?? made?.getSymbol()
    if (of !== undefined && !classes.has(of)) classes.set(of, alias.name)
  }
  return classes
}

/** The text of the generated file of one namespace. */
const render = (program: ts.Program, name: string): string => {
  const checker = program.getTypeChecker()
  const module = namespaces[name]!
  const file = program.getSourceFile(resolve('src', module.slice('../'.length).replace(/js$/, 'ts')))!
  const exported = checker.getSymbolAtLocation(file)!
  const isConstructing = constructing.includes(name)
  const told = new Map<string, string>()
  const textOf = typeTexts(checker, isConstructing ? classesOf(checker, exported) : new Map(), told)
  const signatures: Record<string, string> = {}
  const imports = new Map<string, string>()
  /** Names of other modules that a type parameter is bounded by. */
  const need = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const found = checker.getSymbolAtLocation(node)
      const symbol = found !== undefined && found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found
      const declaration = symbol?.declarations?.[0]
      const isOwn = declaration === undefined || ts.isTypeParameterDeclaration(declaration) || isOfLibrary(symbol!)
      if (!isOwn && ts.isSourceFile(declaration.parent)) imports.set(node.text, `../${relative('src', declaration.getSourceFile().fileName).replace(/ts$/, 'js')}`) // prettier-ignore
    }
    ts.forEachChild(node, need)
  }
  /** The types of a module as declarations, those of modules in it nested. */
  const walk = (path: string, container: ts.Symbol): string => {
    const types: string[] = []
    for (const alias of checker.getExportsOfModule(container)) {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
      const place = `${path}.${alias.name}`
      if (symbol.flags & ts.SymbolFlags.ValueModule) {
        const inner = walk(place, symbol)
        if (inner !== '') types.push(`export namespace ${alias.name} {\n${inner}\n}`)
      } else if (symbol.flags & ts.SymbolFlags.Value) {
        const type = checker.getTypeOfSymbol(symbol)
        const constructors = type.getConstructSignatures()
        const isChecking = isConstructing && !isKind(checker, symbol)
        const calls = constructors.length === 0 ? type.getCallSignatures() : isChecking ? constructors : []
        const text = textOf(calls)
        if (calls.length > 0 && (constructors.length === 0 || text !== '')) signatures[place] = text
      }
      const isType = (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Class)) !== 0
      if (isType) {
        const declaration = symbol.declarations!.find((d) => ts.isInterfaceDeclaration(d) || ts.isTypeAliasDeclaration(d) || ts.isClassDeclaration(d)) as ts.InterfaceDeclaration // prettier-ignore
        const parameters = declaration.typeParameters ?? []
        parameters.forEach(need)
        const brackets = (texts: readonly string[]): string => (texts.length === 0 ? '' : `<${texts.join(', ')}>`)
        types.push(`export type ${alias.name}${brackets(parameters.map((p) => p.getText()))} = module${place.slice(name.length)}${brackets(parameters.map((p) => p.name.text))}`) // prettier-ignore
      }
    }
    return types.sort().join('\n')
  }
  const types = walk(name, exported)
  const own = new Set([...types.matchAll(/^export type (\w+)/gm)].map(([, type]) => type))
  const imported = [...imports].filter(([type]) => !own.has(type)).map(([type, from]) => `import type { ${type} } from '${from}'\n`).sort().join('') // prettier-ignore
  const entries = Object.entries(signatures).sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = entries.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)},`)
  const namespace = types === '' ? '' : `\n/** The types of \`${name}\`. */\nexport declare namespace ${name} {\n${types}\n}\n` // prettier-ignore
  const lenient =
    namespace === ''
      ? ''
      : '/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */\n'
  const instances = [...told].sort().map(([type, by]) => `${type}: '${by}'`)
  const options = [
    ...(decoding.includes(name) ? ["depth: 'parts'"] : []),
    ...(instances.length === 0 ? [] : [`instances: { ${instances.join(', ')} }`]),
  ]
  return `${lenient}/** \`${name}\`, whose functions check their arguments. Written by \`npm run docs:compat\`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '${module}'
${imported}
export const ${name}: typeof module = guarded('${name}', module, {
${rows.join('\n')}
}${options.length === 0 ? '' : `, { ${options.join(', ')} }`})
${namespace}`
}

/** The generated files, by path. */
export const guards = async (program: ts.Program): Promise<ReadonlyMap<string, string>> => {
  const options = { ...(await prettier.resolveConfig('src/index.ts')), parser: 'typescript' }
  const files = Object.keys(namespaces).map(
    async (name) => [fileOf(name), await prettier.format(render(program, name), options)] as const,
  )
  return new Map(await Promise.all(files))
}

export const writeGuards = async (program: ts.Program): Promise<void> => {
  for (const [file, text] of await guards(program)) writeFileSync(file, text)
}
