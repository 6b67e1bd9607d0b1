/**
 * The registry under load: schemas by id, registration, listings, compatibility checks, memory. The service is a process
 * of its own, PostgreSQL (which writes to the disk before it says so) and a gateway too; the load is wrk on the second
 * processor. Needs wrk.
 *
 *   node tools/bench/schemas.ts [rounds] [seconds]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { has, runWrk, type Loaded } from './gateway-load.ts'
import { duration, figure, printBars, printTable, spread, writeResult, type Spread } from './lib.ts'
import { checksOfLibraries, checkFields } from './schemas-checks.ts'
import { registryStage, type RegistryStage } from './schemas-stage.ts'
import { avroOrder, avroWide, hole, nextOrder, readScript, registerScript } from './schemas-texts.ts'

const [rounds = 3, seconds = 8] = process.argv.slice(2).map(Number)
const connections = 100
const schemasRead = 1_000
const subjectsListed = 50_000
const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-wrk-'))

type Load = { url: string; headers: () => Record<string, string>; script: (run: number) => string; warm: boolean }

/** The middle one of some runs, by its rate; failures are counted over all. */
async function loaded({ url, headers, script, warm }: Load): Promise<Loaded> {
  const file = join(folder, 'load.lua')
  const once = (run: number, length: number): Promise<Loaded> => {
    writeFileSync(file, script(run))
    const given = Object.entries(headers()).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
    return runWrk(connections, length, [...given, '-s', file, url])
  }
  if (warm) await once(0, 4)
  const runs: Loaded[] = []
  for (let run = 1; run <= rounds; run++) runs.push(await once(run, seconds))
  const middle = runs.toSorted((a, b) => a.rps - b.rps)[Math.floor(runs.length / 2)]
  if (middle === undefined) throw new Error('nothing was run')
  return { ...middle, failed: runs.reduce((sum, { failed }) => sum + failed, 0) }
}

async function ask(stage: RegistryStage, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${stage.serviceUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...stage.identity(), ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

/** By id, of a thousand schemas in turn: at the service, and through the gateway by basic authentication. */
async function reading(stage: RegistryStage): Promise<{ direct: Loaded; through: Loaded }> {
  const ids: number[] = []
  for (let at = 1; at <= schemasRead; at++) {
    const made = await ask(stage, `/schema-registry/subjects/a-${at}/versions`, { schema: avroOrder(`A${at}`) })
    ids.push((made as { id: number }).id)
  }
  const script = () => readScript(ids)
  stage.pinService(true)
  const direct = await loaded({ url: stage.serviceUrl, headers: stage.identity, script, warm: true })
  stage.pinService(false)
  const through = await loaded({ url: stage.gatewayUrl, headers: () => stage.credential, script, warm: true })
  return { direct, through }
}

/** Of schemas that nobody knows, in subjects of their own and as next versions of a hundred; and of such as are there. */
async function registering(stage: RegistryStage): Promise<{ first: Loaded; next: Loaded; again: Loaded }> {
  const load = { url: stage.serviceUrl, headers: stage.identity, warm: false }
  // Each run of wrk begins to count anew, so each has names of its own.
  const first = await loaded({
    ...load,
    script: (run) => registerScript({ schema: avroOrder(`R${run}x${hole}`), subject: `"r-${run}-" .. n` }),
  })
  const next = await loaded({
    ...load,
    script: (run) => registerScript({ schema: nextOrder(`${run} ${hole}`), subject: '"next-" .. (n % 100)' }),
  })
  const same = { schema: avroOrder(`A${hole}`), subject: '"a-" .. n', again: schemasRead }
  const again = await loaded({ ...load, script: () => registerScript(same), warm: true })
  return { first, next, again }
}

/** Times of all pages, in microseconds. */
async function pages(count: number, page: (at: number) => Promise<unknown>): Promise<Spread> {
  const times: number[] = []
  for (let at = 0; at < count; at++) {
    const began = performance.now()
    await page(at)
    times.push((performance.now() - began) * 1_000)
  }
  return spread(times)
}

async function listing(stage: RegistryStage): Promise<{ names: Spread; schemas: Spread; native: Spread }> {
  const of = "'payments', 'listed-' || lpad(g::text, 6, '0')"
  await stage.database.query(`insert into subjects (project, name, type, latest_version, updated_at)
    select ${of}, 'AVRO', 1, now() from generate_series(1, ${subjectsListed}) g`)
  await stage.database.query(`insert into schemas (project, id, kind, body, fingerprint, guid, created_at)
    select 'payments', 1000000000 + g, 'AVRO', '{"type":"record","name":"L' || g || '","fields":[{"name":"id","type":"string"}]}',
      'bench-' || g, md5(g::text)::uuid, now() from generate_series(1, ${subjectsListed}) g`)
  await stage.database.query(`insert into versions (project, subject, version, schema_id, created_at, created_by)
    select ${of}, 1, 1000000000 + g, now(), 'user:bench' from generate_series(1, ${subjectsListed}) g`)
  await stage.database.query('analyze')
  const size = 1_000
  const prefix = 'subjectPrefix=:.payments:listed-'
  const page = (at: number) => `${prefix}&offset=${at * size}&limit=${size}`
  const names = await pages(subjectsListed / size, (at) => ask(stage, `/schema-registry/subjects?${page(at)}`))
  const schemas = await pages(subjectsListed / size, (at) =>
    ask(stage, `/schema-registry/schemas?latestOnly=true&${page(at)}`),
  )
  let cursor = ''
  const native = await pages(subjectsListed / 200, async () => {
    const found = await ask(stage, `/api/v1/projects/payments/subjects?limit=200${cursor}`)
    cursor = `&cursor=${(found as { nextCursor?: string }).nextCursor ?? ''}`
  })
  return { names, schemas, native }
}

async function checking(stage: RegistryStage): Promise<Spread> {
  await ask(stage, '/schema-registry/subjects/wide/versions', { schema: avroWide(checkFields) })
  const path = '/schema-registry/compatibility/subjects/wide/versions/latest?verbose=true'
  const check = (at: number) => ask(stage, path, { schema: avroWide(checkFields, `more_${at}`) })
  await pages(30, check)
  return pages(200, (at) => check(1_000 + at))
}

/** What the service holds of each of ten thousand schemas that were asked for, in bytes of its heap and beside it. */
async function remembering(stage: RegistryStage): Promise<number> {
  const count = 10_000
  await stage.memory()
  const before = await stage.memory()
  for (let at = 1; at <= count; at += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, one) => ask(stage, `/schema-registry/schemas/ids/${1_000_000_000 + at + one}`)),
    )
  const after = await stage.memory()
  return (after.heapUsed + after.external - before.heapUsed - before.external) / count
}

