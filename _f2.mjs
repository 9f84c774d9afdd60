import { jit, np } from 'onnax'
const rnd = (shape) => np.array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.random() - 0.5)).reshape(shape)
const cmp = (name, forms, args) => {
  const js = Object.entries(forms).map(([k, f]) => [k, jit(f)])
  const ts = js.map(() => [])
  for (let i = 0; i < 80; i++) js.forEach(([k, j], n) => { const t = performance.now(); j(...args); ts[n].push(performance.now() - t) })
  console.log(name, js.map(([k], n) => { const s = ts[n].slice(5).sort((a, b) => a - b); return `${k} min ${s[0].toFixed(3)} med ${s[s.length >> 1].toFixed(3)}` }).join(' | '))
}
for (const [R, C] of [[8, 32], [32, 32], [64, 64], [16, 8192], [2, 100000], [4,4],[128,128],[1000000,1],[300000,2], [256,30],[20,500], [64, 1024], [500, 1000],[3,3000],[100,7]])
  cmp(`lead ${R}x${C}`, { sum: (x) => np.sum(x, { axis: 0 }), ones: (x) => np.matmul(np.ones([1, R]), x) }, [rnd([R, C])])
for (const [B, R, C] of [[16, 64, 128], [64, 196, 64], [2, 8, 8], [16, 1024, 32], [64,784,32],[128,16,512],[1000,4,8]])
  cmp(`mid ${B}x${R}x${C}`, { sum: (x) => np.sum(x, { axis: 1 }), ones: (x) => np.matmul(np.ones([1, R]), x) }, [rnd([B, R, C])])
for (const [R, C] of [[1024, 128], [1024, 256], [50176, 32], [64, 10], [128,784], [64,100000],[16,1000000]])
  cmp(`last ${R}x${C}`, { sum: (x) => np.sum(x, { axis: 1 }), ones: (x) => np.matmul(x, np.ones([C, 1])), onesv: (x) => np.matmul(x, np.ones([C])) }, [rnd([R, C])])
for (const n of [1000, 100000, 1000000,10000000]) cmp(`all ${n}`, { sum: (x) => np.sum(x), ones: (x) => np.matmul(x, np.ones([n])), dot: x => np.sum(np.sum(x.reshape(n / 100, 100), { axis: 1 })) }, [rnd([n])])
for (const [N, C, S] of [[64, 32, 784], [64, 64, 196]]) cmp(`nchw bias ${N}x${C}x${S}`, { sum: (x) => np.sum(x, { axis: [0, 2] }), two: (x) => np.sum(np.sum(x, { axis: 2 }), { axis: 0 }), ones: (x) => np.matmul(np.ones([1,N]), np.sum(x, { axis: 2 })) }, [rnd([N, C, S])])
