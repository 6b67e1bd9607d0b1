import { ruleText, type Decision } from '@plinth/access'
import {
  auditRecorded, decisionsRecorded, subjectOf, type CloudEvent, type EventData, type EventSpec,
} from '@plinth/contracts' // prettier-ignore
import { newId, type Identity, type OutgoingEvent } from '@plinth/kernel'
import type { Asked } from '../policy/guard.ts'
import { kindOf } from './kind-of.ts'

/** A decision as it is kept until it is sent: references to what there is anyway. */
export type Kept = {
  atMs: number
  identity: Pick<Identity, 'subject' | 'subjects'>
  asked: Asked
  decision: Decision
  allowed: boolean
  reason: string
  operation: string
  address: string
  requestId: string
  traceparent: string | undefined
  weight: number
}

type Item = EventData<typeof decisionsRecorded>['items'][number]

const audit = auditRecorded('gateway')
const itemsMax = 1_000
/** Far below what a message may hold; a caller with thousands of groups makes the batch shorter. */
const charactersMax = 2_000_000
const subjectsMax = 1_000

/** The events that tell of the first decisions of a list, and how many those are: a batch for the log, and an audit entry for each denial. */
export function eventsOf(kept: readonly Kept[], instance: string): { count: number; events: OutgoingEvent[] } {
  const items: Item[] = []
  let characters = 0
  for (const one of kept.slice(0, itemsMax)) {
    if (characters > charactersMax) break
    const item = itemOf(one)
    characters += 500 + item.subjects.reduce((sum, subject) => sum + subject.length, 0)
    items.push(item)
  }
  const batch = eventOf(decisionsRecorded, { project: 'platform', entity: instance, data: { instance, items } })
  const denials = kept.slice(0, items.length).filter(({ allowed }) => !allowed)
  return { count: items.length, events: [batch, ...denials.map(auditEvent)] }
}

function itemOf(kept: Kept): Item {
  const { identity, asked, decision, traceparent, address, operation, requestId, weight, allowed, reason } = kept
  const traceId = traceparent?.split('-')[1]
  return {
    at: new Date(kept.atMs).toISOString(),
    subject: identity.subject,
    subjects: identity.subjects.slice(0, subjectsMax),
    ...asked,
    allowed,
    ...(decision.rule !== undefined && { rule: ruleText(decision.rule) }),
    reason,
    revision: decision.revision,
    operation,
    ...(address !== '' && { address }),
    requestId,
    ...(traceId !== undefined && { traceId }),
    weight,
  }
}

function auditEvent({ atMs, identity, asked, reason, operation, requestId, address }: Kept): OutgoingEvent {
  const project = asked.domain === '*' ? 'platform' : (asked.domain.split('/')[0] ?? 'platform')
  const data: EventData<typeof audit> = {
    actor: identity.subject,
    action: `${kindOf(asked.object)}.${asked.action}`,
    project,
    object: asked.object,
    outcome: 'denied',
    detail: { domain: asked.domain, reason, operation, ...(address !== '' && { address }) },
    requestId,
    occurredAt: new Date(atMs).toISOString(),
  }
  return eventOf(audit, { project, entity: asked.object, actor: identity.subject, data })
}

type Facts = { project: string; entity: string; actor?: string; data: unknown }

function eventOf(spec: EventSpec, { project, entity, actor, data }: Facts): OutgoingEvent {
  const id = newId('evt')
  const event: CloudEvent = {
    specversion: '1.0',
    id,
    source: '/plinth/gateway',
    type: spec.type,
    time: new Date().toISOString(),
    subject: entity,
    datacontenttype: 'application/json',
    plinthproject: project,
    ...(actor !== undefined && { plinthactor: actor }),
    data,
  }
  return { id, key: id, subject: subjectOf(spec.type, project, entity), body: JSON.stringify(event) }
}
