import { failure, schemaRulesChanged, type LintSeverity, type SchemaKind } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Tx } from '@plinth/store'
import { parseWith } from '../registry/parsed.ts'
import type { Reference } from '../registry/rows.ts'
import { readVersion } from '../registry/store.ts'
import { placeOfReference, type SubjectPlace } from '../registry/subject-name.ts'
import { lintRule, lintRules } from './lint-rules.ts'
import { inForce, isError, lint, type LintSetting } from './lint.ts'
import * as governance from './store.ts'
import type { Classification } from './store.ts'
import type { GovernanceParts } from './subjects.ts'
import { taggedFields } from './tags.ts'

type WantedRule = { rule: string; environment?: string; severity: LintSeverity; style?: string; words?: string[] }
type WantedClassification = { tag: string; description: string; environments?: string[]; projects?: string[] }
type NewSchema = { type: SchemaKind; schema: string; references?: readonly Reference[] }
export type RuleParts = GovernanceParts & {
  /** Throws where the caller may not read what his schema refers to in another project. */
  mayRead(who: Identity, place: SubjectPlace): Promise<void>
}

/** One change of what a project demands, with its event and its entry in the ledger. */
const change = (
  store: RuleParts['store'],
  who: Identity,
  project: string,
  what: 'rules' | 'classifications',
  write: (tx: Tx) => Promise<void>,
) =>
  store.transaction(async (tx) => {
    await governance.lockRules(tx, project)
    if (!(await governance.isKnownProject(tx, project))) {
      throw failure('schemas.project_empty', {
        detail: `${project} has no schema yet; register its first one, then say what holds for all.`,
      })
    }
    await write(tx)
    await recordAudit(tx, 'schemas', who, { action: `schema-${what}.set`, project, object: 'schema' })
    const data = { project, what, actor: who.subject }
    await appendEvent(tx, schemaRulesChanged, { project, entity: what, actor: who.subject, data })
  })

const list = async ({ db }: Pick<RuleParts['store'], 'db'>, project: string) => {
  const settings = await governance.readSettings(db, project)
  return { rules: viewOf(settings), settings: settings.map(settingView) }
}

const listClassifications = async ({ db }: Pick<RuleParts['store'], 'db'>, project: string) => ({
  classifications: (await governance.readClassifications(db, project)).map(classificationView),
})

async function lintCandidate(
  { store, mayRead }: RuleParts,
  who: Identity,
  place: SubjectPlace,
  { type, schema: text, references = [] }: NewSchema,
  environment?: string,
) {
  for (const { subject } of references) {
    const target = placeOfReference(place.project, subject)
    if (target.project !== place.project) await mayRead(who, target)
  }
  const schema = await parseWith(store.db, { project: place.project, type, schema: text, references })
  const { governance: row, settings } = await governance.readForAdmission(store.db, place)
  const newest = await readVersion(store.db, place.project, place.subject)
  const fields = taggedFields(schema, row.fieldTags, newest?.metadata ?? null)
  const findings = lint({ subject: place.subject, schema, fields, tags: row.tags }, settings, environment)
  return { accepted: !findings.some(isError), findings }
}

/** What a project demands of its schemas, and where it lets its data go. */
export function ruleUseCases(parts: RuleParts) {
  const { store } = parts
  return {
    list: (project: string) => list(store, project),
    listClassifications: (project: string) => listClassifications(store, project),

    async set(who: Identity, project: string, wanted: readonly WantedRule[]) {
      const settings = settingsOf(wanted)
      await change(store, who, project, 'rules', (tx) => governance.replaceSettings(tx, project, settings))
      return list(store, project)
    },

    async setClassifications(who: Identity, project: string, wanted: readonly WantedClassification[]) {
      const classifications = classificationsOf(wanted)
      await change(store, who, project, 'classifications', (tx) =>
        governance.replaceClassifications(tx, project, classifications),
      )
      return listClassifications(store, project)
    },

    lint: (who: Identity, place: SubjectPlace, schema: NewSchema, environment?: string) =>
      lintCandidate(parts, who, place, schema, environment),
  }
}
export type RuleUseCases = ReturnType<typeof ruleUseCases>

function settingsOf(wanted: readonly WantedRule[]): LintSetting[] {
  const problems: { path: string; message: string }[] = []
  const kept = new Map<string, LintSetting>()
  for (const [index, { rule, environment = '', severity, style, words }] of wanted.entries()) {
    const known = lintRule(rule)
    const say = (member: string, message: string) => problems.push({ path: `/rules/${index}/${member}`, message })
    if (known === undefined) say('rule', `there is no rule '${rule}'`)
    else if (style !== undefined && !known.styles?.includes(style))
      say('style', known.styles ? `is none of ${known.styles.join(', ')}` : `the rule '${rule}' has no style`)
    else if (words !== undefined && known.words === undefined) say('words', `the rule '${rule}' looks for no words`)
    if (kept.has(`${environment}/${rule}`)) say('rule', `the rule '${rule}' is set twice`)
    kept.set(`${environment}/${rule}`, { rule, environment, severity, style: style ?? null, words: words ?? null })
  }
  if (problems.length > 0) {
    throw failure('schemas.rule_unknown', {
      detail: `${problems[0]?.path}: ${problems[0]?.message}.`,
      problems: problems.slice(0, 50),
    })
  }
  return [...kept.values()]
}

function classificationsOf(wanted: readonly WantedClassification[]): Classification[] {
  const kept = new Map(
    wanted.map(({ tag, description, environments = null, projects = null }) => [
      tag,
      { tag, description, environments, projects },
    ]),
  )
  if (kept.size < wanted.length)
    throw failure('platform.request_invalid', { detail: '/classifications: a tag is named twice.' })
  return [...kept.values()]
}

const viewOf = (settings: readonly LintSetting[]) =>
  lintRules.map((rule) => {
    const { severity, style, words } = inForce(rule, settings)
    const environments = settings.flatMap((setting) =>
      setting.rule === rule.id && setting.environment !== '' ? [[setting.environment, setting.severity] as const] : [],
    )
    return {
      rule: rule.id,
      title: rule.title,
      description: rule.description,
      types: [...rule.types],
      severity,
      environments: Object.fromEntries(environments),
      ...(rule.styles && { style, styles: [...rule.styles] }),
      ...(rule.words && { words: [...words] }),
    }
  })

const settingView = ({ rule, environment, severity, style, words }: LintSetting) => ({
  rule,
  severity,
  ...(environment !== '' && { environment }),
  ...(style !== null && { style }),
  ...(words !== null && { words }),
})

const classificationView = ({ tag, description, environments, projects }: Classification) => ({
  tag,
  description,
  ...(environments !== null && { environments }),
  ...(projects !== null && { projects }),
})
