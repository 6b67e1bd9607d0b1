/**
 * What the decision log costs a decision, how fast telemetry sums a million decisions up, and how fast an exported
 * ledger is verified. One process, no network.
 *
 *   node tools/bench/audit.ts
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile, seedPolicy } from '@plinth/access'
import { systemClock } from '@plinth/kernel'
import {
  auditSigner, exportLines, genesis, hashOfCheckpoint, hashOfEntry, rootOfHeads, verifyExport,
} from '@plinth/kernel/audit' // prettier-ignore
import { quietLogger } from '@plinth/testkit'
import { decisionLog } from '../../apps/gateway/src/decisions/decision-log.ts'
import { queryDecisions, summarize } from '../../apps/telemetry/src/decisions/query.ts'
import { decisionsTable } from '../../apps/telemetry/src/decisions/table.ts'
import { openChdb } from '../../apps/telemetry/src/engine/chdb.ts'
import { duration, figure, median, printBars, printTable, writeResult } from './lib.ts'

const rounds = 15
const calls = 200_000

/** Microseconds of a call, the median of rounds. */
function timed(work: (index: number) => unknown): number {
  const samples = Array.from({ length: rounds }, () => {
    const began = performance.now()
    for (let index = 0; index < calls; index++) work(index)
    return ((performance.now() - began) * 1_000) / calls
  })
  return median(samples)
}

function recording(): { decide: number; both: number; record: number; bytes: number } {
  const { rules, links } = seedPolicy()
  const link = { subject: 'user:dev', role: 'role:developer', domain: 'payments' }
  const index = compile({ revision: 1, rules, links: [...links, link] })
  const bus = { publish: () => Promise.resolve(), ensureStream: () => Promise.resolve() }
  const decisions = decisionLog({ bus, clock: systemClock, logger: quietLogger, sampleEvery: 100 })
  const identity = { subject: 'user:dev', subjects: ['user:dev', 'group:payments/leads'] }
  const request = { id: 'req_01' }
  const asked = { action: 'get', object: 'project', domain: 'payments' }
  const decide = () => index.decide({ subjects: identity.subjects, ...asked })
  const decision = decide()
  const record = () =>
    decisions.record({ identity, asked, decision, operation: 'getProject', address: '127.0.0.1', request })
  timed(decide)
  timed(record)
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 10_000; index++) void record()
  const bytes = Math.max(0, process.memoryUsage().heapUsed - before) / 10_000
  const both = () =>
    decisions.record({ identity, asked, decision: decide(), operation: 'getProject', address: '127.0.0.1', request })
  return { decide: timed(decide), record: timed(record), both: timed(both), bytes }
}

async function summing(): Promise<{ summary: number; list: number; rows: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-bench-decisions-'))
  const engine = await openChdb(folder)
  await engine.run(decisionsTable)
  const rows = 1_000_000
  await engine.run(`INSERT INTO decisions (at, subject, subjects, action, object, domain, allowed, rule, reason, revision, operation, address, request_id, trace_id, weight)
SELECT now64(3) - toIntervalSecond(rand64(1) % 2500000), concat('user:', toString(rand64(2) % 500)), [concat('user:', toString(rand64(2) % 500)), 'group:developers'],
  ['get', 'list', 'deploy', 'update'][1 + rand64(3) % 4], concat('component/c', toString(rand64(4) % 20)), concat('project-', toString(rand64(5) % 50)), rand64(6) % 10 > 0,
  'p, role:developer, *, component, get, allow', 'allowed by p, role:developer, *, component, get, allow', 7, 'getComponent', '10.0.0.1', concat('req_', toString(number)), '', 1 + 99 * (rand64(7) % 2)
FROM numbers(${rows}) SETTINGS max_insert_threads = 1`)
  const took = async (work: () => Promise<unknown>): Promise<number> => {
    const samples: number[] = []
    for (let round = 0; round < 5; round++) {
      const began = performance.now()
      await work()
      samples.push((performance.now() - began) * 1_000)
    }
    return median(samples)
  }
  const summary = await took(() => summarize(engine, { days: 30, limit: 20_000 }, Date.now()))
  const list = await took(() => queryDecisions(engine, { since: '30d', subject: 'user:7' }, Date.now()))
  await engine.close()
  await rm(folder, { recursive: true })
  return { summary, list, rows }
}

/** Entries a second. */
async function verifying(): Promise<number> {
  const entries = 50_000
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const signer = auditSigner(pem)
  const lines = exportLines(signer)
  const keys = [signer.key]
  const at = '2026-11-23T10:00:00.000Z'
  const file = [lines.line({ header: { format: 'plinth-audit', version: 1, exportedAt: at, complete: true, keys } })]
  let [head, previous] = [genesis, genesis]
  for (let sequence = 1; sequence <= entries; sequence++) {
    const entry = {
      partition: 'payments', sequence, id: `evt_${sequence}`, source: 'gitops', actor: 'user:ana', action: 'component.create',
      project: 'payments', object: 'component/ledger', outcome: 'success', detail: { template: 'node-service', sequence },
      requestId: `req_${sequence}`, occurredAt: at,
    } // prettier-ignore
    head = hashOfEntry(head, entry)
    file.push(lines.line({ entry: { ...entry, hash: head } }))
    if (sequence % 1_000 > 0) continue
    const heads = [{ partition: 'payments', entries: sequence, head }]
    const statement = {
      sequence: sequence / 1_000,
      at,
      partitions: heads,
      entries: sequence,
      root: rootOfHeads(heads),
      previous,
    }
    const checkpoint = signer.sign(statement)
    previous = hashOfCheckpoint(checkpoint)
    file.push(lines.line({ checkpoint }))
  }
  file.push(lines.seal())
  const began = performance.now()
  const { valid } = await verifyExport(file)
  if (!valid) throw new Error('the export does not verify')
  return (entries * 1_000) / (performance.now() - began)
}

const cost = recording()
const sums = await summing()
const perSecond = await verifying()
printTable('Decision log and audit ledger', ['what', 'figure'], [
  ['record(), an ordinary allow', duration(cost.record)],
  ['heap a record()', `${figure(cost.bytes)} bytes`],
  ['decide() alone', duration(cost.decide)],
  ['decide() and record()', duration(cost.both)],
  [`summary of ${figure(sums.rows)} decisions, 20,000 groups`, duration(sums.summary)],
  ['list of one subject, 30 days', duration(sums.list)],
  ['entries verified a second', figure(perSecond)],
]) // prettier-ignore
printBars([
  { what: 'record()', bar: '< 1 us', measured: duration(cost.record), met: cost.record < 1 },
  { what: 'summary of 1 M', bar: '< 2 s', measured: duration(sums.summary), met: sums.summary < 2_000_000 },
])
writeResult('audit', { cost, sums, perSecond })
