/**
 * The workloads in TensorFlow.js on WebAssembly: `node tfjs.js <w1..w5> <steps>` prints what `workload.js` prints.
 * Plain JavaScript with packages of its own, which `npm run bench:peers` installs. The backend has no gradients of kernels of 2-D
 * convolutions and of gather: W2 is written with 3-D convolutions, W3 with products of one-hot rows.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as data from '../../out/bench/data.js'
import { report } from '../../out/bench/report.js'

const backend = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
setWasmPaths(join(dirname(backend), '/'))
await tf.setBackend('wasm')

const array = ({ data: values, shape }) => tf.tensor(values, [...shape])
const leaves = (x) => (x instanceof tf.Tensor ? [x] : Object.values(x).flatMap(leaves))
const crossEntropy = (logits, targets) => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits, -1), targets), -1)))

/** A function that takes the next step and gives the loss before it; the step of all decayed parameters is decoupled from Adam's. */
const training = ({ params, batches }, classes, loss, rate, decay = 0, input = array) => {
  const variables = data.mapTensors(params, (x) => tf.variable(array(x)))
  const optimizer = tf.train.adam(rate, 0.9, 0.999, 1e-8)
  const inputs = batches.map(({ x, y }) => [input(x), array(data.oneHot(y, classes))])
  let i = 0
  return () => {
    const [x, targets] = inputs[i++ % inputs.length]
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => loss(variables, x, targets))
      if (decay !== 0) for (const v of leaves(variables)) v.assign(tf.mul(v, 1 - rate * decay))
      optimizer.applyGradients(grads)
      return value.dataSync()[0]
    })
  }
}

const dense = (x, { w, b }) => {
  const y = tf.add(tf.matMul(tf.reshape(x, [-1, w.shape[0]]), w), b)
  return tf.reshape(y, [...x.shape.slice(0, -1), w.shape[1]])
}

const w1 = () =>
  training(
    data.mlpData(),
    10,
    (params, x, targets) =>
      crossEntropy(
        params.reduce((h, layer, i) => (i < params.length - 1 ? tf.relu(dense(h, layer)) : dense(h, layer)), x),
        targets,
      ),
    1e-3,
  )

const w2 = () => {
  const block = (x, k, c) => {
    const [n, , h, w] = x.shape
    const y = tf.relu(tf.add(tf.conv3d(x, tf.expandDims(k, 0), 1, 'same'), c))
    // More than 6 axes fail in this backend, with wrong numbers.
    return tf.expandDims(tf.mean(tf.reshape(y, [n, h / 2, 2, w / 2, 2, c.shape[0]]), [2, 4]), 1)
  }
  const loss = (p, x, targets) => {
    const h = block(block(x, p.k0, p.c0), p.k1, p.c1)
    const z = tf.relu(tf.add(tf.matMul(tf.reshape(h, [h.shape[0], 3136]), p.w0), p.b0))
    return crossEntropy(tf.add(tf.matMul(z, p.w1), p.b1), targets)
  }
  return training(data.cnnData(), 10, loss, 1e-3, 0, (x) => tf.expandDims(array(x), 1))
}

const w3 = () => {
  const { vocabulary, width, heads, length, batch } = data.gptSizes
  const mask = tf.tensor(
    Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e30 : 0)),
    [length, length],
  )
  const norm = (x, { scale, bias }) => {
    const centered = tf.sub(x, tf.mean(x, -1, true))
    const variance = tf.mean(tf.square(centered), -1, true)
    return tf.add(tf.mul(tf.div(centered, tf.sqrt(tf.add(variance, 1e-5))), scale), bias)
  }
  const gelu = (x) => {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(tf.mul(x, x), x))))
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1))
  }
  const split = (x) => tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3])
  const attention = (h, layer) => {
    const [q, k, v] = [layer.q, layer.k, layer.v].map((part) => split(dense(h, part)))
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads))
    const mixed = tf.matMul(tf.softmax(tf.add(scores, mask), -1), v)
    return dense(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, length, width]), layer.o)
  }
  const loss = (params, x, targets) => {
    let h = tf.add(dense(x, { w: params.tok, b: tf.scalar(0) }), params.pos)
    for (const layer of params.layers) {
      h = tf.add(h, attention(norm(h, layer.ln1), layer))
      h = tf.add(h, dense(gelu(dense(norm(h, layer.ln2), layer.f)), layer.p))
    }
    return crossEntropy(dense(norm(h, params.ln), { w: params.head, b: tf.scalar(0) }), targets)
  }
  return training(data.gptData(), vocabulary, loss, 3e-4, 1e-2, (x) => array(data.oneHot(x, vocabulary)))
}

const w4 = () => {
  const { params, grads } = data.adamData()
  const variables = params.map((x) => tf.variable(array(x)))
  const named = Object.fromEntries(variables.map((v, i) => [v.name, array(grads[i])]))
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8)
  return () => {
    optimizer.applyGradients(named)
    return variables[0].dataSync()[0]
  }
}

const w5 = () => {
  const [a, b] = data.matmulData().map(array)
  return () => tf.tidy(() => tf.matMul(a, b).dataSync()[0])
}

const [workload, steps] = argv.slice(2)
await report({ w1, w2, w3, w4, w5 }[workload], Number(steps))
