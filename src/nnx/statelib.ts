/** `nnx.statelib`: states and what is done with them. */
export { FlatState, fromFlatState, toFlatState } from './flatState.js'
export { replaceByPureDict, toPureDict } from './pureDict.js'
export { mapState, State } from './state.js'
export { createPathFilters, diff, filterState, mergeState, splitState } from './stateFilters.js'
