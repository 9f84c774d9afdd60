/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `nnx`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../nnx/index.js'
import type { NDArray } from '../core/array.js'

export const nnx: typeof module = guarded(
  'nnx',
  module,
  {
    'nnx.All': '...filters: Filter[]',
    'nnx.Any': '...filters: Filter[]',
    'nnx.BatchNorm':
      'numFeatures: number, options: {useRunningAverage?: boolean, axis?: number, momentum?: number, rngs: Rngs, epsilon?: number, dtype?: DType | null, paramDtype?: DType, useBias?: boolean, useScale?: boolean, biasInit?: function, scaleInit?: function, useFastVariance?: boolean, biasMetadata?: object, scaleMetadata?: object, promoteDtype?: function | null, axisName?: string | null, axisIndexGroups?: number[][] | null}',
    'nnx.Bidirectional':
      'forwardRnn: RNN, backwardRnn: RNN, options?: {mergeFn?: function, timeMajor?: boolean, returnCarry?: boolean, rngs?: Rngs | boolean}',
    'nnx.Conv':
      "inFeatures: number, outFeatures: number, kernelSize: number | number[], options: {padding?: 'CAUSAL' | 'CIRCULAR' | 'REFLECT' | 'SAME' | 'VALID' | ([number, number] | number)[] | number, inputDilation?: number | number[], featureGroupCount?: number, convGeneralDilated?: function | null, rngs: Rngs, strides?: number | number[], kernelDilation?: number | number[], useBias?: boolean, mask?: array | null, dtype?: DType | null, paramDtype?: DType, preferredElementType?: DType | null, kernelInit?: function, biasInit?: function, kernelMetadata?: object, biasMetadata?: object, promoteDtype?: function | null}",
    'nnx.ConvTranspose':
      "inFeatures: number, outFeatures: number, kernelSize: number | number[], options: {padding?: 'CIRCULAR' | 'SAME' | 'VALID' | ([number, number] | number)[] | number, transposeKernel?: boolean, rngs: Rngs, strides?: number | number[], kernelDilation?: number | number[], useBias?: boolean, mask?: array | null, dtype?: DType | null, paramDtype?: DType, preferredElementType?: DType | null, kernelInit?: function, biasInit?: function, kernelMetadata?: object, biasMetadata?: object, promoteDtype?: function | null}",
    'nnx.Dict': 'entries?: any',
    'nnx.DiffState': 'argnum: number, filter: Filter',
    'nnx.Dropout':
      'rate: number, options?: {rngs?: RngStream | Rngs | null, broadcastDims?: number[], deterministic?: boolean, rngCollection?: string}',
    'nnx.EMA': 'params: any, decay: number, options?: {only?: Filter}',
    'nnx.Einsum':
      'einsumStr: string, kernelShape: number[], options: {biasShape?: number[] | null, einsumOp?: function | null, rngs: Rngs, dtype?: DType | null, paramDtype?: DType, kernelInit?: function, biasInit?: function, kernelMetadata?: object, biasMetadata?: object, preferredElementType?: DType | null, promoteDtype?: function | null}',
    'nnx.Embed':
      'numEmbeddings: number, features: number, options: {rngs: Rngs, dtype?: DType | null, paramDtype?: DType, embeddingInit?: function, embeddingMetadata?: object, promoteDtype?: function | null}',
    'nnx.Everything': '',
    'nnx.FlatState': 'entries: ([(number | string)[], any])[] | Iterable',
    'nnx.GRUCell':
      'inFeatures: number, hiddenFeatures: number, options: {gateFn?: function, dtype?: DType | null, rngs: Rngs, activationFn?: function, kernelInit?: function, recurrentKernelInit?: function, biasInit?: function, paramDtype?: DType, carryInit?: function | null, keepRngs?: boolean, kernelMetadata?: object, recurrentKernelMetadata?: object, biasMetadata?: object, promoteDtype?: function | null}',
    'nnx.GraphDef':
      "root: {kind: 'container', type: {tag: 'array' | 'class' | 'map' | 'null' | 'object', label: string, spec: {flatten: function, unflatten: function, equalAux?: function, keyAux?: function, printAux?: function, subclasses?: boolean}}, steps: (number | string | {kind: 'attr', key: string} | {kind: 'flat', key: number} | {kind: 'index', key: number} | {kind: 'key', key: number | string})[] | null, aux: any, children: list} | {kind: 'leaf', leaf: number} | {kind: 'object', index: number, prototype: any, names: string[], order: string[], children: list} | {kind: 'ref', index: number} | {kind: 'static', value: any} | {kind: 'variable', index: number, leaf: number, type: function, metadata: object}, numObjects: number, numLeaves: number",
    'nnx.GraphState': 'graphdef: GraphDef, state: object',
    'nnx.GroupNorm':
      'numFeatures: number, options: {numGroups?: number | null, groupSize?: number | null, reductionAxes?: number | number[] | null, rngs: Rngs, epsilon?: number, dtype?: DType | null, paramDtype?: DType, useBias?: boolean, useScale?: boolean, biasInit?: function, scaleInit?: function, useFastVariance?: boolean, biasMetadata?: object, scaleMetadata?: object, promoteDtype?: function | null, axisName?: string | null, axisIndexGroups?: number[][] | null}',
    'nnx.InstanceNorm':
      'numFeatures: number, options: {featureAxes?: number | number[], rngs: Rngs, epsilon?: number, dtype?: DType | null, paramDtype?: DType, useBias?: boolean, useScale?: boolean, biasInit?: function, scaleInit?: function, useFastVariance?: boolean, biasMetadata?: object, scaleMetadata?: object, promoteDtype?: function | null, axisName?: string | null, axisIndexGroups?: number[][] | null}',
    'nnx.LSTMCell':
      'inFeatures: number, hiddenFeatures: number, options: {gateFn?: function, dtype?: DType | null, rngs: Rngs, activationFn?: function, kernelInit?: function, recurrentKernelInit?: function, biasInit?: function, paramDtype?: DType, carryInit?: function | null, keepRngs?: boolean, kernelMetadata?: object, recurrentKernelMetadata?: object, biasMetadata?: object, promoteDtype?: function | null}',
    'nnx.LayerNorm':
      'numFeatures: number, options: {reductionAxes?: number | number[], featureAxes?: number | number[], rngs: Rngs, epsilon?: number, dtype?: DType | null, paramDtype?: DType, useBias?: boolean, useScale?: boolean, biasInit?: function, scaleInit?: function, useFastVariance?: boolean, biasMetadata?: object, scaleMetadata?: object, promoteDtype?: function | null, axisName?: string | null, axisIndexGroups?: number[][] | null}',
    'nnx.Linear':
      'inFeatures: number, outFeatures: number, options: {rngs: Rngs, useBias?: boolean, dtype?: DType | null, paramDtype?: DType, kernelInit?: function, biasInit?: function, kernelMetadata?: object, biasMetadata?: object, preferredElementType?: DType | null, dotGeneral?: function | null, promoteDtype?: function | null}',
    'nnx.LinearGeneral':
      'inFeatures: number | number[], outFeatures: number | number[], options: {axis?: number | number[], batchAxis?: object, dotGeneralCls?: function | null, rngs: Rngs, useBias?: boolean, dtype?: DType | null, paramDtype?: DType, kernelInit?: function, biasInit?: function, kernelMetadata?: object, biasMetadata?: object, preferredElementType?: DType | null, dotGeneral?: function | null, promoteDtype?: function | null}',
    'nnx.List': 'items?: list | Iterable',
    'nnx.LoRA':
      'inFeatures: number, loraRank: number, outFeatures: number, options: {rngs: Rngs, baseModule?: Module | null, dtype?: DType | null, paramDtype?: DType, aInitializer?: function, bInitializer?: function, loraParamType?: function, aMetadata?: object, bMetadata?: object, promoteDtype?: function | null}',
    'nnx.LoRALinear':
      'inFeatures: number, outFeatures: number, options: {loraRank: number, loraDtype?: DType | null, loraParamDtype?: DType, loraPromoteDtype?: function | null, rngs: Rngs, useBias?: boolean, dtype?: DType | null, paramDtype?: DType, kernelInit?: function, biasInit?: function, kernelMetadata?: object, biasMetadata?: object, preferredElementType?: DType | null, dotGeneral?: function | null, promoteDtype?: function | null, aInitializer?: function, bInitializer?: function, loraParamType?: function, aMetadata?: object, bMetadata?: object}',
    'nnx.MergeContext': 'update?: UpdateContext | null',
    'nnx.ModelAndOptimizer': 'model: any, tx: {init: function, update: function}, options?: {wrt?: Filter}',
    'nnx.MultiHeadAttention':
      'numHeads: number, inFeatures: number, options: {rngs: Rngs, qkvFeatures?: number | null, outFeatures?: number | null, numKvHeads?: number | null, inKvFeatures?: number | null, dtype?: DType | null, paramDtype?: DType, broadcastDropout?: boolean, dropoutRate?: number, deterministic?: boolean | null, kernelInit?: function, outKernelInit?: function | null, biasInit?: function, outBiasInit?: function | null, useBias?: boolean, attentionFn?: function, decode?: boolean | null, normalizeQk?: boolean, keepRngs?: boolean, qkvPromoteDtype?: function | null, outPromoteDtype?: function | null, lnPromoteDtype?: function | null, qkvDotGeneral?: function | null, qkvDotGeneralCls?: function | null, outDotGeneral?: function | null, outDotGeneralCls?: function | null, kernelMetadata?: object, outKernelMetadata?: object, biasMetadata?: object, outBiasMetadata?: object, queryLnScaleMetadata?: object, keyLnScaleMetadata?: object}',
    'nnx.MultiMetric': 'metrics: object',
    'nnx.NodeStates': 'graphdef: GraphDef, states: object[], metadata?: any',
    'nnx.Not': 'filter: Filter',
    'nnx.Nothing': '',
    'nnx.OfType': 'type: function',
    'nnx.OptimizedLSTMCell':
      'inFeatures: number, hiddenFeatures: number, options: {gateFn?: function, dtype?: DType | null, rngs: Rngs, activationFn?: function, kernelInit?: function, recurrentKernelInit?: function, biasInit?: function, paramDtype?: DType, carryInit?: function | null, keepRngs?: boolean, kernelMetadata?: object, recurrentKernelMetadata?: object, biasMetadata?: object, promoteDtype?: function | null}',
    'nnx.Optimizer': 'model: any, tx: {init: function, update: function}, options?: {wrt?: Filter}',
    'nnx.PReLU':
      'options?: {negativeSlopeInit?: number, dtype?: DType | null, paramDtype?: DType, negativeSlopeMetadata?: object, promoteDtype?: function | null}',
    'nnx.PathContains': 'key: number | string, options?: {exact?: boolean}',
    'nnx.PathIn': '...paths: ((number | string)[])[]',
    'nnx.RMSNorm':
      'numFeatures: number, options: {rngs: Rngs, epsilon?: number, dtype?: DType | null, paramDtype?: DType, useScale?: boolean, scaleInit?: function, useFastVariance?: boolean, scaleMetadata?: object, axisName?: string | null, axisIndexGroups?: number[][] | null, promoteDtype?: function | null, reductionAxes?: number | number[], featureAxes?: number | number[]}',
    'nnx.RNN':
      'cell: RNNCellBase, options?: {timeMajor?: boolean, returnCarry?: boolean, reverse?: boolean, keepOrder?: boolean, unroll?: boolean | number, stateAxes?: StateAxes | null, broadcastRngs?: Filter, rngs?: Rngs | boolean}',
    'nnx.RngStream': 'seed: KeyArray | array | number, options?: {tag?: string}',
    'nnx.Rngs': 'seeds?: KeyArray | array | number | object; defaultSeed: KeyArray | array | number, seeds?: object',
    'nnx.Sequential': '...layers: function[]',
    'nnx.SimpleCell':
      'inFeatures: number, hiddenFeatures: number, options: {dtype?: DType | null, residual?: boolean, rngs: Rngs, activationFn?: function, kernelInit?: function, recurrentKernelInit?: function, biasInit?: function, paramDtype?: DType, carryInit?: function | null, keepRngs?: boolean, kernelMetadata?: object, recurrentKernelMetadata?: object, biasMetadata?: object, promoteDtype?: function | null}',
    'nnx.SpectralNorm':
      'layerInstance: Module, options: {rngs: Rngs, nSteps?: number, epsilon?: number, dtype?: DType | null, paramDtype?: DType, errorOnNonMatrix?: boolean, updateStats?: boolean}',
    'nnx.SplitBackups': 'backups: [RngStream, KeyArray, ArrayLike?][]',
    'nnx.SplitContext': 'update?: UpdateContext | null',
    'nnx.State': 'mapping: object',
    'nnx.StateAxes': 'entries: [Filter, any][] | Iterable',
    'nnx.Static': 'value: any',
    'nnx.TrainState':
      'graphdef: GraphDef, params: object, optState: any, step: array, tx: {init: function, update: function}',
    'nnx.UpdateContext': 'tag: any',
    'nnx.VariableMetadata': 'rawValue: any, metadata?: object',
    'nnx.VariableState': 'type: function, value: any, metadata?: object',
    'nnx.WeightNorm':
      'layerInstance: Module, options: {rngs: Rngs, featureAxes?: number | number[] | null, useScale?: boolean, scaleInit?: function, epsilon?: number, dtype?: DType | null, paramDtype?: DType, variableFilter?: Filter}',
    'nnx.WithTag': 'tag: string',
    'nnx.asAbstract': 'node: any',
    'nnx.asPure': 'x: any',
    'nnx.avgPool':
      "x: ArrayLike, windowShape: number[], options?: {countIncludePad?: boolean, strides?: number[], padding?: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]}",
    'nnx.backupKeys': 'node: any',
    'nnx.cachedPartial': 'f: function, ...cached: list',
    'nnx.call': 'options: [GraphDef, object]',
    'nnx.canonicalizeDtype': 'arrays: (array | null)[], dtype?: DType | null, options?: {inexact?: boolean}',
    'nnx.canonicalizePadding':
      "padding: 'CAUSAL' | 'CIRCULAR' | 'REFLECT' | 'SAME' | 'VALID' | ([number, number] | number)[] | number, rank: number",
    'nnx.capture':
      'f: function, types: function | function[], options?: {init?: object | null, methodOutputs?: function | null}',
    'nnx.celu': 'x: ArrayLike, options?: {alpha?: ArrayLike}',
    'nnx.checkPytree': 'model: Object',
    'nnx.checkify': 'f: function',
    'nnx.clone': 'node: any, options?: {variables?: boolean}',
    'nnx.combineMasks': '...args: (array | null)[] | list',
    'nnx.compat.backupKeys': 'node: any',
    'nnx.compat.cachedPartial': 'f: function, ...cached: list',
    'nnx.compat.checkify': 'f: function',
    'nnx.compat.clone': 'node: any, options?: {variables?: boolean}',
    'nnx.compat.cond': 'predicate: array | boolean | number, onTrue: function, onFalse: function, ...operands: list',
    'nnx.compat.customVjp': 'f: function, options?: {nondiffArgnums?: (number | {argnum: number, filter: Filter})[]}',
    'nnx.compat.evalShape': 'f: function, ...args: list',
    'nnx.compat.flatten': 'model: any, options?: {withPaths?: boolean}; model: any, options: {withPaths: boolean}',
    'nnx.compat.foriLoop':
      'lower: array | number, upper: array | number, body: function, init: any, options?: {unroll?: boolean | number}',
    'nnx.compat.forkRngs':
      'node?: undefined, options?: {split?: number | number[] | object | null}; node: any, options?: {split?: number | number[] | object | null}',
    'nnx.compat.grad':
      'f: function, options?: {argnums?: (number | {argnum: number, filter: Filter})[] | number | {argnum: number, filter: Filter}, hasAux?: boolean, allowInt?: boolean}',
    'nnx.compat.graphdef': 'node: any',
    'nnx.compat.iterChildren': 'model: Object',
    'nnx.compat.iterGraph': 'node: any',
    'nnx.compat.iterModules': 'model: any',
    'nnx.compat.jit': 'f: function, options?: {staticArgnums?: number | number[], donateArgnums?: number | number[]}',
    'nnx.compat.jvp': 'f: function, primals: list, tangents: list, options?: {hasAux?: boolean}',
    'nnx.compat.recursiveMap': 'f: function, node: any',
    'nnx.compat.remat': 'f: function, options?: {policy?: function, staticArgnums?: number[], preventCse?: boolean}',
    'nnx.compat.reseed': "node: any, seeds: object, options?: {policy?: 'match_shape' | 'scalars_only' | function}",
    'nnx.compat.scan':
      'f: function, options?: {inAxes?: any, outAxes?: any, length?: number, reverse?: boolean, unroll?: boolean | number, transformMetadata?: object}',
    'nnx.compat.split': 'node: any; node: any, ...filters: Filter[]',
    'nnx.compat.splitRngs':
      'node: any, options: {splits: number | number[], only?: Filter, squeeze?: boolean}; options: {splits: number | number[], only?: Filter, squeeze?: boolean}',
    'nnx.compat.state': 'node: any; node: any, filter: Filter; node: any, ...filters: Filter[]',
    'nnx.compat.switch': 'index: array | number, branches: function[], ...operands: list',
    'nnx.compat.valueAndGrad':
      'f: function, options?: {argnums?: (number | {argnum: number, filter: Filter})[] | number | {argnum: number, filter: Filter}, hasAux?: boolean, allowInt?: boolean}',
    'nnx.compat.view': 'model: any, given: object, options?: {only?: Filter, raiseIfNotFound?: boolean}',
    'nnx.compat.viewInfo': 'model: any, options?: {only?: Filter}',
    'nnx.compat.vjp': 'f: function, ...primals: list',
    'nnx.compat.vmap':
      'f: function, options?: {inAxes?: any, outAxes?: any, axisSize?: number, axisName?: string, transformMetadata?: object}',
    'nnx.compat.whileLoop': 'cond: function, body: function, init: any',
    'nnx.cond': 'predicate: array | boolean | number, onTrue: function, onFalse: function, ...operands: list',
    'nnx.currentUpdateContext': 'tag: any',
    'nnx.customVjp': 'f: function, options?: {nondiffArgnums?: (number | {argnum: number, filter: Filter})[]}',
    'nnx.data': 'value: boolean | number; value: any',
    'nnx.display': '...values: list',
    'nnx.dotProductAttention':
      'query: array, key: array, value: array, options?: {bias?: array | null, mask?: array | null, broadcastDropout?: boolean, dropoutRng?: KeyArray | null, dropoutRate?: number, deterministic?: boolean, dtype?: DType | null, module?: Module | null, isCausal?: boolean, promoteDtype?: function | null}',
    'nnx.dotProductAttentionWeights':
      'query: array, key: array, options?: {bias?: array | null, mask?: array | null, broadcastDropout?: boolean, dropoutRng?: KeyArray | null, dropoutRate?: number, deterministic?: boolean, dtype?: DType | null, module?: Module | null, isCausal?: boolean, promoteDtype?: function | null}',
    'nnx.elu': 'x: ArrayLike, options?: {alpha?: ArrayLike}',
    'nnx.evalShape': 'f: function, ...args: list',
    'nnx.filterState': 'state: object, filter: Filter; state: object, ...filters: Filter[]',
    'nnx.filterlib.All': '...filters: Filter[]',
    'nnx.filterlib.Any': '...filters: Filter[]',
    'nnx.filterlib.Everything': '',
    'nnx.filterlib.Not': 'filter: Filter',
    'nnx.filterlib.Nothing': '',
    'nnx.filterlib.OfType': 'type: function',
    'nnx.filterlib.PathContains': 'key: number | string, options?: {exact?: boolean}',
    'nnx.filterlib.PathIn': '...paths: ((number | string)[])[]',
    'nnx.filterlib.WithTag': 'tag: string',
    'nnx.filterlib.filtersToPredicates': 'filters: Filter[]',
    'nnx.filterlib.toPredicate': 'filter: Filter',
    'nnx.filtersToPredicates': 'filters: Filter[]',
    'nnx.findDuplicates': 'node: any, options?: {only?: Filter}',
    'nnx.flatten': 'model: any, options?: {withPaths?: boolean}; model: any, options: {withPaths: boolean}',
    'nnx.flipSequences': 'x: array, options: {seqLengths?: array | null, numBatchDims: number, timeMajor: boolean}',
    'nnx.foriLoop':
      'lower: array | number, upper: array | number, body: function, init: any, options?: {unroll?: boolean | number}',
    'nnx.forkRngs':
      'node?: undefined, options?: {split?: number | number[] | object | null}; node: any, options?: {split?: number | number[] | object | null}',
    'nnx.fromFlatState': 'flat: ([(number | string)[], any])[] | Iterable',
    'nnx.fromTree':
      'x: any, options?: {prefix?: any, mergeFn?: function, isNodeLeaf?: function, isLeaf?: function, mapNonGraphNodes?: boolean, ctxtag?: any}',
    'nnx.gelu': 'x: ArrayLike, options?: {approximate?: boolean}',
    'nnx.glu': 'x: ArrayLike, options?: {axis?: number}',
    'nnx.grad':
      'f: function, options?: {argnums?: (number | {argnum: number, filter: Filter})[] | number | {argnum: number, filter: Filter}, hasAux?: boolean, allowInt?: boolean}',
    'nnx.graphdef': 'node: any',
    'nnx.graphlib.GraphDef':
      "root: {kind: 'container', type: {tag: 'array' | 'class' | 'map' | 'null' | 'object', label: string, spec: {flatten: function, unflatten: function, equalAux?: function, keyAux?: function, printAux?: function, subclasses?: boolean}}, steps: (number | string | {kind: 'attr', key: string} | {kind: 'flat', key: number} | {kind: 'index', key: number} | {kind: 'key', key: number | string})[] | null, aux: any, children: list} | {kind: 'leaf', leaf: number} | {kind: 'object', index: number, prototype: any, names: string[], order: string[], children: list} | {kind: 'ref', index: number} | {kind: 'static', value: any} | {kind: 'variable', index: number, leaf: number, type: function, metadata: object}, numObjects: number, numLeaves: number",
    'nnx.graphlib.GraphState': 'graphdef: GraphDef, state: object',
    'nnx.graphlib.MergeContext': 'update?: UpdateContext | null',
    'nnx.graphlib.SplitContext': 'update?: UpdateContext | null',
    'nnx.graphlib.UpdateContext': 'tag: any',
    'nnx.graphlib.asPure': 'x: any',
    'nnx.graphlib.cachedPartial': 'f: function, ...cached: list',
    'nnx.graphlib.call': 'options: [GraphDef, object]',
    'nnx.graphlib.clone': 'node: any, options?: {variables?: boolean}',
    'nnx.graphlib.findDuplicates': 'node: any, options?: {only?: Filter}',
    'nnx.graphlib.flatten': 'model: any, options?: {withPaths?: boolean}; model: any, options: {withPaths: boolean}',
    'nnx.graphlib.graphdef': 'node: any',
    'nnx.graphlib.isGraphNode': 'x: any',
    'nnx.graphlib.isNode': 'x: any',
    'nnx.graphlib.isNodeLeaf': 'x: any',
    'nnx.graphlib.isPytreeNode': 'x: any',
    'nnx.graphlib.iterChildren': 'model: Object',
    'nnx.graphlib.iterGraph': 'node: any',
    'nnx.graphlib.iterModuleChildren': 'model: Object',
    'nnx.graphlib.map': 'f: function, node: any',
    'nnx.graphlib.merge':
      'graphdef: GraphDef, state: object, ...states: object[]; parts: {graphdef: GraphDef, state: object}, ...parts: {graphdef: GraphDef, state: object}[]',
    'nnx.graphlib.mergeContext': 'f: function, options?: {ctxtag?: any}',
    'nnx.graphlib.pop': 'node: any, filter: Filter; node: any, ...filters: Filter[]',
    'nnx.graphlib.recursiveMap': 'f: function, node: any',
    'nnx.graphlib.registerGraphNodeType': 'type: function',
    'nnx.graphlib.registerPytreeNodeType':
      'type: function, spec: {flatten: function, unflatten: function, equalAux?: function, keyAux?: function, printAux?: function, subclasses?: boolean}',
    'nnx.graphlib.setMetadata': 'node: any, metadata: object, options?: {only?: Filter}',
    'nnx.graphlib.split': 'node: any; node: any, ...filters: Filter[]',
    'nnx.graphlib.splitContext': 'f: function, options?: {ctxtag?: any}',
    'nnx.graphlib.state': 'node: any; node: any, filter: Filter; node: any, ...filters: Filter[]',
    'nnx.graphlib.unflatten': 'graphdef: GraphDef, leaves: FlatState | list | object',
    'nnx.graphlib.unpack': 'model: any; model: any, filter: Filter; model: any, ...filters: list',
    'nnx.graphlib.update': 'node: any, state: object, ...states: object[]',
    'nnx.graphlib.updateContext': 'tag: any, f: function',
    'nnx.graphlib.variables': 'node: any; node: any, filter: Filter; node: any, ...filters: Filter[]',
    'nnx.hardSigmoid': 'x: ArrayLike',
    'nnx.hardSilu': 'x: ArrayLike',
    'nnx.hardSwish': 'x: ArrayLike',
    'nnx.hardTanh': 'x: ArrayLike',
    'nnx.hasData': 'value: any',
    'nnx.identity': 'x: ArrayLike',
    'nnx.initializers.constant': 'value: ArrayLike, options?: {dtype?: DType}',
    'nnx.initializers.deltaOrthogonal': 'scale?: number, options?: {columnAxis?: number, dtype?: DType}',
    'nnx.initializers.glorotNormal':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.glorotUniform':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.heNormal':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.heUniform':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.kaimingNormal':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.kaimingUniform':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.lecunNormal':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.lecunUniform':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.normal': 'stddev?: number, options?: {dtype?: DType}',
    'nnx.initializers.ones': 'key: KeyArray, shape: number[], dtype?: DType',
    'nnx.initializers.onesInit': '',
    'nnx.initializers.orthogonal': 'scale?: number, options?: {columnAxis?: number, dtype?: DType}',
    'nnx.initializers.truncatedNormal': 'stddev?: number, options?: {lower?: number, upper?: number, dtype?: DType}',
    'nnx.initializers.uniform': 'scale?: number, options?: {dtype?: DType}',
    'nnx.initializers.varianceScaling':
      "scale: number, mode: 'fan_avg' | 'fan_geo_avg' | 'fan_in' | 'fan_out', distribution: 'normal' | 'truncated_normal' | 'uniform', options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}",
    'nnx.initializers.xavierNormal':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.xavierUniform':
      'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
    'nnx.initializers.zeros': 'key: KeyArray, shape: number[], dtype?: DType',
    'nnx.initializers.zerosInit': '',
    'nnx.isData': 'value: any',
    'nnx.isGraphObject': 'value: any',
    'nnx.isState': 'value: any',
    'nnx.isVariableClass': 'value: any',
    'nnx.iterChildren': 'model: Object',
    'nnx.iterGraph': 'node: any',
    'nnx.iterModuleChildren': 'model: Object',
    'nnx.iterModules': 'model: any',
    'nnx.jit': 'f: function, options?: {staticArgnums?: number | number[], donateArgnums?: number | number[]}',
    'nnx.jitPartial':
      'f: function, partialArgs: list, options?: {staticArgnums?: number | number[], donateArgnums?: number | number[]}',
    'nnx.jvp': 'f: function, primals: list, tangents: list, options?: {hasAux?: boolean}',
    'nnx.leakyRelu': 'x: ArrayLike, options?: {negativeSlope?: ArrayLike}',
    'nnx.logSigmoid': 'x: ArrayLike',
    'nnx.logSoftmax': 'x: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'nnx.logsumexp':
      'x: ArrayLike, options: {axis?: number | number[] | null, keepdims?: boolean, b?: ArrayLike | null, where?: ArrayLike | null, returnSign: boolean}; x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, b?: ArrayLike | null, where?: ArrayLike | null, returnSign?: boolean}',
    'nnx.makeAttentionMask':
      'query: array, key: array, options?: {pairwiseFn?: function, extraBatchDims?: number, dtype?: DType}',
    'nnx.makeCausalMask': 'x: array, options?: {extraBatchDims?: number, dtype?: DType}',
    'nnx.makeJaxpr': 'f: function, options?: {staticArgnums?: number | number[]}',
    'nnx.map': 'f: function, node: any',
    'nnx.mapState': 'f: function, state: object',
    'nnx.maxPool':
      "x: ArrayLike, windowShape: number[], options?: {strides?: number[], padding?: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]}",
    'nnx.merge':
      'graphdef: GraphDef, state: object, ...states: object[]; parts: {graphdef: GraphDef, state: object}, ...parts: {graphdef: GraphDef, state: object}[]',
    'nnx.mergeContext': 'f: function, options?: {ctxtag?: any}',
    'nnx.mergeState': 'state: object, ...states: object[]',
    'nnx.metrics.Accuracy': 'options?: {threshold?: number | null}',
    'nnx.metrics.Average': 'argname?: string',
    'nnx.metrics.MultiMetric': 'metrics: object',
    'nnx.metrics.Welford': 'argname?: string',
    'nnx.minPool':
      "x: ArrayLike, windowShape: number[], options?: {strides?: number[], padding?: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]}",
    'nnx.oneHot': 'x: ArrayLike, numClasses: number, options?: {dtype?: DType, axis?: number}',
    'nnx.optimizer.Optimizer': 'model: any, tx: {init: function, update: function}, options?: {wrt?: Filter}',
    'nnx.optimizer.toOptState': 'state: any',
    'nnx.pool':
      "x: ArrayLike, init: number, reduce: function, windowShape: number[], strides: number[] | null, padding: 'SAME' | 'VALID' | [number, number][]",
    'nnx.pop': 'node: any, filter: Filter; node: any, ...filters: Filter[]',
    'nnx.prefix': 'x: any, filterMap: [Filter, any][] | Iterable | function',
    'nnx.promoteDtype': 'arrays: (array | null)[], dtype?: DType | null, options?: {inexact?: boolean}',
    'nnx.pure': 'x: any',
    'nnx.recursiveMap': 'f: function, node: any',
    'nnx.registerVariableName': 'name: string, type: function, options?: {overwrite?: boolean}',
    'nnx.relu': 'x: ArrayLike',
    'nnx.relu6': 'x: ArrayLike',
    'nnx.remat': 'f: function, options?: {policy?: function, staticArgnums?: number[], preventCse?: boolean}',
    'nnx.replaceByPureDict': 'state: object, pureDict: object, replace?: function',
    'nnx.reseed': "node: any, seeds: object, options?: {policy?: 'match_shape' | 'scalars_only' | function}",
    'nnx.restoreRngs': 'backups: [RngStream, KeyArray, ArrayLike?][] | Iterable',
    'nnx.scan':
      'f: function, options?: {inAxes?: any, outAxes?: any, length?: number, reverse?: boolean, unroll?: boolean | number, transformMetadata?: object}',
    'nnx.selu': 'x: ArrayLike',
    'nnx.setMetadata': 'node: any, metadata: object, options?: {only?: Filter}',
    'nnx.sigmoid': 'x: ArrayLike',
    'nnx.silu': 'x: ArrayLike',
    'nnx.softSign': 'x: ArrayLike',
    'nnx.softmax': 'x: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'nnx.softplus': 'x: ArrayLike',
    'nnx.split': 'node: any; node: any, ...filters: Filter[]',
    'nnx.splitContext': 'f: function, options?: {ctxtag?: any}',
    'nnx.splitRngs':
      'node: any, options: {splits: number | number[], only?: Filter, squeeze?: boolean}; options: {splits: number | number[], only?: Filter, squeeze?: boolean}',
    'nnx.splitState': 'state: object, ...filters: Filter[]',
    'nnx.standardize':
      'x: ArrayLike, options?: {axis?: number | number[] | null, mean?: ArrayLike | null, variance?: ArrayLike | null, epsilon?: ArrayLike, where?: ArrayLike | null}',
    'nnx.state': 'node: any; node: any, filter: Filter; node: any, ...filters: Filter[]',
    'nnx.statelib.FlatState': 'entries: ([(number | string)[], any])[] | Iterable',
    'nnx.statelib.State': 'mapping: object',
    'nnx.statelib.createPathFilters': 'state: object',
    'nnx.statelib.diff': 'state: object, other: object',
    'nnx.statelib.filterState': 'state: object, filter: Filter; state: object, ...filters: Filter[]',
    'nnx.statelib.fromFlatState': 'flat: ([(number | string)[], any])[] | Iterable',
    'nnx.statelib.mapState': 'f: function, state: object',
    'nnx.statelib.mergeState': 'state: object, ...states: object[]',
    'nnx.statelib.replaceByPureDict': 'state: object, pureDict: object, replace?: function',
    'nnx.statelib.splitState': 'state: object, ...filters: Filter[]',
    'nnx.statelib.toFlatState': 'state: object',
    'nnx.statelib.toPureDict': 'state: object, extract?: function',
    'nnx.static': 'value: any',
    'nnx.swish': 'x: ArrayLike',
    'nnx.switch': 'index: array | number, branches: function[], ...operands: list',
    'nnx.tabulate':
      'model: any, inputs?: list, options?: {depth?: number, method?: string, computeFlops?: boolean, computeVjpFlops?: boolean, rowFilter?: function}',
    'nnx.tanh': 'x: ArrayLike',
    'nnx.toFlatState': 'state: object',
    'nnx.toPredicate': 'filter: Filter',
    'nnx.toPureDict': 'state: object, extract?: function',
    'nnx.toTree':
      'x: any, options?: {prefix?: any, splitFn?: function, mapNonGraphNodes?: boolean, checkAliasing?: boolean, ctxtag?: any}',
    'nnx.transformMetadata': 'f: function, options: object',
    'nnx.traversals.flattenMapping':
      'xs: object, options: {keepEmptyNodes?: boolean, isLeaf?: function, sep: string}; xs: object, options?: {keepEmptyNodes?: boolean, isLeaf?: function}',
    'nnx.traversals.flattenToSequence': 'xs: object, options?: {isLeaf?: function}',
    'nnx.traversals.unflattenMapping':
      'xs: object, options: {sep: string}; xs: ([(number | string)[], any])[] | Iterable',
    'nnx.unflatten': 'graphdef: GraphDef, leaves: FlatState | list | object',
    'nnx.unpack': 'model: any; model: any, filter: Filter; model: any, ...filters: list',
    'nnx.update': 'node: any, state: object, ...states: object[]',
    'nnx.updateContext': 'tag: any, f: function',
    'nnx.valueAndGrad':
      'f: function, options?: {argnums?: (number | {argnum: number, filter: Filter})[] | number | {argnum: number, filter: Filter}, hasAux?: boolean, allowInt?: boolean}',
    'nnx.variableNameFromType': 'type: function, options?: {allowRegister?: boolean}',
    'nnx.variableTypeFromName': 'name: string, options?: {base?: function, allowRegister?: boolean}',
    'nnx.variables': 'node: any; node: any, filter: Filter; node: any, ...filters: Filter[]',
    'nnx.view': 'model: any, given: object, options?: {only?: Filter, raiseIfNotFound?: boolean}',
    'nnx.viewInfo': 'model: any, options?: {only?: Filter}',
    'nnx.vjp': 'f: function, ...primals: list',
    'nnx.vjpWithAux': 'f: function, ...primals: list',
    'nnx.vmap':
      'f: function, options?: {inAxes?: any, outAxes?: any, axisSize?: number, axisName?: string, transformMetadata?: object}',
    'nnx.whileLoop': 'cond: function, body: function, init: any',
    'nnx.withAttributes': 'model: any, attributes: object, options?: {only?: Filter, raiseIfNotFound?: boolean}',
    'nnx.withMetadata': 'initializer: function, metadata: object',
    'nnx.withRngs':
      'node: any, options: {split?: number | number[] | object | null, fork?: Filter, broadcast?: number | number[] | object | null, only?: Filter}; options: {split?: number | number[] | object | null, fork?: Filter, broadcast?: number | number[] | object | null, only?: Filter}',
  },
  {
    instances: {
      FlatState: 'FlatState',
      GraphDef: 'GraphDef',
      Module: 'isGraphObject',
      Object: 'isGraphObject',
      RNN: 'isGraphObject',
      RNNCellBase: 'isGraphObject',
      RngStream: 'isGraphObject',
      Rngs: 'Rngs',
      UpdateContext: 'UpdateContext',
    },
  },
)

