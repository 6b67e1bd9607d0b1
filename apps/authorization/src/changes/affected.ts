import type { AccessIndex, Link } from '@plinth/access'
import type { Impact } from '@plinth/contracts'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Static } from 'typebox'
import { supposing } from '../policy/guards.ts'
import type { Edit } from '../policy/rows.ts'

type Affected = Static<typeof Impact>['subjects'][number]

const shownMax = 200
const lookMsMax = 1_500

/**
 * Everybody whose rights an edit changes: down from the subjects of the changed rows to all who reach them, before or
 * after. Of groups only those without members here, whose members an identity provider or a token knows. A right that
 * is had by another way, too, is neither gained nor lost. What holds under conditions counts as far as it may hold.
 */
export async function affectedSubjects(
  before: AccessIndex,
  after: AccessIndex,
  edit: Edit,
): Promise<{ subjects: Affected[]; notes: string[] }> {
  const links = [before, after].map((index) => index.policySet().links)
  const touched = reached(edit, links.flat())
  const now = pair(before.withoutFreezes(), after.withoutFreezes())
  const isConditional = links.flat().some(({ conditions }) => conditions !== undefined)
  const [linksBefore = [], linksAfter = []] = links.map((list) =>
    list.filter(({ conditions }) => conditions !== undefined),
  )
  const ever = isConditional ? pair(supposing(before, linksBefore), supposing(after, linksAfter)) : undefined
  const subjects: Affected[] = []
  const endsAt = performance.now() + lookMsMax
  for (const [place, subject] of touched.entries()) {
    if (place % 50 === 49) await breathe()
    const isLate = performance.now() > endsAt
    if (subjects.length >= shownMax || isLate) {
      return { subjects, notes: [`Of ${touched.length} subjects that the change touches ${place} were looked at.`] }
    }
    const change = changeOf(subject, now, ever)
    if (change.gains.length + change.loses.length > 0) subjects.push(change)
  }
  return { subjects, notes: [] }
}

/** The subjects of the changed rows and all that are members of them, sorted. */
function reached(edit: Edit, links: readonly Link[]): string[] {
  const members = Map.groupBy(links, ({ role }) => role)
  const rules = [...(edit.addRules ?? []), ...(edit.removeRules ?? [])]
  const changed = [...(edit.addLinks ?? []), ...(edit.removeLinks ?? [])]
  const found = new Set([...rules, ...changed].map(({ subject }) => subject))
  for (const subject of found) for (const link of members.get(subject) ?? []) found.add(link.subject)
  return [...found]
    .filter((subject) => !subject.startsWith('role:'))
    .filter((subject) => !subject.startsWith('group:') || !members.has(subject))
    .sort()
}

type Pair = { before: AccessIndex; after: AccessIndex }
const pair = (before: AccessIndex, after: AccessIndex): Pair => ({ before, after })

function changeOf(subject: string, now: Pair, ever: Pair | undefined): Affected {
  const rights = new Map(
    [now.before, now.after].flatMap((index) =>
      index
        .whatCan(subject)
        .map(({ rule: { action, object }, domain }) => [
          `${action} ${object} in ${domain}`,
          { action, object, domain },
        ]),
    ),
  )
  const gains: string[] = []
  const loses: string[] = []
  for (const [text, right] of rights) {
    const question = { ...right, subjects: [subject] }
    const turn = turned(now, question)
    if (turn !== undefined) (turn === 'gains' ? gains : loses).push(text)
    else if (ever !== undefined) {
      const sometimes = turned(ever, question)
      if (sometimes !== undefined) (sometimes === 'gains' ? gains : loses).push(`${text} (under conditions)`)
    }
  }
  return { subject, gains: gains.sort(), loses: loses.sort() }
}

function turned(
  { before, after }: Pair,
  question: Parameters<AccessIndex['decide']>[0],
): 'gains' | 'loses' | undefined {
  const [was, is] = [before.decide(question).allowed, after.decide(question).allowed]
  if (was === is) return undefined
  return is ? 'gains' : 'loses'
}
