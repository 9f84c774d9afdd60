/** `nnx.filterlib`: the filters. */
export {
  All,
  Any,
  Everything,
  filtersToPredicates,
  Not,
  Nothing,
  OfType,
  PathContains,
  PathIn,
  toPredicate,
  WithTag,
} from './filter.js'
