import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type KeyUse = 'access' | 'identity'
export type KeyState = 'next' | 'active' | 'retiring'
export type KeyRow = {
  kid: string
  use: KeyUse
  state: KeyState
  publicKey: string
  createdAt: string
  signsFrom: string | null
  verifiesUntil: string | null
}

const columns = sql`kid, use, state, public_key as "publicKey", ${isoTime(sql`created_at`)} as "createdAt",
  ${isoTime(sql`signs_from`)} as "signsFrom", ${isoTime(sql`verifies_until`)} as "verifiesUntil"`

/** Until this transaction ends nobody else rotates. */
export const lockKeys = (tx: Tx) => tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('signing keys', 0))`)

/** All that verify now, those that will sign first. */
export const listKeys = (executor: Executor, now: Date): Promise<KeyRow[]> =>
  rows<KeyRow>(
    executor,
    sql`select ${columns} from signing_keys
      where verifies_until is null or verifies_until > ${now.toISOString()}::timestamptz
      order by use, array_position(array['next', 'active', 'retiring'], state), created_at desc`,
  )

export async function findKey(executor: Executor, use: KeyUse, state: 'next' | 'active') {
  const [row] = await rows<{ kid: string; privateKey: string; signsFrom: string | null }>(
    executor,
    sql`select kid, private_key as "privateKey", ${isoTime(sql`signs_from`)} as "signsFrom"
      from signing_keys where use = ${use} and state = ${state}`,
  )
  return row
}

export type NewKey = { kid: string; use: KeyUse; publicKey: string; privateKey: string }

export const insertKey = (tx: Tx, key: NewKey, state: 'next' | 'active', now: Date) =>
  tx.execute(sql`insert into signing_keys (kid, use, state, public_key, private_key, created_at, signs_from)
    values (${key.kid}, ${key.use}, ${state}, ${key.publicKey}, ${key.privateKey},
      ${now.toISOString()}::timestamptz, ${state === 'active' ? now.toISOString() : null}::timestamptz)`)

export const retire = (tx: Tx, kid: string, verifiesUntil: Date) =>
  tx.execute(sql`update signing_keys set state = 'retiring', private_key = null,
    verifies_until = ${verifiesUntil.toISOString()}::timestamptz where kid = ${kid}`)

export const activate = (tx: Tx, kid: string, now: Date) =>
  tx.execute(sql`update signing_keys set state = 'active', signs_from = ${now.toISOString()}::timestamptz
    where kid = ${kid}`)

export const forgetRetired = (executor: Executor, now: Date) =>
  executor.execute(sql`delete from signing_keys where verifies_until <= ${now.toISOString()}::timestamptz`)
