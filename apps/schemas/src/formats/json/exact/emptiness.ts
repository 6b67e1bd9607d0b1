import { isSchema } from '../json-keywords.ts'
import { patternOf } from '../json-patterns.ts'
import { instead, type Conjunction } from './conjunction.ts'
import { alternativesOf } from './choice-rules.ts'
import { edgeOf, itemOf, limitOf, propertyOf, requiredOf, typesOf, valuesOf, type Type } from './facts.ts'
import type { Search } from './search.ts'

const itemsMax = 20

/** Whether it is proven that nothing satisfies all of it. */
export function isImpossible(whole: Conjunction, search: Search): boolean {
  if (whole.isNever) return true
  if ([...typesOf(whole)].every((type) => isTypeImpossible(type, whole, search))) return true
  for (const part of whole.parts) {
    const excluded = part['not']
    if (isSchema(excluded) && search.demand(excluded, instead(whole, part, ['not'])).length === 0) return true
  }
  const cases = alternativesOf(whole, (...change) => instead(whole, ...change))
  return cases?.every((one) => search.isEmpty(one)) ?? false
}

const isBeyond = (least: number | undefined, most: number | undefined): boolean =>
  least !== undefined && most !== undefined && least > most

function isTypeImpossible(type: Type, whole: Conjunction, search: Search): boolean {
  if (type === 'string') {
    const texts = valuesOf(whole)?.filter((value) => typeof value === 'string')
    const patterns = whole.parts.flatMap((part) => (typeof part['pattern'] === 'string' ? [part['pattern']] : []))
    const isRefused = (text: string): boolean => patterns.some((pattern) => !patternOf(pattern).test(text))
    return texts?.every(isRefused) || isBeyond(limitOf(whole, 'minLength'), limitOf(whole, 'maxLength'))
  }
  if (type === 'integer' || type === 'fraction') {
    const [low, high] = [edgeOf(whole, -1), edgeOf(whole, 1)]
    if (low === undefined || high === undefined) return false
    return low.value > high.value || (low.value === high.value && (low.isExclusive || high.isExclusive))
  }
  if (type === 'array') {
    const least = limitOf(whole, 'minItems') ?? 0
    const first = Array.from({ length: Math.min(least, itemsMax) }, (_, index) => index)
    return (
      isBeyond(least, limitOf(whole, 'maxItems')) || first.some((index) => search.isEmptyInside(itemOf(whole, index)))
    )
  }
  if (type !== 'object') return false
  const required = [...requiredOf(whole)]
  return (
    isBeyond(Math.max(limitOf(whole, 'minProperties') ?? 0, required.length), limitOf(whole, 'maxProperties')) ||
    required.some((name) => search.isEmptyInside(propertyOf(whole, name)))
  )
}
