/** Makes ONNX Runtime the evaluator of the process; every public entry point imports this first. */
import { installBackend } from './core/index.js'
import { deviceBackend } from './runtime/index.js'
import './numpy/arrayMethods.js'

installBackend(deviceBackend)
