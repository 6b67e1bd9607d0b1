import { narrower, withinScopes } from '@plinth/access'
import { actions } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Context } from '@plinth/access'
import { domainOf, questionOf, subjectOf, type ActionEntity, type Entity, type Sought } from './entities.ts'
import { maySee, type Asker } from './evaluate.ts'

const rightsMax = 20_000

/** Who may do this, of one type, by whatever way. */
export function subjectsWho(
  { index, disabled }: Asker,
  type: string,
  action: ActionEntity,
  resource: Entity,
  context: Context,
): Entity[] {
  const target = { ...questionOf(action, resource), context }
  const prefix = `${type}:`
  const names = type === 'group' ? groupsWho(index, target) : index.whoCan(target).map(({ subject }) => subject)
  return names
    .filter((name) => name.startsWith(prefix) && !disabled.has(name))
    .map((name) => ({ type, id: name.slice(prefix.length) }))
}

function groupsWho(index: Asker['index'], target: ReturnType<typeof questionOf> & { context: Context }): string[] {
  const { links, rules } = index.policySet()
  const named = [...links.flatMap(({ subject, role }) => [subject, role]), ...rules.map(({ subject }) => subject)]
  const groups = new Set(named.filter((name) => name.startsWith('group:')))
  return [...groups].filter((group) => index.decide({ ...target, subjects: [group] }).allowed).sort()
}

/**
 * On what somebody may do this: the patterns of the policy as they are written (`*` is every id of the kind), each where
 * it holds. Of others only where the asker may list bindings.
 */
export function resourcesOn(
  asker: Asker,
  subject: Entity,
  action: ActionEntity,
  sought: Sought,
  context: Context,
): Entity[] {
  const name = subjectOf(subject)
  if (asker.disabled.has(name)) return []
  const self = name === asker.who.subject ? asker.who : undefined
  const subjects = self?.subjects ?? [name]
  const wanted = sought.properties?.['domain'] === undefined ? undefined : domainOf(sought)
  const found = new Map<string, Entity>()
  for (const one of subjects) {
    for (const { rule, domain: held } of asker.index.whatCan(one, { limit: rightsMax, context })) {
      const domain = wanted === undefined ? held : narrower(wanted, held)
      const id = idIn(rule.object, sought.type)
      if (rule.effect === 'deny' || domain === undefined || id === undefined) continue
      if (rule.action !== '*' && rule.action !== action.name) continue
      found.set(`${domain} ${id}`, { type: sought.type, id, properties: { domain } })
    }
  }
  const isAllowed = allowedTo(asker, subjects, self, context)
  return [...found.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, resource]) => resource)
    .filter((resource) => isAllowed(action, resource) && (self !== undefined || maySee(asker, domainOf(resource))))
}

/** The id that an object pattern names of a kind; undefined where it is of another. */
function idIn(pattern: string, kind: string): string | undefined {
  if (pattern === '*' || pattern === kind) return '*'
  return pattern.startsWith(`${kind}/`) ? pattern.slice(kind.length + 1) : undefined
}

/** What somebody may do with this. */
export function actionsOn(asker: Asker, subject: Entity, resource: Entity, context: Context): ActionEntity[] {
  const name = subjectOf(subject)
  if (asker.disabled.has(name)) return []
  const self = name === asker.who.subject ? asker.who : undefined
  const isAllowed = allowedTo(asker, self?.subjects ?? [name], self, context)
  return actions.map((action) => ({ name: action })).filter((action) => isAllowed(action, resource))
}

const allowedTo =
  ({ index }: Asker, subjects: readonly string[], self: Identity | undefined, context: Context) =>
  (action: ActionEntity, resource: Entity): boolean => {
    const question = questionOf(action, resource)
    return withinScopes(self?.scopes, question) && index.decide({ ...question, subjects, context }).allowed
  }
