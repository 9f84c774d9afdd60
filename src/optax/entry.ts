/** What `import … from 'onnax/optax'` gives: in the package the functions and classes of `optax`, which check their arguments (`tools/bundle.ts`). */
import '../install.js'

export * from './index.js'
