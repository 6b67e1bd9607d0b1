import { withinScopes } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { decide, failure } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { recordAudit, type Store } from '@plinth/store'
import { inBatches } from './registry/in-batches.ts'
import type { SubjectPlace } from './registry/subject-name.ts'

export type SchemaAction = 'get' | 'list' | 'create' | 'update' | 'delete' | 'approve'
export type Asked = { action: SchemaAction; object: string; domain: string }

type Parts = { bus: Pick<Bus, 'ask'>; store: Pick<Store, 'transaction'>; clock: Clock }
type Question = Asked & { subjects: string[]; address?: string }
type Known = { allowed: boolean; reason: string; untilMs: number }

/** A right that was taken away is noticed within this. */
const keptMs = 1_000
/** What is still in use so shortly before its end is asked for again, so that nobody who asks often ever waits. */
const renewedMs = 300
const knownMax = 20_000
const questionsMax = 500

export const onSubject = (action: SchemaAction, { project, subject }: SubjectPlace): Asked => ({
  action,
  object: `schema/${subject}`,
  domain: project,
})

/** Decisions of authorization, kept for a second; questions of one moment go together, and the same one only once. */
function keptDecisions({ bus, clock }: Pick<Parts, 'bus' | 'clock'>) {
  const known = new Map<string, Known>()
  /** Questions that are under way, for those who ask the same meanwhile. */
  const open = new Map<string, Promise<Known>>()

  const keyOf = (who: Identity, { action, object, domain }: Asked): string =>
    `${who.credentialId}\n${who.subject}\n${who.address ?? ''}\n${action}\n${object}\n${domain}`

  const remembered = (key: string): Known | undefined => {
    const found = known.get(key)
    return found !== undefined && found.untilMs > clock.monotonicMs() ? found : undefined
  }

  const remember = (key: string, fresh: Known): void => {
    if (known.size >= knownMax) known.clear()
    known.set(key, fresh)
  }

  const decided = inBatches(async (questions: readonly Question[]) => {
    const { decisions } = await bus.ask(decide, { questions: [...questions] })
    return questions.map((_question, index) => decisions[index] ?? { allowed: false, reason: '' })
  }, questionsMax)

  async function ask(who: Identity, asked: Asked, key: string): Promise<Known> {
    const { subjects, address, scopes } = who
    const question = { subjects: [...subjects], ...(address !== undefined && { address }), ...asked }
    const askedAtMs = clock.monotonicMs()
    const { allowed, reason } = await decided(question)
    const inScope = withinScopes(scopes, asked)
    const fresh: Known = {
      allowed: allowed && inScope,
      reason: inScope ? reason : 'the token is narrowed to other scopes',
      untilMs: askedAtMs + keptMs,
    }
    remember(key, fresh)
    return fresh
  }

  /** Whether each is allowed, in order, and whether that was asked for by this very call. */
  function decisions(who: Identity, asked: readonly Asked[]): Promise<(Known & { isFresh: boolean })[]> {
    return Promise.all(
      asked.map(async (one) => {
        const key = keyOf(who, one)
        const found = remembered(key) ?? open.get(key)
        if (found !== undefined) return { ...(await found), isFresh: false }
        return { ...(await begin(who, one, key)), isFresh: true }
      }),
    )
  }

  function begin(who: Identity, asked: Asked, key: string): Promise<Known> {
    const asking = ask(who, asked, key).finally(() => open.delete(key))
    open.set(key, asking)
    return asking
  }

  function isKnownAllowed(who: Identity, asked: Asked): boolean {
    const key = keyOf(who, asked)
    const found = remembered(key)
    if (found?.allowed !== true) return false
    // Where that fails, who needs it next asks once more, and is told.
    if (found.untilMs - clock.monotonicMs() < renewedMs && !open.has(key)) begin(who, asked, key).catch(() => undefined)
    return true
  }

  return {
    decisions,
    /** Whether it is known to be allowed just now, without waiting for anybody. */
    isKnownAllowed,
  }
}

/** What a caller may do with schemas, where no route's declaration can say it; decided by authorization, kept for a second. */
export function callerRights({ bus, store, clock }: Parts) {
  const { decisions, isKnownAllowed } = keptDecisions({ bus, clock })

  /** Throws `gateway.permission_denied`, and notes that in the ledger, unless the caller may. */
  async function require(who: Identity, asked: Asked): Promise<void> {
    if (isKnownAllowed(who, asked)) return
    const [decision] = await decisions(who, [asked])
    if (decision?.allowed === true) return
    if (decision?.isFresh !== false) {
      await store.transaction((tx) =>
        recordAudit(tx, 'schemas', who, {
          action: `schema.${asked.action}`,
          project: asked.domain === '*' ? 'platform' : asked.domain,
          object: asked.object,
          outcome: 'denied',
          detail: { reason: decision?.reason ?? '' },
        }),
      )
    }
    const where = asked.domain === '*' ? 'the platform' : asked.domain
    throw failure('gateway.permission_denied', {
      detail: `You may not ${asked.action} ${asked.object} in ${where}: ${decision?.reason ?? ''}.`,
      extensions: { required: asked },
    })
  }

  return {
    require,
    mayRead: (who: Identity, place: SubjectPlace): Promise<void> => require(who, onSubject('get', place)),
    /** Of these, what is allowed; without any note where it is not. */
    allowed: async (who: Identity, asked: readonly Asked[]): Promise<boolean[]> =>
      (await decisions(who, asked)).map(({ allowed }) => allowed),
    isKnownAllowed,
  }
}

export type CallerRights = ReturnType<typeof callerRights>
