/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `optax`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../optax/index.js'
import type { Factory } from '../optax/injectHyperparams.js'
import type { NDArray } from '../core/array.js'

export const optax: typeof module = guarded(
  'optax',
  module,
  {
    'optax.GradientTransformation': 'init: function, update: function',
    'optax.GradientTransformationExtraArgs': 'init: function, update: function',
    'optax.adabelief':
      'learningRate: array | function | number, options?: {weightDecay?: array | function | number | null, weightDecayMask?: any, b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, nesterov?: boolean}',
    'optax.adadelta':
      'learningRate?: array | function | number | null, options?: {weightDecay?: array | function | number, weightDecayMask?: any, rho?: array | number, eps?: array | number}',
    'optax.adafactor':
      'learningRate?: array | function | number | null, options?: {minDimSizeToFactor?: number, decayRate?: array | number, decayOffset?: number, multiplyByParameterScale?: boolean, clippingThreshold?: array | number | null, momentum?: array | number | null, dtypeMomentum?: DType | null, weightDecayRate?: array | function | number | null, eps?: array | number, factored?: boolean, weightDecayMask?: any}',
    'optax.adagrad':
      'learningRate: array | function | number, options?: {initialAccumulatorValue?: array | number, eps?: array | number}',
    'optax.adam':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, nesterov?: boolean}',
    'optax.adamax':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number}',
    'optax.adamaxw':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, weightDecay?: array | function | number, mask?: any}',
    'optax.adamw':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, nesterov?: boolean, weightDecay?: array | function | number, mask?: any}',
    'optax.adan':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, b3?: array | number, eps?: array | number, epsRoot?: array | number, weightDecay?: array | function | number, mask?: any}',
    'optax.adaptiveGradClip':
      'clipping: array | number, options?: {eps?: array | number, axis?: number | number[] | null}',
    'optax.addDecayedWeights': 'weightDecay?: array | function | number, options?: {mask?: any}',
    'optax.addNoise': 'eta: array | number, gamma: array | number, key: KeyArray | array | bigint | number',
    'optax.amsgrad':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, biasCorrectionMu?: boolean, biasCorrectionNu?: boolean}',
    'optax.applyEvery': 'k?: array | number',
    'optax.applyIfFinite': 'inner: {init: function, update: function}, maxConsecutiveErrors: array | number',
    'optax.applyUpdates': 'params: any, updates: any',
    'optax.assignment.baseHungarianAlgorithm': 'costMatrix: array',
    'optax.assignment.hungarianAlgorithm': 'costMatrix: array',
    'optax.biasCorrection': 'moments: any, decay: array | number, count: array',
    'optax.centralize': '',
    'optax.chain': '...transformations: {init: function, update: function}[]',
    'optax.clip': 'maxDelta: array | number',
    'optax.clipByBlockRms': 'threshold: array | number',
    'optax.clipByGlobalNorm': 'maxNorm: array | number',
    'optax.conditionallyMask':
      'inner: {init: function, update: function}, shouldTransform: function, options?: {forwardExtraArgs?: boolean}',
    'optax.conditionallyTransform':
      'inner: {init: function, update: function}, shouldTransform: function, options?: {forwardExtraArgs?: boolean}',
    'optax.constantSchedule': 'value: array | number',
    'optax.contrib.acprop':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, weightDecay?: array | function | number, mask?: any}',
    'optax.contrib.ademamix':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, b3?: array | function | number, alpha?: array | function | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, weightDecay?: array | function | number, mask?: any}',
    'optax.contrib.adopt':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, muDtype?: DType | null, nesterov?: boolean, useClipping?: boolean, clipValueFn?: function}',
    'optax.contrib.cocob':
      'options?: {learningRate?: array | function | number, weightDecay?: array | function | number, mask?: any, alpha?: array | number, eps?: array | number}',
    'optax.contrib.dadaptAdamw':
      'options?: {learningRate?: array | function | number, betas?: [array | number, array | number], eps?: array | number, estimLr0?: array | number, weightDecay?: array | number}',
    'optax.contrib.differentiallyPrivateAggregate':
      'l2NormClip: array | number, noiseMultiplier: array | number, key: KeyArray | number',
    'optax.contrib.dog':
      "options?: {initStep?: ['distance' | 'heuristic' | 'learning_rate', array | number], eps?: array | number, learningRate?: array | function | number, weightDecay?: array | number | null, mask?: any}",
    'optax.contrib.dowg':
      'options?: {initEstimSqDist?: array | number | null, eps?: array | number, learningRate?: array | function | number, weightDecay?: array | number | null, mask?: any}',
    'optax.contrib.dpsgd':
      'learningRate: array | function | number, l2NormClip: array | number, noiseMultiplier: array | number, key: KeyArray | number, options?: {momentum?: array | number | null, nesterov?: boolean}',
    'optax.contrib.galore':
      'learningRate: array | function | number, options?: {weightDecay?: array | function | number, mask?: any, rank?: number, updateProjGap?: number, scale?: array | number, baseOptimizer?: {init: function, update: function}, weightDimensionNumbers?: any}',
    'optax.contrib.hutchinsonEstimatorDiagHessian': 'options?: {randomSeed?: KeyArray | null}',
    'optax.contrib.madgrad':
      'learningRate: array | function | number, options?: {weightDecay?: array | function | number, momentum?: array | number, eps?: array | number}',
    'optax.contrib.mechanize':
      'baseOptimizer: {init: function, update: function}, options?: {weightDecay?: array | number, eps?: array | number, sInit?: array | number, numBetas?: number}',
    'optax.contrib.momo':
      'options?: {learningRate?: array | function | number, beta?: array | number, lowerBound?: array | number, weightDecay?: array | number, adaptLowerBound?: boolean}',
    'optax.contrib.momoAdam':
      'options?: {learningRate?: array | function | number, b1?: array | number, b2?: array | number, eps?: array | number, lowerBound?: array | number, weightDecay?: array | number, adaptLowerBound?: boolean}',
    'optax.contrib.muon':
      "learningRate: array | function | number, options?: {weightDecay?: array | function | number, weightDecayMask?: any, adamB1?: array | number, adamB2?: array | number, adamEpsRoot?: array | number, adamWeightDecay?: array | number, adamLearningRate?: array | function | number | null, muonWeightDimensionNumbers?: any, consistentRms?: array | number | null, nsCoeffs?: 'dion' | 'standard' | [number, number, number] | [number, number, number][], nsSteps?: number, beta?: array | number, eps?: array | number, muDtype?: DType | null, nesterov?: boolean, adaptive?: boolean, preconditioning?: 'aol' | 'frobenius' | 'schatten' | 'spectral'}",
    'optax.contrib.normalize': '',
    'optax.contrib.orthogonalizeViaNewtonSchulz':
      "x: array, nsCoeffs: array, options?: {nsSteps?: number, preconditioning?: 'aol' | 'frobenius' | 'schatten' | 'spectral', eps?: array | number, dimensionNumbers?: DimensionNumbers | null}",
    'optax.contrib.prodigy':
      'options?: {learningRate?: array | function | number, betas?: [array | number, array | number], beta3?: array | number | null, eps?: array | number, estimLr0?: array | number, estimLrCoef?: array | number, weightDecay?: array | number, safeguardWarmup?: boolean, weightDecayMask?: any}',
    'optax.contrib.reduceOnPlateau':
      'options?: {factor?: array | number, patience?: array | number, rtol?: array | number, atol?: array | number, cooldown?: array | number, accumulationSize?: number, minScale?: array | number}',
    'optax.contrib.sam':
      'optimizer: {init: function, update: function}, advOptimizer: {init: function, update: function}, options?: {syncPeriod?: number, resetState?: boolean, opaqueMode?: boolean}',
    'optax.contrib.scaleByAcprop':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number}',
    'optax.contrib.scaleByAdemamix':
      'options?: {b1?: array | number, b2?: array | number, b3?: array | function | number, alpha?: array | function | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null}',
    'optax.contrib.scaleByAdopt':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, muDtype?: DType | null, nesterov?: boolean, useClipping?: boolean, clipValueFn?: function}',
    'optax.contrib.scaleByCocob': 'options?: {alpha?: array | number, eps?: array | number}',
    'optax.contrib.scaleByDog':
      "firstStep: ['distance' | 'heuristic' | 'learning_rate', array | number], options?: {eps?: array | number}",
    'optax.contrib.scaleByDowg': 'options?: {initEstimSqDist?: array | number | null, eps?: array | number}',
    'optax.contrib.scaleByGalore':
      'options?: {rank?: number, updateProjGap?: number, scale?: array | number, baseOptimizer?: {init: function, update: function}, weightDimensionNumbers?: any}',
    'optax.contrib.scaleByMadgrad':
      'learningRate: array | function | number, options?: {momentum?: array | number, eps?: array | number}',
    'optax.contrib.scaleByMuon':
      "options?: {nsCoeffs?: 'dion' | 'standard' | [number, number, number] | [number, number, number][], nsSteps?: number, beta?: array | number, eps?: array | number, muDtype?: DType | null, nesterov?: boolean, adaptive?: boolean, preconditioning?: 'aol' | 'frobenius' | 'schatten' | 'spectral', weightDimensionNumbers?: any}",
    'optax.contrib.scaleByShape': 'options?: {weightDimensionNumbers?: any, consistentRms?: array | number | null}',
    'optax.contrib.scaleBySimplifiedAdemamix':
      'options?: {b1?: array | number, b2?: array | number, alpha?: array | function | number, eps?: array | number, epsRoot?: array | number}',
    'optax.contrib.scaleBySophia':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, gamma?: array | number, clipThreshold?: array | number | null, updateInterval?: number, hessianDiagonalFn?: {init: function, update: function}, muDtype?: DType | null}',
    'optax.contrib.scheduleFree':
      'baseOptimizer: {init: function, update: function}, learningRate: array | function | number, options?: {b1?: array | number, weightLrPower?: array | number, stateDtype?: DType | null}',
    'optax.contrib.scheduleFreeAdamw':
      'options?: {learningRate?: array | number, b2?: array | number, eps?: array | number, weightDecay?: array | number, warmupSteps?: number | null, b1?: array | number, weightLrPower?: array | number, stateDtype?: DType | null}',
    'optax.contrib.scheduleFreeEvalParams':
      'state: {b1: array, weightSum: array, stepCount: array, maxLr: array, baseOptimizerState: any, z: array | list | object | null}, params: any',
    'optax.contrib.scheduleFreeSgd':
      'options?: {learningRate?: array | number, weightDecay?: array | number | null, warmupSteps?: number | null, b1?: array | number, weightLrPower?: array | number, stateDtype?: DType | null}',
    'optax.contrib.simplifiedAdemamix':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, alpha?: array | function | number, eps?: array | number, epsRoot?: array | number, weightDecay?: array | function | number, mask?: any}',
    'optax.contrib.sophia':
      'learningRate: array | function | number, options?: {weightDecay?: array | function | number, weightDecayMask?: any, b1?: array | number, b2?: array | number, eps?: array | number, gamma?: array | number, clipThreshold?: array | number | null, updateInterval?: number, hessianDiagonalFn?: {init: function, update: function}, muDtype?: DType | null}',
    'optax.convexKlDivergence':
      'logPredictions: ArrayLike, targets: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.cosineDecaySchedule':
      'initValue: array | number, decaySteps: number, options?: {alpha?: array | number, exponent?: array | number}',
    'optax.cosineDistance':
      'predictions: ArrayLike, targets: ArrayLike, options?: {epsilon?: array | number, axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.cosineOnecycleSchedule':
      'transitionSteps: number, peakValue: array | number, options?: {pctStart?: number, divFactor?: number, finalDivFactor?: number}',
    'optax.cosineSimilarity':
      'predictions: ArrayLike, targets: ArrayLike, options?: {epsilon?: array | number, axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.ctcLoss':
      'logits: ArrayLike, logitPaddings: ArrayLike, labels: ArrayLike, labelPaddings: ArrayLike, options?: {blankId?: number, logEpsilon?: array | number}',
    'optax.ctcLossWithForwardProbs':
      'logits: ArrayLike, logitPaddings: ArrayLike, labels: ArrayLike, labelPaddings: ArrayLike, options?: {blankId?: number, logEpsilon?: array | number}',
    'optax.differentiallyPrivateAggregate':
      'l2NormClip: array | number, noiseMultiplier: array | number, key: KeyArray | number',
    'optax.dpsgd':
      'learningRate: array | function | number, l2NormClip: array | number, noiseMultiplier: array | number, key: KeyArray | number, options?: {momentum?: array | number | null, nesterov?: boolean}',
    'optax.ema': 'decay: array | number, options?: {debias?: boolean, accumulatorDtype?: DType | null}',
    'optax.experimental.aggregating.Aggregator': 'init: function, update: function',
    'optax.experimental.aggregating.accumulateAvgUpdates': 'accumulationSteps: number',
    'optax.experimental.aggregating.addMeanVarianceToOpt':
      'opt: {init: function, update: function}, options?: {emaDecay?: array | number, perEltAxis?: number | number[], accumulationSteps?: number}',
    'optax.experimental.aggregating.averageIncrementallyUpdates':
      'perEltAxis: number | number[] | null, accumulationSteps: number',
    'optax.experimental.aggregating.averagePerElementUpdates': 'perEltAxis?: number | number[]',
    'optax.experimental.aggregating.getBatchSizeFromPerEltUpdates': 'perEltUpdates: any, perEltAxis: number | number[]',
    'optax.experimental.aggregating.getPerElementMeanAndSumSqDiffGrads':
      'options?: {perEltAxis?: number | number[], accumulationSteps?: number}',
    'optax.experimental.aggregating.getUnbiasedMeanAndVarianceEma': 'state: any',
    'optax.experimental.aggregating.process':
      'preprocessor: {init: function, update: function}, aggregator: {init: function, update: function}, postprocessor: {init: function, update: function}, options?: {aggregatorHasAux?: boolean}; preprocessor: {init: function, update: function}, aggregator: {update: function, init: function}, postprocessor: {init: function, update: function}, options: {aggregatorHasAux?: boolean}',
    'optax.experimental.aggregating.trackPerElementMeanAndVarianceWithEma': 'emaDecay?: array | number',
    'optax.exponentialDecay':
      'initValue: array | number, transitionSteps: number, decayRate: array | number, options?: {transitionBegin?: number, staircase?: boolean, endValue?: array | number | null}',
    'optax.flatten': 'inner: {init: function, update: function}',
    'optax.freeze': 'mask: any',
    'optax.fromage': 'learningRate: array | function | number, options?: {minNorm?: array | number}',
    'optax.generalizedKlDivergence':
      'logPredictions: ArrayLike, targets: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.globalNorm': 'of: any, options?: {ord?: number, squared?: boolean}',
    'optax.hingeLoss': 'predictorOutputs: ArrayLike, targets: ArrayLike',
    'optax.huberLoss': 'predictions: ArrayLike, targets?: ArrayLike | null, options?: {delta?: array | number}',
    'optax.identity': '',
    'optax.incrementalUpdate': 'newTensors: any, oldTensors: any, stepSize: array | number',
    'optax.initEmptyState': '',
    'optax.injectHyperparams':
      'innerFactory: function, options?: {staticArgs?: string | string[], hyperparamDtype?: DType | null, parameters?: string[]}',
    'optax.injectStatefulHyperparams':
      'innerFactory: function, options?: {staticArgs?: string | string[], hyperparamDtype?: DType | null, parameters?: string[]}',
    'optax.joinSchedules': 'schedules: function[], boundaries: number[]',
    'optax.keepParamsNonnegative': '',
    'optax.klDivergence':
      'logPredictions: ArrayLike, targets: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.l2Loss': 'predictions: ArrayLike, targets?: ArrayLike | null',
    'optax.lamb':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, weightDecay?: array | function | number, mask?: any}',
    'optax.lars':
      'learningRate: array | function | number, options?: {weightDecay?: array | function | number, weightDecayMask?: any, trustCoefficient?: array | number, eps?: array | number, trustRatioMask?: any, momentum?: array | number, nesterov?: boolean}',
    'optax.lbfgs':
      'options?: {learningRate?: array | function | number | null, linesearch?: {init: function, update: function} | null, memorySize?: number, scaleInitPrecond?: boolean}',
    'optax.linearOnecycleSchedule':
      'transitionSteps: number, peakValue: array | number, options?: {pctFinal?: number, pctStart?: number, divFactor?: number, finalDivFactor?: number}',
    'optax.linearSchedule':
      'initValue: array | number, endValue: array | number, transitionSteps: number, options?: {transitionBegin?: number}',
    'optax.lion':
      'learningRate: array | function | number, options?: {weightDecay?: array | function | number, mask?: any, b1?: array | number, b2?: array | number, muDtype?: DType | null}',
    'optax.logCosh': 'predictions: ArrayLike, targets?: ArrayLike | null',
    'optax.lookahead':
      'fastOptimizer: {init: function, update: function}, syncPeriod: array | number, slowStepSize: array | number, options?: {resetState?: boolean}',
    'optax.losses.binaryDiceLoss':
      'predictions: ArrayLike, targets: ArrayLike, options?: {smooth?: array | number, applySigmoid?: boolean}',
    'optax.losses.convexKlDivergence':
      'logPredictions: ArrayLike, targets: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.cosineDistance':
      'predictions: ArrayLike, targets: ArrayLike, options?: {epsilon?: array | number, axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.cosineSimilarity':
      'predictions: ArrayLike, targets: ArrayLike, options?: {epsilon?: array | number, axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.ctcLoss':
      'logits: ArrayLike, logitPaddings: ArrayLike, labels: ArrayLike, labelPaddings: ArrayLike, options?: {blankId?: number, logEpsilon?: array | number}',
    'optax.losses.ctcLossWithForwardProbs':
      'logits: ArrayLike, logitPaddings: ArrayLike, labels: ArrayLike, labelPaddings: ArrayLike, options?: {blankId?: number, logEpsilon?: array | number}',
    'optax.losses.diceLoss':
      "predictions: ArrayLike, targets: ArrayLike, options?: {classWeights?: ArrayLike | null, smooth?: array | number, alpha?: array | number, beta?: array | number, applySoftmax?: boolean, reduction?: 'mean' | 'none' | 'sum', ignoreBackground?: boolean, axis?: number | number[] | null}",
    'optax.losses.generalizedKlDivergence':
      'logPredictions: ArrayLike, targets: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.hingeLoss': 'predictorOutputs: ArrayLike, targets: ArrayLike',
    'optax.losses.huberLoss': 'predictions: ArrayLike, targets?: ArrayLike | null, options?: {delta?: array | number}',
    'optax.losses.klDivergence':
      'logPredictions: ArrayLike, targets: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.klDivergenceWithLogTargets':
      'logPredictions: ArrayLike, logTargets: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.l2Loss': 'predictions: ArrayLike, targets?: ArrayLike | null',
    'optax.losses.logCosh': 'predictions: ArrayLike, targets?: ArrayLike | null',
    'optax.losses.makeFenchelYoungLoss': 'maxFun: function',
    'optax.losses.multiclassGeneralizedDiceLoss':
      'predictions: ArrayLike, targets: ArrayLike, options?: {smooth?: array | number, applySoftmax?: boolean, ignoreBackground?: boolean}',
    'optax.losses.multiclassHingeLoss': 'scores: ArrayLike, labels: ArrayLike',
    'optax.losses.multiclassPerceptronLoss': 'scores: ArrayLike, labels: ArrayLike',
    'optax.losses.multiclassSparsemaxLoss': 'scores: ArrayLike, labels: ArrayLike',
    'optax.losses.ntxent': 'embeddings: ArrayLike, labels: ArrayLike, options?: {temperature?: array | number}',
    'optax.losses.perceptronLoss': 'predictorOutputs: ArrayLike, targets: ArrayLike',
    'optax.losses.polyLossCrossEntropy':
      'logits: ArrayLike, labels: ArrayLike, options?: {epsilon?: array | number, axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.rankingSoftmaxLoss':
      'logits: ArrayLike, labels: ArrayLike, options?: {where?: ArrayLike | null, weights?: ArrayLike | null, reduceFn?: function | null}',
    'optax.losses.safeSoftmaxCrossEntropy': 'logits: ArrayLike, labels: ArrayLike',
    'optax.losses.sigmoidBinaryCrossEntropy': 'logits: ArrayLike, labels: ArrayLike',
    'optax.losses.sigmoidFocalLoss':
      'logits: ArrayLike, labels: ArrayLike, options?: {alpha?: array | number | null, gamma?: array | number}',
    'optax.losses.smoothLabels':
      'labels: ArrayLike, alpha: array | number, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.softmaxCrossEntropy':
      'logits: ArrayLike, labels: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.losses.softmaxCrossEntropyWithIntegerLabels':
      'logits: ArrayLike, labels: ArrayLike, options?: {axis?: number | number[], where?: ArrayLike | null}',
    'optax.losses.sparsemaxLoss': 'logits: ArrayLike, labels: ArrayLike',
    'optax.losses.squaredError': 'predictions: ArrayLike, targets?: ArrayLike | null',
    'optax.losses.tripletMarginLoss':
      'anchors: ArrayLike, positives: ArrayLike, negatives: ArrayLike, options?: {axis?: number, normDegree?: number, margin?: array | number, eps?: array | number}',
    'optax.masked':
      'inner: {init: function, update: function}, mask: any, options?: {maskCompatibleExtraArgs?: boolean}',
    'optax.matrixInversePthRoot':
      'matrix: array, p: number, options?: {numIters?: number, ridgeEpsilon?: array | number, errorTolerance?: array | number}',
    'optax.measureWithEma':
      'measure: function, decay: array | number, options?: {debias?: boolean, accumulatorDtype?: DType | null}',
    'optax.microbatch':
      'fun: function, argnums: number | number[], microbatchSize: number | null, options?: {accumulator?: any, inAxes?: number | number[], numRealMicrobatches?: array | number | null}',
    'optax.microbatching.microGrad':
      'fun: function, options?: {hasAux?: boolean, argnums?: number | number[], batchArgnums?: number | number[], keepBatchDim?: boolean, transformFn?: function, metricsFn?: function, microbatchSize?: number | null, accumulator?: any, numRealMicrobatches?: array | number | null}',
    'optax.microbatching.microVmap':
      'fun: function, options?: {inAxes?: (number | null)[] | number, microbatchSize?: number | null, accumulator?: any, numRealMicrobatches?: array | number | null}',
    'optax.microbatching.microbatch':
      'fun: function, argnums: number | number[], microbatchSize: number | null, options?: {accumulator?: any, inAxes?: number | number[], numRealMicrobatches?: array | number | null}',
    'optax.microbatching.reshapeBatchAxis': 'of: any, microbatchSize: number, axis?: number',
    'optax.minimize':
      'fun: function, params: any, tx: {init: function, update: function}, options?: {maxSteps?: array | number, tol?: array | number}',
    'optax.monitor': 'measures: object',
    'optax.multiNormal': 'loc: ArrayLike, logScale: ArrayLike',
    'optax.multiTransform': 'transforms: object, paramLabels: any, options?: {maskCompatibleExtraArgs?: boolean}',
    'optax.nadam':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null}',
    'optax.nadamw':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, weightDecay?: array | function | number, mask?: any}',
    'optax.namedChain': '...transformations: [string, {init: function, update: function}][]',
    'optax.nnls': 'A: array, b: array, iters: number, options?: {L?: array | number | null}',
    'optax.noisySgd':
      'learningRate: array | function | number, options?: {eta?: array | number, gamma?: array | number, key?: KeyArray | array | bigint | number}',
    'optax.normalizeByUpdateNorm': 'options?: {scaleFactor?: array | number, eps?: array | number}',
    'optax.novograd':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, weightDecay?: array | number}',
    'optax.ntxent': 'embeddings: ArrayLike, labels: ArrayLike, options?: {temperature?: array | number}',
    'optax.optimisticAdam':
      'learningRate: array | number, options?: {optimism?: array | number | null, b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, nesterov?: boolean}',
    'optax.optimisticAdamV2':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, nesterov?: boolean, alpha?: array | number, beta?: array | number}',
    'optax.optimisticGradientDescent':
      'learningRate: array | function | number, options?: {alpha?: array | number, beta?: array | number}',
    'optax.partition': 'transforms: object, paramLabels: any, options?: {maskCompatibleExtraArgs?: boolean}',
    'optax.perExampleGlobalNormClip': 'grads: any, l2NormClip: array | number',
    'optax.perExampleLayerNormClip': 'grads: any, globalL2NormClip: array | number, options?: {uniform?: boolean}',
    'optax.periodicUpdate': 'newTensors: any, oldTensors: any, steps: array, updatePeriod: array | number',
    'optax.perturbations.makePerturbedFun':
      'fun: function, options?: {numSamples?: number, sigma?: array | number, noise?: {sample: function, logProb: function}, useBaseline?: boolean}',
    'optax.piecewiseConstantSchedule': 'initValue: array | number, boundariesAndScales?: object',
    'optax.piecewiseInterpolateSchedule':
      "interpolateType: 'cosine' | 'linear', initValue: array | number, boundariesAndScales?: object",
    'optax.polyakSgd':
      "maxLearningRate?: array | number, options?: {scaling?: array | function | number, fMin?: array | number, eps?: array | number, variant?: 'sps' | 'sps+'}",
    'optax.polynomialSchedule':
      'initValue: array | number, endValue: array | number, exponent: array | number, transitionSteps: number, options?: {transitionBegin?: number}',
    'optax.powerIteration':
      'matrix: array | function, options?: {v0?: any, numIters?: number, errorTolerance?: array | number, key?: KeyArray | null}',
    'optax.projections.projectionBox': 'of: any, lower: any, upper: any',
    'optax.projections.projectionHalfspace': 'x: any, a: any, b: array | number',
    'optax.projections.projectionHypercube': 'of: any, scale?: any',
    'optax.projections.projectionHyperplane': 'x: any, a: any, b: array | number',
    'optax.projections.projectionL1Ball': 'of: any, scale?: array | number',
    'optax.projections.projectionL1Sphere': 'of: any, scale?: array | number',
    'optax.projections.projectionL2Ball': 'of: any, scale?: array | number',
    'optax.projections.projectionL2Sphere': 'of: any, scale?: array | number',
    'optax.projections.projectionLinfBall': 'of: any, scale?: array | number',
    'optax.projections.projectionNonNegative': 'of: any',
    'optax.projections.projectionSimplex': 'of: any, scale?: array | number',
    'optax.projections.projectionVector': 'x: any, a: any',
    'optax.radam':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, threshold?: array | number, nesterov?: boolean}',
    'optax.rmsprop':
      'learningRate: array | function | number, options?: {centered?: boolean, momentum?: array | number | null, nesterov?: boolean, decay?: array | number, eps?: array | number, initialScale?: array | number, epsInSqrt?: boolean, biasCorrection?: boolean}',
    'optax.rprop':
      'learningRate: array | number, options?: {etaMinus?: array | number, etaPlus?: array | number, minStepSize?: array | number, maxStepSize?: array | number}',
    'optax.safeIncrement': 'count: array',
    'optax.safeInt32Increment': 'count: array',
    'optax.safeNorm':
      'x: array, minNorm: array | number, options?: {ord?: number, axis?: number | number[] | null, keepdims?: boolean}',
    'optax.safeRootMeanSquares': 'x: array, minRms: array | number',
    'optax.safeSoftmaxCrossEntropy': 'logits: ArrayLike, labels: ArrayLike',
    'optax.scale': 'stepSize: array | number',
    'optax.scaleByAdadelta': 'options?: {rho?: array | number, eps?: array | number}',
    'optax.scaleByAdam':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, nesterov?: boolean}',
    'optax.scaleByAdamax': 'options?: {b1?: array | number, b2?: array | number, eps?: array | number}',
    'optax.scaleByAdan':
      'options?: {b1?: array | number, b2?: array | number, b3?: array | number, eps?: array | number, epsRoot?: array | number}',
    'optax.scaleByAmsgrad':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, muDtype?: DType | null, biasCorrectionMu?: boolean, biasCorrectionNu?: boolean}',
    'optax.scaleByBacktrackingLinesearch':
      'maxBacktrackingSteps: array | number, options?: {slopeRtol?: array | number, decreaseFactor?: array | number, increaseFactor?: array | number, maxLearningRate?: array | number, atol?: array | number, rtol?: array | number, storeGrad?: boolean}',
    'optax.scaleByBelief':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, nesterov?: boolean}',
    'optax.scaleByDistanceOverGradients':
      'options?: {repsRel?: array | number, eps?: array | number, paramDtype?: DType, globalScale?: array | number}',
    'optax.scaleByFactoredRms':
      'options?: {factored?: boolean, decayRate?: array | number, stepOffset?: number, minDimSizeToFactor?: number, epsilon?: array | number, decayRateFn?: function}',
    'optax.scaleByLbfgs': 'options?: {memorySize?: number, scaleInitPrecond?: boolean}',
    'optax.scaleByLearningRate': 'learningRate: array | function | number | null, options?: {flipSign?: boolean}',
    'optax.scaleByLion':
      "options?: {b1?: array | number, b2?: array | number, muDtype?: DType | null, mode?: 'hard' | 'refined' | 'smooth', smoothBeta?: array | number}",
    'optax.scaleByNovograd':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, weightDecay?: array | number, muDtype?: DType | null}',
    'optax.scaleByOptimisticGradient': 'options?: {alpha?: array | number, beta?: array | number}',
    'optax.scaleByParamBlockNorm': 'minScale?: array | number',
    'optax.scaleByParamBlockRms': 'minScale?: array | number',
    'optax.scaleByPolyak':
      "options?: {fMin?: array | number, maxLearningRate?: array | number, eps?: array | number, variant?: 'sps' | 'sps+'}",
    'optax.scaleByRadam':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, threshold?: array | number, nesterov?: boolean}',
    'optax.scaleByRms':
      'options?: {decay?: array | number, eps?: array | number, initialScale?: array | number, epsInSqrt?: boolean, biasCorrection?: boolean}',
    'optax.scaleByRprop':
      'learningRate: array | number, options?: {etaMinus?: array | number, etaPlus?: array | number, minStepSize?: array | number, maxStepSize?: array | number}',
    'optax.scaleByRss': 'options?: {initialAccumulatorValue?: array | number, eps?: array | number}',
    'optax.scaleBySchedule': 'stepSizeFn: function',
    'optax.scaleBySign': '',
    'optax.scaleBySm3': 'options?: {b1?: array | number, b2?: array | number, eps?: array | number}',
    'optax.scaleByStddev':
      'options?: {decay?: array | number, eps?: array | number, initialScale?: array | number, epsInSqrt?: boolean, biasCorrection?: boolean}',
    'optax.scaleByTrustRatio':
      'options?: {minNorm?: array | number, trustCoefficient?: array | number, eps?: array | number}',
    'optax.scaleByYogi':
      'options?: {b1?: array | number, b2?: array | number, eps?: array | number, epsRoot?: array | number, initialAccumulatorValue?: array | number}',
    'optax.scaleByZoomLinesearch':
      "maxLinesearchSteps: array | number, options?: {maxLearningRate?: array | number | null, tol?: array | number, increaseFactor?: array | number, slopeRtol?: array | number, curvRtol?: array | number, approxDecRtol?: array | number | null, stepsizePrecision?: array | number, initialGuessStrategy?: 'keep' | 'one'}",
    'optax.scaleGradient': 'inputs: any, scale: array | number',
    'optax.schedules.constantSchedule': 'value: array | number',
    'optax.schedules.cosineDecaySchedule':
      'initValue: array | number, decaySteps: number, options?: {alpha?: array | number, exponent?: array | number}',
    'optax.schedules.cosineOnecycleSchedule':
      'transitionSteps: number, peakValue: array | number, options?: {pctStart?: number, divFactor?: number, finalDivFactor?: number}',
    'optax.schedules.exponentialDecay':
      'initValue: array | number, transitionSteps: number, decayRate: array | number, options?: {transitionBegin?: number, staircase?: boolean, endValue?: array | number | null}',
    'optax.schedules.injectHyperparams':
      'innerFactory: function, options?: {staticArgs?: string | string[], hyperparamDtype?: DType | null, parameters?: string[]}',
    'optax.schedules.injectStatefulHyperparams':
      'innerFactory: function, options?: {staticArgs?: string | string[], hyperparamDtype?: DType | null, parameters?: string[]}',
    'optax.schedules.joinSchedules': 'schedules: function[], boundaries: number[]',
    'optax.schedules.linearOnecycleSchedule':
      'transitionSteps: number, peakValue: array | number, options?: {pctFinal?: number, pctStart?: number, divFactor?: number, finalDivFactor?: number}',
    'optax.schedules.linearSchedule':
      'initValue: array | number, endValue: array | number, transitionSteps: number, options?: {transitionBegin?: number}',
    'optax.schedules.piecewiseConstantSchedule': 'initValue: array | number, boundariesAndScales?: object',
    'optax.schedules.piecewiseInterpolateSchedule':
      "interpolateType: 'cosine' | 'linear', initValue: array | number, boundariesAndScales?: object",
    'optax.schedules.polynomialSchedule':
      'initValue: array | number, endValue: array | number, exponent: array | number, transitionSteps: number, options?: {transitionBegin?: number}',
    'optax.schedules.sgdrSchedule':
      'cosineKwargs: ({initValue: array | number, peakValue: array | number, warmupSteps: number, decaySteps: number, endValue?: array | number, exponent?: array | number})[]',
    'optax.schedules.warmupConstantSchedule':
      'initValue: array | number, peakValue: array | number, warmupSteps: number',
    'optax.schedules.warmupCosineDecaySchedule':
      'initValue: array | number, peakValue: array | number, warmupSteps: number, decaySteps: number, options?: {endValue?: array | number, exponent?: array | number}',
    'optax.schedules.warmupExponentialDecaySchedule':
      'initValue: array | number, peakValue: array | number, warmupSteps: number, transitionSteps: number, decayRate: array | number, options?: {transitionBegin?: number, staircase?: boolean, endValue?: array | number | null}',
    'optax.secondOrder.fisherDiag': 'negativeLogLikelihood: function, params: any, inputs: any, targets: any',
    'optax.secondOrder.hessianDiag': 'loss: function, params: any, inputs: any, targets: any',
    'optax.secondOrder.hvp': 'loss: function, v: array, params: any, inputs: any, targets: any',
    'optax.selectiveTransform': 'optimizer: {init: function, update: function}, freezeMask: any',
    'optax.setToZero': '',
    'optax.sgd':
      'learningRate: array | function | number, options?: {momentum?: array | number | null, nesterov?: boolean, accumulatorDtype?: DType | null}',
    'optax.sgdrSchedule':
      'cosineKwargs: ({initValue: array | number, peakValue: array | number, warmupSteps: number, decaySteps: number, endValue?: array | number, exponent?: array | number})[]',
    'optax.sigmoidBinaryCrossEntropy': 'logits: ArrayLike, labels: ArrayLike',
    'optax.sigmoidFocalLoss':
      'logits: ArrayLike, labels: ArrayLike, options?: {alpha?: array | number | null, gamma?: array | number}',
    'optax.signSgd': 'learningRate: array | function | number',
    'optax.signum':
      'learningRate: array | function | number, options?: {beta?: array | number, accumulatorDtype?: DType | null}',
    'optax.skipLargeUpdates':
      'updates: array | list | object | null, _gradientStep: array, _params: array | list | object | null, maxSquaredNorm: array | number',
    'optax.skipNotFinite': 'updates: array | list | object | null',
    'optax.sm3': 'learningRate: array | number, options?: {momentum?: array | number}',
    'optax.smoothLabels':
      'labels: ArrayLike, alpha: array | number, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.snapshot': 'measureName: string, measure: function',
    'optax.softmaxCrossEntropy':
      'logits: ArrayLike, labels: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
    'optax.softmaxCrossEntropyWithIntegerLabels':
      'logits: ArrayLike, labels: ArrayLike, options?: {axis?: number | number[], where?: ArrayLike | null}',
    'optax.squaredError': 'predictions: ArrayLike, targets?: ArrayLike | null',
    'optax.stateless': 'f: function',
    'optax.statelessWithTreeMap': 'f: function',
    'optax.trace': 'decay: array | number, options?: {nesterov?: boolean, accumulatorDtype?: DType | null}',
    'optax.transforms.adaptiveGradClip':
      'clipping: array | number, options?: {eps?: array | number, axis?: number | number[] | null}',
    'optax.transforms.addDecayedWeights': 'weightDecay?: array | function | number, options?: {mask?: any}',
    'optax.transforms.addNoise': 'eta: array | number, gamma: array | number, key: KeyArray | array | bigint | number',
    'optax.transforms.applyIfFinite': 'inner: {init: function, update: function}, maxConsecutiveErrors: array | number',
    'optax.transforms.chain': '...transformations: {init: function, update: function}[]',
    'optax.transforms.clip': 'maxDelta: array | number',
    'optax.transforms.clipByBlockRms': 'threshold: array | number',
    'optax.transforms.clipByGlobalNorm': 'maxNorm: array | number',
    'optax.transforms.conditionallyMask':
      'inner: {init: function, update: function}, shouldTransform: function, options?: {forwardExtraArgs?: boolean}',
    'optax.transforms.conditionallyTransform':
      'inner: {init: function, update: function}, shouldTransform: function, options?: {forwardExtraArgs?: boolean}',
    'optax.transforms.ema': 'decay: array | number, options?: {debias?: boolean, accumulatorDtype?: DType | null}',
    'optax.transforms.flatten': 'inner: {init: function, update: function}',
    'optax.transforms.freeze': 'mask: any',
    'optax.transforms.keepParamsNonnegative': '',
    'optax.transforms.masked':
      'inner: {init: function, update: function}, mask: any, options?: {maskCompatibleExtraArgs?: boolean}',
    'optax.transforms.measureWithEma':
      'measure: function, decay: array | number, options?: {debias?: boolean, accumulatorDtype?: DType | null}',
    'optax.transforms.monitor': 'measures: object',
    'optax.transforms.namedChain': '...transformations: [string, {init: function, update: function}][]',
    'optax.transforms.partition': 'transforms: object, paramLabels: any, options?: {maskCompatibleExtraArgs?: boolean}',
    'optax.transforms.perExampleGlobalNormClip': 'grads: any, l2NormClip: array | number',
    'optax.transforms.perExampleLayerNormClip':
      'grads: any, globalL2NormClip: array | number, options?: {uniform?: boolean}',
    'optax.transforms.selectiveTransform': 'optimizer: {init: function, update: function}, freezeMask: any',
    'optax.transforms.skipLargeUpdates':
      'updates: array | list | object | null, _gradientStep: array, _params: array | list | object | null, maxSquaredNorm: array | number',
    'optax.transforms.skipNotFinite': 'updates: array | list | object | null',
    'optax.transforms.snapshot': 'measureName: string, measure: function',
    'optax.transforms.trace': 'decay: array | number, options?: {nesterov?: boolean, accumulatorDtype?: DType | null}',
    'optax.transforms.unitwiseClip': 'gNorm: array, maxNorm: array, grad: array, divEps?: array | number',
    'optax.transforms.unitwiseNorm': 'x: array, axis?: number | number[] | null',
    'optax.transforms.zeroNans': '',
    'optax.tree.add': 'x: any, others: any, ...others: any[]',
    'optax.tree.addScale': 'x: any, scalar: array | number, y: any',
    'optax.tree.allclose': 'x: any, y: any, options?: {rtol?: number, atol?: number, equalNan?: boolean}',
    'optax.tree.batchShape': 'of: any, shape?: number[]',
    'optax.tree.biasCorrection': 'moments: any, decay: array | number, count: array',
    'optax.tree.cast': 'of: any, dtype: DType | null',
    'optax.tree.castLike': 'of: any, other: any',
    'optax.tree.clip': 'of: any, min: array | number | null, max: array | number | null',
    'optax.tree.conj': 'of: any',
    'optax.tree.div': 'x: any, y: any',
    'optax.tree.dtype': "of: any, mixed?: 'highest' | 'lowest' | 'promote' | null",
    'optax.tree.fullLike': 'of: any, fillValue: array | number, options?: {dtype?: DType | null}',
    'optax.tree.get': 'of: any, key: number | string, defaultValue?: any, filtering?: function | null',
    'optax.tree.getAllWithPath': 'of: any, key: number | string, filtering?: function | null',
    'optax.tree.mapParams':
      'initable: function | {init: function}, f: function, state: any, rest?: list, options?: {transformNonParams?: function | null}',
    'optax.tree.max': 'of: any',
    'optax.tree.min': 'of: any',
    'optax.tree.mul': 'x: any, y: any',
    'optax.tree.norm': 'of: any, options?: {ord?: number, squared?: boolean}',
    'optax.tree.onesLike': 'of: any, options?: {dtype?: DType | null}',
    'optax.tree.randomLike': 'key: KeyArray, target: any, options?: {sampler?: function, dtype?: DType | null}',
    'optax.tree.real': 'of: any',
    'optax.tree.scale': 'scalar: array | number, of: any',
    'optax.tree.set': 'of: any, values: object, filtering?: function | null',
    'optax.tree.size': 'of: any',
    'optax.tree.splitKeyLike': 'key: KeyArray, target: any',
    'optax.tree.sub': 'x: any, y: any',
    'optax.tree.sum': 'of: any',
    'optax.tree.unwrapRandomKeyData': 'of: any',
    'optax.tree.updateInfinityMoment': 'updates: any, moments: any, decay: array | number, eps: array | number',
    'optax.tree.updateMoment': 'updates: any, moments: any, decay: array | number, order: number',
    'optax.tree.updateMomentPerElemNorm': 'updates: any, moments: any, decay: array | number, order: number',
    'optax.tree.vdot': 'x: any, y: any',
    'optax.tree.where': 'condition: array | boolean, x: any, y: any',
    'optax.tree.zerosLike': 'of: any, options?: {dtype?: DType | null}',
    'optax.treeMapParams':
      'initable: function | {init: function}, f: function, state: any, rest?: list, options?: {transformNonParams?: function | null}',
    'optax.treeUtils.treeAdd': 'x: any, others: any, ...others: any[]',
    'optax.treeUtils.treeAddScalarMul': 'x: any, scalar: array | number, y: any',
    'optax.treeUtils.treeAddScale': 'x: any, scalar: array | number, y: any',
    'optax.treeUtils.treeAllclose': 'x: any, y: any, options?: {rtol?: number, atol?: number, equalNan?: boolean}',
    'optax.treeUtils.treeBatchShape': 'of: any, shape?: number[]',
    'optax.treeUtils.treeBiasCorrection': 'moments: any, decay: array | number, count: array',
    'optax.treeUtils.treeCast': 'of: any, dtype: DType | null',
    'optax.treeUtils.treeCastLike': 'of: any, other: any',
    'optax.treeUtils.treeClip': 'of: any, min: array | number | null, max: array | number | null',
    'optax.treeUtils.treeConj': 'of: any',
    'optax.treeUtils.treeDiv': 'x: any, y: any',
    'optax.treeUtils.treeDtype': "of: any, mixed?: 'highest' | 'lowest' | 'promote' | null",
    'optax.treeUtils.treeFullLike': 'of: any, fillValue: array | number, options?: {dtype?: DType | null}',
    'optax.treeUtils.treeGet': 'of: any, key: number | string, defaultValue?: any, filtering?: function | null',
    'optax.treeUtils.treeGetAllWithPath': 'of: any, key: number | string, filtering?: function | null',
    'optax.treeUtils.treeL1Norm': 'of: any, options?: {squared?: boolean}',
    'optax.treeUtils.treeL2Norm': 'of: any, options?: {squared?: boolean}',
    'optax.treeUtils.treeLinfNorm': 'of: any, options?: {squared?: boolean}',
    'optax.treeUtils.treeMapParams':
      'initable: function | {init: function}, f: function, state: any, rest?: list, options?: {transformNonParams?: function | null}',
    'optax.treeUtils.treeMax': 'of: any',
    'optax.treeUtils.treeMin': 'of: any',
    'optax.treeUtils.treeMul': 'x: any, y: any',
    'optax.treeUtils.treeNorm': 'of: any, options?: {ord?: number, squared?: boolean}',
    'optax.treeUtils.treeOnesLike': 'of: any, options?: {dtype?: DType | null}',
    'optax.treeUtils.treeRandomLike':
      'key: KeyArray, target: any, options?: {sampler?: function, dtype?: DType | null}',
    'optax.treeUtils.treeReal': 'of: any',
    'optax.treeUtils.treeScalarMul': 'scalar: array | number, of: any',
    'optax.treeUtils.treeScale': 'scalar: array | number, of: any',
    'optax.treeUtils.treeSet': 'of: any, values: object, filtering?: function | null',
    'optax.treeUtils.treeSize': 'of: any',
    'optax.treeUtils.treeSplitKeyLike': 'key: KeyArray, target: any',
    'optax.treeUtils.treeSub': 'x: any, y: any',
    'optax.treeUtils.treeSum': 'of: any',
    'optax.treeUtils.treeUnwrapRandomKeyData': 'of: any',
    'optax.treeUtils.treeUpdateInfinityMoment':
      'updates: any, moments: any, decay: array | number, eps: array | number',
    'optax.treeUtils.treeUpdateMoment': 'updates: any, moments: any, decay: array | number, order: number',
    'optax.treeUtils.treeUpdateMomentPerElemNorm': 'updates: any, moments: any, decay: array | number, order: number',
    'optax.treeUtils.treeVdot': 'x: any, y: any',
    'optax.treeUtils.treeWhere': 'condition: array | boolean, x: any, y: any',
    'optax.treeUtils.treeZerosLike': 'of: any, options?: {dtype?: DType | null}',
    'optax.updateInfinityMoment': 'updates: any, moments: any, decay: array | number, eps: array | number',
    'optax.updateMoment': 'updates: any, moments: any, decay: array | number, order: number',
    'optax.updateMomentPerElemNorm': 'updates: any, moments: any, decay: array | number, order: number',
    'optax.valueAndGradFromState': 'valueFn: function',
    'optax.warmupConstantSchedule': 'initValue: array | number, peakValue: array | number, warmupSteps: number',
    'optax.warmupCosineDecaySchedule':
      'initValue: array | number, peakValue: array | number, warmupSteps: number, decaySteps: number, options?: {endValue?: array | number, exponent?: array | number}',
    'optax.warmupExponentialDecaySchedule':
      'initValue: array | number, peakValue: array | number, warmupSteps: number, transitionSteps: number, decayRate: array | number, options?: {transitionBegin?: number, staircase?: boolean, endValue?: array | number | null}',
    'optax.withAccumulatorDtype': 'inner: {init: function, update: function}, accumulatorDtype: DType',
    'optax.withExtraArgsSupport': 'transformation: {init: function, update: function}',
    'optax.yogi':
      'learningRate: array | function | number, options?: {b1?: array | number, b2?: array | number, eps?: array | number}',
    'optax.zeroNans': '',
    'optax.zoomLinesearch':
      'maxLinesearchSteps: array | number, options?: {maxStepsize?: array | number | null, tol?: array | number, increaseFactor?: array | number, slopeRtol?: array | number, curvRtol?: array | number, approxDecRtol?: array | number | null, intervalThreshold?: array | number}',
  },
  { depth: 'parts' },
)

