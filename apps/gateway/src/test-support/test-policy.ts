import { applyChange, diffPolicies, seedPolicy, type Link, type PolicySet, type Rule } from '@plinth/access'
import { answer } from '@plinth/bus'
import { decide, policySnapshot, policySteps, type EventData, type policyChanged } from '@plinth/contracts'

export type Step = NonNullable<EventData<typeof policyChanged>['step']>

/** A policy as authorization keeps it, in memory: whoever changes `rules` or `links` says so with `commit`. */
export type TestPolicy = {
  rules: Rule[]
  links: Link[]
  revision: number
  /** What led to each revision that was committed; those that are taken away here can't be asked for. */
  steps: Step[]
  /** Rows in one page of the snapshot. */
  pageRows: number
  /** How often the first page of the policy, and steps, were asked for. */
  asked: { wholes: number; steps: number }
  /** The next revision, with the step that leads to it. */
  commit(): Step
}

export function testPolicy(more: readonly Link[]): TestPolicy {
  const { rules, links } = seedPolicy()
  let before: PolicySet = { revision: 1, rules, links: [...links, ...more] }
  const policy: TestPolicy = {
    rules: [...before.rules],
    links: [...before.links],
    revision: 1,
    steps: [],
    pageRows: 100_000,
    asked: { wholes: 0, steps: 0 },
    commit() {
      const { empty: _, ...change } = diffPolicies(before, policy)
      before = applyChange(before, change)
      policy.revision++
      const step = JSON.parse(JSON.stringify({ ...change, revision: policy.revision })) as Step
      policy.steps.push(step)
      return step
    },
  }
  return policy
}

/** The questions about it that authorization answers. */
export const policyAnswers = (policy: TestPolicy) => [
  answer(policySnapshot, ({ page = 0 }) => {
    if (page === 0) policy.asked.wholes++
    const rows = [...policy.rules, ...policy.links]
    const pages = Math.max(1, Math.ceil(rows.length / policy.pageRows))
    const shown = rows.slice(page * policy.pageRows, (page + 1) * policy.pageRows)
    const rules = shown.filter((row) => 'effect' in row).map((rule) => ({ ...rule }))
    const links = shown.filter((row) => 'role' in row).map(plain)
    return Promise.resolve({ revision: policy.revision, pages, rules, links })
  }),
  answer(policySteps, ({ after }) => {
    policy.asked.steps++
    const steps = policy.steps.filter((step) => step.revision > after)
    const complete = steps.length === policy.revision - after
    return Promise.resolve({ revision: policy.revision, complete, steps: complete ? steps : [] })
  }),
  answer(decide, () => Promise.resolve({ revision: policy.revision, decisions: [] })),
]

const plain = ({ subject, role, domain, expiresAt }: Link) => ({
  subject, role, domain, ...(expiresAt !== undefined && { expiresAt }),
}) // prettier-ignore
