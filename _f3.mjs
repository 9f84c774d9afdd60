import { jit, np } from 'onnax'
const rnd = (shape) => np.array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.random() - 0.5)).reshape(shape)
const cmp = (name, forms, args) => {
  const js = Object.entries(forms).map(([k, f]) => [k, jit(f)])
  const ts = js.map(() => [])
  for (let i = 0; i < 100; i++) js.forEach(([k, j], n) => { const t = performance.now(); j(...args); ts[n].push(performance.now() - t) })
  console.log(name, js.map(([k], n) => { const s = ts[n].slice(5).sort((a, b) => a - b); return `${k} ${s[0].toFixed(3)}/${s[s.length >> 2].toFixed(3)}` }).join(' | '))
}
for (const [R, C] of [[50176, 32], [12544, 64], [1024, 128], [1024, 512], [128, 512], [64,256], [128, 10], [4096, 256], [65536, 3],[1024,1024],[1000,1000],[300000,2],[1048576,1],[512,3000],[16,8192],[64,64]]) {
  const forms = { sum: (x) => np.sum(x, { axis: 0 }), ones: (x) => np.matmul(np.ones([1, R]), x) }
  for (const B of [2, 4, 8, 16, 32, 64, 128]) if (R % B === 0 && R / B > 1) forms['b' + B] = (x) => np.sum(np.sum(x.reshape(B, R / B, C), { axis: 1 }), { axis: 0 })
  cmp(`sum0 ${R}x${C}`, forms, [rnd([R, C])])
}
