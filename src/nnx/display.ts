/** `nnx.display`: models and states as an HTML page, for those too large to print. */
import { NDArray, showAval } from '../core/index.js'
import { descriptionOf, leafText, sizesOf } from './print.js'

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const style =
  'body{font:14px/1.5 ui-monospace,monospace;margin:2em}details>*:not(summary){margin-left:1.5em}summary{cursor:pointer}b{font-weight:600}i{color:#777}'

/** Arrays by shape and dtype, their elements as a tip. */
const arrayText = (x: NDArray): string =>
  x.size > 100 ? escape(showAval(x.aval)) : `<span title="${escape(String(x))}">${escape(showAval(x.aval))}</span>`

const render = (label: string, value: unknown, above: readonly unknown[]): string => {
  const head = label === '' ? '' : `<i>${escape(label)}</i> `
  if (value instanceof NDArray) return `<div>${head}${arrayText(value)}</div>`
  const description = descriptionOf(value)
  if (description === null) return `<div>${head}${escape(leafText(value))}</div>`
  const { name, fields, brackets: [open, close] = ['(', ')'] } = description
  const title = `${head}<b>${escape(name)}</b>`
  if (above.includes(value)) return `<div>${title}${open}…${close}</div>`
  if (fields.length === 0) return `<div>${title}${open}${close}</div>`
  const sizes = sizesOf(value, description)
  const comment = sizes === '' ? '' : ` <i>${escape(sizes)}</i>`
  const inner = fields.map(([key, item]) => render(key, item, [...above, value])).join('')
  return `<details${above.length < 2 ? ' open' : ''}><summary>${title}${open}${fields.length}${close}${comment}</summary>${inner}</details>`
}

/**
 * Models, states and trees of them as the text of an HTML page, in which levels open and close. Write it to a file.
 *
 * @example
 * const page = nnx.display(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }))
 * page.includes('float32[2,3]') // => true
 */
export const display = (...values: readonly unknown[]): string =>
  `<!doctype html><html><head><meta charset="utf-8"><title>onnax</title><style>${style}</style></head><body>` +
  `${values.map((value) => render('', value, [])).join('')}</body></html>\n`
