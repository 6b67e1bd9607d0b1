import { builtInRoles, inProjects, own, termsOf } from './argo-cd-terms.ts'
import { readRows, type Field, type Row } from './csv-rows.ts'
import type { Link, Rule, TextProblem } from './policy.ts'
import { ruleText } from './policy.ts'
import { circlesAmong, type Circles } from './circles.ts'
import { validateLink, validateRule } from './validate.ts'

export type ImportedPolicy = {
  readonly rules: Rule[]
  readonly links: Link[]
  /**
   * Where the two would not decide alike, by line. An error: a row that could not be taken over and that is a deny, or
   * that cannot be read. A warning: an allow that is left out, or that means something else here.
   */
  readonly notes: TextProblem[]
}

type Note = (message: string, field?: Field, severity?: TextProblem['severity']) => void
type Import = { rules: Map<string, Rule>; links: Map<string, Link>; circles: Circles; guessed: Set<string> }

/**
 * Reads Argo CD's policy.csv (`p, subject, resource, action, project/object, effect` and `g, subject, role`) into rules
 * and links of ours, and notes each place where they mean something else. What cannot be said here is left out, never
 * widened. Source: docs/operator-manual/rbac.md and server/rbacpolicy/rbacpolicy.go of argoproj/argo-cd.
 *
 * @param options.defaultRole `policy.default` of argocd-rbac-cm
 */
export function importArgoCd(policyCsv: string, options: { defaultRole?: string | undefined } = {}): ImportedPolicy {
  const notes: TextProblem[] = []
  const found: Import = { rules: new Map(), links: new Map(), circles: circlesAmong(), guessed: new Set() }
  for (const row of readRows(policyCsv, (problem) => void notes.push(problem))) {
    const [type, ...fields] = row.fields
    const note: Note = (message, field = type, severity = 'warning') =>
      void notes.push({ line: row.line, column: field?.column ?? 1, ...endOf(field), severity, message })
    if (type?.value === 'p' && (fields.length === 4 || fields.length === 5)) importRule(row, found, note)
    else if (type?.value === 'g' && fields.length === 2) importLink(fields, found, note)
    else
      note(
        'is no row of Argo CD: p with subject, resource, action, object, effect; g with subject, role',
        type,
        'error',
      )
  }
  if (options.defaultRole) {
    const role = subjectOf(options.defaultRole)
    const message = `everybody has ${options.defaultRole} in Argo CD, and no deny takes it away; here nobody has a role unasked: give ${role} to a group that all are in`
    notes.push({ line: 1, column: 1, severity: 'warning', message })
  }
  return { rules: [...found.rules.values()], links: [...found.links.values()], notes }
}

const endOf = (field: Field | undefined) => (field === undefined ? {} : { endColumn: field.endColumn })

function importRule({ fields }: Row, found: Import, note: Note): void {
  const [, sub, res, act, obj, eft] = fields
  const effect = eft?.value ?? 'allow'
  if (effect !== 'allow' && effect !== 'deny') return note('the effect must be allow or deny', eft, 'error')
  // Without a deny the rest allows more than was meant.
  const leftOut = effect === 'deny' ? 'error' : 'warning'
  const terms = termsOf(res?.value ?? '', act?.value ?? '')
  if (typeof terms === 'string') return note(`left out: ${terms}`, res, leftOut)
  const place = placeOf(res?.value ?? '', obj?.value ?? '')
  if (typeof place === 'string') return note(`left out: ${place}`, obj, leftOut)
  const rules = terms.rights.map(([kind, action]): Rule => ({
    subject: knownSubject(sub, found, note),
    domain: place.domain,
    object: place.name === undefined || kind === '*' ? kind : `${kind}/${place.name}`,
    action,
    effect,
  }))
  const problem = rules.flatMap(validateRule)[0]
  if (problem !== undefined) return note(`left out: ${problem.path} ${problem.message}`, undefined, leftOut)
  if (terms.note !== undefined) note(terms.note, act)
  if (effect === 'deny') {
    note(
      'Argo CD asks for the user and for each group alone, and the first allow wins; here this deny wins over all of them',
      eft,
    )
  }
  for (const rule of rules) found.rules.set(ruleText(rule), rule)
}

/** The domain and the name that an object stands for; the reason where we cannot say it. */
function placeOf(resource: string, object: string): { domain: string; name?: string } | string {
  if (object === '*' || object === '*/*') return { domain: '*' }
  if (resource === 'projects') {
    return isName(object) ? { domain: object } : 'a project is named in full here, in lower case'
  }
  const nameOf = (name: string): { name?: string } | undefined => {
    if (name === '*') return {}
    return /^[A-Za-z0-9._-]+\*?$/.test(name) ? { name } : undefined
  }
  const [project = '', ...rest] = object.split('/')
  if (!inProjects.has(resource) && resource !== '*') {
    const name = nameOf(object)
    return name === undefined ? 'here a name has at most one *, at its end' : { domain: '*', ...name }
  }
  const [last = ''] = rest
  const name = nameOf(last)
  if (rest.length === 0 && /[*?[{]/.test(project))
    return 'its * matches project and name at once, as it goes over the slash; here it does not'
  if (rest.length > 1) return 'here an application lies in no namespace of its own'
  if (project !== '*' && !isName(project)) return 'a project is named in full here, in lower case'
  return name === undefined ? 'here a name has at most one *, at its end' : { domain: project, ...name }
}

const isName = (text: string): boolean => /^[a-z][a-z0-9-]*$/.test(text)

function importLink([sub, role]: readonly Field[], found: Import, note: Note): void {
  const link = { subject: knownSubject(sub, found, note), role: subjectOf(role?.value ?? ''), domain: '*' }
  const [problem] = validateLink(link, found.circles)
  if (problem !== undefined) return note(`left out: ${problem.path} ${problem.message}`, sub, 'error')
  const builtIn = own(builtInRoles, role?.value ?? '')
  if (builtIn !== undefined) note(`${role?.value} is built into Argo CD; ${builtIn} here is the closest to it`, role)
  found.circles.put(link)
  found.links.set(`${link.subject} ${link.role}`, link)
}

/** `role:x` stays one, `proj:a:b` becomes `role:a/b`; any other name is taken for a group, `org:team` for `org/team`. */
function subjectOf(name: string): string {
  const builtIn = own(builtInRoles, name)
  if (builtIn !== undefined) return builtIn
  if (name.startsWith('role:')) return name.toLowerCase()
  const [kind, ...parts] = name.split(':')
  return kind === 'proj' ? `role:${parts.join('/')}`.toLowerCase() : `group:${name.replaceAll(':', '/').toLowerCase()}`
}

/** The subject of a row; the first time that one is guessed it says so. */
function knownSubject(field: Field | undefined, { guessed }: Import, note: Note): string {
  const name = field?.value ?? ''
  const subject = subjectOf(name)
  if (name.startsWith('role:') || guessed.has(name)) return subject
  guessed.add(name)
  if (name.startsWith('proj:')) note(`tokens of ${name} are service accounts here; give them ${subject}`, field)
  else
    note(
      `Argo CD does not tell users from groups; ${name} is taken for ${subject}. Write user:… where it is a person`,
      field,
    )
  return subject
}
