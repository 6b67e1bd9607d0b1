import {
  administratorsGroup, runnersGroup, seedAdditions, seededRoles, seedGeneration, seedPolicy, workloadsGroup,
} from '@plinth/access' // prettier-ignore
import { policyChanged } from '@plinth/contracts'
import { appendEvent, recordAudit, rows, sql, type Tx } from '@plinth/store'
import { insertBindings } from './bindings/store.ts'
import type { Config } from './config.ts'
import { insertGroup, insertMember } from './groups/store.ts'
import { platform, source, type Parts } from './parts.ts'
import { changePolicy } from './policy/change.ts'
import { startHistory } from './policy/history.ts'
import { insertRoles, insertRules, lockRevision, setRevision } from './policy/store.ts'
import { registerToken } from './tokens/usecases.ts'
import { countUsers, insertUser } from './users/store.ts'

const yearMs = 366 * 86_400_000

const seededGroups = [
  { name: administratorsGroup, description: 'May do everything, everywhere' },
  { name: runnersGroup, description: 'The machines that execute jobs and host workloads' },
  { name: workloadsGroup, description: 'What runs on the platform, for its telemetry' },
]

/** What has to be there before the first request: the seeded policy, an administrator, the runner's token. Repeatable. */
export async function prepare(
  parts: Pick<Parts, 'store' | 'policy' | 'clock' | 'passwords' | 'logger'>,
  config: Pick<Config, 'adminUsername' | 'adminPassword' | 'runnerToken'>,
): Promise<void> {
  await seed(parts)
  await startHistory(parts)
  await growSeed(parts)
  await createAdministrator(parts, config)
  if (config.runnerToken === '') return
  await parts.store.transaction((tx) => {
    const now = parts.clock.now()
    return registerToken(tx, config.runnerToken, {
      purpose: 'runner:local',
      subject: 'sa:platform/runner',
      groups: [runnersGroup],
      now,
      // Renewed at every start; a process that runs for ten years has other worries.
      expiresAt: new Date(now.getTime() + 10 * yearMs),
    })
  })
}

/** All of the first policy or nothing; a later start finds its revision and leaves what administrators made of it. */
async function seed({ store, clock }: Pick<Parts, 'store' | 'clock'>): Promise<void> {
  await store.transaction(async (tx) => {
    if ((await lockRevision(tx)) > 0) return
    const now = clock.now()
    const { revision, rules, links } = seedPolicy()
    await insertRoles(tx, seededRoles)
    for (const { name, description } of seededGroups)
      await insertGroup(tx, { name: name.slice('group:'.length), description, createdAt: now })
    await insertRules(tx, rules, platform.subject, now)
    await insertBindings(tx, links, platform.subject, now)
    await setRevision(tx, revision)
    await setGeneration(tx)
    await appendEvent(tx, policyChanged, { project: 'platform', entity: 'policy', data: { revision } })
    await recordAudit(tx, source, platform, {
      action: 'policy.seed',
      project: 'platform',
      object: 'policy',
      detail: { rules: rules.length, bindings: links.length },
    })
  })
}

/**
 * What roles have got since this platform was seeded. Only once: what an administrator takes away again stays away, and
 * a role that he has emptied stays empty.
 */
async function growSeed(parts: Pick<Parts, 'store' | 'policy' | 'clock'>): Promise<void> {
  await changePolicy(
    parts,
    platform,
    async (tx, index) => {
      const [known] = await rows<{ generation: number }>(tx, sql`select generation from policy_seed for update`)
      await setGeneration(tx)
      const living = new Set(index.policySet().rules.map(({ subject }) => subject))
      const wanted = seedAdditions(known?.generation ?? seedGeneration).filter(({ subject }) => living.has(subject))
      const added = await insertRules(tx, wanted, platform.subject, parts.clock.now())
      const addRules = added.map(({ subject, domain, object, action, effect }) => ({
        subject,
        domain,
        object,
        action,
        effect,
      }))
      if (addRules.length > 0) {
        const detail = { rules: addRules.length, generation: seedGeneration }
        await recordAudit(tx, source, platform, {
          action: 'policy.seed',
          project: 'platform',
          object: 'policy',
          detail,
        })
      }
      return { edit: { addRules }, result: null, summary: 'what roles have by default' }
    },
    { exempt: true },
  )
}

const setGeneration = (tx: Tx) =>
  tx.execute(sql`update policy_seed set generation = greatest(generation, ${seedGeneration})`)

/** Only while nobody is there: later the password is the administrator's own affair. */
async function createAdministrator(
  parts: Pick<Parts, 'store' | 'policy' | 'clock' | 'passwords' | 'logger'>,
  { adminUsername: username, adminPassword }: Pick<Config, 'adminUsername' | 'adminPassword'>,
): Promise<void> {
  if ((await countUsers(parts.store.db)) > 0) return
  if (adminPassword === '') {
    parts.logger.warn({}, 'there are no users, and PLINTH_ADMIN_PASSWORD is not set: nobody can sign in')
    return
  }
  const passwordHash = await parts.passwords.hash(adminPassword)
  const group = administratorsGroup.slice('group:'.length)
  await changePolicy(parts, platform, async (tx) => {
    // Asked again now that the policy is locked: two processes may start at once.
    if ((await countUsers(tx)) > 0) return { edit: {}, result: null }
    await insertUser(tx, { username, displayName: 'Administrator', passwordHash, createdAt: parts.clock.now() })
    await insertMember(tx, group, username)
    await recordAudit(tx, source, platform, {
      action: 'user.create',
      project: 'platform',
      object: `user/${username}`,
      detail: { groups: [group] },
    })
    const link = { subject: `user:${username}`, role: administratorsGroup, domain: '*' }
    return { edit: { addLinks: [link] }, result: null }
  })
}
