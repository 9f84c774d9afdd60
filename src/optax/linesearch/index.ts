/** Line searches, and the optimizers that need them. */
export type { LinesearchExtraArgs } from './arguments.js'
export {
  type BacktrackingLinesearchInfo,
  type BacktrackingLinesearchOptions,
  scaleByBacktrackingLinesearch,
  type ScaleByBacktrackingLinesearchState,
} from './backtracking.js'
export {
  lbfgs,
  type LbfgsOptions,
  type LinesearchState,
  scaleByLbfgs,
  type ScaleByLbfgsOptions,
  type ScaleByLBFGSState,
} from './lbfgs.js'
export { minimize, type MinimizeOptions, type Minimum } from './minimize.js'
export {
  scaleByZoomLinesearch,
  type ScaleByZoomLinesearchState,
  valueAndGradFromState,
  type ZoomLinesearchInfo,
  type ZoomLinesearchOptions,
} from './zoomLinesearch.js'
export {
  type ValueAndGradFn,
  zoomLinesearch,
  type ZoomLinesearch,
  type ZoomLinesearchSearchOptions,
  type ZoomLinesearchStart,
  type ZoomLinesearchState,
} from './zoom.js'
