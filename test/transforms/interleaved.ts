/** Random sequences of calls that overlap, give memory away and share it: every array keeps its elements until it is donated. */
import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { config, jit, type NDArray, np } from '../../src/index.js'

type Pair = readonly [NDArray, NDArray]
const step = (p: NDArray, m: NDArray, x: NDArray): Pair => {
  const slope = np.matmul(x, p).mul(1e-2)
  const next = m.mul(0.5).add(slope.mul(0.25))
  return [p.sub(next.mul(0.5)), next]
}
const scale = (p: NDArray, m: NDArray): Pair => [p.mul(0.5).add(m).mul(0.25), m.sub(p.mul(0.125)).mul(0.5)]
const plain = [jit(step), jit(scale)] as const
const functions = [[], [0], [1], [0, 1]].map((donateArgnums) => {
  const [f, g] = [jit(step, { donateArgnums }), jit(scale, { donateArgnums })]
  return { donateArgnums, f, g }
})

/** An array, and the elements that it should have. */
interface Known {
  readonly array: NDArray
  readonly elements: Float32Array
}
const known = (array: NDArray, elements = array.data() as Float32Array): Known => ({ array, elements })
const same = ({ array, elements }: Known): boolean =>
  Buffer.from((array.data() as Float32Array).buffer).equals(Buffer.from(elements.buffer))

const command = fc.record({
  kind: fc.constantFrom('step', 'scale', 'step', 'scale', 'wait', 'reshape', 'copy', 'view', 'read', 'make'),
  isAsync: fc.boolean(),
  donation: fc.nat(functions.length - 1),
  picks: fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)),
})

/** Checks sequences on arrays of `size` × `size`, which `place` puts where they are to be. */
export const checkInterleaved = async (
  t: ExecutionContext,
  size: number,
  place: (x: NDArray) => NDArray = (x) => x,
): Promise<void> => {
  const commands = fc.array(command, { minLength: 5, maxLength: 40 })
  const property = fc.asyncProperty(commands, async (sequence) => {
    let live: Known[] = [0, 1, 2, 3].map((i) =>
      known(
        np
          .arange(size * size)
          .reshape(size, size)
          .mul(1e-3)
          .add(i),
      ),
    )
    const pending: Promise<readonly Known[]>[] = []
    const views: Known['elements'][] = []
    let made = 0
    for (const { kind, isAsync, donation, picks } of sequence) {
      const [a, b, c] = picks.map((pick) => live[pick % live.length]!) as [Known, Known, Known]
      if (kind === 'make') live.push(known(place(np.full([size, size], ++made))))
      else if (kind === 'read') t.true(same(a))
      else if (kind === 'view') views.push(a.array.data({ copy: false }) as Float32Array)
      else if (kind === 'copy') live.push(known(np.copy(a.array), a.elements))
      else if (kind === 'reshape') live.push(known(a.array.reshape(1, -1).reshape(size, size), a.elements))
      else if (kind === 'wait') live.push(...((await pending.shift()) ?? []))
      else {
        const { donateArgnums, f, g } = functions[donation]!
        const args = kind === 'step' ? [a, b, c] : [a, b]
        const donated = new Set(donateArgnums.map((i) => args[i]!))
        // A donated array is no other argument of the call.
        if (new Set(args).size < args.length) continue
        const arrays = args.map((x) => x.array) as [NDArray, NDArray, NDArray]
        const expected = config.using('fusedLoops', false, () =>
          (kind === 'step' ? plain[0](...arrays) : plain[1](arrays[0], arrays[1])).map((x) => x.data() as Float32Array),
        )
        live = live.filter((x) => !donated.has(x))
        const withElements = (results: Pair): readonly Known[] => results.map((x, i) => known(x, expected[i]))
        const call = kind === 'step' ? f : g
        if (isAsync) pending.push(call.async(...arrays).then(withElements))
        else live.push(...withElements((call as (...xs: NDArray[]) => Pair)(...arrays)))
        if (live.length === 0) live.push(known(place(np.full([size, size], ++made))))
      }
    }
    live.push(...(await Promise.all(pending)).flat())
    t.true(live.every(same))
    t.true(views.every((view) => view.length === size * size))
  })
  await fc.assert(property, { numRuns: 60, seed: 7 })
}