/** The types of `optax`. */
export declare namespace optax {
  export namespace contrib {
    export type AcpropOptions<
      W extends ScalarOrSchedule = ScalarOrSchedule,
      M extends MaskOrFn | null = MaskOrFn | null,
    > = module.contrib.AcpropOptions<W, M>
    export type AdemamixOptions<
      W extends ScalarOrSchedule = ScalarOrSchedule,
      M extends MaskOrFn | null = MaskOrFn | null,
    > = module.contrib.AdemamixOptions<W, M>
    export type AdoptOptions = module.contrib.AdoptOptions
    export type COCOBState = module.contrib.COCOBState
    export type CocobOptions<
      L extends ScalarOrSchedule = ScalarOrSchedule,
      W extends ScalarOrSchedule = ScalarOrSchedule,
      M extends MaskOrFn | null = MaskOrFn | null,
    > = module.contrib.CocobOptions<L, W, M>
    export type DAdaptAdamWState = module.contrib.DAdaptAdamWState
    export type DadaptAdamwOptions = module.contrib.DadaptAdamwOptions
    export type DifferentiallyPrivateAggregateState = module.contrib.DifferentiallyPrivateAggregateState
    export type DimensionNumbers = module.contrib.DimensionNumbers
    export type DimensionNumbersOptions = module.contrib.DimensionNumbersOptions
    export type DimensionNumbersOrFn = module.contrib.DimensionNumbersOrFn
    export type DoGState = module.contrib.DoGState
    export type DoWGState = module.contrib.DoWGState
    export type DogOptions<
      L extends ScalarOrSchedule = ScalarOrSchedule,
      W extends ScalarLike | null = ScalarLike | null,
      M extends MaskOrFn | null = MaskOrFn | null,
    > = module.contrib.DogOptions<L, W, M>
    export type DowgOptions<
      L extends ScalarOrSchedule = ScalarOrSchedule,
      W extends ScalarLike | null = ScalarLike | null,
      M extends MaskOrFn | null = MaskOrFn | null,
    > = module.contrib.DowgOptions<L, W, M>
    export type DpsgdOptions<D extends ScalarLike | null = ScalarLike | null> = module.contrib.DpsgdOptions<D>
    export type GaLoreDimensionNumbers = module.contrib.GaLoreDimensionNumbers
    export type GaLoreState<S = unknown> = module.contrib.GaLoreState<S>
    export type GaloreOptions<
      W extends ScalarOrSchedule = ScalarOrSchedule,
      M extends MaskOrFn | null = MaskOrFn | null,
      T extends AnyGradientTransformation = AnyGradientTransformation,
    > = module.contrib.GaloreOptions<W, M, T>
    export type GradFn = module.contrib.GradFn
    export type HutchinsonEstimatorOptions = module.contrib.HutchinsonEstimatorOptions
    export type HutchinsonState = module.contrib.HutchinsonState
    export type InitStep = module.contrib.InitStep
    export type LossValue = module.contrib.LossValue
    export type MadgradOptions<W extends ScalarOrSchedule = ScalarOrSchedule> = module.contrib.MadgradOptions<W>
    export type MadgradState = module.contrib.MadgradState
    export type MechanicState<S = unknown> = module.contrib.MechanicState<S>
    export type MechanizeOptions = module.contrib.MechanizeOptions
    export type MomoAdamOptions = module.contrib.MomoAdamOptions
    export type MomoAdamState = module.contrib.MomoAdamState
    export type MomoOptions = module.contrib.MomoOptions
    export type MomoState = module.contrib.MomoState
    export type MuonDimensionNumbers = module.contrib.MuonDimensionNumbers
    export type MuonOptions<
      W extends ScalarOrSchedule = ScalarOrSchedule,
      M extends MaskOrFn | null = MaskOrFn | null,
    > = module.contrib.MuonOptions<W, M>
    export type MuonState = module.contrib.MuonState
    export type MuonStates<L, W, M> = module.contrib.MuonStates<L, W, M>
    export type NewtonSchulzOptions = module.contrib.NewtonSchulzOptions
    export type NormalizeState = module.contrib.NormalizeState
    export type NsCoeffs = module.contrib.NsCoeffs
    export type ObjectiveFn = module.contrib.ObjectiveFn
    export type OptionalDecayState<W, M> = module.contrib.OptionalDecayState<W, M>
    export type Preconditioning = module.contrib.Preconditioning
    export type ProdigyOptions = module.contrib.ProdigyOptions
    export type ProdigyState = module.contrib.ProdigyState
    export type ReduceLROnPlateauState = module.contrib.ReduceLROnPlateauState
    export type ReduceOnPlateauOptions = module.contrib.ReduceOnPlateauOptions
    export type SAMState<S = unknown, A = unknown> = module.contrib.SAMState<S, A>
    export type SamExtraArgs<O> = module.contrib.SamExtraArgs<O>
    export type SamOptions<O extends boolean = boolean> = module.contrib.SamOptions<O>
    export type ScaleByAcpropOptions = module.contrib.ScaleByAcpropOptions
    export type ScaleByAcpropState = module.contrib.ScaleByAcpropState
    export type ScaleByAdemamixOptions = module.contrib.ScaleByAdemamixOptions
    export type ScaleByAdemamixState = module.contrib.ScaleByAdemamixState
    export type ScaleByAdoptOptions = module.contrib.ScaleByAdoptOptions
    export type ScaleByCocobOptions = module.contrib.ScaleByCocobOptions
    export type ScaleByDogOptions = module.contrib.ScaleByDogOptions
    export type ScaleByDowgOptions = module.contrib.ScaleByDowgOptions
    export type ScaleByGaloreOptions<T extends AnyGradientTransformation = AnyGradientTransformation> =
      module.contrib.ScaleByGaloreOptions<T>
    export type ScaleByMadgradOptions = module.contrib.ScaleByMadgradOptions
    export type ScaleByMuonOptions = module.contrib.ScaleByMuonOptions
    export type ScaleByShapeOptions = module.contrib.ScaleByShapeOptions
    export type ScaleBySimplifiedAdEMAMixState = module.contrib.ScaleBySimplifiedAdEMAMixState
    export type ScaleBySimplifiedAdemamixOptions = module.contrib.ScaleBySimplifiedAdemamixOptions
    export type ScaleBySophiaOptions<H extends AnyGradientTransformation = AnyGradientTransformation> =
      module.contrib.ScaleBySophiaOptions<H>
    export type ScheduleFreeAdamwOptions = module.contrib.ScheduleFreeAdamwOptions
    export type ScheduleFreeOptions = module.contrib.ScheduleFreeOptions
    export type ScheduleFreeSgdOptions = module.contrib.ScheduleFreeSgdOptions
    export type ScheduleFreeState<S = unknown> = module.contrib.ScheduleFreeState<S>
    export type SimplifiedAdemamixOptions<
      W extends ScalarOrSchedule = ScalarOrSchedule,
      M extends MaskOrFn | null = MaskOrFn | null,
    > = module.contrib.SimplifiedAdemamixOptions<W, M>
    export type SophiaOptions<
      W extends ScalarOrSchedule = ScalarOrSchedule,
      M extends MaskOrFn | null = MaskOrFn | null,
      H extends AnyGradientTransformation = AnyGradientTransformation,
    > = module.contrib.SophiaOptions<W, M, H>
    export type SophiaState<S = unknown> = module.contrib.SophiaState<S>
  }
  export namespace experimental {
    export namespace aggregating {
      export type AccumulateAvgUpdatesState = module.experimental.aggregating.AccumulateAvgUpdatesState
      export type AddMeanVarianceToOptOptions = module.experimental.aggregating.AddMeanVarianceToOptOptions
      export type Aggregator<S = OptState, E = NoExtraArgs> = module.experimental.aggregating.Aggregator<S, E>
      export type AggregatorUpdateFn<
        S = OptState,
        E = NoExtraArgs,
      > = module.experimental.aggregating.AggregatorUpdateFn<S, E>
      export type AggregatorWithAux<S, A, E = NoExtraArgs> = module.experimental.aggregating.AggregatorWithAux<S, A, E>
      export type PerElementMeanAndSumSqDiffGradsOptions =
        module.experimental.aggregating.PerElementMeanAndSumSqDiffGradsOptions
      export type PerElementMeanAndSumSqDiffGradsState =
        module.experimental.aggregating.PerElementMeanAndSumSqDiffGradsState
      export type PerElementMeanAndVarianceEMAState = module.experimental.aggregating.PerElementMeanAndVarianceEMAState
      export type PerElementStatistics = module.experimental.aggregating.PerElementStatistics
      export type PerEltAxis = module.experimental.aggregating.PerEltAxis
      export type ProcessOptions<H extends boolean = boolean> = module.experimental.aggregating.ProcessOptions<H>
      export type ProcessState<A, B, C> = module.experimental.aggregating.ProcessState<A, B, C>
    }
  }
  export namespace losses {
    export type BinaryDiceLossOptions = module.losses.BinaryDiceLossOptions
    export type CosineOptions = module.losses.CosineOptions
    export type CtcLossOptions = module.losses.CtcLossOptions
    export type DiceLossOptions = module.losses.DiceLossOptions
    export type DivergenceOptions = module.losses.DivergenceOptions
    export type GeneralizedDiceLossOptions = module.losses.GeneralizedDiceLossOptions
    export type HuberOptions = module.losses.HuberOptions
    export type IntegerLabelsOptions = module.losses.IntegerLabelsOptions
    export type NtxentOptions = module.losses.NtxentOptions
    export type PolyLossOptions = module.losses.PolyLossOptions
    export type RankingSoftmaxOptions = module.losses.RankingSoftmaxOptions
    export type ReduceFn = module.losses.ReduceFn
    export type SigmoidFocalLossOptions = module.losses.SigmoidFocalLossOptions
    export type SmoothLabelsOptions = module.losses.SmoothLabelsOptions
    export type SoftmaxCrossEntropyOptions = module.losses.SoftmaxCrossEntropyOptions
    export type TripletMarginOptions = module.losses.TripletMarginOptions
  }
  export namespace microbatching {
    export type AccumulationType = module.microbatching.AccumulationType
    export type Accumulator = module.microbatching.Accumulator
    export type AccumulatorTree = module.microbatching.AccumulatorTree
    export type IndividualOutputs = module.microbatching.IndividualOutputs
    export type MicroGradOptions = module.microbatching.MicroGradOptions
    export type MicroVmapOptions = module.microbatching.MicroVmapOptions
    export type MicrobatchOptions = module.microbatching.MicrobatchOptions
  }
  export namespace perturbations {
    export type Gumbel = module.perturbations.Gumbel
    export type Noise = module.perturbations.Noise
    export type Normal = module.perturbations.Normal
    export type PerturbedOptions = module.perturbations.PerturbedOptions
  }
  export namespace schedules {
    export type BoundariesAndScales = module.schedules.BoundariesAndScales
    export type CosineCycle = module.schedules.CosineCycle
    export type CosineDecayOptions = module.schedules.CosineDecayOptions
    export type ExponentialDecayOptions = module.schedules.ExponentialDecayOptions
    export type InjectHyperparamsState<
      S = unknown,
      H = Readonly<Record<string, NDArray>>,
    > = module.schedules.InjectHyperparamsState<S, H>
    export type InjectStatefulHyperparamsState<
      S = unknown,
      H = Readonly<Record<string, NDArray>>,
    > = module.schedules.InjectStatefulHyperparamsState<S, H>
    export type LinearOnecycleOptions = module.schedules.LinearOnecycleOptions
    export type OnecycleOptions = module.schedules.OnecycleOptions
    export type Schedule = module.schedules.Schedule
    export type StatefulSchedule<S = unknown> = module.schedules.StatefulSchedule<S>
    export type TransitionOptions = module.schedules.TransitionOptions
    export type WarmupCosineDecayOptions = module.schedules.WarmupCosineDecayOptions
    export type WrappedSchedule = module.schedules.WrappedSchedule
    export type WrappedScheduleState = module.schedules.WrappedScheduleState
  }
  export namespace secondOrder {
    export type LossFn<P, I, T> = module.secondOrder.LossFn<P, I, T>
  }
  export namespace transforms {
    export type AddNoiseState = module.transforms.AddNoiseState
    export type ApplyIfFiniteState<S = unknown> = module.transforms.ApplyIfFiniteState<S>
    export type ConditionFn = module.transforms.ConditionFn
    export type ConditionallyMaskState<S = unknown> = module.transforms.ConditionallyMaskState<S>
    export type ConditionallyTransformState<S = unknown> = module.transforms.ConditionallyTransformState<S>
    export type EmaState = module.transforms.EmaState
    export type MaskedNode = module.transforms.MaskedNode
    export type MaskedState<S = unknown> = module.transforms.MaskedState<S>
    export type MonitorState<N extends string = string> = module.transforms.MonitorState<N>
    export type MultiSteps<T extends AnyGradientTransformation, K = readonly []> = module.transforms.MultiSteps<T, K>
    export type MultiStepsState<S = unknown, K = unknown> = module.transforms.MultiStepsState<S, K>
    export type NonNegativeParamsState = module.transforms.NonNegativeParamsState
    export type PartitionState<S = Readonly<Record<string, MaskedState>>> = module.transforms.PartitionState<S>
    export type ShouldSkipUpdateFunction<K = unknown> = module.transforms.ShouldSkipUpdateFunction<K>
    export type SnapshotState<N extends string = string, T = unknown> = module.transforms.SnapshotState<N, T>
    export type TraceState = module.transforms.TraceState
    export type ZeroNansState = module.transforms.ZeroNansState
  }
  export namespace tree {
    export type AllcloseOptions = module.tree.AllcloseOptions
    export type LikeOptions = module.tree.LikeOptions
    export type MapParamsOptions = module.tree.MapParamsOptions
    export type MixedDtypeHandler = module.tree.MixedDtypeHandler
    export type NormOptions = module.tree.NormOptions
    export type RandomLikeOptions = module.tree.RandomLikeOptions
    export type Sampler = module.tree.Sampler
    export type StateFilter = module.tree.StateFilter
    export type ZerosOptions = module.tree.ZerosOptions
  }
  export type AdabeliefOptions<
    W extends ScalarOrSchedule | null = ScalarOrSchedule | null,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.AdabeliefOptions<W, M>
  export type AdabeliefState<L, W, M> = module.AdabeliefState<L, W, M>
  export type AdadeltaOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.AdadeltaOptions<W, M>
  export type AdafactorOptions = module.AdafactorOptions
  export type AdafactorState = module.AdafactorState
  export type AdagradOptions = module.AdagradOptions
  export type AdamOptions = module.AdamOptions
  export type AdamWOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.AdamWOptions<W, M>
  export type AdamaxOptions = module.AdamaxOptions
  export type AdamaxWOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.AdamaxWOptions<W, M>
  export type AdanOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.AdanOptions<W, M>
  export type AdaptiveGradClipOptions = module.AdaptiveGradClipOptions
  export type AdaptiveGradClipState = module.AdaptiveGradClipState
  export type AddDecayedWeightsOptions<M extends MaskOrFn | null = MaskOrFn | null> = module.AddDecayedWeightsOptions<M>
  export type AddDecayedWeightsState = module.AddDecayedWeightsState
  export type AddNoiseState = module.AddNoiseState
  export type AmsgradOptions = module.AmsgradOptions
  export type AnyGradientTransformation = module.AnyGradientTransformation
  export type ApplyEvery = module.ApplyEvery
  export type ApplyIfFiniteState<S = unknown> = module.ApplyIfFiniteState<S>
  export type ArrayTree = module.ArrayTree
  export type BacktrackingLinesearchInfo = module.BacktrackingLinesearchInfo
  export type BacktrackingLinesearchOptions = module.BacktrackingLinesearchOptions
  export type BoundariesAndScales = module.BoundariesAndScales
  export type ChainExtraArgs<T extends readonly AnyGradientTransformation[]> = module.ChainExtraArgs<T>
  export type ChainState<T extends readonly AnyGradientTransformation[]> = module.ChainState<T>
  export type ClipByGlobalNormState = module.ClipByGlobalNormState
  export type ClipState = module.ClipState
  export type ConditionFn = module.ConditionFn
  export type ConditionOptions = module.ConditionOptions
  export type ConditionallyMaskState<S = unknown> = module.ConditionallyMaskState<S>
  export type ConditionallyTransformState<S = unknown> = module.ConditionallyTransformState<S>
  export type CosineCycle = module.CosineCycle
  export type CosineDecayOptions = module.CosineDecayOptions
  export type CosineOptions = module.CosineOptions
  export type CtcLossOptions = module.CtcLossOptions
  export type DecayOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.DecayOptions<W, M>
  export type DecayRateFn = module.DecayRateFn
  export type DifferentiallyPrivateAggregateState = module.DifferentiallyPrivateAggregateState
  export type DivergenceOptions = module.DivergenceOptions
  export type EmaOptions = module.EmaOptions
  export type EmaState = module.EmaState
  export type EmptyState = module.EmptyState
  export type ExponentialDecayOptions = module.ExponentialDecayOptions
  export type ExtraArgs = module.ExtraArgs
  export type ExtraArgsOf<T> = module.ExtraArgsOf<T>
  export type FactoredState = module.FactoredState
  export type FromageOptions = module.FromageOptions
  export type GradientTransformation<S = OptState, E = NoExtraArgs> = module.GradientTransformation<S, E>
  export type GradientTransformationExtraArgs<S = OptState, E = NoExtraArgs> = module.GradientTransformationExtraArgs<
    S,
    E
  >
  export type HuberOptions = module.HuberOptions
  export type Hyperparams<F extends Factory, N extends readonly string[]> = module.Hyperparams<F, N>
  export type InjectHyperparamsOptions<N extends readonly string[] = readonly string[]> =
    module.InjectHyperparamsOptions<N>
  export type InjectHyperparamsState<
    S = unknown,
    H = Readonly<Record<string, NDArray>>,
  > = module.InjectHyperparamsState<S, H>
  export type InjectStatefulHyperparamsState<
    S = unknown,
    H = Readonly<Record<string, NDArray>>,
  > = module.InjectStatefulHyperparamsState<S, H>
  export type Injected<F extends Factory, N extends readonly string[]> = module.Injected<F, N>
  export type IntegerLabelsOptions = module.IntegerLabelsOptions
  export type KeyOrSeed = module.KeyOrSeed
  export type LabelledTransformations = module.LabelledTransformations
  export type LabelsOrFn = module.LabelsOrFn
  export type LambOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.LambOptions<W, M>
  export type LarsOptions<W extends ScalarOrSchedule = ScalarOrSchedule> = module.LarsOptions<W>
  export type LbfgsOptions<
    L extends ScalarOrSchedule | null = ScalarOrSchedule | null,
    T extends AnyGradientTransformation | null = AnyGradientTransformation | null,
  > = module.LbfgsOptions<L, T>
  export type LearningRateState<L> = module.LearningRateState<L>
  export type LinearOnecycleOptions = module.LinearOnecycleOptions
  export type LinesearchExtraArgs = module.LinesearchExtraArgs
  export type LinesearchState<T> = module.LinesearchState<T>
  export type LionOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.LionOptions<W, M>
  export type LookaheadOptions = module.LookaheadOptions
  export type LookaheadParams<P = ArrayTree> = module.LookaheadParams<P>
  export type LookaheadState<S = unknown> = module.LookaheadState<S>
  export type LookaheadTransformation<S> = module.LookaheadTransformation<S>
  export type MaskFn = module.MaskFn
  export type MaskOrFn = module.MaskOrFn
  export type MaskedNode = module.MaskedNode
  export type MaskedOptions = module.MaskedOptions
  export type MaskedState<S = unknown> = module.MaskedState<S>
  export type MatrixInversePthRootOptions = module.MatrixInversePthRootOptions
  export type Measure<T = unknown> = module.Measure<T>
  export type MeasureEmaState = module.MeasureEmaState
  export type MeasureWithEmaOptions = module.MeasureWithEmaOptions
  export type MicrobatchOptions = module.MicrobatchOptions
  export type MinimizeOptions = module.MinimizeOptions
  export type Minimum<P, S> = module.Minimum<P, S>
  export type MomentumState<D> = module.MomentumState<D>
  export type MonitorState<N extends string = string> = module.MonitorState<N>
  export type MultiNormalDiagFromLogScale = module.MultiNormalDiagFromLogScale
  export type MultiSteps<T extends AnyGradientTransformation, K = readonly []> = module.MultiSteps<T, K>
  export type MultiStepsOptions<K = unknown> = module.MultiStepsOptions<K>
  export type MultiStepsState<S = unknown, K = unknown> = module.MultiStepsState<S, K>
  export type MultiTransformState<S = Readonly<Record<string, MaskedState>>> = module.MultiTransformState<S>
  export type NadamOptions = module.NadamOptions
  export type NadamWOptions<
    W extends ScalarOrSchedule = ScalarOrSchedule,
    M extends MaskOrFn | null = MaskOrFn | null,
  > = module.NadamWOptions<W, M>
  export type NamedChainExtraArgs<T extends readonly NamedTransformation[]> = module.NamedChainExtraArgs<T>
  export type NamedChainState<T extends readonly NamedTransformation[]> = module.NamedChainState<T>
  export type NamedHyperparams<F extends Factory, N extends readonly string[]> = module.NamedHyperparams<F, N>
  export type NamedTransformation = module.NamedTransformation
  export type NnlsOptions = module.NnlsOptions
  export type NoExtraArgs = module.NoExtraArgs
  export type NoisySgdOptions = module.NoisySgdOptions
  export type NonNegativeParamsState = module.NonNegativeParamsState
  export type NormalizeByUpdateNormOptions = module.NormalizeByUpdateNormOptions
  export type NovogradOptions = module.NovogradOptions
  export type NtxentOptions = module.NtxentOptions
  export type OnecycleOptions = module.OnecycleOptions
  export type OptState = module.OptState
  export type OptimisticAdamOptions = module.OptimisticAdamOptions
  export type OptimisticAdamState<L> = module.OptimisticAdamState<L>
  export type OptimisticAdamV2Options = module.OptimisticAdamV2Options
  export type OptimisticGradientDescentOptions = module.OptimisticGradientDescentOptions
  export type Params = module.Params
  export type PartitionExtraArgs<T extends LabelledTransformations> = module.PartitionExtraArgs<T>
  export type PartitionState<S = Readonly<Record<string, MaskedState>>> = module.PartitionState<S>
  export type PartitionStates<T extends LabelledTransformations> = module.PartitionStates<T>
  export type PerExampleLayerNormClipOptions = module.PerExampleLayerNormClipOptions
  export type PolyakSgdOptions<S extends ScalarOrSchedule = ScalarOrSchedule> = module.PolyakSgdOptions<S>
  export type PowerIterationOptions<T = NDArray> = module.PowerIterationOptions<T>
  export type RadamOptions = module.RadamOptions
  export type RmsState<B extends boolean> = module.RmsState<B>
  export type RmspropOptions<
    C extends boolean = boolean,
    B extends boolean = boolean,
    D extends ScalarLike | null = ScalarLike | null,
  > = module.RmspropOptions<C, B, D>
  export type RmspropState<L, C extends boolean, B extends boolean, D> = module.RmspropState<L, C, B, D>
  export type RpropOptions = module.RpropOptions
  export type SafeNormOptions = module.SafeNormOptions
  export type ScalarLike = module.ScalarLike
  export type ScalarOrSchedule = module.ScalarOrSchedule
  export type ScaleByAdaDeltaState = module.ScaleByAdaDeltaState
  export type ScaleByAdadeltaOptions = module.ScaleByAdadeltaOptions
  export type ScaleByAdamOptions = module.ScaleByAdamOptions
  export type ScaleByAdamState = module.ScaleByAdamState
  export type ScaleByAdamaxOptions = module.ScaleByAdamaxOptions
  export type ScaleByAdanOptions = module.ScaleByAdanOptions
  export type ScaleByAdanState = module.ScaleByAdanState
  export type ScaleByAmsgradOptions = module.ScaleByAmsgradOptions
  export type ScaleByAmsgradState = module.ScaleByAmsgradState
  export type ScaleByBacktrackingLinesearchState = module.ScaleByBacktrackingLinesearchState
  export type ScaleByBeliefOptions = module.ScaleByBeliefOptions
  export type ScaleByBeliefState = module.ScaleByBeliefState
  export type ScaleByDistanceOverGradientsOptions = module.ScaleByDistanceOverGradientsOptions
  export type ScaleByDistanceOverGradientsState = module.ScaleByDistanceOverGradientsState
  export type ScaleByFactoredRmsOptions = module.ScaleByFactoredRmsOptions
  export type ScaleByLBFGSState = module.ScaleByLBFGSState
  export type ScaleByLbfgsOptions = module.ScaleByLbfgsOptions
  export type ScaleByLearningRateOptions = module.ScaleByLearningRateOptions
  export type ScaleByLionOptions = module.ScaleByLionOptions
  export type ScaleByLionState = module.ScaleByLionState
  export type ScaleByNovogradOptions = module.ScaleByNovogradOptions
  export type ScaleByNovogradState = module.ScaleByNovogradState
  export type ScaleByOptimisticGradientOptions = module.ScaleByOptimisticGradientOptions
  export type ScaleByOptimisticGradientState = module.ScaleByOptimisticGradientState
  export type ScaleByPolyakOptions = module.ScaleByPolyakOptions
  export type ScaleByRStdDevState = module.ScaleByRStdDevState
  export type ScaleByRStdDevWithCountState = module.ScaleByRStdDevWithCountState
  export type ScaleByRadamOptions = module.ScaleByRadamOptions
  export type ScaleByRmsOptions<B extends boolean = boolean> = module.ScaleByRmsOptions<B>
  export type ScaleByRmsState = module.ScaleByRmsState
  export type ScaleByRmsWithCountState = module.ScaleByRmsWithCountState
  export type ScaleByRpropOptions = module.ScaleByRpropOptions
  export type ScaleByRpropState = module.ScaleByRpropState
  export type ScaleByRssOptions = module.ScaleByRssOptions
  export type ScaleByRssState = module.ScaleByRssState
  export type ScaleBySM3State = module.ScaleBySM3State
  export type ScaleByScheduleState = module.ScaleByScheduleState
  export type ScaleBySm3Options = module.ScaleBySm3Options
  export type ScaleByStddevOptions<B extends boolean = boolean> = module.ScaleByStddevOptions<B>
  export type ScaleByTrustRatioOptions = module.ScaleByTrustRatioOptions
  export type ScaleByTrustRatioState = module.ScaleByTrustRatioState
  export type ScaleByYogiOptions = module.ScaleByYogiOptions
  export type ScaleByZoomLinesearchState = module.ScaleByZoomLinesearchState
  export type ScaleState = module.ScaleState
  export type Schedule = module.Schedule
  export type ScheduleFn = module.ScheduleFn
  export type SelectiveTransformState<S> = module.SelectiveTransformState<S>
  export type SgdOptions<D extends ScalarLike | null = ScalarLike | null> = module.SgdOptions<D>
  export type ShouldSkipUpdateFunction<K = unknown> = module.ShouldSkipUpdateFunction<K>
  export type SigmoidFocalLossOptions = module.SigmoidFocalLossOptions
  export type SignumOptions = module.SignumOptions
  export type SkipLargeUpdatesState = module.SkipLargeUpdatesState
  export type SkipNotFiniteState = module.SkipNotFiniteState
  export type Sm3Options = module.Sm3Options
  export type SmoothLabelsOptions = module.SmoothLabelsOptions
  export type SnapshotState<N extends string = string, T = unknown> = module.SnapshotState<N, T>
  export type SoftmaxCrossEntropyOptions = module.SoftmaxCrossEntropyOptions
  export type StateOf<T> = module.StateOf<T>
  export type StatefulSchedule<S = unknown> = module.StatefulSchedule<S>
  export type StddevState<B extends boolean> = module.StddevState<B>
  export type TraceOptions = module.TraceOptions
  export type TraceState = module.TraceState
  export type TransformInitFn<S = OptState> = module.TransformInitFn<S>
  export type TransformUpdateExtraArgsFn<S = OptState, E = NoExtraArgs> = module.TransformUpdateExtraArgsFn<S, E>
  export type TransformUpdateFn<S = OptState> = module.TransformUpdateFn<S>
  export type TransitionOptions = module.TransitionOptions
  export type UpdateRest<P, E> = module.UpdateRest<P, E>
  export type Updates = module.Updates
  export type ValueAndGradFn = module.ValueAndGradFn
  export type ValueArgs = module.ValueArgs
  export type WarmupCosineDecayOptions = module.WarmupCosineDecayOptions
  export type WeightDecaySchedule = module.WeightDecaySchedule
  export type WeightDecayState<W, M> = module.WeightDecayState<W, M>
  export type WrappedSchedule = module.WrappedSchedule
  export type WrappedScheduleState = module.WrappedScheduleState
  export type YogiOptions = module.YogiOptions
  export type ZeroNansState = module.ZeroNansState
  export type ZoomLinesearch = module.ZoomLinesearch
  export type ZoomLinesearchInfo = module.ZoomLinesearchInfo
  export type ZoomLinesearchOptions = module.ZoomLinesearchOptions
  export type ZoomLinesearchSearchOptions = module.ZoomLinesearchSearchOptions
  export type ZoomLinesearchStart = module.ZoomLinesearchStart
  export type ZoomLinesearchState = module.ZoomLinesearchState
}
