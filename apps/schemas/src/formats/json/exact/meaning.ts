import { canonical, isMap, type Json, type JsonMap } from '../../json-text.ts'
import { idOf, targetOf } from './links.ts'

const texts = new WeakMap<JsonMap, string>()
const references = new WeakMap<JsonMap, readonly JsonMap[]>()
const pairsMax = 1_000

const textOf = (value: Json): string => {
  if (!isMap(value)) return canonical(value)
  const text = texts.get(value) ?? canonical(value)
  texts.set(value, text)
  return text
}

/** Whether two schemas, or lists of them, say the same in the same words, also where their references lead. */
export function sameMeaning(one: Json | undefined, other: Json | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const pending: (readonly [Json, Json])[] = [[one, other]]
  const met = new Set<string>()
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [left, right] = pair
    if (left === right) continue
    const key = isMap(left) && isMap(right) ? `${idOf(left)}:${idOf(right)}` : ''
    if (key !== '' && met.has(key)) continue
    met.add(key)
    if (met.size > pairsMax || textOf(left) !== textOf(right)) return false
    const [from, to] = [referring(left), referring(right)]
    if (from.length !== to.length) return false
    for (const [index, schema] of from.entries()) {
      const counterpart = to[index]
      const targets = [targetOf(schema), counterpart && targetOf(counterpart)] as const
      if (targets[0] === undefined || targets[1] === undefined) return false
      pending.push([targets[0], targets[1]])
    }
  }
  return true
}

/** The schemas with references in it, in the order of the sorted keys. */
function referring(value: Json): readonly JsonMap[] {
  if (Array.isArray(value)) return value.flatMap(referring)
  if (!isMap(value)) return []
  const known = references.get(value)
  if (known) return known
  const inner = Object.keys(value)
    .toSorted()
    .flatMap((key) => referring(value[key] ?? null))
  const found = targetOf(value) === undefined ? inner : [value, ...inner]
  references.set(value, found)
  return found
}
