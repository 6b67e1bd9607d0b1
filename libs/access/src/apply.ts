import { failure } from '@plinth/contracts'
import { timedFreeze } from './freezes.ts'
import { PersistentMap } from './persistent-map.ts'
import type { Link, PolicyChange, Rule } from './policy.ts'
import { domainKey, ruleKey, timed, type Grants, type Group, type Tables, type TimedLink } from './tables.ts'

/**
 * The tables after a change; the ones before it stay as they are, for the decisions under way.
 *
 * @throws platform.conflict when the change does not follow the revision of the tables: fetch the snapshot instead
 */
export function applied(tables: Tables, change: PolicyChange): Tables {
  if (change.revision !== tables.revision + 1) {
    throw failure('platform.conflict', {
      detail: `The change leads to revision ${change.revision}, but this policy is at ${tables.revision}; fetch the snapshot.`,
    })
  }
  let next: Tables = { ...tables, revision: change.revision }
  for (const rule of change.removeRules ?? []) next = withoutRule(next, rule)
  for (const rule of change.addRules ?? []) next = withRule(next, rule)
  for (const link of change.removeLinks ?? []) next = withoutLink(next, link)
  for (const link of change.addLinks ?? []) next = withLink(next, link)
  return change.freezes === undefined ? next : { ...next, freezes: change.freezes.map(timedFreeze) }
}

const noGrants: Group = { allow: PersistentMap.empty(), deny: PersistentMap.empty() }

function withRule(tables: Tables, row: Rule): Tables {
  const rule = Object.freeze({ ...row })
  const group = tables.objects.get(rule.object)?.get(rule.action) ?? noGrants
  const grants = group[rule.effect]
  const isNewPattern = tables.objects.get(rule.object) === undefined
  return {
    ...tables,
    rules: put(tables.rules, rule.subject, ruleKey(rule), rule),
    objects: put(tables.objects, rule.object, rule.action, {
      ...group,
      [rule.effect]: put(grants, rule.subject, rule.domain, rule),
    }),
    stems: isNewPattern ? counted(tables.stems, rule.object, 1) : tables.stems,
  }
}

function withoutRule(tables: Tables, rule: Rule): Tables {
  const group = tables.objects.get(rule.object)?.get(rule.action)
  if (group === undefined || tables.rules.get(rule.subject)?.get(ruleKey(rule)) === undefined) return tables
  const grants: Grants = take(group[rule.effect], rule.subject, rule.domain)
  const left: Group = { ...group, [rule.effect]: grants }
  const objects =
    left.allow.size + left.deny.size === 0
      ? take(tables.objects, rule.object, rule.action)
      : put(tables.objects, rule.object, rule.action, left)
  return {
    ...tables,
    rules: take(tables.rules, rule.subject, ruleKey(rule)),
    objects,
    stems: objects.get(rule.object) === undefined ? counted(tables.stems, rule.object, -1) : tables.stems,
  }
}

function withLink(tables: Tables, row: Link): Tables {
  const entry = timed(Object.freeze({ ...row }))
  const others = otherLinks(tables, row)
  return {
    ...tables,
    parents: put(tables.parents, row.subject, row.domain, [...others, entry]),
    members: put(tables.members, domainKey(row.role, row.domain), row.subject, entry),
  }
}

function withoutLink(tables: Tables, link: Link): Tables {
  const others = otherLinks(tables, link)
  return {
    ...tables,
    parents:
      others.length === 0
        ? take(tables.parents, link.subject, link.domain)
        : put(tables.parents, link.subject, link.domain, others),
    members: take(tables.members, domainKey(link.role, link.domain), link.subject),
  }
}

const otherLinks = (tables: Tables, link: Link): readonly TimedLink[] =>
  (tables.parents.get(link.subject)?.get(link.domain) ?? []).filter((entry) => entry.link.role !== link.role)

function put<V>(outer: PersistentMap<PersistentMap<V>>, key: string, innerKey: string, value: V) {
  return outer.with(key, (outer.get(key) ?? PersistentMap.empty<V>()).with(innerKey, value))
}

function take<V>(outer: PersistentMap<PersistentMap<V>>, key: string, innerKey: string) {
  const left = outer.get(key)?.without(innerKey)
  if (left === undefined) return outer
  return left.size === 0 ? outer.without(key) : outer.with(key, left)
}

function counted(stems: ReadonlyMap<number, number>, object: string, by: number): ReadonlyMap<number, number> {
  if (!object.endsWith('*')) return stems
  const length = object.length - 1
  const counts = new Map(stems)
  const count = (counts.get(length) ?? 0) + by
  if (count > 0) counts.set(length, count)
  else counts.delete(length)
  return counts
}
