import { gateOverridden, type GateVerdict as GateVerdictSchema } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Executor, type Store, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import type { Visible } from '../impact/visible.ts'
import { conceal } from './conceal.ts'
import type { Surroundings } from './governed.ts'
import { judgeUse } from './judge-use.ts'
import { activeOverrides, countUse } from './override-store.ts'
import { placeOf, type Reason } from './pairs.ts'
import * as deployed from './store.ts'
import type { Use } from './store.ts'

export type Candidate = { project: string; environment: string; component: string; produces: Use[]; consumes: Use[] }
type Told = Candidate & { deployment: string; removed: boolean; owner?: string; replicas?: number }
export type GateVerdict = Static<typeof GateVerdictSchema>
type Override = Exclude<GateVerdict['override'], undefined>

const reasonsMax = 50
const system = 'system:schemas'

/** A subject without a project is one of the component's own project. */
const qualified = (project: string, uses: readonly Use[]): Use[] =>
  uses.map(({ subject, version }) => ({ subject: subject.includes('/') ? subject : `${project}/${subject}`, version }))

async function reasonsFor(db: Executor, around: Surroundings, candidate: Candidate): Promise<Reason[]> {
  const { project, environment } = candidate
  const component = `${project}/${candidate.component}`
  const reasons: Reason[] = []
  for (const side of ['produces', 'consumes'] as const)
    for (const use of qualified(project, candidate[side]))
      reasons.push(...(await judgeUse(db, around, { environment, use, side, component })))
  return reasons
}

/** An exception lets through what it was granted for: the component, or only where one subject is the reason. */
async function excepted(
  db: Executor,
  candidate: Candidate,
  reasons: readonly Reason[],
  at: Date,
): Promise<GateVerdict> {
  const shown = reasons.slice(0, reasonsMax)
  if (reasons.length === 0) return { allowed: true, reasons: shown }
  const overrides = await activeOverrides(db, candidate, at)
  const covers = (granted: string | null, { subject }: Reason): boolean =>
    granted === null || `${candidate.project}/${granted}` === subject
  const isAllowed = reasons.every((reason) => overrides.some(({ subject }) => covers(subject, reason)))
  const [first] = overrides
  if (!isAllowed || first === undefined) return { allowed: false, reasons: shown }
  const { id, reason, by, expiresAt } = first
  return { allowed: true, reasons: shown, override: { id, reason, by, expiresAt } }
}

export type GateParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  around: Surroundings
  visible: Visible
}

/** Whether what a component would write and read fits what is deployed in environments of that name. */
const check = async ({ store, clock, around }: GateParts, candidate: Candidate): Promise<GateVerdict> =>
  excepted(store.db, candidate, await reasonsFor(store.db, around, candidate), clock.now())

/** The same for a person: of projects that he may not see he learns that they are in the way, and nothing else. */
async function checkFor(parts: GateParts, who: Identity, candidate: Candidate): Promise<GateVerdict> {
  const uses = qualified(candidate.project, [...candidate.produces, ...candidate.consumes])
  const strange = deployed.projectsOf(uses).filter((project) => project !== candidate.project)
  const mayAsk = await parts.visible(who, strange)
  const isHidden = ({ subject }: Use): boolean =>
    strange.includes(placeOf({ subject }).project) && !mayAsk.has(placeOf({ subject }).project)
  const known = (side: readonly Use[]): Use[] => qualified(candidate.project, side).filter((use) => !isHidden(use))
  const verdict = await check(parts, {
    ...candidate,
    produces: known(candidate.produces),
    consumes: known(candidate.consumes),
  })
  const hidden = uses.filter(isHidden).map((use) => ({
    ...use,
    path: '',
    rule: 'SUBJECT_HIDDEN',
    message: `There is no ${use.subject} that you may see, so you can't be told whether version ${use.version} fits`,
    consumers: [],
  }))
  const reasons = [...hidden, ...(await conceal(parts.visible, who, candidate.project, verdict.reasons))]
  return { ...verdict, allowed: verdict.allowed && hidden.length === 0, reasons: reasons.slice(0, reasonsMax) }
}

/** That an exception was needed: counted, in the ledger, and told. */
async function noteUse(tx: Tx, { project, environment, component, deployment }: Told, used: Override): Promise<void> {
  await countUse(tx, used.id)
  const { id, reason, expiresAt, by } = used
  await recordAudit(
    tx,
    'schemas',
    { subject: system },
    {
      action: 'gate.override-used',
      project,
      object: `gate/${component}`,
      detail: { environment, deployment, override: id, grantedBy: by, reason },
    },
  )
  await appendEvent(tx, gateOverridden, {
    project,
    entity: id,
    actor: system,
    data: {
      project,
      environment,
      component,
      override: id,
      change: 'used',
      reason,
      expiresAt,
      deployment,
      actor: by,
    },
  })
}

/** What runs there from now on. Where only an exception let it through, that is told once, loudly. */
async function record(parts: GateParts, told: Told): Promise<void> {
  const { store, clock } = parts
  const { removed, deployment, owner, replicas, ...candidate } = told
  const { project, environment, component } = candidate
  const before = await deployed.findDeployed(store.db, candidate)
  const isNew = before?.deployment !== deployment
  const used = removed || !isNew ? undefined : (await check(parts, candidate)).override
  await store.transaction(async (tx) => {
    if (removed) return deployed.forget(tx, project, environment, component)
    const produces = qualified(project, candidate.produces)
    const consumes = qualified(project, candidate.consumes)
    const kept = { owner: owner ?? before?.owner ?? null, replicas: replicas ?? before?.replicas ?? 1 }
    await deployed.record(tx, { project, environment, component, deployment, produces, consumes, ...kept }, clock.now())
    if (used !== undefined) await noteUse(tx, told, used)
    return undefined
  })
}

export function gateUseCases(parts: GateParts) {
  const { db } = parts.store
  return {
    check: (candidate: Candidate) => check(parts, candidate),
    checkFor: (who: Identity, candidate: Candidate) => checkFor(parts, who, candidate),
    record: (told: Told) => record(parts, told),

    list: async (project: string, environment: string) => ({
      items: (await deployed.listDeployed(db, project, environment)).map(({ owner, ...row }) => ({
        ...row,
        ...(owner !== null && { owner }),
      })),
    }),
  }
}

export type GateUseCases = ReturnType<typeof gateUseCases>
