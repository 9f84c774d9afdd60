/** TypeScript files as modules, in tests that run from their sources or from the bundle. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { register } from 'tsx/esm/api'

let registered = process.execArgv.includes('--import=tsx')

/** The module of a TypeScript file. */
export const importSource = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  if (!registered) register()
  registered = true
  return (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>
}
