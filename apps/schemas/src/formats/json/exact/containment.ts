import type { Incompatibility } from '../../format.ts'
import { isMap, same, type Json, type JsonMap } from '../../json-text.ts'
import type { JsonDocument } from '../json-document.ts'
import { followed } from '../json-references.ts'
import { itemsRule, patternsRule, propertiesRule, requiredRule } from './container-rules.ts'
import { effective } from './effective.ts'
import { combinedRule, restRule } from './other-rules.ts'
import { boundsRule, enumRule, textRule, typeRule } from './value-rules.ts'
import { anything, isAnnotation, nothing, type Roots, type Rule } from './vocabulary.ts'

/** Nested choices multiply; what takes more comparisons than this is called breaking instead of being computed on. */
const stepsMax = 20_000
/** Each comparison looks at the whole text of what it compares; this many characters count as one more step. */
const charactersPerStep = 2_000
const branchesMax = 50

/**
 * Whether everything that the writer's schema allows is allowed by the reader's: containment, keyword by keyword.
 * Sound rather than complete: a change that is not understood counts as breaking, never as harmless.
 */
export function uncontained(reader: JsonDocument, writer: JsonDocument): Incompatibility[] {
  if (reader.dialect.name !== writer.dialect.name) {
    return [
      {
        rule: 'DIALECT_CHANGED',
        path: '/$schema',
        message: 'the two are written in different drafts, in which the same keywords mean different things',
        edit: 'let "$schema" be what it was',
      },
    ]
  }
  const [reads, wrote] = [effective(reader), effective(writer)]
  const definitions = (root: Json): Json => (isMap(root) ? [root['$defs'] ?? null, root['definitions'] ?? null] : [])
  return compare(reads, wrote, '', {
    reader: reads,
    writer: wrote,
    sharesDefinitions: same(definitions(reads), definitions(wrote)),
    seen: new Set(),
    budget: { steps: stepsMax },
    compare,
  })
}

/** A reference that stands beside other keywords is one more branch of `allOf`. */
function unfold(schema: Json, root: Json): Json {
  if (!isMap(schema) || typeof schema['$ref'] !== 'string') return schema
  const { $ref, ...rest } = schema
  return { ...rest, allOf: [...(Array.isArray(rest['allOf']) ? rest['allOf'] : []), followed(root, $ref)] }
}

function follow(schema: Json, root: Json): Json {
  let at = schema
  for (
    let hops = 0;
    hops < 20 &&
    isMap(at) &&
    typeof at['$ref'] === 'string' &&
    Object.keys(at).every((key) => key === '$ref' || isAnnotation(key));
    hops++
  ) {
    at = followed(root, at['$ref'])
  }
  return at
}

function compare(readerSchema: Json, writerSchema: Json, path: string, roots: Roots): Incompatibility[] {
  const reader = unfold(follow(readerSchema, roots.reader), roots.reader)
  const writer = unfold(follow(writerSchema, roots.writer), roots.writer)
  if (anything(reader) || nothing(writer)) return []
  if (nothing(reader))
    return [
      {
        rule: 'SCHEMA_NARROWED',
        path,
        message: 'nothing is allowed here any more',
        edit: 'allow what was allowed before',
      },
    ]
  if (!isMap(reader)) return []
  const written = isMap(writer) ? writer : {}
  const pair = `${JSON.stringify(reader)}\n${JSON.stringify(written)}`
  roots.budget.steps -= 1 + Math.floor(pair.length / charactersPerStep)
  if (roots.budget.steps <= 0) return [tooComplex(path)]
  if (roots.seen.has(pair)) return [] // a recursive schema: the pair is being compared further up
  const inner = { ...roots, seen: new Set(roots.seen).add(pair) }
  const problems = rules.flatMap((rule) => rule(reader, written, path, inner))
  // An `anyOf`/`oneOf` of the writer is read branch by branch where the reader as a whole did not say yes.
  for (const key of ['anyOf', 'oneOf'] as const) {
    const branches = written[key]
    if (problems.length > 0 && Array.isArray(branches) && branches.length <= branchesMax) {
      const rest = Object.fromEntries(Object.entries(written).filter(([name]) => name !== key))
      const failing = branches
        .map((branch) => compare(reader, isMap(branch) ? merge(rest, branch) : rest, path, inner))
        .filter((found) => found.length > 0)
      if (failing.length === 0) return []
    }
  }
  return problems
}

const tooComplex = (path: string): Incompatibility => ({
  rule: 'TOO_COMPLEX',
  path,
  message: 'the two can not be compared within the limits',
  edit: 'make the schema simpler, or judge this subject as STRICT',
})

/** Both at once; of keywords that both have, the branch's stay: that allows more than both, never less. */
const merge = (base: JsonMap, branch: JsonMap): JsonMap => ({
  ...base,
  ...branch,
  ...(isMap(base['properties']) &&
    isMap(branch['properties']) && { properties: { ...base['properties'], ...branch['properties'] } }),
})

const rules: readonly Rule[] = [
  typeRule,
  enumRule,
  boundsRule,
  textRule,
  requiredRule,
  propertiesRule,
  patternsRule,
  itemsRule,
  combinedRule,
  restRule,
]
