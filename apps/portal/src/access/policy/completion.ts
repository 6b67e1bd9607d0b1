import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { actions, objectKinds } from '@plinth/contracts'

export type Names = { subjects: readonly string[]; roles: readonly string[]; domains: readonly string[] }

const list = (words: readonly string[], detail: string): Completion[] => words.map((label) => ({ label, detail }))

const typeWords: Completion[] = [
  { label: 'p', detail: 'a rule: subject, domain, object, action, effect' },
  { label: 'g', detail: 'a binding: subject, role, domain' },
  { label: 'g2', detail: 'a binding that ends, or holds at some hours' },
]

/** What may stand in a field, by the row's type and the field's place. */
function wordsFor(type: string, field: number, { subjects, roles, domains }: Names): Completion[] {
  const anyone = [...list(roles, 'role'), ...list(subjects, 'subject')]
  const where = [{ label: '*', detail: 'everywhere' }, ...list(domains, 'domain')]
  if (field === 0) return typeWords
  if (type === 'p') {
    const all = [{ label: '*', detail: 'any' }]
    const things = [...all, ...list(objectKinds, 'kind')]
    const doings = [...all, ...list(actions, 'action')]
    return [anyone, where, things, doings, list(['allow', 'deny'], 'effect')][field - 1] ?? []
  }
  const groups = subjects.filter((subject) => subject.startsWith('group:'))
  return [[...list(subjects, 'subject'), ...list(roles, 'role')], [...list(roles, 'role'), ...list(groups, 'group')], where][field - 1] ?? [] // prettier-ignore
}

/** Completes the field that the cursor is in. `names` is asked each time, since they come late. */
export const completeWith =
  (names: () => Names) =>
  ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const line = state.doc.lineAt(pos)
    const before = line.text.slice(0, pos - line.from)
    if (before.trimStart().startsWith('#')) return null
    const fields = before.split(',')
    const current = (fields.at(-1) ?? '').trimStart()
    if (current === '' && !explicit && fields.length === 1) return null
    const options = wordsFor((fields[0] ?? '').trim(), fields.length - 1, names())
    return options.length === 0 ? null : { from: pos - current.length, options, validFor: /^[\w:/.*-]*$/ }
  }
