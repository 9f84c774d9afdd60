/** The line of the user's code that is running. */
import { fileURLToPath } from 'node:url'

const FRAME = /\(?((?:file:\/\/)?\/[^()]*|[A-Za-z]:[^()]*):(\d+):\d+\)?$/

const frames = (): readonly { readonly file: string; readonly line: string }[] => {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 100
  Error.captureStackTrace(holder)
  Error.stackTraceLimit = limit
  return (holder.stack ?? '').split('\n').flatMap((text) => {
    const [, place, line] = FRAME.exec(text) ?? []
    if (place === undefined || line === undefined) return []
    return [{ file: place.startsWith('file:') ? fileURLToPath(place) : place, line }]
  })
}

// In sources this file is `<root>/core/sourceLine.ts`, in a build a chunk of one of `<root>`'s folders.
const rootOf = (file: string): string => file.replace(/(core[\\/]sourceLine\.\w+|[^\\/]+[\\/][^\\/]+)$/, '')

let root: string | undefined

let origin: string | undefined

/** Runs `f`, whose operations come from the line that a program's equation came from. */
export const fromLine = <T>(source: string | undefined, f: () => T): T => {
  if (source === undefined) return f()
  const saved = origin
  origin = source
  try {
    return f()
  } finally {
    origin = saved
  }
}

/** `file:line` of the innermost frame outside of this package, '' where there is none; of the origin inside {@link fromLine}. */
export const sourceLine = (): string => {
  if (origin !== undefined) return origin
  const stack = frames()
  root ??= rootOf(stack[0]?.file ?? '')
  const frame = stack.find(({ file }) => !file.startsWith(root!) && !file.includes('node_modules'))
  return frame === undefined ? '' : `${frame.file}:${frame.line}`
}
