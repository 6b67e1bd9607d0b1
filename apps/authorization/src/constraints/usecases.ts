import { constraintProblems } from '@plinth/access'
import { failure } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { recordAudit } from '@plinth/store'
import { findGroup } from '../groups/store.ts'
import { source, type Parts } from '../parts.ts'
import { lockRevision, roleExists } from '../policy/store.ts'
import * as constraints from './store.ts'

type NewConstraint = Pick<constraints.ConstraintRow, 'kind' | 'roles'> & { max?: number; description?: string }

const constraintsMax = 200
const shownMax = 20

export const constraintUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock'>) => ({
  listConstraints: async () => ({ items: await constraints.loadConstraints(parts.store.db) }),

  /** A conflict between roles, from now on. One that somebody breaks already is refused, with who does. */
  async createConstraint(who: Identity, want: NewConstraint): Promise<constraints.ConstraintRow> {
    const problems = problemsOf(want)
    if (problems.length > 0) throw failure('authorization.policy_invalid', { problems })
    return parts.store.transaction(async (tx) => {
      // The policy is held still: nobody gets a second role between the look and the constraint.
      await lockRevision(tx)
      for (const role of want.roles) {
        const [kind, name = ''] = role.split(/:(.*)/s)
        const isThere = kind === 'group' ? (await findGroup(tx, name)) !== undefined : await roleExists(tx, name)
        if (!isThere) throw failure('authorization.role_unknown', { detail: `There is no ${kind} '${name}'.` })
      }
      const now = parts.clock.now()
      const made: constraints.ConstraintRow = {
        id: newId('con', now.getTime()),
        kind: want.kind,
        roles: want.roles,
        ...(want.max !== undefined && { max: want.max }),
        description: want.description ?? '',
        createdBy: who.subject,
        createdAt: now.toISOString(),
      }
      refuseBroken(constraintProblems(await parts.policy.current(tx), [made], { at: now }))
      if ((await constraints.loadConstraints(tx)).length >= constraintsMax)
        throw refused('kind', `there are ${constraintsMax} constraints; lift one first`)
      if (!(await constraints.insertConstraint(tx, made))) throw refused('roles', 'has this constraint already')
      const { id, kind, roles, max, description } = made
      await recordAudit(tx, source, who, {
        action: 'constraint.create',
        project: 'platform',
        object: `constraint/${id}`,
        detail: { kind, roles, max: max ?? null, description },
      })
      return made
    })
  },

  async deleteConstraint(who: Identity, id: string): Promise<void> {
    await parts.store.transaction(async (tx) => {
      await lockRevision(tx)
      const gone = await constraints.deleteConstraint(tx, id)
      if (gone === undefined)
        throw failure('authorization.constraint_unknown', { detail: `There is no constraint '${id}'.` })
      const { kind, roles, max, description } = gone
      await recordAudit(tx, source, who, {
        action: 'constraint.delete',
        project: 'platform',
        object: `constraint/${id}`,
        detail: { kind, roles, max: max ?? null, description },
      })
    })
  },
})

/** How many roles each kind names, and whether it counts. */
const shapes = {
  sod: { roles: [2, 20], counts: false, say: 'the roles of which nobody holds two together' },
  sodMax: { roles: [2, 20], counts: true, say: 'two or more roles, of which nobody holds more than `max`' },
  roleMax: { roles: [1, 1], counts: true, say: 'the one role that at most `max` subjects hold' },
  rolePre: { roles: [2, 20], counts: false, say: 'the role, and after it those that one must hold to hold it' },
} as const

function problemsOf({ kind, roles, max }: NewConstraint) {
  const shape = shapes[kind]
  const [least, most] = shape.roles
  return [
    ...(roles.length < least || roles.length > most
      ? [{ path: '/body/roles', message: `must name ${shape.say}` }]
      : []),
    ...(new Set(roles).size < roles.length ? [{ path: '/body/roles', message: 'names a role twice' }] : []),
    ...(shape.counts === (max !== undefined)
      ? []
      : [{ path: '/body/max', message: shape.counts ? `is missing; ${kind} counts` : `is of no use to ${kind}; leave it out` }]), // prettier-ignore
    ...(kind === 'sodMax' && max !== undefined && max >= roles.length
      ? [{ path: '/body/max', message: 'must be less than the number of roles, else nothing breaks it' }]
      : []),
  ]
}

function refuseBroken(broken: ReturnType<typeof constraintProblems>): void {
  const [first] = broken
  if (first === undefined) return
  throw failure('authorization.constraint_refused', {
    detail: `${first.subject} ${first.message}${broken.length > 1 ? `, and ${broken.length - 1} more break it` : ''}. Take that away first.`,
    extensions: {
      broken: broken.slice(0, shownMax).map(({ subject, roles, domain }) => ({ subject, roles, domain })),
    },
  })
}

const refused = (field: string, message: string) =>
  failure('authorization.policy_invalid', { problems: [{ path: `/body/${field}`, message }] })
