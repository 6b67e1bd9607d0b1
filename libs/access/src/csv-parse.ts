import { circlesAmong, type Circles } from './circles.ts'
import { canonicalConditions } from './conditions.ts'
import { parseConditionWords } from './condition-words.ts'
import { readRows, type Field, type Report, type Row } from './csv-rows.ts'
import type { Conditions, Freeze, Link, Rule, TextProblem } from './policy.ts'
import { timed } from './tables.ts'
import { validateFreeze, validateLink, validateRule } from './validate.ts'

const sizeCharactersMax = 32 * 1024 * 1024
/** A text of another language has a problem on every line; nobody reads more of them than this. */
const problemsMax = 1_000

export type ParsedPolicy = {
  readonly rules: Rule[]
  readonly links: Link[]
  /** Only where the text has any: a text without them says nothing about freezes. */
  readonly freezes?: Freeze[]
  /** By line and column. With an error among them the rows are not the policy that was meant: do not store them. */
  readonly problems: TextProblem[]
}

/**
 * Reads policy.csv and checks every row as if it were written through the API, and the rows among themselves: circles
 * are errors; a row that is there twice, and a role that has no rule, are warnings. A p row without its effect allows.
 * Never throws; all problems of the text are found at once.
 *
 * Rows: `p, subject, domain, object, action[, effect]`; `g, subject, role, domain`; `g2, subject, role, domain,
 * <expiry or ->, conditions…` (see `formatPolicy`); `f, domain, from, until, reason`. Fields may be quoted as in
 * RFC 4180, but hold no line breaks.
 */
export function parsePolicy(text: string): ParsedPolicy {
  const problems: TextProblem[] = []
  if (text.length > sizeCharactersMax) {
    const message = `the text is longer than ${sizeCharactersMax} characters; split it`
    return { rules: [], links: [], problems: [{ line: 1, column: 1, severity: 'error', message }] }
  }
  const found: Found = { rules: [], links: [], freezes: [], circles: circlesAmong(), seen: new Map() }
  const report: Report = (problem) => void problems.push(problem)
  for (const row of readRows(text, report)) readRow(row, found, report)
  for (const problem of emptyRoles(found)) report(problem)
  problems.sort((one, other) => one.line - other.line || one.column - other.column)
  return {
    rules: found.rules,
    links: found.links.map(({ link }) => link),
    ...(found.freezes.length > 0 && { freezes: found.freezes }),
    problems: shortened(problems),
  }
}

type Found = {
  rules: Rule[]
  links: { link: Link; role: Field; line: number }[]
  freezes: Freeze[]
  circles: Circles
  /** What makes a row the same as another one, to the line where it stands, and its terms. */
  seen: Map<string, { line: number; terms: string }>
}

const fieldNames = {
  p: ['subject', 'domain', 'object', 'action', 'effect'],
  g: ['subject', 'role', 'domain'],
  g2: ['subject', 'role', 'domain', 'expiresAt'],
  f: ['domain', 'from', 'until', 'reason'],
} as const

function readRow({ line, fields: [type, ...fields] }: Row, found: Found, reportAny: Report): void {
  const [first, last] = [type?.column ?? 1, fields.at(-1)?.endColumn ?? type?.endColumn ?? 2]
  const reportAt = (field: Field | undefined, message: string, severity: TextProblem['severity'] = 'error'): void =>
    reportAny({ line, column: field?.column ?? first, endColumn: field?.endColumn ?? last, severity, message })
  const count = fields.length
  if (type?.value === 'p' && (count === 4 || count === 5)) readRule(fields, line, found, reportAt)
  else if (type?.value === 'g' && count === 3) readLink(fields, {}, line, found, reportAt)
  else if (type?.value === 'g2' && count >= 4) readLink(fields, termsOf(fields, reportAt), line, found, reportAt)
  else if (type?.value === 'f' && count === 4) readFreeze(fields, line, found, reportAt)
  else reportAt(undefined, shapeRemedy(type?.value, count))
}

type ReportAt = (field: Field | undefined, message: string, severity?: TextProblem['severity']) => void

function readRule(fields: readonly Field[], line: number, found: Found, report: ReportAt): void {
  const [subject = '', domain = '', object = '', action = '', effect = 'allow'] = fields.map(({ value }) => value)
  const rule = { subject, domain, object, action, effect: effect as Rule['effect'] }
  const names: readonly string[] = fieldNames.p
  for (const { path, message } of validateRule(rule)) report(fields[names.indexOf(path)], `${path} ${message}`)
  const before = seenBefore(found, ['p', subject, domain, object, action], line, effect)
  if (before?.terms === effect) report(undefined, `is the same as line ${before.line}`, 'warning')
  else if (before !== undefined) report(undefined, `says the opposite of line ${before.line}; the deny wins`, 'warning')
  found.rules.push(rule)
}