/** The types of `nnx`. */
export declare namespace nnx {
  export namespace graphlib {
    export type GraphDef<M = unknown> = module.graphlib.GraphDef<M>
    export type GraphState<M = unknown> = module.graphlib.GraphState<M>
    export type MergeContext = module.graphlib.MergeContext
    export type SplitContext = module.graphlib.SplitContext
    export type UpdateContext = module.graphlib.UpdateContext
  }
  export namespace initializers {
    export type Distribution = module.initializers.Distribution
    export type FanMode = module.initializers.FanMode
    export type Initializer = module.initializers.Initializer
    export type InitializerOptions = module.initializers.InitializerOptions
    export type OrthogonalOptions = module.initializers.OrthogonalOptions
    export type TruncatedNormalOptions = module.initializers.TruncatedNormalOptions
    export type VarianceScalingOptions = module.initializers.VarianceScalingOptions
  }
  export namespace metrics {
    export type Accuracy = module.metrics.Accuracy
    export type AccuracyOptions = module.metrics.AccuracyOptions
    export type Average = module.metrics.Average
    export type Computed<T> = module.metrics.Computed<T>
    export type Metric = module.metrics.Metric
    export type MetricGroup = module.metrics.MetricGroup
    export type MetricInputs = module.metrics.MetricInputs
    export type MetricState<T = NDArray> = module.metrics.MetricState<T>
    export type MultiMetric<T extends object = object> = module.metrics.MultiMetric<T>
    export type Statistics = module.metrics.Statistics
    export type Welford = module.metrics.Welford
  }
  export namespace optimizer {
    export type OptArray<T = NDArray> = module.optimizer.OptArray<T>
    export type OptState<T = NDArray> = module.optimizer.OptState<T>
    export type OptVariable<T = NDArray> = module.optimizer.OptVariable<T>
    export type Optimizer<M = unknown, S = unknown> = module.optimizer.Optimizer<M, S>
  }
  export namespace statelib {
    export type FlatState<V = VariableState> = module.statelib.FlatState<V>
    export type State<M = unknown> = module.statelib.State<M>
  }
  export namespace traversals {
    export type FlattenMappingOptions = module.traversals.FlattenMappingOptions
    export type FlattenOptions = module.traversals.FlattenOptions
  }
  export type AnyModule = module.AnyModule
  export type AnyState = module.AnyState
  export type Argnum = module.Argnum
  export type AttentionArgs = module.AttentionArgs
  export type AttentionCallOptions = module.AttentionCallOptions
  export type AttentionFn = module.AttentionFn
  export type AttentionMaskOptions = module.AttentionMaskOptions
  export type AttentionOptions = module.AttentionOptions
  export type AvgPoolOptions = module.AvgPoolOptions
  export type AxesPrefix = module.AxesPrefix
  export type Axis = module.Axis
  export type BatchNorm = module.BatchNorm
  export type BatchNormCallOptions = module.BatchNormCallOptions
  export type BatchNormOptions = module.BatchNormOptions
  export type BatchStat<T = NDArray> = module.BatchStat<T>
  export type Bidirectional<C, D, R extends boolean = false> = module.Bidirectional<C, D, R>
  export type BidirectionalArgs<C, D> = module.BidirectionalArgs<C, D>
  export type BidirectionalCallOptions<C, D> = module.BidirectionalCallOptions<C, D>
  export type BidirectionalOptions<R extends boolean = boolean> = module.BidirectionalOptions<R>
  export type BidirectionalResult<C, D, R extends boolean> = module.BidirectionalResult<C, D, R>
  export type Cache<T = NDArray> = module.Cache<T>
  export type CaptureOptions = module.CaptureOptions
  export type Carry = module.Carry
  export type CarryOptions = module.CarryOptions
  export type CellOptions = module.CellOptions
  export type CloneOptions = module.CloneOptions
  export type CombineMasksArgs = module.CombineMasksArgs
  export type ContextOptions = module.ContextOptions
  export type Conv = module.Conv
  export type ConvOptions = module.ConvOptions
  export type ConvPadding = module.ConvPadding
  export type ConvTranspose = module.ConvTranspose
  export type ConvTransposeOptions = module.ConvTransposeOptions
  export type ConvTransposePadding = module.ConvTransposePadding
  export type CountsByFilter = module.CountsByFilter
  export type CustomVjpFunction<A extends readonly unknown[], R> = module.CustomVjpFunction<A, R>
  export type CustomVjpOptions = module.CustomVjpOptions
  export type Dict<T extends object> = module.Dict<T>
  export type DiffState<N extends number = number, F extends Filter = Filter> = module.DiffState<N, F>
  export type DotGeneral = module.DotGeneral
  export type Dropout = module.Dropout
  export type DropoutCallOptions = module.DropoutCallOptions
  export type DropoutOptions = module.DropoutOptions
  export type EMA = module.EMA
  export type EMAOptions = module.EMAOptions
  export type Einsum = module.Einsum
  export type EinsumOp = module.EinsumOp
  export type EinsumOptions = module.EinsumOptions
  export type Elementwise = module.Elementwise
  export type Embed = module.Embed
  export type EmbedOptions = module.EmbedOptions
  export type Filter = module.Filter
  export type FilterMap = module.FilterMap
  export type FlatEntry<V = VariableState> = module.FlatEntry<V>
  export type FlatState<V = VariableState> = module.FlatState<V>
  export type FlattenOptions = module.FlattenOptions
  export type FlipOptions = module.FlipOptions
  export type ForiLoopOptions = module.ForiLoopOptions
  export type ForkRngsOptions = module.ForkRngsOptions
  export type FromTreeOptions = module.FromTreeOptions
  export type GRUCell = module.GRUCell
  export type GatedCellOptions = module.GatedCellOptions
  export type GradOf<T> = module.GradOf<T>
  export type GradOptions<N, Aux> = module.GradOptions<N, Aux>
  export type GradResult<A extends readonly unknown[], R, N, Aux extends boolean> = module.GradResult<A, R, N, Aux>
  export type GradsOf<A extends readonly unknown[], N> = module.GradsOf<A, N>
  export type GradsOfAll<A extends readonly unknown[]> = module.GradsOfAll<A>
  export type GraphDef<M = unknown> = module.GraphDef<M>
  export type GraphState<M = unknown> = module.GraphState<M>
  export type GroupNorm = module.GroupNorm
  export type GroupNormOptions = module.GroupNormOptions
  export type IndexOptions = module.IndexOptions
  export type InexactOptions = module.InexactOptions
  export type Initializer = module.Initializer
  export type InitializerMakers = module.InitializerMakers
  export type InstanceNorm = module.InstanceNorm
  export type InstanceNormOptions = module.InstanceNormOptions
  export type Intermediate<T = NDArray> = module.Intermediate<T>
  export type JvpOptions<Aux> = module.JvpOptions<Aux>
  export type KeylessInitializer = module.KeylessInitializer
  export type LSTMCarry = module.LSTMCarry
  export type LSTMCell = module.LSTMCell
  export type Layer = module.Layer
  export type LayerNorm = module.LayerNorm
  export type LayerNormOptions = module.LayerNormOptions
  export type Linear = module.Linear
  export type LinearGeneral = module.LinearGeneral
  export type LinearGeneralOptions = module.LinearGeneralOptions
  export type LinearOptions = module.LinearOptions
  export type List<T> = module.List<T>
  export type LoRA = module.LoRA
  export type LoRALinear = module.LoRALinear
  export type LoRALinearOptions = module.LoRALinearOptions
  export type LoRAOptions = module.LoRAOptions
  export type LoRAParam<T = NDArray> = module.LoRAParam<T>
  export type Loss<Aux extends boolean> = module.Loss<Aux>
  export type MakeJaxprOptions = module.MakeJaxprOptions
  export type MaskOptions = module.MaskOptions
  export type MergeContext = module.MergeContext
  export type MergeFn = module.MergeFn
  export type Metadata = module.Metadata
  export type Metric = module.Metric
  export type ModelAndOptimizer<M = unknown, S = unknown> = module.ModelAndOptimizer<M, S>
  export type Module<A extends readonly unknown[], R> = module.Module<A, R>
  export type ModuleFilter = module.ModuleFilter
  export type MultiHeadAttention = module.MultiHeadAttention
  export type MultiHeadAttentionOptions = module.MultiHeadAttentionOptions
  export type MultiMetric<T extends object = object> = module.MultiMetric<T>
  export type NamedAxisOptions = module.NamedAxisOptions
  export type NamedGrads<M> = module.NamedGrads<M>
  export type Nested = module.Nested
  export type NodeStates<M = unknown> = module.NodeStates<M>
  export type NormAxes = module.NormAxes
  export type NormCallOptions = module.NormCallOptions
  export type NormOptions = module.NormOptions
  export type Object = module.Object
  export type OnlyOptions = module.OnlyOptions
  export type OptArray<T = NDArray> = module.OptArray<T>
  export type OptState<T = NDArray> = module.OptState<T>
  export type OptVariable<T = NDArray> = module.OptVariable<T>
  export type OptimizedLSTMCell = module.OptimizedLSTMCell
  export type Optimizer<M = unknown, S = unknown> = module.Optimizer<M, S>
  export type OptimizerOptions = module.OptimizerOptions
  export type PReLU = module.PReLU
  export type PReLUOptions = module.PReLUOptions
  export type Param<T = NDArray> = module.Param<T>
  export type ParamClass = module.ParamClass
  export type Path = module.Path
  export type PathPart = module.PathPart
  export type Perturbation<T = NDArray> = module.Perturbation<T>
  export type PoolOptions = module.PoolOptions
  export type Predicate = module.Predicate
  export type ProductOptions = module.ProductOptions
  export type PromoteDtype = module.PromoteDtype
  export type PromoteOptions = module.PromoteOptions
  export type PureCaller<T, M> = module.PureCaller<T, M>
  export type PureDict = module.PureDict
  export type PureState<M> = module.PureState<M>
  export type Pytree = module.Pytree
  export type RMSNorm = module.RMSNorm
  export type RMSNormOptions = module.RMSNormOptions
  export type RNN<C, R extends boolean = false> = module.RNN<C, R>
  export type RNNArgs<C> = module.RNNArgs<C>
  export type RNNCallOptions<C> = module.RNNCallOptions<C>
  export type RNNCellBase<C> = module.RNNCellBase<C>
  export type RNNOptions<R extends boolean = boolean> = module.RNNOptions<R>
  export type RNNResult<C, R extends boolean> = module.RNNResult<C, R>
  export type RegisterOptions = module.RegisterOptions
  export type RematOptions = module.RematOptions
  export type ReseedOptions = module.ReseedOptions
  export type ReseedPolicy = module.ReseedPolicy
  export type RngCount = module.RngCount
  export type RngKey = module.RngKey
  export type RngState<T = NDArray> = module.RngState<T>
  export type RngStream = module.RngStream
  export type Rngs = module.Rngs
  export type Samplers = module.Samplers
  export type ScanOptions = module.ScanOptions
  export type Seed = module.Seed
  export type Seeds = module.Seeds
  export type Sequential<A extends readonly unknown[] = [x: NDArray], R = NDArray> = module.Sequential<A, R>
  export type SetAttributesOptions = module.SetAttributesOptions
  export type SimpleCell = module.SimpleCell
  export type SimpleCellOptions = module.SimpleCellOptions
  export type SowClass = module.SowClass
  export type SowOptions<T, S> = module.SowOptions<T, S>
  export type SpectralNorm = module.SpectralNorm
  export type SpectralNormCallOptions = module.SpectralNormCallOptions
  export type SpectralNormOptions = module.SpectralNormOptions
  export type SplitBackups = module.SplitBackups
  export type SplitContext = module.SplitContext
  export type SplitRngsOptions = module.SplitRngsOptions
  export type State<M = unknown> = module.State<M>
  export type StateAxes = module.StateAxes
  export type StatesOf<M, F extends readonly Filter[]> = module.StatesOf<M, F>
  export type Static<T> = module.Static<T>
  export type StreamBackup = module.StreamBackup
  export type StreamCounts = module.StreamCounts
  export type TabulateOptions = module.TabulateOptions
  export type ToTreeOptions = module.ToTreeOptions
  export type TrainState<M = unknown, S = unknown> = module.TrainState<M, S>
  export type TrainStateOptions<M, S> = module.TrainStateOptions<M, S>
  export type TransformMetadata = module.TransformMetadata
  export type TransformMetadataOptions = module.TransformMetadataOptions
  export type TypeFromNameOptions = module.TypeFromNameOptions
  export type UpdateContext = module.UpdateContext
  export type UpdateExtra = module.UpdateExtra
  export type Variable<T = NDArray> = module.Variable<T>
  export type VariableClass = module.VariableClass
  export type VariableHooks<T> = module.VariableHooks<T>
  export type VariableMetadata<T = unknown> = module.VariableMetadata<T>
  export type VariableState<T = NDArray> = module.VariableState<T>
  export type ViewOptions = module.ViewOptions
  export type VjpCotangents<A extends readonly unknown[], R> = module.VjpCotangents<A, R>
  export type VmapOptions = module.VmapOptions
  export type WeightNorm<A extends readonly unknown[] = []> = module.WeightNorm<A>
  export type WeightNormOptions = module.WeightNormOptions
  export type WithRngsOptions = module.WithRngsOptions
  export type Wrapped<S> = module.Wrapped<S>
}
