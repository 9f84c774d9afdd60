/** `onnax/optax`. */
import '../install.js'

export * from './index.js'
