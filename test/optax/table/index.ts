/** All transformations of Optax. */
import { aggregating } from './aggregating.js'
import { contrib } from './contrib.js'
import { optimizers } from './optimizers.js'
import { parts } from './parts.js'
import type { Row } from './row.js'
import { wrappers } from './wrappers.js'

export { contrib }
export { others } from './others.js'
export { type Extras, type Row, txOf } from './row.js'

/** Those outside of `optax.contrib`. */
export const core: readonly Row[] = [...optimizers, ...parts, ...wrappers, ...aggregating]
