import { compatibilityLevels, schemaSettingsChanged, type CompatibilityLevel } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Tx } from '@plinth/store'
import {
  levelDefault,
  readConfig,
  readMode,
  removeConfig,
  writeConfig,
  type Config,
  type Scope,
} from '../registry/settings.ts'
import { lockSubject, nextGeneration } from '../registry/write-store.ts'
import { filled } from './answers.ts'
import type { ConfigBody, CsrAsk } from './asked.ts'
import { refusal, refuseReadOnly, subjectNotFound } from './errors.ts'
import type { CsrParts } from './parts.ts'
import { metadataOf, ruleSetOf } from './requests.ts'

const policies = ['STRICT', 'LENIENT', 'EXACT', 'LOGICAL'] as const

function levelOf(text: string): CompatibilityLevel {
  const level = compatibilityLevels.find((known) => known === text.toUpperCase())
  if (level !== undefined) return level
  const all = compatibilityLevels.map((known) => known.toLowerCase()).join(', ')
  throw refusal(42203, `Invalid compatibility level. Valid values are ${all}`)
}

function policyNamed(text: string): NonNullable<Config['compatibilityPolicy']> {
  const policy = policies.find((known) => known === text.toUpperCase())
  if (policy !== undefined) return policy
  throw refusal(42203, `Invalid compatibility policy. Valid values are ${policies.join(', ')}`)
}

/** What a body sets; null forgets a member, and what is not in it stays as it is. */
function changed(before: Config | undefined, body: ConfigBody): Config {
  const { compatibility, compatibilityPolicy, defaultMetadata, overrideMetadata, defaultRuleSet, overrideRuleSet } =
    body
  const { compatibilityGroup, alias, aliasForDeks, normalize, validateFields, validateNewSchemas, validateRules } = body
  const flags = {
    compatibilityGroup,
    alias,
    aliasForDeks,
    normalize,
    validateFields,
    validateNewSchemas,
    validateRules,
  }
  const given = {
    compatibilityLevel: typeof compatibility === 'string' ? levelOf(compatibility) : compatibility,
    compatibilityPolicy:
      typeof compatibilityPolicy === 'string' ? policyNamed(compatibilityPolicy) : compatibilityPolicy,
    defaultMetadata: metadataOf(defaultMetadata),
    overrideMetadata: metadataOf(overrideMetadata),
    defaultRuleSet: ruleSetOf(defaultRuleSet),
    overrideRuleSet: ruleSetOf(overrideRuleSet),
    ...flags,
  }
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return filled({ ...before, ...Object.fromEntries(said) }) as Config
}

/** A setting was changed: noted, told, and no process keeps what it knew before for long. */
export async function noteSetting(
  tx: Tx,
  who: Identity,
  { project, subject }: Scope,
  setting: 'config' | 'mode',
  detail: Record<string, unknown>,
): Promise<void> {
  await nextGeneration(tx)
  await recordAudit(tx, 'schemas', who, {
    action: `schema.set-${setting}`,
    project: project === '' ? 'platform' : project,
    object: subject === '' ? 'schema' : `schema/${subject}`,
    detail,
  })
  await appendEvent(tx, schemaSettingsChanged, {
    project: project === '' ? 'platform' : project,
    entity: subject === '' ? 'all' : subject,
    actor: who.subject,
    data: { project, subject, setting, actor: who.subject },
  })
}

/** Compatibility and what goes with it, of a subject or of a context. */
export function configs({ store, clock, places }: CsrParts) {
  const set = (ask: CsrAsk<ConfigBody>, scope: Scope): Promise<ConfigBody> =>
    store.transaction(async (tx) => {
      await lockSubject(tx, scope.project, scope.subject)
      refuseReadOnly(scope, (await readMode(tx, scope)).effective)
      const { own } = await readConfig(tx, scope)
      const config = changed(own, ask.body)
      await writeConfig(tx, scope, config, clock.now())
      await noteSetting(tx, ask.who, scope, 'config', { to: { ...config } })
      return ask.body
    })

  const remove = (ask: CsrAsk, scope: Scope): Promise<Config> =>
    store.transaction(async (tx) => {
      await lockSubject(tx, scope.project, scope.subject)
      refuseReadOnly(scope, (await readMode(tx, scope)).effective)
      const { own } = await readConfig(tx, scope)
      if (own === undefined && scope.subject !== '') throw subjectNotFound(scope.subject)
      await removeConfig(tx, scope)
      if (own !== undefined) await noteSetting(tx, ask.who, scope, 'config', { from: { ...own } })
      return own ?? { compatibilityLevel: levelDefault }
    })

  return {
    async getOfContext(ask: CsrAsk): Promise<Config> {
      const { effective } = await readConfig(store.db, await places.scope(ask, 'list'))
      return { compatibilityLevel: levelDefault, ...effective }
    },
    setOfContext: async (ask: CsrAsk<ConfigBody>) => set(ask, await places.scope(ask, 'update')),
    removeOfContext: async (ask: CsrAsk) => remove(ask, await places.scope(ask, 'update')),

    /** @throws 40408 where the subject has none of its own: by that, clients know that they have to set one */
    async get(ask: CsrAsk): Promise<Config> {
      const place = await places.toReadItself(ask, ask.params.subject ?? '')
      const { own, effective } = await readConfig(store.db, place)
      const whole = { compatibilityLevel: levelDefault, ...effective }
      if (ask.query.defaultToGlobal === true) return whole
      if (own === undefined)
        throw refusal(40408, `Subject '${place.subject}' does not have subject-level compatibility configured`)
      // One client compares the level with the one that it wants, and gives up where there is none.
      return { compatibilityLevel: whole.compatibilityLevel, ...own }
    },
    set: async (ask: CsrAsk<ConfigBody>) => set(ask, await places.toChange(ask, ask.params.subject ?? '', 'update')),
    remove: async (ask: CsrAsk) => remove(ask, await places.toChange(ask, ask.params.subject ?? '', 'update')),
  }
}
