import { generateKeyPairSync } from 'node:crypto'
import type { Clock } from '@plinth/kernel'
import type { Sealing } from '@plinth/kernel/sealing'
import { auditSigner, type AuditSigner, type LedgerKey } from '@plinth/kernel/audit'
import { rows, sql, type Executor, type Store } from '@plinth/store'

/** Advisory lock of whoever makes a key, a checkpoint or a base: `audi` in ASCII. */
export const ledgerLock = 0x61756469

const purposeOf = (keyId: string): string => `audit-key ${keyId}`

/** The key that signs checkpoints, made at the first start. Of several processes one makes it, and all use it. */
export async function openAuditSigner(
  store: Pick<Store, 'transaction'>,
  sealing: Sealing,
  clock: Clock,
): Promise<AuditSigner> {
  return store.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${ledgerLock})`)
    const [kept] = await rows<{ keyId: string; sealed: string }>(
      tx,
      sql`select key_id as "keyId", private_key as sealed from audit_keys where private_key is not null
        order by created_at desc, key_id limit 1`,
    )
    if (kept !== undefined) return auditSigner(sealing.open(purposeOf(kept.keyId), kept.sealed))
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const signer = auditSigner(pem)
    const { keyId, publicKeyPem } = signer.key
    await tx.execute(sql`insert into audit_keys (key_id, public_key, private_key, created_at)
      values (${keyId}, ${publicKeyPem}, ${sealing.seal(purposeOf(keyId), pem)}, ${clock.now().toISOString()})`)
    return signer
  })
}

/** All that ever signed, oldest first. */
export const listAuditKeys = (executor: Executor): Promise<LedgerKey[]> =>
  rows<LedgerKey>(
    executor,
    sql`select key_id as "keyId", public_key as "publicKeyPem" from audit_keys order by created_at, key_id`,
  )
