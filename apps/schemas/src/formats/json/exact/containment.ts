import type { Incompatibility } from '../../format.ts'
import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import type { JsonDocument } from '../json-document.ts'
import { containsRule, itemsRule, uniqueRule } from './array-rules.ts'
import { allRule, alternativesOf, anyRule, conditionRule, notRule, oneRule } from './choice-rules.ts'
import { conjunctionOf, instead, isEntangled, joined, type Conjunction } from './conjunction.ts'
import { constantOf, isConstant } from './constants.ts'
import { isImpossible } from './emptiness.ts'
import { typesOf, valuesOf } from './facts.ts'
import { idOf, linked } from './links.ts'
import { dependenciesRule, namesRule, patternsRule, propertiesRule, requiredRule, restRule } from './object-rules.ts'
import { sameMeaning } from './meaning.ts'
import { problem, tooComplex, type Problem, type Rule, type Search } from './search.ts'
import {
  boundKeywords,
  boundsRule,
  enumRule,
  formatKeywords,
  formatRule,
  multipleRule,
  patternRule,
  typeRule,
} from './value-rules.ts'

/** Nested choices multiply; what takes more questions than this is called breaking instead of being computed on. */
const questionsMax = 20_000
/** Questions within questions; deeper ones would need as deep a stack. */
const depthMax = 150
const valuesMax = 50
/** What many places refer to is told again in each of them, so fewer reasons are kept further down. */
const [problemsMax, problemsBelowMax] = [200, 20]

/** Each rule with the keywords of the reader of which at least one must be there for it to have anything to say. */
const rules: readonly (readonly [Rule, ...string[]])[] = [
  [typeRule, 'type'],
  [enumRule, 'enum', 'const'],
  [boundsRule, ...boundKeywords],
  [patternRule, 'pattern'],
  [formatRule, ...formatKeywords],
  [multipleRule, 'multipleOf'],
  [requiredRule, 'required'],
  [propertiesRule, 'properties'],
  [patternsRule, 'patternProperties'],
  [restRule, 'additionalProperties', 'unevaluatedProperties'],
  [namesRule, 'propertyNames'],
  [dependenciesRule, 'dependentRequired', 'dependentSchemas', 'dependencies'],
  [itemsRule, 'items', 'prefixItems', 'additionalItems', 'unevaluatedItems'],
  [uniqueRule, 'uniqueItems'],
  [containsRule, 'contains'],
  [allRule, '$ref', 'allOf'],
  [anyRule, 'anyOf'],
  [oneRule, 'oneOf'],
  [notRule, 'not'],
  [conditionRule, 'if'],
]
const speaking = new WeakMap<JsonMap, readonly Rule[]>()

function rulesFor(reader: JsonMap): readonly Rule[] {
  const known = speaking.get(reader)
  if (known) return known
  const found = rules.flatMap(([rule, ...keywords]) => (keywords.some((keyword) => keyword in reader) ? [rule] : []))
  speaking.set(reader, found)
  return found
}

/**
 * Whether everything that the writer's schema allows is allowed by the reader's. Sound rather than complete: what can't be
 * proven counts as breaking, never as harmless. A question that is met again inside of a payload's part is taken for
 * answered with yes; passes are repeated with the refuted ones known from the start until none is added.
 */
export function uncontained(reader: JsonDocument, writer: JsonDocument): Incompatibility[] {
  const budget = { questions: questionsMax }
  const wrote = conjunctionOf([linked(writer)])
  let refuted: ReadonlySet<string> = new Set()
  for (;;) {
    const pass = passOf(budget, refuted)
    const found = pass.search.demand(linked(reader), wrote)
    const all = new Set([...refuted, ...pass.refuted()])
    if (!pass.wasAssumed() || all.size === refuted.size || budget.questions <= 0) return found.map(incompatibilityOf)
    refuted = all
  }
}

