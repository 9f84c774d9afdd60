import { jit, np, lax, runtimeStats } from 'onnax'
const rnd = (shape) => np.array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.random() - 0.5)).reshape(shape)
const cmp = (name, forms, args) => {
  const js = Object.entries(forms).map(([k, f]) => [k, jit(f)])
  const ts = js.map(() => [])
  for (let i = 0; i < 60; i++) js.forEach(([k, j], n) => { const t = performance.now(); j(...args); ts[n].push(performance.now() - t) })
  console.log(name, js.map(([k], n) => { const s = ts[n].slice(5).sort((a, b) => a - b); return `${k} min ${s[0].toFixed(2)} med ${s[s.length >> 1].toFixed(2)}` }).join(' | '))
}
const red = (R, C, k) => (x) => np.sum(np.sum(x.reshape(R / k, k * C), { axis: 0 }).reshape(k, C), { axis: 0 })
for (const [R, C] of [[50176, 32], [12544, 64], [1024, 128], [1024, 512], [128, 512], [64, 10], [128, 10], [4096, 256], [65536, 3],[1024,1024]]) {
  const x = rnd([R, C])
  const forms = { sum: (x) => np.sum(x, { axis: 0 }), ones: (x) => np.matmul(np.ones([1, R]), x) }
  for (const k of [4, 16, 32, 64, 128]) if (R % k === 0 && R / k > 1) forms['k' + k] = red(R, C, k)
  cmp(`sum0 ${R}x${C}`, forms, [x])
}
const g = rnd([64, 28, 28, 32]), y = rnd([64, 28, 28, 32])
cmp('relu grad', {
  where: (g, y) => np.where(np.greater(y, 0), g, 0),
  mulcast: (g, y) => g.mul(np.greater(y, 0).astype('float32')),
  sign: (g, y) => g.mul(np.sign(np.maximum(y, 0))),
  wherefull: (g, y) => np.where(np.greater(y, 0), g, np.zerosLike(g)),
  mul: (g, y) => g.mul(y)
}, [g, y])
