import type { Metadata, Rule, RuleSet } from './rows.ts'

const nothingIn = (value: object): boolean =>
  Object.values(value).every((member) => typeof member === 'object' && Object.keys(member ?? {}).length === 0)

/** The default, under what came, under what overrides it; null where nothing is left. */
export function combineMetadata(...layers: readonly (Metadata | null | undefined)[]): Metadata | null {
  const found = layers.filter((layer) => layer !== null && layer !== undefined)
  if (found.length === 0) return null
  const tags = Object.assign({}, ...found.map((layer) => layer.tags)) as NonNullable<Metadata['tags']>
  const properties = Object.assign({}, ...found.map((layer) => layer.properties)) as Record<string, string>
  const sensitive = [...new Set(found.flatMap((layer) => layer.sensitive ?? []))].sort()
  const all = { tags, properties, sensitive }
  return nothingIn(all)
    ? null
    : {
        ...(Object.keys(tags).length > 0 && { tags }),
        ...(Object.keys(properties).length > 0 && { properties }),
        ...(sensitive.length > 0 && { sensitive }),
      }
}

/** Rules of a later layer come after those of an earlier one, and take the place of the one of the same name. */
function combineList(lists: readonly (Rule[] | undefined)[]): Rule[] {
  const byName = new Map<string, Rule>()
  for (const rule of lists.flatMap((list) => list ?? [])) {
    byName.delete(rule.name)
    byName.set(rule.name, rule)
  }
  return [...byName.values()]
}

export function combineRules(...layers: readonly (RuleSet | null | undefined)[]): RuleSet | null {
  const found = layers.filter((layer) => layer !== null && layer !== undefined)
  const migrationRules = combineList(found.map((layer) => layer.migrationRules))
  const domainRules = combineList(found.map((layer) => layer.domainRules))
  const encodingRules = combineList(found.map((layer) => layer.encodingRules))
  const enableAt = found.findLast((layer) => layer.enableAt !== undefined)?.enableAt
  if (migrationRules.length + domainRules.length + encodingRules.length === 0) return null
  return {
    ...(migrationRules.length > 0 && { migrationRules }),
    ...(domainRules.length > 0 && { domainRules }),
    ...(encodingRules.length > 0 && { encodingRules }),
    ...(enableAt !== undefined && { enableAt }),
  }
}
