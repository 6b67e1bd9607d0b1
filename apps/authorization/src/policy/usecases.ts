import { casbinModel, formatPolicy, validateRule, type Rule } from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit } from '@plinth/store'
import { auditDenials, projectOf } from '../denials.ts'
import { pageBy } from '../paging.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from './change.ts'
import * as policies from './store.ts'

type ListQuery = { limit?: number; cursor?: string; subject?: string }

export const policyUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock'>) => ({
  listRoles: async () => ({ items: await policies.listRoles(parts.store.db) }),

  listPolicies: ({ limit, cursor, ...filter }: ListQuery) =>
    pageBy(
      { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) },
      (rule: policies.RuleRow) => rule.id,
      (page) => policies.listRules(parts.store.db, { ...page, ...filter }),
    ),

  async createPolicy(who: Identity, rule: Rule): Promise<policies.RuleRow> {
    const attempt = {
      action: 'policy.create',
      project: projectOf(rule.domain),
      object: `policy/${rule.subject}`,
      detail: { ...rule },
    }
    const problems = validateRule(rule)
    if (problems.length > 0) {
      throw failure('authorization.policy_invalid', {
        problems: problems.map(({ path, message }) => ({ path: `/body/${path}`, message })),
      })
    }
    return auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx) => {
        const [made] = await policies.insertRules(tx, [rule], who.subject, parts.clock.now())
        if (made === undefined) throw failure('authorization.policy_exists')
        // The first rule of a role makes the role.
        if (rule.subject.startsWith('role:'))
          await policies.insertRoles(tx, [{ name: rule.subject.slice('role:'.length), description: '' }])
        await recordAudit(tx, source, who, { ...attempt, detail: { ...made } })
        return { edit: { addRules: [rule] }, result: made }
      }),
    )
  },

  async deletePolicy(who: Identity, id: string): Promise<void> {
    const attempt = { action: 'policy.delete', object: `policy/${id}` }
    await auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx) => {
        const rule = await policies.deleteRule(tx, id)
        if (rule === undefined) throw failure('authorization.policy_unknown', { detail: `There is no rule '${id}'.` })
        await recordAudit(tx, source, who, { ...attempt, project: projectOf(rule.domain), detail: { ...rule } })
        return { edit: { removeRules: [rule] }, result: undefined }
      }),
    )
  },

  /** The policy as stock Casbin reads it, each kind of row in one order, so that two exports can be compared. */
  async getRawPolicy() {
    const { revision, rules, links } = (await parts.policy.current()).policySet()
    const csv = formatPolicy({ rules: sorted(rules), links: sorted(links) }, parts.clock.now())
    return { revision, model: casbinModel, csv }
  },
})

const sorted = <Row extends object>(list: readonly Row[]): Row[] =>
  list
    .map((row) => ({ row, key: Object.values(row).join('\n') }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ row }) => row)
