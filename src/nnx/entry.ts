/** What `import … from 'onnax/nnx'` gives: in the package the functions and classes of `nnx`, which check their arguments (`tools/bundle.ts`). */
import '../install.js'

export * from './index.js'
