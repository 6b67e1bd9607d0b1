import { narrower, type Link, type PolicySet } from '@plinth/access'
import { decisionSummary, failure, type ReviewRow } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import type { Static } from 'typebox'
import { allBindings, type BindingRow } from '../bindings/store.ts'
import { elevatedPrefix } from '../grants/elevation.ts'
import type { Parts } from '../parts.ts'
import { displayNames } from './store.ts'
import { linkKey, usageOf, type Usage } from './usage.ts'

type Row = Static<typeof ReviewRow>
type Review = { days: number; items: Row[]; note?: string }

const daysUsual = 30
const decisionsMax = 20_000
const rowsMax = 20_000

export const reviewUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock' | 'bus'>) => ({
  /** Bindings over which nothing was allowed. Without the decision log there is no answer: idle and unknown differ. */
  async unusedGrants({ days = daysUsual }: { days?: number }): Promise<Review> {
    const held = await heldIn(parts)
    const { policy, bindings } = held
    const { usage, note } = await usedIn(parts, policy, days)
    if (usage === undefined) throw failure('platform.unavailable', { detail: `${note} Ask again later.` })
    const used = new Set([...usage.values()].flatMap((links) => [...links.keys()]))
    const items = bindings
      .filter((binding) => !used.has(linkKey(binding)))
      .map((binding) => rowOf(binding, { subject: binding.subject, domain: binding.domain, through: 'direct' }, held))
    return { days, items: items.slice(0, rowsMax), ...(note !== undefined && { note }) }
  },

  /** Every right that somebody holds by a role, each as the binding that gives it to him. */
  async accessReview({ days = daysUsual, domain }: { days?: number; domain?: string }): Promise<Review> {
    const held = await heldIn(parts)
    const { policy, bindings } = held
    const { usage, note } = await usedIn(parts, policy, days)
    const members = Map.groupBy(policy.links, ({ role }) => role)
    const items = bindings.flatMap((binding) => {
      const holders = binding.subject.startsWith('group:')
        ? membersOf(binding, members)
        : [{ subject: binding.subject, domain: binding.domain, through: 'direct' }]
      return holders
        .filter((holder) => domain === undefined || narrower(holder.domain, domain) !== undefined)
        .map((holder) => withUse(rowOf(binding, holder, held), binding, usage))
    })
    const cut = items.length > rowsMax ? `Only the first ${rowsMax} of ${items.length} are told.` : undefined
    const notes = [note, cut].filter((one) => one !== undefined).join(' ')
    return { days, items: items.slice(0, rowsMax), ...(notes !== '' && { note: notes }) }
  },
})

/** What somebody holds now; a role in a role is held by nobody. */
async function heldIn({ store, policy, clock }: Pick<Parts, 'store' | 'policy' | 'clock'>) {
  const all = await allBindings(store.db, clock.now())
  const elevated = new Map(
    all.filter(({ subject }) => subject.startsWith(elevatedPrefix)).map(({ subject, role }) => [subject, role]),
  )
  return {
    policy: (await policy.current()).policySet(),
    bindings: all.filter(({ subject }) => !subject.startsWith('role:')),
    names: await displayNames(store.db),
    roleOf: ({ role }: BindingRow) => elevated.get(role) ?? role,
  }
}

async function usedIn(
  { bus }: Pick<Parts, 'bus'>,
  policy: PolicySet,
  days: number,
): Promise<{ usage: Usage; note?: string } | { usage: undefined; note: string }> {
  try {
    const { items, complete } = await bus.ask(decisionSummary, { days, limit: decisionsMax })
    const usage = await usageOf(policy, items)
    if (complete) return { usage }
    return { usage, note: `Only the ${decisionsMax} most frequent decisions were looked at; what is rare counts as unused.` } // prettier-ignore
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { usage: undefined, note: 'The decision log cannot be asked just now, so nothing is known of use.' }
  }
}

type Holder = { subject: string; domain: string; through: string }

/** Who is in a group, also by other groups; the group itself where nobody here is, as its provider alone knows. */
function membersOf({ subject: group, domain }: BindingRow, members: ReadonlyMap<string, readonly Link[]>): Holder[] {
  const reached = new Map([[`${group} ${domain}`, { subject: group, domain }]])
  for (const { subject, domain: where } of reached.values()) {
    for (const link of members.get(subject) ?? []) {
      const common = narrower(where, link.domain)
      if (common !== undefined && !reached.has(`${link.subject} ${common}`))
        reached.set(`${link.subject} ${common}`, { subject: link.subject, domain: common })
    }
  }
  const people = [...reached.values()].filter(({ subject }) => !subject.startsWith('group:'))
  if (people.length === 0) return [{ subject: group, domain, through: 'direct' }]
  return people.map((person) => ({ ...person, through: group }))
}

const rowOf = (
  binding: BindingRow,
  { subject, domain, through }: Holder,
  { names, roleOf }: Pick<Awaited<ReturnType<typeof heldIn>>, 'names' | 'roleOf'>,
): Row => ({
  subject,
  ...(names.has(subject) && { displayName: names.get(subject) ?? '' }),
  role: roleOf(binding),
  domain,
  through,
  binding: binding.id,
  createdBy: binding.createdBy,
  createdAt: binding.createdAt,
  ...(binding.expiresAt !== null && { expiresAt: binding.expiresAt }),
  unused: true,
})

function withUse(row: Row, binding: BindingRow, usage: Usage | undefined): Row {
  const lastUsedAt = usage?.get(row.subject)?.get(linkKey(binding))
  return { ...row, ...(lastUsedAt !== undefined && { lastUsedAt }), unused: usage !== undefined && lastUsedAt === undefined } // prettier-ignore
}
