import { failure } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import type { Link, PolicySet, Rule } from './policy.ts'
import { validateLink, validateRule } from './validate.ts'

const sizeCharactersMax = 32 * 1024 * 1024
const problemsMax = 100
/** What node-casbin's reader takes for its own: quotes, commas, brackets, comments; and what breaks a line. */
const unwritable = /[",()#\p{Cc}\p{Zl}\p{Zp}]/u
const expiryComment = /^#\s*expires\s+(\S+)\s*$/

/**
 * Writes the policy as node-casbin reads it: `p, …` and `g, …` lines. Casbin knows no expiry: a link that has ended is
 * left out, and one that will end is preceded by the comment `# expires <time>`, which `parsePolicy` reads back.
 *
 * @throws authorization.policy_invalid for a value that would be read back as another one, naming the row. node-casbin
 * itself writes such values and then fails on every later load.
 */
export function formatPolicy(policySet: Pick<PolicySet, 'rules' | 'links'>, now: Date = new Date()): string {
  const lines: string[] = []
  for (const rule of policySet.rules) {
    lines.push(row('p', [rule.subject, rule.domain, rule.object, rule.action, rule.effect]))
  }
  for (const link of policySet.links) {
    const line = row('g', [link.subject, link.role, link.domain])
    if (link.expiresAt !== undefined) {
      if (!(Date.parse(link.expiresAt) > now.getTime())) continue
      lines.push(`# expires ${new Date(link.expiresAt).toISOString()}`)
    }
    lines.push(line)
  }
  return lines.map((line) => `${line}\n`).join('')
}

function row(type: 'p' | 'g', values: readonly string[]): string {
  const bad = values.findIndex((value) => value === '' || value !== value.trim() || unwritable.test(value))
  if (bad !== -1) {
    throw failure('authorization.policy_invalid', {
      detail: `Field ${bad + 1} of the ${type} row ${JSON.stringify(values)} cannot be written to policy.csv; rename it.`,
    })
  }
  return [type, ...values].join(', ')
}

/** Where a value stands in the file: both count from 1. */
type Field = { readonly value: string; readonly column: number }

/**
 * Reads policy.csv and checks every row, as if it were written through the API. A p row without its effect allows.
 *
 * @param text the file; fields may be quoted as in RFC 4180
 * @param fileName what the problems name, as `policy.csv:3:7`
 * @throws authorization.policy_invalid listing (the first 100) problems by line and column
 */
export function parsePolicy(text: string, fileName = 'policy.csv'): { rules: Rule[]; links: Link[] } {
  const problems: { line: number; column: number; message: string }[] = []
  const at: Report = (line, column, message) => {
    if (problems.length < problemsMax) problems.push({ line, column, message })
  }
  if (text.length > sizeCharactersMax) {
    throw failure('authorization.policy_invalid', {
      detail: `${fileName} is longer than ${sizeCharactersMax} characters; split it.`,
    })
  }
  const rows: Row[] = []
  let expiresAt: string | undefined
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const trimmed = source.trim()
    if (trimmed.startsWith('#')) expiresAt = expiryComment.exec(trimmed)?.[1]
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const fields = fieldsOf(source, (column, message) => at(index + 1, column, message))
    if (fields !== undefined) rows.push({ line: index + 1, fields, expiresAt })
    expiresAt = undefined
  }
  const policy = readRows(rows, at)
  if (problems.length > 0) {
    problems.sort((one, other) => one.line - other.line || one.column - other.column)
    const located = problems.map(({ line, column, message }) => ({ path: `${fileName}:${line}:${column}`, message }))
    throw failure('authorization.policy_invalid', { problems: located })
  }
  return policy
}

type Row = { line: number; fields: readonly Field[]; expiresAt: string | undefined }
type Report = (line: number, column: number, message: string) => void

const ruleFields = ['subject', 'domain', 'object', 'action', 'effect']
const linkFields = ['subject', 'role', 'domain']

function readRows(rows: readonly Row[], at: Report): { rules: Rule[]; links: Link[] } {
  const rules: Rule[] = []
  const links: { link: Link; source: Row }[] = []
  for (const source of rows) {
    const [type, ...fields] = source.fields
    const [one = '', two = '', three = '', four = '', five = 'allow'] = fields.map((field) => field.value)
    const report = (names: readonly string[], problem: Problem): void => {
      const column = fields[names.indexOf(problem.path)]?.column ?? type?.column ?? 1
      at(source.line, column, `${problem.path} ${problem.message}`)
    }
    if (type?.value === 'p' && (fields.length === 4 || fields.length === 5)) {
      const rule = { subject: one, domain: two, object: three, action: four, effect: five as Rule['effect'] }
      for (const problem of validateRule(rule)) report(ruleFields, problem)
      rules.push(rule)
    } else if (type?.value === 'g' && fields.length === 3) {
      const link = {
        subject: one,
        role: two,
        domain: three,
        ...(source.expiresAt !== undefined && { expiresAt: source.expiresAt }),
      }
      for (const problem of validateLink(link)) report(linkFields, problem)
      links.push({ link, source })
    } else at(source.line, type?.column ?? 1, shapeRemedy(type?.value, fields.length))
  }
  for (const { line, message } of circlesOf(links)) at(line, 1, message)
  return { rules, links: links.map(({ link }) => link) }
}

function shapeRemedy(type: string | undefined, count: number): string {
  if (type === 'p') return `a p row has 4 or 5 values (${ruleFields.join(', ')}), this one has ${count}`
  if (type === 'g') return `a g row has 3 values (${linkFields.join(', ')}; * for everywhere), this one has ${count}`
  return `a row starts with p or g, not ${JSON.stringify(type)}; put # before a comment`
}

/** Each link is checked against those before it; only links of roles and groups can lie on a circle. */
function circlesOf(links: readonly { link: Link; source: Row }[]): { line: number; message: string }[] {
  const found: { line: number; message: string }[] = []
  const before: Link[] = []
  for (const { link, source } of links) {
    if (!/^(?:role|group):/.test(link.subject)) continue
    const circle = validateLink(link, before).find((problem) => problem.message.includes('circle'))
    if (circle !== undefined) found.push({ line: source.line, message: `${circle.path} ${circle.message}` })
    before.push(link)
  }
  return found
}

/** The fields of one line, trimmed; quoted ones as they are. */
function fieldsOf(line: string, report: (column: number, message: string) => void): Field[] | undefined {
  const fields: Field[] = []
  const field = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y
  while (field.lastIndex <= line.length) {
    const start = field.lastIndex
    const found = field.exec(line)
    if (found === null) {
      report(
        line.length - line.slice(start).trimStart().length + 1,
        'a quote is not closed, or stands inside a value; write "a ""quoted"" value" in quotes as a whole',
      )
      return undefined
    }
    const column = start + (/^\s*/.exec(found[0])?.[0].length ?? 0) + 1
    fields.push({ value: found[1]?.replaceAll('""', '"') ?? found[2]?.trim() ?? '', column })
    if (found[3] !== ',') break
  }
  return fields
}
