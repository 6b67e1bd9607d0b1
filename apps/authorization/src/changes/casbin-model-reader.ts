import { failure } from '@plinth/contracts'

/** How a field of the foreign policy is compared with the request. */
type Comparison = 'equal' | 'prefix' | 'ours'
type FieldKind = 'subject' | 'domain' | 'object' | 'action'

/** What a foreign model means, as far as it can be said here. */
export type ForeignModel = {
  /** What each value of a p row is, in order; `effect` is the last where rows may have one. */
  fields: readonly (FieldKind | 'effect')[]
  comparisons: Readonly<Record<Exclude<FieldKind, 'subject'>, Comparison | undefined>>
  /** How many values a g row has; 0 without roles. */
  roleFields: 0 | 2 | 3
  /** Whether a deny row means anything. */
  denies: boolean
}

const allowOverride = 'some(where(p.eft==allow))'
const allowAndDeny = 'some(where(p.eft==allow))&&!some(where(p.eft==deny))'
const fieldNames: ReadonlyMap<string, FieldKind> = new Map([
  ['sub', 'subject'], ['subject', 'subject'], ['user', 'subject'], ['dom', 'domain'], ['domain', 'domain'],
  ['tenant', 'domain'], ['obj', 'object'], ['object', 'object'], ['resource', 'object'], ['act', 'action'],
  ['action', 'action'],
]) // prettier-ignore
const definitions: ReadonlySet<string> = new Set([
  'request_definition.r', 'policy_definition.p', 'role_definition.g', 'policy_effect.e', 'matchers.m',
]) // prettier-ignore

/**
 * Reads a Casbin model.conf of one of the forms whose decisions a policy here can give: ACL, RBAC, and RBAC with
 * domains, compared by equality or keyMatch, allowing or allowing and denying.
 *
 * @throws authorization.policy_invalid naming the line and what has no counterpart here
 */
export function readCasbinModel(text: string): ForeignModel {
  const sections = sectionsOf(text)
  const value = (section: string, key: string): string => sections.get(`${section}.${key}`)?.value ?? ''
  for (const [name, { line }] of sections) {
    if (!definitions.has(name)) refuse(line, `${name.replace('.', ' in the section ')} has no counterpart here`)
  }
  const lineOf = (name: string): number => sections.get(name)?.line ?? 1
  const request = listOf(value('request_definition', 'r'))
  const policy = listOf(value('policy_definition', 'p'))
  const fields = policy.map((name) => (name === 'eft' ? 'effect' : kindOf(name, lineOf('policy_definition.p'))))
  if (fields.slice(0, -1).includes('effect')) refuse(lineOf('policy_definition.p'), 'eft must be the last field of p')
  for (const name of request) kindOf(name, lineOf('request_definition.r'))
  for (const kind of ['subject', 'object', 'action'] as const)
    if (!fields.includes(kind)) refuse(lineOf('policy_definition.p'), `p has no field for the ${kind}`)
  if (new Set(fields).size < fields.length) refuse(lineOf('policy_definition.p'), 'p has two fields of one kind')
  const terms = termsOf(value('matchers', 'm'), lineOf('matchers.m'))
  for (const name of [...policy.filter((field) => field !== 'eft'), ...request]) {
    const kind = kindOf(name, lineOf('matchers.m'))
    if (!terms.has(kind)) refuse(lineOf('matchers.m'), `the matcher does not compare the ${kind}`)
  }
  for (const kind of terms.keys())
    if (!fields.includes(kind)) refuse(lineOf('matchers.m'), `the matcher compares the ${kind}, which p does not have`)
  const roleFields = roleFieldsOf(value('role_definition', 'g'), terms.get('subject'), lineOf('matchers.m'))
  const effect = value('policy_effect', 'e').replaceAll(/\s/g, '')
  if (effect !== allowOverride && effect !== allowAndDeny)
    refuse(lineOf('policy_effect.e'), 'only what some rule allows, and none denies, can be allowed here')
  const compare = (kind: FieldKind): Comparison | undefined => comparisonOf(terms.get(kind))
  return {
    fields,
    comparisons: { domain: compare('domain'), object: compare('object'), action: compare('action') },
    roleFields,
    denies: effect === allowAndDeny,
  }
}

function sectionsOf(text: string): Map<string, { value: string; line: number }> {
  const found = new Map<string, { value: string; line: number }>()
  let section = ''
  let open: { value: string; line: number } | undefined
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const line = source.replace(/#.*$/, '').trim()
    if (line === '') continue
    const continues = line.endsWith('\\')
    const content = continues ? line.slice(0, -1).trim() : line
    if (open !== undefined) open.value += ` ${content}`
    else if (/^\[.*\]$/.test(content)) section = content.slice(1, -1)
    else {
      const equals = content.indexOf('=')
      if (equals === -1) refuse(index + 1, `${JSON.stringify(content.slice(0, 60))} is no definition`)
      open = { value: content.slice(equals + 1).trim(), line: index + 1 }
      found.set(`${section}.${content.slice(0, equals).trim()}`, open)
    }
    if (!continues) open = undefined
  }
  return found
}

const listOf = (value: string): string[] => value.split(',').map((name) => name.trim())

function kindOf(name: string, line: number): FieldKind {
  return (
    fieldNames.get(name) ?? refuse(line, `a field '${name}' has no counterpart here; ours are sub, dom, obj and act`)
  )
}

/** A term of the matcher: a function, or ==, over a field of the request and the one of the policy. */
const comparing = /^(?:r\.(\w+)==p\.(\w+)|(\w+)\(r\.(\w+),p\.(\w+)(?:,r\.(\w+))?\))$/

/** What each field is compared by. */
function termsOf(matcher: string, line: number): Map<FieldKind, string> {
  const terms = new Map<FieldKind, string>()
  for (const term of matcher.replaceAll(/\s/g, '').split('&&')) {
    const [, left, right, name = '==', first = left, second = right, third] = comparing.exec(term) ?? []
    if (first === undefined || first !== second || (third !== undefined && name !== 'g'))
      refuse(line, `'${term.slice(0, 80)}' in the matcher has no counterpart here`)
    const kind = kindOf(first, line)
    if (terms.has(kind)) refuse(line, `the matcher compares the ${kind} twice`)
    if (third !== undefined && kindOf(third, line) !== 'domain') refuse(line, 'g must be asked in the domain')
    terms.set(kind, third === undefined ? name : `${name} in domain`)
    if (!isKnown(kind, terms.get(kind) ?? ''))
      refuse(line, `'${term.slice(0, 80)}' in the matcher has no counterpart here`)
  }
  return terms
}

const isKnown = (kind: FieldKind, name: string): boolean =>
  kind === 'subject' ? ['==', 'g', 'g in domain'].includes(name) : ['==', 'keyMatch', `${kind}Match`].includes(name)

function comparisonOf(name: string | undefined): Comparison | undefined {
  if (name === undefined) return undefined
  if (name === '==') return 'equal'
  return name === 'keyMatch' ? 'prefix' : 'ours'
}

function roleFieldsOf(definition: string, term: string | undefined, line: number): 0 | 2 | 3 {
  if (term === '==') return 0
  const count = listOf(definition).length
  if (definition !== '' && count === 2 && term === 'g') return 2
  if (count === 3 && term === 'g in domain') return 3
  return refuse(line, 'g is asked otherwise than [role_definition] declares it')
}

function refuse(line: number, message: string): never {
  throw failure('authorization.policy_invalid', {
    detail: `The model means something that a policy here cannot: ${message}.`,
    problems: [{ path: `model.conf:${line}:1`, message }],
  })
}
