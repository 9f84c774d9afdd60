/** Laws of `optax.contrib`. */
import { holdFor } from '../laws.js'
import { contrib } from '../table/index.js'

holdFor(contrib)