function readLink(
  fields: readonly Field[],
  terms: Pick<Link, 'expiresAt' | 'conditions'>,
  line: number,
  found: Found,
  report: ReportAt,
): void {
  const [subject = '', role = '', domain = ''] = fields.map(({ value }) => value)
  const link = { subject, role, domain, ...terms }
  const names: readonly string[] = fieldNames.g2
  for (const { path, message } of validateLink(link, found.circles)) {
    const [part, condition = ''] = path.split('/')
    const field = part === 'conditions' ? fieldOf(fields, condition) : fields[names.indexOf(path)]
    report(field, `${path} ${message}`)
  }
  // A person or program is never a role, so only links of groups and roles can lie on a circle.
  if (/^(?:role|group):/.test(subject)) found.circles.put(link)
  const text = `${timed(link).expiresAtMs} ${canonicalConditions(link.conditions)}`
  const before = seenBefore(found, ['g', subject, role, domain], line, text)
  if (before?.terms === text) report(undefined, `is the same as line ${before.line}`, 'warning')
  else if (before !== undefined)
    report(undefined, `binds the same as line ${before.line} on other terms; keep one of the two`)
  const roleField = fields[1]
  if (roleField !== undefined) found.links.push({ link, role: roleField, line })
}

/** The field that says a condition. */
const fieldOf = (fields: readonly Field[], condition: string): Field | undefined =>
  fields.slice(4).find(({ value }) => value.startsWith(condition))

function termsOf(fields: readonly Field[], report: ReportAt): Pick<Link, 'expiresAt' | 'conditions'> {
  const conditions: Conditions = {}
  for (const field of fields.slice(4)) {
    const read = parseConditionWords(field.value)
    if (typeof read === 'string') report(field, `${JSON.stringify(field.value)} ${read}`)
    else if (Object.keys(read).some((key) => key in conditions)) report(field, 'says a condition that was said already')
    else Object.assign(conditions, read)
  }
  const expiresAt = fields[3]?.value
  return {
    ...(expiresAt !== '-' && { expiresAt }),
    ...(Object.keys(conditions).length > 0 && { conditions }),
  }
}

function readFreeze(fields: readonly Field[], line: number, found: Found, report: ReportAt): void {
  const [domain = '', from = '', until = '', reason = ''] = fields.map(({ value }) => value)
  const names: readonly string[] = fieldNames.f
  for (const { path, message } of validateFreeze({ domain, from, until, reason }))
    report(fields[names.indexOf(path)], `${path} ${message}`)
  const before = seenBefore(found, ['f', domain, from, until, reason], line, '')
  if (before !== undefined) report(undefined, `is the same as line ${before.line}`, 'warning')
  found.freezes.push({ domain, from, until, reason })
}

/** What stands there already under this identity; remembers the line where there is nothing yet. */
function seenBefore(found: Found, identity: readonly string[], line: number, terms: string) {
  const key = identity.join('\u0000')
  const before = found.seen.get(key)
  if (before === undefined) found.seen.set(key, { line, terms })
  return before
}

function emptyRoles({ rules, links }: Found): TextProblem[] {
  const known = new Set([...rules.map(({ subject }) => subject), ...links.map(({ link }) => link.subject)])
  const told = new Set<string>()
  return links.flatMap(({ link, role, line }) => {
    if (!link.role.startsWith('role:') || known.has(link.role) || told.has(link.role)) return []
    told.add(link.role)
    const message = `${link.role} has no rule in this text, so it gives nothing`
    return [{ line, column: role.column, endColumn: role.endColumn, severity: 'warning' as const, message }]
  })
}

function shapeRemedy(type: string | undefined, count: number): string {
  const has = `this one has ${count}`
  if (type === 'p') return `a p row has 4 or 5 values (${fieldNames.p.join(', ')}), ${has}`
  if (type === 'g') return `a g row has 3 values (${fieldNames.g.join(', ')}; * for everywhere), ${has}`
  if (type === 'g2') return `a g2 row has 4 values or more (${fieldNames.g2.join(', ')} or -, conditions), ${has}`
  if (type === 'f') return `an f row has 4 values (${fieldNames.f.join(', ')}), ${has}`
  return `a row starts with p, g, g2 or f, not ${JSON.stringify(type)}; put # before a comment`
}

function shortened(problems: readonly TextProblem[]): TextProblem[] {
  if (problems.length <= problemsMax) return [...problems]
  // Errors count before warnings: a text must not look right because its warnings filled the list.
  const kept = [...problems]
    .sort((one, other) => Number(one.severity === 'warning') - Number(other.severity === 'warning'))
    .slice(0, problemsMax)
    .sort((one, other) => one.line - other.line || one.column - other.column)
  const message = `${problems.length - problemsMax} more problems are not listed`
  return [...kept, { line: kept.at(-1)?.line ?? 1, column: 1, severity: 'warning', message }]
}
