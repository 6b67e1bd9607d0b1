import { createHash } from 'node:crypto'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { canonicalJson, legacyPartition } from '@plinth/kernel/audit'
import { openStore, sql } from '@plinth/store'
import { quietLogger, testPostgres } from '@plinth/testkit'
import { expect, test } from 'vitest'
import { verifyLedger } from './verify.ts'

const migrations = new URL('../db/migrations/', import.meta.url)

test('a ledger from before there were partitions stays what it was, and verifies by its old rule', async () => {
  const database = await testPostgres()
  const before = await mkdtemp(join(tmpdir(), 'plinth-migrations-'))
  const old = (await readdir(migrations)).filter((name) => name < '0006')
  for (const name of old) await copyFile(join(fileURLToPath(migrations), name), join(before, name))
  const open = (folder: URL) =>
    openStore({ url: database.url, migrations: folder, applicationName: 'test', logger: quietLogger })
  const first = await open(pathToFileURL(`${before}/`))
  let hash = '0'.repeat(64)
  for (let sequence = 1; sequence <= 5; sequence++) {
    const entry = {
      sequence, id: `evt_${sequence}`, source: 'gitops', actor: 'user:ana', action: 'a.b', project: 'legacy', object: 'x/y',
      outcome: 'success', occurredAt: '2026-11-01T10:00:00.000Z', detail: { sequence },
    } // prettier-ignore
    hash = createHash('sha256').update(hash).update(canonicalJson(entry)).digest('hex')
    await first.db.execute(sql`insert into audit_entries
      (sequence, id, source, actor, action, project, object, outcome, detail, occurred_at, hash)
      values (${sequence}, ${entry.id}, 'gitops', 'user:ana', 'a.b', 'legacy', 'x/y', 'success',
        ${canonicalJson(entry.detail)}, ${entry.occurredAt}, ${hash})`)
  }
  await first.db.execute(sql`update audit_head set sequence = 5, hash = ${hash}`)
  await first.close()
  const { db, close } = await open(migrations)
  const signal = new AbortController().signal
  expect(await verifyLedger(db, signal)).toMatchObject({ valid: true, entries: 5, partitions: 1 })
  await db.execute(sql`alter table audit_entries disable trigger user`)
  await db.execute(sql`update audit_entries set actor = 'user:eve' where sequence = 3`)
  expect(await verifyLedger(db, signal)).toMatchObject({
    valid: false, problem: { kind: 'edited', partition: legacyPartition, sequence: 3 },
  }) // prettier-ignore
  await close()
  await database.drop()
  await rm(before, { recursive: true })
})