async function main(stage: RegistryStage): Promise<void> {
  const read = await reading(stage)
  const written = await registering(stage)
  const check = await checking(stage)
  const list = await listing(stage)
  const bytes = await remembering(stage)
  const libraries = checksOfLibraries()
  const rate = (name: string, { rps, p99Ms, failed }: Loaded) => [name, figure(rps), `${figure(p99Ms)} ms`, String(failed)] // prettier-ignore
  printTable(
    `Requests a second: ${connections} clients, middle of ${rounds} runs of ${seconds} s`,
    ['what', 'a second', 'p99', 'failed'],
    [
      rate('schema by id, at the service (one processor)', read.direct),
      rate('schema by id, through the gateway', read.through),
      rate('register, each in a subject of its own', written.first),
      rate('register, next versions of 100 subjects', written.next),
      rate('register what is there', written.again),
    ],
  )
  const times = (name: string, { count, median, p99, max }: Spread) => [name, String(count), duration(median), duration(p99), duration(max)] // prettier-ignore
  printTable('Times of one', ['what', 'asked', 'median', 'p99', 'slowest'], [
    times(`check of ${checkFields} fields over HTTP, Avro`, check),
    ...libraries.map(({ name, times: spent }) => times(name, spent)),
    times('page of 1,000 names of 50,000', list.names),
    times('page of 1,000 newest schemas of 50,000', list.schemas),
    times('page of 200 subjects of 50,000 (/api/v1)', list.native),
  ]) // prettier-ignore
  const slowest = Math.max(list.names.max, list.schemas.max, list.native.max)
  const ratio = written.again.rps / read.direct.rps
  printBars([
    { what: 'schema by id', bar: '> 6,000/s', measured: `${figure(read.direct.rps)}/s`, met: read.direct.rps > 6_000 },
    { what: 'schema by id, p99', bar: '< 25 ms', measured: `${figure(read.direct.p99Ms)} ms`, met: read.direct.p99Ms < 25 },
    { what: 'register distinct', bar: '> 1,200/s', measured: `${figure(written.first.rps)}/s`, met: written.first.rps > 1_200 },
    { what: 'register what is there', bar: '>= 0.5 of reading', measured: figure(ratio), met: ratio >= 0.5 },
    { what: `check of ${checkFields} fields`, bar: '< 5 ms', measured: duration(check.median), met: check.median < 5_000 },
    { what: 'slowest page of 50,000 subjects', bar: '< 250 ms', measured: duration(slowest), met: slowest < 250_000 },
  ]) // prettier-ignore
  console.log(`Memory of a schema that was asked for: ${figure(bytes)} bytes`)
  const peers = {
    redpanda: read.direct.rps / 5_733,
    confluent: read.direct.rps / 4_528,
    apicurioWrites: written.first.rps / 1_200,
  }
  console.log(`Beside published figures on 2 processors: ${figure(peers.redpanda)}x Redpanda and ${figure(peers.confluent)}x Confluent by id, ${figure(peers.apicurioWrites)}x Apicurio registering`) // prettier-ignore
  console.log(writeResult('schemas', { connections, seconds, read, written, check, libraries, list, bytes, peers }))
}

if (!has('wrk')) throw new Error('This needs wrk on PATH (apt-get install wrk)')
const stage = await registryStage()
try {
  await main(stage)
} finally {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
}