/** What recurs is only told where there is nothing else to tell. */
function told(found: readonly Problem[]): readonly Problem[] {
  const others = found.filter((one) => one.rule !== recursive.rule)
  return others.length > 0 ? others : found
}

function incompatibilityOf({ writerPath, ...problem }: Problem): Incompatibility {
  return writerPath === problem.path ? problem : { ...problem, writerPath }
}

const recursive = problem(
  'RECURSION_CHANGED',
  '',
  'what is written inside of it is not read',
  'keep what recurs as it was',
)

function passOf(budget: { questions: number }, refuted: ReadonlySet<string>) {
  const memo = new Map<string, readonly Problem[]>()
  const open = new Map<string, number>()
  const emptiness = new Map<string, boolean>()
  let [level, depth, assumed] = [0, 0, false]

  const within = <Answer>(ask: () => Answer): Answer => {
    level++
    const answer = ask()
    level--
    return answer
  }
  const search: Search = {
    demand(reader, writer) {
      if (reader === true || writer.isNever) return []
      const question = `${idOf(reader)}|${writer.key}`
      const known = memo.get(question)
      if (known) return known
      const opened = open.get(question)
      if (opened !== undefined) {
        if (opened === level || refuted.has(question)) return [recursive]
        assumed = true
        return []
      }
      if (budget.questions-- <= 0 || depth >= depthMax) return [tooComplex]
      open.set(question, level)
      depth++
      const found = told(answered(reader, writer, search)).slice(0, level === 0 ? problemsMax : problemsBelowMax)
      depth--
      open.delete(question)
      memo.set(question, found)
      return found
    },
    inside: (reader, writer) => within(() => search.demand(reader, writer)),
    isEmpty(writer) {
      const known = emptiness.get(writer.key)
      if (known !== undefined) return known
      if (budget.questions-- <= 0 || depth >= depthMax) return false
      // Asked again inside of itself it is not proven.
      emptiness.set(writer.key, false)
      depth++
      const found = isImpossible(writer, search)
      depth--
      emptiness.set(writer.key, found)
      return found
    },
    isEmptyInside: (writer) => within(() => search.isEmpty(writer)),
  }
  return {
    search,
    wasAssumed: () => assumed,
    refuted: () => [...memo].filter(([, found]) => found.length > 0).map(([question]) => question),
  }
}

function answered(reader: Json, writer: Conjunction, search: Search): readonly Problem[] {
  if (isMap(reader) && isEntangled(reader) && writer.wholes.some((whole) => sameMeaning(reader, whole))) return []
  const found = isMap(reader)
    ? rulesFor(reader).flatMap((rule) => rule(reader, writer, search))
    : [problem('SCHEMA_NARROWED', '', 'the reader allows nothing here', 'allow what the writer did')]
  if (found.length === 0 || search.isEmpty(writer)) return []
  const cases = alternativesOf(writer, (...change) => instead(writer, ...change)) ?? valuesApart(writer)
  return cases?.every((one) => search.demand(reader, one).length === 0) ? [] : found
}

const groups: readonly Json[] = ['null', 'boolean', 'object', 'array', 'string', 'number'].map((type) => ({ type }))

/** One case for each value that is possible, where they are few, or else for each type. */
function valuesApart(writer: Conjunction): Conjunction[] | undefined {
  const types = typesOf(writer)
  const values =
    valuesOf(writer) ?? ([...types].every((type) => type === 'null' || type === 'boolean') ? few : undefined)
  if (values !== undefined) {
    if (values.length > valuesMax || writer.parts.some(isConstant)) return undefined
    return values.map((value) => joined(writer, constantOf(value)))
  }
  const kinds = new Set([...types].map((type) => (type === 'integer' || type === 'fraction' ? 'number' : type)))
  if (kinds.size < 2) return undefined
  return groups.map((group) => joined(writer, group))
}

const few: readonly Json[] = [null, true, false]
