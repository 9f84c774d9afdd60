/** Printing of structures, as JAX prints them. */

import { printAux } from './aux.js'
import { showKey } from './path.js'
import { expand, nodeTypeOf, type NodeType, type Step } from './registry.js'

/** One printed node; `null` as the type is a leaf. */
export const printNode = (
  type: NodeType | null,
  steps: readonly Step[] | null,
  aux: unknown,
  children: readonly string[],
): string => {
  switch (type?.tag) {
    case undefined:
      return '*'
    case 'null':
      return 'None'
    case 'array':
      return `[${children.join(', ')}]`
    case 'object':
      return `{${children.map((child, i) => `${showKey(steps![i] as string)}: ${child}`).join(', ')}}`
    case 'map':
      return `Map({${children.map((child, i) => `${showKey(steps![i] as string | number)}: ${child}`).join(', ')}})`
    case 'class': {
      const data = printAux(type, aux)
      return `CustomNode(${type.label}${data === '' ? '' : `[${data}]`}, [${children.join(', ')}])`
    }
  }
}

/** Levels that are printed of a value that is not known to be a tree. */
const deepest = 32

/** The structure of any value, also of one that is no tree: cycles and deep levels print as an ellipsis. */
export const printStructure = (value: unknown): string => `PyTreeDef(${printValue(value, [])})`

const printValue = (value: unknown, above: readonly unknown[]): string => {
  if (value === undefined) return 'undefined'
  const type = nodeTypeOf(value)
  if (type === null) return '*'
  if (above.length === deepest || above.includes(value)) return '…'
  const { steps, children, aux } = expand(type, value)
  const nodes = [...above, value]
  return printNode(
    type,
    steps,
    aux,
    Array.from(children, (child) => printValue(child, nodes)),
  )
}

const longest = 300

/** A printed structure for a message: long ones lose their end. */
export const shorten = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}…`)
