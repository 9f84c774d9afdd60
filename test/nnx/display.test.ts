import test from 'ava'
import { nnx, np } from '../../src/index.js'

class Knot extends nnx.Object {
  readonly self: Knot = this
  readonly label = '<b>"&'
  readonly none = {}
  readonly small = new nnx.Param(np.array([1, 2]))
  readonly large = new nnx.Param(np.zeros([20, 10]))
}

test('a page of nested levels, with markup escaped, cycles cut, and arrays by shape', (t) => {
  const page = nnx.display(new Knot(), 3)
  t.true(page.startsWith('<!doctype html>'))
  t.true(page.includes('<details open><summary><b>Knot</b>(5) <i>Param: 202 (808 B)</i></summary>'))
  t.true(page.includes('<i>self</i> <b>Knot</b>(…)'))
  t.true(page.includes('&lt;b&gt;&quot;&amp;'))
  t.false(page.includes('<b>"&'))
  t.true(page.includes('<span title="Array([1., 2.], dtype=float32)">float32[2]</span>'))
  t.true(page.includes('<div><i>value</i> float32[20,10]</div>'))
  t.true(page.includes('<div><i>none</i> <b></b>{}</div>'))
  t.true(page.includes('<div>3</div>'))
  t.is(page.split('<details').length, page.split('</details>').length)
})
