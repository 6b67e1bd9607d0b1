import type { Action, ObjectKind } from '@plinth/contracts'

/** What Argo CD calls something, in our words; a reason where we have none for it. */
export type Right = readonly [object: ObjectKind | '*', action: Action | '*']
export type Terms = { readonly rights: readonly Right[]; readonly note?: string } | string

const read = (kind: ObjectKind): Right[] => [[kind, 'get'], [kind, 'list']] // prettier-ignore
const managed = (kind: ObjectKind): Record<string, readonly Right[]> => ({
  get: read(kind),
  create: [[kind, 'create']],
  update: [[kind, 'update']],
  delete: [[kind, 'delete']],
  '*': [[kind, '*']],
})

/** Its resources and actions (docs/operator-manual/rbac.md), but for those with a part after a slash. */
const resources: Readonly<Record<string, Readonly<Record<string, readonly Right[]>>>> = {
  applications: {
    ...managed('application'),
    sync: [['application', 'deploy']],
    rollback: [['application', 'rollback']],
    '*': [['application', '*'], ['workload', '*']],
  },
  projects: managed('project'),
  clusters: managed('environment'),
  repositories: managed('repository'),
  accounts: managed('user'),
  gpgkeys: managed('signing-key'),
  logs: { get: [['log', 'get'], ['workload', 'logs']], '*': [['log', 'get'], ['workload', 'logs']] },
  exec: { create: [['workload', 'exec']], '*': [['workload', 'exec']] },
} // prettier-ignore

const noCounterpart: Readonly<Record<string, string>> = {
  applicationsets: 'applications are made from components here, so there are no application sets',
  certificates: 'there are no certificates to manage here',
  extensions: 'there are no extensions to invoke here',
}

/** The kinds whose objects Argo CD names as project/name. */
export const inProjects: ReadonlySet<string> = new Set([
  'applications',
  'applicationsets',
  'logs',
  'exec',
  'repositories',
])

/** What stands under a key that comes from the text, and nothing that every object has. */
export const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** The rights that a resource and an action stand for. */
export function termsOf(resource: string, action: string): Terms {
  if (resource === '*') return everything(action)
  const known = own(resources, resource)
  if (known === undefined)
    return own(noCounterpart, resource) ?? `${JSON.stringify(resource)} is no resource of Argo CD`
  const exact = own(known, action)
  if (exact !== undefined) return { rights: exact }
  const [verb = ''] = action.split('/')
  if (resource === 'applications' && action !== verb) {
    const note = `'${action}' names single resources of an application; here it is the right on its workloads`
    if (verb === 'action') return { rights: [['workload', 'run']], note }
    if (verb === 'update' || verb === 'delete') return { rights: [['workload', verb]], note }
  }
  if (action === 'override') return 'nothing is deployed here that is not in git, so there is no override'
  return `'${action}' on ${resource} has no counterpart here`
}

function everything(action: string): Terms {
  if (action === '*') return { rights: [['*', '*']] }
  if (action === 'get') return { rights: [['*', 'get'], ['*', 'list'], ['*', 'logs']] } // prettier-ignore
  if (action === 'create' || action === 'update' || action === 'delete') return { rights: [['*', action]] }
  if (action === 'sync') return { rights: [['application', 'deploy']] }
  return `'${action}' on every resource has no counterpart here`
}

/** Its built-in roles and ours that come closest. */
export const builtInRoles: Readonly<Record<string, string>> = {
  'role:admin': 'role:administrator',
  'role:readonly': 'role:auditor',
}
