import { compile, parsePolicy, type AccessIndex } from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit } from '@plinth/store'
import { requireRight } from '../access/rights.ts'
import { auditDenials } from '../denials.ts'
import { source } from '../parts.ts'
import { lastingHolders } from '../policy/guards.ts'
import { readSettings, writeSettings } from '../policy/settings.ts'
import { lockRevision } from '../policy/store.ts'
import { readTests, requireInstants, runTests, writeTests, type Test } from './policy-tests.ts'
import { findChangeSet } from './store.ts'
import { unknownChangeSet, type ChangeParts } from './view.ts'

type Candidate = { csv?: string; changeSet?: string }

/** How changes are governed: approvals, and the decisions that must stay as they are. */
export const governanceUseCases = (parts: ChangeParts) => ({
  getPolicySettings: () => readSettings(parts.store.db),

  /** More approvals than there are others to give them would stop every change, so they are refused. */
  updatePolicySettings(who: Identity, approvalsNeeded: number) {
    const attempt = { action: 'policy.settings', object: 'policy/settings', detail: { approvalsNeeded } }
    return auditDenials(parts, who, attempt, () =>
      parts.store.transaction(async (tx) => {
        // Changes under way end first: each is held to what was so when it began.
        await lockRevision(tx)
        const before = await readSettings(tx)
        const approvers = await lastingHolders(tx, await parts.policy.current(tx), 'approve')
        const others = approvers.filter((subject) => subject !== who.subject).length
        if (approvalsNeeded > Math.max(others, before.approvalsNeeded)) {
          throw failure('authorization.lockout_refused', {
            detail: `Only ${others} other user(s) may approve policies for good; no change could get ${approvalsNeeded} approvals.`,
          })
        }
        await writeSettings(tx, approvalsNeeded, who.subject, parts.clock.now())
        const detail = { approvalsNeeded, before: before.approvalsNeeded }
        await recordAudit(tx, source, who, { ...attempt, project: 'platform', detail })
        return readSettings(tx)
      }),
    )
  },

  getPolicyTests: async () => ({ items: await readTests(parts.store.db) }),

  updatePolicyTests(who: Identity, items: Test[]) {
    requireInstants(items, 'items')
    return parts.store.transaction(async (tx) => {
      await lockRevision(tx)
      const before = await readTests(tx)
      await writeTests(tx, items)
      const detail = { tests: items.length, before: before.length }
      await recordAudit(tx, source, who, {
        action: 'policy.tests',
        project: 'platform',
        object: 'policy/tests',
        detail,
      })
      return { items }
    })
  },

  /** For whoever may use the policy where the tests ask: a job tests its own project and learns of no other. */
  async runPolicyTests(who: Identity, tests: Test[], candidate: Candidate) {
    const index = await parts.policy.current()
    for (const domain of new Set(tests.map((test) => test.domain)))
      requireRight(index, who, { action: 'use', object: 'policy', domain })
    requireInstants(tests, 'tests')
    return runTests(await candidateOf(parts, index, candidate), tests)
  },
})

async function candidateOf({ store, clock }: ChangeParts, index: AccessIndex, { csv, changeSet }: Candidate) {
  if (csv !== undefined && changeSet !== undefined) {
    throw failure('authorization.policy_invalid', {
      problems: [{ path: '/body/csv', message: 'is given beside changeSet; name one of them' }],
    })
  }
  if (changeSet !== undefined) {
    const row = await findChangeSet(store.db, changeSet)
    if (row === undefined) throw unknownChangeSet(changeSet)
    return index.apply({ revision: index.revision + 1, ...row.edit })
  }
  if (csv === undefined) return index
  const { rules, links, problems } = parsePolicy(csv)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw failure('authorization.policy_invalid', {
      problems: errors.map(({ line, column, message }) => ({ path: `policy.csv:${line}:${column}`, message })),
    })
  }
  return compile({ revision: index.revision, rules, links }, { clock })
}
