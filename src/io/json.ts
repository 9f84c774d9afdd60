/** JSON from files: nothing is made of text that is nested too deeply, which takes 30 times its length. */

const [quote, backslash, openList, closeList, openObject, closeObject, comma] = Buffer.from('"\\[]{},')

export interface JsonLimits {
  /** Levels of lists and objects. */
  readonly depth: number
  /** Items of a list; default any number. */
  readonly items?: number
}

/** Levels of a tree of the codecs, each of which takes some of JSON. */
export const treeLimits: JsonLimits = { depth: 2000 }

/** Why text is not to be parsed; `null` if it may be. It needn't be JSON. */
export const excessOf = (text: Uint8Array, { depth: most, items = Infinity }: JsonLimits): string | null => {
  let depth = 0
  /** Commas so far of the list on each level; of objects they are not counted. */
  const commas = new Float64Array(most + 1)
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === quote) {
      for (i++; i < text.length && text[i] !== quote; i++) if (text[i] === backslash) i++
    } else if (c === openList || c === openObject) {
      if (++depth > most) return `more than ${most} levels`
      commas[depth] = c === openList ? 0 : -Infinity
    } else if (c === closeList || c === closeObject) {
      if (--depth < 0) return 'more ends than beginnings'
    } else if (c === comma && ++commas[depth]! >= items) return `more than ${items} items`
  }
  return null
}
