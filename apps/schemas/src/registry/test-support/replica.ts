import { systemClock } from '@plinth/kernel'
import { openStore } from '@plinth/store'
import { quietLogger, testIdentity } from '@plinth/testkit'
import { admission } from '../../governance/admission.ts'
import { refusals } from '../../reviews/refusals.ts'
import { registration } from '../register.ts'

/** What a registration was answered: the content by its number, and what it got. */
export type Given = { content: number; subject: string; version: number; id: number }

const contentOf = (content: number): string =>
  JSON.stringify({ type: 'record', name: `Content${content}`, fields: [{ name: 'id', type: 'string' }] })

/** A registry on a database, as one replica has it: only who may do what is not asked. */
export async function replica(url: string) {
  const store = await openStore({
    url,
    migrations: new URL('../../db/migrations/', import.meta.url),
    applicationName: 'schemas',
    logger: quietLogger,
  })
  const mayRead = async (): Promise<void> => undefined
  const visible = async (): Promise<Set<string>> => new Set()
  const parts = { store, clock: systemClock, mayRead, visible, publicUrl: 'http://localhost:8080' }
  const register = registration({ ...parts, reviews: refusals(parts), admit: admission(parts) })
  const who = testIdentity('sa:payments/ledger')
  return {
    store,
    async register(content: number, subject: string): Promise<Given> {
      const wanted = { type: 'AVRO' as const, schema: contentOf(content) }
      const { version, id } = await register(who, { project: 'payments', subject }, wanted)
      return { content, subject, version, id }
    },
  }
}
