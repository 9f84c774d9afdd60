/** Optimizers converge. */
import { converge } from './convergence.js'
import { contrib, core } from './table/index.js'

converge([...core, ...contrib])
