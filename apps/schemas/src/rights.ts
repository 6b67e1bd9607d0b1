import { withinScopes } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { decide, failure } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { recordAudit, type Store } from '@plinth/store'
import type { SubjectPlace } from './registry/subject-name.ts'

export type SchemaAction = 'get' | 'list' | 'create' | 'update' | 'delete'
export type Asked = { action: SchemaAction; object: string; domain: string }

type Parts = { bus: Pick<Bus, 'ask'>; store: Pick<Store, 'transaction'>; clock: Clock }
type Known = { allowed: boolean; reason: string; untilMs: number }

/** A right that was taken away is noticed within this. */
const keptMs = 1_000
const knownMax = 20_000
const questionsMax = 500

export const onSubject = (action: SchemaAction, { project, subject }: SubjectPlace): Asked => ({
  action,
  object: `schema/${subject}`,
  domain: project,
})

/** What a caller may do with schemas, where no route's declaration can say it; decided by authorization, kept for a second. */
export function callerRights({ bus, store, clock }: Parts) {
  const known = new Map<string, Known>()

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

  /** Asks for all that is not known; answers in order, with whether each was decided just now. */
  async function decisions(who: Identity, asked: readonly Asked[]): Promise<(Known & { isFresh: boolean })[]> {
    const answers = asked.map((question) => {
      const found = remembered(keyOf(who, question))
      return found && { ...found, isFresh: false }
    })
    const open = asked.flatMap((question, index) => (answers[index] === undefined ? [{ question, index }] : []))
    const from = { subjects: [...who.subjects], ...(who.address !== undefined && { address: who.address }) }
    for (let start = 0; start < open.length; start += questionsMax) {
      const chunk = open.slice(start, start + questionsMax)
      const { decisions: decided } = await bus.ask(decide, {
        questions: chunk.map(({ question }) => ({ ...from, ...question })),
      })
      for (const [at, { question, index }] of chunk.entries()) {
        const inScope = withinScopes(who.scopes, question)
        const { allowed = false, reason = '' } = decided[at] ?? {}
        const fresh: Known = {
          allowed: allowed && inScope,
          reason: inScope ? reason : 'the token is narrowed to other scopes',
          untilMs: clock.monotonicMs() + keptMs,
        }
        remember(keyOf(who, question), fresh)
        answers[index] = { ...fresh, isFresh: true }
      }
    }
    return answers.map((answer) => answer ?? { allowed: false, reason: '', untilMs: 0, isFresh: false })
  }

  /** Throws `gateway.permission_denied`, and notes that in the ledger, unless the caller may. */
  async function require(who: Identity, asked: Asked): Promise<void> {
    if (remembered(keyOf(who, asked))?.allowed === true) return
    const [decided] = await decisions(who, [asked])
    if (decided?.allowed === true) return
    if (decided?.isFresh !== false) {
      await store.transaction((tx) =>
        recordAudit(tx, 'schemas', who, {
          action: `schema.${asked.action}`,
          project: asked.domain === '*' ? 'platform' : asked.domain,
          object: asked.object,
          outcome: 'denied',
          detail: { reason: decided?.reason ?? '' },
        }),
      )
    }
    const where = asked.domain === '*' ? 'the platform' : asked.domain
    throw failure('gateway.permission_denied', {
      detail: `You may not ${asked.action} ${asked.object} in ${where}: ${decided?.reason ?? ''}.`,
      extensions: { required: asked },
    })
  }

  return {
    require,
    mayRead: (who: Identity, place: SubjectPlace): Promise<void> => require(who, onSubject('get', place)),
    /** Of these, what is allowed; without any note where it is not. */
    allowed: async (who: Identity, asked: readonly Asked[]): Promise<boolean[]> =>
      (await decisions(who, asked)).map(({ allowed }) => allowed),
    /** Whether it is known to be allowed just now, without waiting for anybody. */
    isKnownAllowed: (who: Identity, asked: Asked): boolean => remembered(keyOf(who, asked))?.allowed === true,
  }
}

export type CallerRights = ReturnType<typeof callerRights>
