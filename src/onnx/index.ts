/** ONNX models: element types, graph building, encoding. Knows nothing of tracing. */
export * from './attribute.js'
export * from './elementType.js'
export * from './graph.js'
export * from './halfFloat.js'
export * from './proto.js'
export * from './tensor.js'
