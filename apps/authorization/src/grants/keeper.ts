import type { Worker } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import { projectOf } from '../denials.ts'
import * as freezes from '../freezes/store.ts'
import { platform, source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { tell, unbind } from './elevation.ts'
import { dueRequests, lockRequest, setState } from './store.ts'

type KeeperParts = Pick<Parts, 'store' | 'policy' | 'clock' | 'logger'>

const everyMs = 10_000
/** A request that nobody decided in so long is nobody's any more. */
const pendingDays = 7
const dayMs = 86_400_000

/**
 * Notes what time has ended: granted access, requests that nobody decided, and change freezes. None of them gave or
 * withheld anything since that instant, as every gateway looks at the clock itself; this brings the state, the ledger
 * and those who watch up to it. Safe in several processes at once.
 */
export async function noteEnded(parts: KeeperParts): Promise<void> {
  const now = parts.clock.now()
  const due = await dueRequests(parts.store.db, now, new Date(now.getTime() - pendingDays * dayMs))
  for (const id of due) await expire(parts, id, now)
  if (await freezes.hasEndedFreezes(parts.store.db, now)) await dropEndedFreezes(parts, now)
}

const expire = (parts: KeeperParts, id: string, now: Date): Promise<void> =>
  changePolicy(
    parts,
    platform,
    async (tx) => {
      const request = await lockRequest(tx, id)
      const isGranted = request?.state === 'granted' && Date.parse(request.expiresAt ?? '') <= now.getTime()
      if (request === undefined || !(isGranted || request.state === 'pending')) return { edit: {}, result: undefined }
      const removeLinks = isGranted ? await unbind(tx, id) : []
      const expired = await setState(tx, id, 'expired')
      if (isGranted) await tell(tx, expired, 'ended', platform.subject)
      const { subject, role, domain, breakGlass, reason } = request
      await recordAudit(tx, source, platform, {
        action: 'access.expired',
        project: projectOf(domain),
        object: `access-request/${id}`,
        detail: { subject, role, domain, breakGlass, reason, was: request.state },
      })
      return { edit: { removeLinks }, result: undefined, summary: `access of ${subject} to ${role} ended` }
    },
    { exempt: true },
  )

const dropEndedFreezes = (parts: KeeperParts, now: Date): Promise<void> =>
  changePolicy(
    parts,
    platform,
    async (tx) => {
      const gone = await freezes.deleteEndedFreezes(tx, now)
      if (gone.length === 0) return { edit: {}, result: undefined }
      for (const freeze of gone) await noteEndOf(tx, freeze)
      const left = (await freezes.listFreezes(tx, now)).map(freezes.freezeOf)
      return { edit: { freezes: left }, result: undefined, summary: `${gone.length} change freeze(s) ended` }
    },
    { exempt: true },
  )

const noteEndOf = (tx: Tx, { id, domain, from, until, reason, createdBy }: freezes.FreezeRow) =>
  recordAudit(tx, source, platform, {
    action: 'freeze.ended',
    project: projectOf(domain),
    object: `freeze/${domain}`,
    detail: { id, domain, from, until, reason, createdBy },
  })

/** Notes every few seconds what time has ended. */
export function accessKeeper(parts: KeeperParts): Worker {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  const look = (): void => {
    running ??= noteEnded(parts)
      .catch((error: unknown) => parts.logger.warn({ err: error }, 'ended access could not be noted'))
      .finally(() => (running = undefined))
  }
  return {
    name: 'access-keeper',
    start() {
      timer = setInterval(look, everyMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
