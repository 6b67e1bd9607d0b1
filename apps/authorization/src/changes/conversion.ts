import {
  casbinModel, circlesAmong, formatPolicy, importArgoCd, parsePolicy, validateLink, validateRule, type Link, type Rule,
} from '@plinth/access' // prettier-ignore
import type { PolicyProblem } from '@plinth/contracts'
import type { Static } from 'typebox'
import { linkKey, ruleKey } from '../policy/rows.ts'
import { readCasbinModel, type ForeignModel } from './casbin-model-reader.ts'

type Note = Static<typeof PolicyProblem>
type Foreign = { format: 'casbin' | 'argocd'; policy: string; model?: string; defaultRole?: string }

const notesMax = 1_000

/**
 * A foreign policy as one of ours. What cannot be said here is left out, never widened, and noted: as an error where
 * the row is missing, as a warning where it may decide otherwise than it did.
 *
 * @throws authorization.policy_invalid for a model whose meaning cannot be kept, with the reason
 */
export function convertPolicy(foreign: Foreign, now: Date): { csv: string; notes: Note[] } {
  const { policy, defaultRole } = foreign
  const read = (): { rules: Rule[]; links: Link[]; notes: Note[] } => {
    if (foreign.format === 'argocd') return importArgoCd(policy, defaultRole === undefined ? {} : { defaultRole })
    const { model = casbinModel } = foreign
    return isOurs(model) ? readOurs(policy) : importCasbin(policy, readCasbinModel(model))
  }
  const { rules, links, notes } = read()
  return { csv: formatPolicy({ rules, links }, now), notes: notes.slice(0, notesMax) }
}

const isOurs = (model: string): boolean =>
  model.replaceAll(/\s+/g, ' ').trim() === casbinModel.replaceAll(/\s+/g, ' ').trim()

/** An export of this platform, or of another one like it, with its ends and conditions. */
function readOurs(policy: string): { rules: Rule[]; links: Link[]; notes: Note[] } {
  const { rules, links, problems } = parsePolicy(policy)
  return {
    rules: rules.filter((rule) => validateRule(rule).length === 0),
    links: links.filter((link) => validateLink(link).length === 0),
    notes: problems,
  }
}

type Row = { line: number; width: number; type: string; values: string[] }
type Import = { rules: Map<string, Rule>; links: Map<string, Link>; notes: Note[]; told: Set<string> }
type Say = (message: string, severity?: Note['severity']) => void

function importCasbin(text: string, model: ForeignModel): { rules: Rule[]; links: Link[]; notes: Note[] } {
  const rows = rowsOf(text)
  const roles = new Set(rows.filter(({ type }) => type === 'g').map(({ values }) => values[1] ?? ''))
  const found: Import = { rules: new Map(), links: new Map(), notes: [], told: new Set() }
  const circles = circlesAmong()
  for (const row of rows) {
    const say: Say = (message, severity = 'error') =>
      void found.notes.push({ line: row.line, column: 1, endColumn: row.width, severity, message })
    if (row.type === 'p') importRule(row, model, roles, found, say)
    else if (row.type === 'g' && model.roleFields !== 0) importLink(row, model, roles, found, say, circles)
    else say(`a row '${row.type}' means nothing to this model; it is left out`, 'warning')
  }
  return { rules: [...found.rules.values()], links: [...found.links.values()], notes: found.notes }
}

const rowsOf = (text: string): Row[] =>
  text.split(/\r?\n/).flatMap((source, index) => {
    const trimmed = source.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const [type = '', ...values] = source.split(',').map((value) => value.trim().replace(/^"(.*)"$/, '$1'))
    return [{ line: index + 1, width: source.length + 1, type, values }]
  })

