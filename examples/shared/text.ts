/** The documentation of this project, from its folder, as a text of characters. */
import { readdirSync, readFileSync } from 'node:fs'

const pages = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'compatibility.md')
    .sort()
    .map((name) => folder + name)

export interface Text {
  /** The characters that occur, in order. */
  readonly alphabet: readonly string[]
  /** Indices into the alphabet. */
  readonly train: Int32Array
  /** The end of each page. */
  readonly test: Int32Array
  encode(text: string): Int32Array
  decode(indices: Iterable<number>): string
}

/** README.md and docs/ without the long table of names; the last twentieth of each page is held out. */
export const loadText = (): Text => {
  const texts = ['README.md', 'CONTRIBUTING.md', ...pages('docs/'), ...pages('docs/decisions/')].map((name) =>
    readFileSync(name, 'utf8'),
  )
  const alphabet = [...new Set(texts.join(''))].sort()
  const indexOf = new Map(alphabet.map((character, i) => [character, i]))
  const encode = (text: string): Int32Array => Int32Array.from([...text], (character) => indexOf.get(character) ?? 0)
  const parts = texts.map((text) => {
    const at = Math.floor(0.95 * text.length)
    return [text.slice(0, at), text.slice(at)] as const
  })
  return {
    alphabet,
    train: encode(parts.map(([train]) => train).join('\n')),
    test: encode(parts.map(([, test]) => test).join('\n')),
    encode,
    decode: (indices) => Array.from(indices, (i) => alphabet[i]).join(''),
  }
}

/** Pieces of `length` characters that start at `starts`, one after the other. */
export const pieces = (text: Int32Array, starts: ArrayLike<number>, length: number): Int32Array => {
  const chosen = new Int32Array(starts.length * length)
  for (let i = 0; i < starts.length; i++) chosen.set(text.subarray(starts[i], starts[i]! + length), i * length)
  return chosen
}
