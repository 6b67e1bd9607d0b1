import { canonicalConditions, ruleText, type Link, type PolicyChange, type PolicySet, type Rule } from '@plinth/access'

/** The rows that a change adds to the policy and removes from it. */
export type Edit = Omit<PolicyChange, 'revision'>

/** What tells a rule from every other: all of it. */
export const ruleKey = (rule: Rule): string => ruleText(rule)

/** What tells a link from every other; its end and its conditions are what it says of itself. */
export const linkKey = ({ subject, role, domain }: Link): string => `g, ${subject}, ${role}, ${domain}`

/** Equal for links that say the same, in whatever words: another offset of the same time, members in another order. */
export function linkText(link: Link): string {
  const end = link.expiresAt === undefined ? '' : ` until ${instant(link.expiresAt)}`
  const conditions = link.conditions === undefined ? '' : ` if ${canonicalConditions(link.conditions)}`
  return `${linkKey(link)}${end}${conditions}`
}

/** Membership of a group: a row of its own table, without end or condition. */
export const isMembership = ({ subject, role, domain }: Link): boolean =>
  subject.startsWith('user:') && role.startsWith('group:') && domain === '*'

/** A link as it is stored: its end in UTC. */
export const normalLink = ({ subject, role, domain, expiresAt, conditions }: Link): Link => ({
  subject,
  role,
  domain,
  ...(expiresAt !== undefined && { expiresAt: instant(expiresAt) }),
  ...(conditions !== undefined && Object.keys(conditions).length > 0 && { conditions }),
})

/** How many rows an edit adds and removes. */
export const sizeOf = (edit: Edit): { added: number; removed: number } => ({
  added: (edit.addRules?.length ?? 0) + (edit.addLinks?.length ?? 0),
  removed: (edit.removeRules?.length ?? 0) + (edit.removeLinks?.length ?? 0),
})

/** Whether it changes anything; freezes that are given are a change, also when there are none any more. */
export function isEmpty(edit: Edit): boolean {
  const { added, removed } = sizeOf(edit)
  return added + removed === 0 && edit.freezes === undefined
}

/** What was done, in one line for the list of revisions. */
export function summaryOf(edit: Edit): string {
  const lines = [
    ...(edit.removeRules ?? []).map((rule) => `- ${ruleText(rule)}`),
    ...(edit.removeLinks ?? []).map((link) => `- ${linkText(link)}`),
    ...(edit.addRules ?? []).map((rule) => `+ ${ruleText(rule)}`),
    ...(edit.addLinks ?? []).map((link) => `+ ${linkText(link)}`),
    ...(edit.freezes === undefined ? [] : [`freezes: ${edit.freezes.length}`]),
  ]
  const [first = 'nothing'] = lines
  return lines.length > 1 ? `${first} and ${lines.length - 1} more` : first
}

/** The rows of a policy by what tells them apart, to be changed in place. */
export function rowsOf(policy: PolicySet) {
  const rules = new Map(policy.rules.map((rule) => [ruleKey(rule), rule]))
  const links = new Map(policy.links.map((link) => [linkKey(link), link]))
  let freezes = policy.freezes ?? []
  return {
    rules,
    links,
    apply(step: Edit): void {
      for (const rule of step.removeRules ?? []) rules.delete(ruleKey(rule))
      for (const rule of step.addRules ?? []) rules.set(ruleKey(rule), rule)
      for (const link of step.removeLinks ?? []) links.delete(linkKey(link))
      for (const link of step.addLinks ?? []) links.set(linkKey(link), link)
      freezes = step.freezes ?? freezes
    },
    policySet: (revision: number): PolicySet => ({
      revision,
      rules: [...rules.values()],
      links: [...links.values()],
      freezes,
    }),
  }
}

function instant(text: string): string {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? text : time.toISOString()
}