function importRule({ values }: Row, model: ForeignModel, roles: ReadonlySet<string>, found: Import, say: Say): void {
  const least = model.fields.filter((field) => field !== 'effect').length
  if (values.length < least || values.length > model.fields.length)
    return say(`has ${values.length} values, and the model ${model.fields.length}; it is left out`)
  const of = (field: ForeignModel['fields'][number]): string => values[model.fields.indexOf(field)] ?? ''
  const effect = of('effect') || 'allow'
  if (effect !== 'allow' && effect !== 'deny') return say('the effect is neither allow nor deny; it is left out')
  if (effect === 'deny' && !model.denies)
    return say('a deny means nothing to this model, and would here; it is left out', 'warning')
  const domain = model.fields.includes('domain') ? valueOf('domain', of('domain'), model, say) : '*'
  const object = valueOf('object', of('object'), model, say)
  const action = valueOf('action', of('action'), model, say)
  if (domain === undefined || object === undefined || action === undefined) return
  const rule: Rule = { subject: subjectOf(of('subject'), roles), domain, object, action, effect }
  const problems = validateRule(rule)
  for (const { path, message } of problems) say(`${path} ${message}; it is left out`)
  if (problems.length > 0) return
  found.rules.set(ruleKey(rule), rule)
  sayWidened(rule, model, found, say)
}

function importLink(
  { values }: Row,
  model: ForeignModel,
  roles: ReadonlySet<string>,
  found: Import,
  say: Say,
  circles: ReturnType<typeof circlesAmong>,
): void {
  if (values.length !== model.roleFields)
    return say(`has ${values.length} values, and the model ${model.roleFields}; it is left out`)
  const [subject = '', role = '', where = '*'] = values
  // Casbin asks g for the very domain; with our own model, as we do.
  const domain = model.roleFields === 3 ? valueOf('domain', where, model, say) : '*'
  if (domain === undefined) return
  const link: Link = { subject: subjectOf(subject, roles), role: subjectOf(role, roles), domain }
  const problems = validateLink(link, circles)
  for (const { path, message } of problems) say(`${path} ${message}; it is left out`)
  if (problems.length > 0) return
  circles.put(link)
  found.links.set(linkKey(link), link)
}

/** A name with the kind that it needs here: of roles, those that somebody is given; else users. */
function subjectOf(name: string, roles: ReadonlySet<string>): string {
  if (/^(?:user|group|role|sa|job):/.test(name)) return name
  return `${roles.has(name) ? 'role' : 'user'}:${name}`
}

/** A value of a rule, where it means here what it meant there; else undefined, and it is said why. */
function valueOf(
  kind: 'domain' | 'object' | 'action',
  value: string,
  model: ForeignModel,
  say: Say,
): string | undefined {
  const comparison = model.comparisons[kind]
  if (comparison === 'ours') return value
  const star = value.indexOf('*')
  if (comparison === 'prefix' && star !== -1) {
    if (value === '*') return value
    if (kind !== 'object') {
      say(`the ${kind} '${value}' is a pattern, which only objects have here; it is left out`)
      return undefined
    }
    if (star < value.length - 1)
      say(`keyMatch reads '${value}' only up to its first *, and so it is written here`, 'warning')
    return value.slice(0, star + 1)
  }
  if (star !== -1) {
    say(`the ${kind} '${value}' means that very name there, and a pattern here; it is left out`)
    return undefined
  }
  return value
}

/** Where the same words hold for more here than there; each once. */
function sayWidened({ domain, object }: Rule, { comparisons }: ForeignModel, found: Import, say: Say): void {
  const once = (message: string): void => {
    if (!found.told.has(message)) say(message, 'warning')
    found.told.add(message)
  }
  const isExact = (comparison: string | undefined): boolean => comparison === 'equal' || comparison === 'prefix'
  if (isExact(comparisons.domain) && domain !== '*' && !domain.includes('/'))
    once('what holds in a domain holds here also in the environments below it')
  if (isExact(comparisons.object) && !object.includes('*') && !object.includes('/'))
    once('an object without an id stands here for all of its kind')
}
