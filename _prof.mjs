import { profile } from 'onnax'
const w = process.argv[2]
const m = { w1: ['mlp', 'mlp'], w2: ['cnn', 'cnn'], w3: ['gpt', 'gpt'], w4: ['adam', 'adam'] }[w]
const step = (await import(`/tmp/wt/bench/out/bench/workloads/${m[0]}.js`))[m[1]]()
const p = profile(() => { for (let i = 0; i < 20; i++) step() })
const by = new Map(), op = new Map()
for (const r of p.rows) by.set(r.name, (by.get(r.name) ?? 0) + r.milliseconds / 20)
console.log([...by].sort((a, b) => b[1] - a[1]).slice(0, 30).map(([k, v]) => `${v.toFixed(2)} ${k}`).join('\n'))
console.log('---nodes')
for (const e of p.events) { if (e.cat !== 'kernel') continue; const k = `${e.name} ${e.args.op_name} in ${JSON.stringify(e.args.input_type_shape?.map(o => Object.values(o)[0].join('x')))} out ${JSON.stringify(e.args.output_type_shape?.map(o => Object.values(o)[0].join('x')))}`; const q = op.get(k) ?? [0, 0]; q[0] += e.dur; q[1]++; op.set(k, q) }
console.log([...op].sort((a, b) => b[1][0] - a[1][0]).slice(0, 60).map(([k, [v, n]]) => `${(v / 20000).toFixed(2)} x${n / 20} ${k}`).join('\n'))
