/** `nnx.optimizer`: the optimizer, and the way of Optax's states into Variables. */
export { Optimizer } from './optimizer.js'
export { OptArray, OptState, OptVariable, toOptState } from './optState.js'
