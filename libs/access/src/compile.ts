import { setImmediate } from 'node:timers/promises'
import { systemClock, type Clock } from '@plinth/kernel'
import { createIndex, type AccessIndex } from './access-index.ts'
import { timedFreeze } from './freezes.ts'
import { PersistentMap } from './persistent-map.ts'
import type { Link, PolicySet, Rule } from './policy.ts'
import { domainKey, ruleKey, timed, type Group, type Tables, type TimedLink } from './tables.ts'

type Nested<V> = Map<string, Map<string, V>>

/** A calculation that can be put down after some hundred microseconds and taken up again. */
type Steps<T> = Generator<undefined, T>

/**
 * Compiles a policy set to an immutable index. Takes about 2 microseconds a row. Rows are not validated here (a bad
 * row must not stop a gateway): one with an empty field can never match, a link whose expiry cannot be read counts as
 * expired, and one with a condition that cannot be read never holds. Of two links that differ in their terms alone the
 * later in the list counts.
 *
 * @param policySet what to compile; it is copied, and may be changed afterwards
 * @param options.clock against which links expire; the system's unless given
 */
export function compile(policySet: PolicySet, options: { clock?: Clock } = {}): AccessIndex {
  const steps = compiling(policySet, options.clock ?? systemClock)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/**
 * The same for a process that has requests to answer meanwhile: it lets go of the event loop every few milliseconds.
 *
 * @param options.sliceMs how long it holds the event loop at a time; 5 unless given
 */
export async function compileAside(
  policySet: PolicySet,
  options: { clock?: Clock; sliceMs?: number } = {},
): Promise<AccessIndex> {
  const { clock = systemClock, sliceMs = 5 } = options
  const steps = compiling(policySet, clock)
  for (let startedAtMs = clock.monotonicMs(); ;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (clock.monotonicMs() - startedAtMs < sliceMs) continue
    await setImmediate()
    startedAtMs = clock.monotonicMs()
  }
}

/** Rows between two places where the calculation can be put down. */
const stepRows = 256

function* compiling(policySet: PolicySet, clock: Clock): Steps<AccessIndex> {
  const { objects, rules } = yield* compileRules(policySet.rules)
  const { parents, members } = yield* compileLinks(policySet.links)
  const stems = new Map<number, number>()
  for (const object of objects.keys()) {
    if (object.endsWith('*')) stems.set(object.length - 1, (stems.get(object.length - 1) ?? 0) + 1)
  }
  const freezes = (policySet.freezes ?? []).map(timedFreeze)
  return createIndex({ revision: policySet.revision, clock, rules, objects, stems, parents, members, freezes })
}

type Draft = { allow: Nested<Rule>; deny: Nested<Rule> }

function* compileRules(rows: readonly Rule[]): Steps<Pick<Tables, 'rules' | 'objects'>> {
  const rules: Nested<Rule> = new Map()
  const objects: Nested<Draft> = new Map()
  for (const [at, row] of rows.entries()) {
    if (at % stepRows === 0) yield
    const rule = Object.freeze({ ...row })
    inner(rules, rule.subject).set(ruleKey(rule), rule)
    const actions = inner(objects, rule.object)
    let draft = actions.get(rule.action)
    if (draft === undefined) actions.set(rule.action, (draft = { allow: new Map(), deny: new Map() }))
    inner(draft[rule.effect], rule.subject).set(rule.domain, rule)
  }
  const finish = function* (draft: Draft): Steps<Group> {
    return { allow: yield* persistent(draft.allow), deny: yield* persistent(draft.deny) }
  }
  const groups = yield* mapped(objects, function* (actions) {
    return PersistentMap.of(yield* mapped(actions, finish))
  })
  return { rules: yield* persistent(rules), objects: yield* PersistentMap.inSteps(groups) }
}

function* compileLinks(rows: readonly Link[]): Steps<Pick<Tables, 'parents' | 'members'>> {
  const members: Nested<TimedLink> = new Map()
  for (const [at, row] of rows.entries()) {
    if (at % stepRows === 0) yield
    inner(members, domainKey(row.role, row.domain)).set(row.subject, timed(Object.freeze({ ...row })))
  }
  const parents: Nested<TimedLink[]> = new Map()
  let count = 0
  for (const bySubject of members.values()) {
    for (const entry of bySubject.values()) {
      if (count++ % stepRows === 0) yield
      const domains = inner(parents, entry.link.subject)
      const there = domains.get(entry.link.domain)
      if (there === undefined) domains.set(entry.link.domain, [entry])
      else there.push(entry)
    }
  }
  return { parents: yield* persistent(parents), members: yield* persistent(members) }
}

function inner<V>(outer: Nested<V>, key: string): Map<string, V> {
  let found = outer.get(key)
  if (found === undefined) outer.set(key, (found = new Map()))
  return found
}

function* mapped<V, W>(entries: Map<string, V>, change: (value: V) => Steps<W>): Steps<Map<string, W>> {
  const result = new Map<string, W>()
  for (const [key, value] of entries) result.set(key, yield* change(value))
  return result
}

function* persistent<V>(nested: Nested<V>): Steps<PersistentMap<PersistentMap<V>>> {
  const maps = new Map<string, PersistentMap<V>>()
  for (const [key, entries] of nested) {
    if (maps.size % stepRows === 0) yield
    maps.set(key, entries.size < stepRows ? PersistentMap.of(entries) : yield* PersistentMap.inSteps(entries))
  }
  return yield* PersistentMap.inSteps(maps)
}
