/** What `import … from 'onnax/nnx'` gives. */
import '../install.js'

export * from './index.js'
