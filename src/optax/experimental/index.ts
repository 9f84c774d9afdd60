/** What may still change in Optax: `optax.experimental`. */
export * as aggregating from './aggregating/index.js'
