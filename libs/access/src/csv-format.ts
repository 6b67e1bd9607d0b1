import { failure } from '@plinth/contracts'
import { conditionWords } from './condition-words.ts'
import type { Freeze, Link, PolicySet, Rule } from './policy.ts'

/** What node-casbin's reader takes for its own: quotes, commas, brackets, comments; and what breaks a line. */
const unwritable = /[",()#\p{Cc}\p{Zl}\p{Zp}]/u

/**
 * Writes the policy as node-casbin reads it: `p, …` and `g, …` lines. Casbin knows neither expiry nor conditions, so
 * that a link with any is a `g2` row, which it passes over: nobody has more there than here. Freezes are `f` rows. A
 * link that has ended, and a freeze that is over, are left out.
 *
 * @throws authorization.policy_invalid for a value that would be read back as another one, naming the row. node-casbin
 * itself writes such values and then fails on every later load.
 */
export function formatPolicy(
  { rules, links, freezes = [] }: Pick<PolicySet, 'rules' | 'links' | 'freezes'>,
  now: Date = new Date(),
): string {
  const isOver = (time: string | undefined): boolean => time !== undefined && !(Date.parse(time) > now.getTime())
  const lines = [
    ...rules.map(ruleLine),
    ...links.filter((link) => !isOver(link.expiresAt)).map(linkLine),
    ...freezes.filter((freeze) => !isOver(freeze.until)).map(freezeLine),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

export const ruleLine = (rule: Rule): string =>
  row('p', [rule.subject, rule.domain, rule.object, rule.action, rule.effect])

export function linkLine({ subject, role, domain, expiresAt, conditions }: Link): string {
  const words = conditionWords(conditions)
  if (expiresAt === undefined && words.length === 0) return row('g', [subject, role, domain])
  return row('g2', [subject, role, domain, expiresAt === undefined ? '-' : instant(expiresAt), ...words])
}

function freezeLine({ domain, from, until, reason }: Freeze): string {
  const safe = unwritable.test(reason) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(reason)
  const line = row('f', [domain, instant(from), instant(until), ...(safe ? [] : [reason])])
  return safe ? `${line}, "${reason.replaceAll('"', '""')}"` : line
}

/** As the API writes times; one that cannot be read stays, and is found when the text is read. */
function instant(time: string): string {
  const atMs = Date.parse(time)
  return Number.isNaN(atMs) ? time : new Date(atMs).toISOString()
}

function row(type: 'p' | 'g' | 'g2' | 'f', values: readonly string[]): string {
  const bad = values.findIndex((value) => value === '' || value !== value.trim() || unwritable.test(value))
  if (bad !== -1) {
    throw failure('authorization.policy_invalid', {
      detail: `Field ${bad + 1} of the ${type} row ${JSON.stringify(values)} cannot be written to policy.csv; rename it.`,
    })
  }
  return [type, ...values].join(', ')
}
