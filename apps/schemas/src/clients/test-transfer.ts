import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Compatibility, SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokens, type RegistryPlatform } from './test-platform.ts'

const program = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url))
const record = (name: string, fields: object[]) => JSON.stringify({ type: 'record', name, namespace: 'old', fields })
const id = { name: 'id', type: 'string' }
const optional = (name: string) => ({ name, type: 'int', default: 0 })
const price = { name: 'price', type: 'old.Money' }
const toMoney = [{ name: 'old.Money', subject: 'money', version: 1 }]

type Report = { imported: number; unchanged: number; versions: number; differences: { subject: string; problem: string }[] } // prettier-ignore

/** What a person has at hand who brings the schemas of one project into another. */
function handsOf(platform: () => RegistryPlatform) {
  const addressOf = (project: string) => `${platform().registryUrl}/contexts/${project}`
  const clientOf = (project: string) =>
    new SchemaRegistryClient({
      baseURLs: [addressOf(project)],
      maxRetries: 0,
      bearerAuthCredentials: { credentialsSource: 'STATIC_TOKEN', token: tokens.ana, logicalCluster: 'x' },
    })
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`${platform().registryUrl}${path}`, { headers: { authorization: `Bearer ${tokens.ana}` } })).json()
  /** The command as people run it; its exit code, and what it says. */
  const plinth = (...args: string[]): Promise<{ code: number; out: string; said: string }> =>
    new Promise((resolve) => {
      const { PATH, NODE_COMPILE_CACHE } = process.env
      const env = { PATH, NODE_COMPILE_CACHE, PLINTH_URL: platform().url, PLINTH_TOKEN: tokens.ana, NO_COLOR: '1' }
      execFile(process.execPath, [program, ...args], { env }, (error, out, said) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, said }),
      )
    })
  return { addressOf, clientOf, ask, plinth }
}
type Hands = ReturnType<typeof handsOf>

const reportOf = ({ out }: { out: string }): Report => JSON.parse(out) as Report

/** A project with a past: references, deleted versions, metadata, a level of its own. Returns its ids in order. */
async function fillLegacy(legacy: SchemaRegistryClient): Promise<number[]> {
  const order = (...more: object[]) => ({ schemaType: 'AVRO', schema: record('Order', [id, price, ...more]), references: toMoney }) // prettier-ignore
  const ids: number[] = []
  // More than one id goes by before: what is brought over must not happen to be numbered alike.
  ids.push(await legacy.register('money', { schemaType: 'AVRO', schema: record('Money', [optional('cents')]) }))
  ids.push(await legacy.register('orders', order()))
  ids.push(await legacy.register('orders', order(optional('count'))))
  ids.push(await legacy.register('orders', order(optional('count'), optional('weight'))))
  const metadata = { properties: { owner: 'shop' }, tags: { 'old.Order.id': ['PII'] } }
  ids.push(await legacy.register('orders-copy', { ...order(), metadata }))
  await legacy.register('gone', { schemaType: 'AVRO', schema: record('Gone', [id]) })
  await legacy.deleteSubjectVersion('orders', 2)
  await legacy.deleteSubject('gone')
  await legacy.updateCompatibility('orders', Compatibility.FULL_TRANSITIVE)
  return ids
}

function testFaithfulness({ addressOf, ask, clientOf, plinth }: Hands, ids: readonly number[]): void {
  test('keeps ids, references, deleted versions, metadata and levels; a second run finds nothing left to do', async () => {
    const from = ['--json', 'schema', 'import', '--from', addressOf('legacy'), '--project', 'archive']
    const first = await plinth(...from)
    expect([first.code, first.said]).toEqual([0, ''])
    expect(reportOf(first)).toMatchObject({ versions: 6, imported: 6, unchanged: 0, differences: [] })
    expect(reportOf(await plinth(...from))).toMatchObject({ imported: 0, unchanged: 6, differences: [] })

    for (const one of ids)
      expect(await ask(`/contexts/archive/schemas/ids/${one}`)).toEqual(
        await ask(`/contexts/legacy/schemas/ids/${one}`),
      )
    const archive = clientOf('archive')
    expect(await archive.getAllVersions('orders')).toEqual([1, 3])
    expect(await archive.getSchemaMetadata('orders', 2, true)).toMatchObject({ id: ids[2], deleted: true })
    expect(await archive.getCompatibility('orders')).toBe('FULL_TRANSITIVE')
    expect(await archive.getLatestWithMetadata('orders-copy', { owner: 'shop' })).toMatchObject({ id: ids[4] })
    expect((await archive.getAllSubjects()).map((subject) => subject.split(':').at(-1))).not.toContain('gone')
    await expect(archive.deleteSubject('money')).rejects.toMatchObject({ errorCode: 42206 })
    // The project takes schemas again, and gives ids beyond those that it was brought.
    const fresh = await archive.register('new', { schemaType: 'AVRO', schema: record('Fresh', [id]) })
    expect(fresh).toBeGreaterThan(Math.max(...ids))
  })
}

function testFiles({ plinth }: Hands, folder: () => string): void {
  test('goes over a file as well, which tells when it was cut off or changed', async () => {
    const file = join(folder(), 'legacy.jsonl')
    expect((await plinth('schema', 'export', '--project', 'legacy', '-o', file)).code).toBe(0)
    const read = await plinth('--json', 'schema', 'import', '--file', file, '--project', 'copy')
    expect(reportOf(read)).toMatchObject({ versions: 6, imported: 6, differences: [] })
    const lines = (await readFile(file, 'utf8')).split('\n')
    const bad = join(folder(), 'bad.jsonl')
    await writeFile(bad, lines.toSpliced(2, 1).join('\n'))
    expect(await plinth('schema', 'import', '--file', bad, '--project', 'copy')).toMatchObject({ code: 1, said: expect.stringContaining('changed after its export') as string }) // prettier-ignore
  })
}

function testDifferences({ addressOf, clientOf, plinth }: Hands): void {
  test('finds each difference, and overwrites nothing', async () => {
    const copy = clientOf('copy')
    await copy.deleteSubjectVersion('orders', 3)
    await copy.register('orders-copy', { schemaType: 'AVRO', schema: record('Order', [id]) })
    const checked = await plinth('--json', 'schema', 'import', '--check', '--from', addressOf('legacy'), '--project', 'copy') // prettier-ignore
    expect([checked.code, reportOf(checked)]).toMatchObject([1, { imported: 0, differences: [{ subject: 'orders', version: 3, problem: 'is deleted here, and not there' }] }]) // prettier-ignore
    const refused = await plinth('schema', 'import', '--from', addressOf('legacy'), '--project', 'copy')
    expect(refused).toMatchObject({ code: 6, said: expect.stringContaining('--merge') as string })
    const merged = await plinth('--json', 'schema', 'import', '--merge', '--from', addressOf('legacy'), '--project', 'copy') // prettier-ignore
    expect([merged.code, reportOf(merged)]).toMatchObject([0, { imported: 1, differences: [] }])
  })
}

function testRefusals(platform: () => RegistryPlatform): void {
  test('is refused where the project is not in mode IMPORT, and to those who may not let breaking schemas in', async () => {
    const body = { items: [{ subject: 'x', version: 1, id: 7_000, type: 'AVRO', schema: '"string"' }] }
    const send = (token: string) =>
      fetch(`${platform().url}/api/v1/projects/archive/schema-import`, {
        method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body),
      }) // prettier-ignore
    const [ana, eve] = [await send(tokens.ana), await send(tokens.eve)]
    expect([ana.status, eve.status]).toEqual([409, 403])
    expect(await ana.json()).toMatchObject({ code: 'schemas.not_importing' })
  })
}

export function transferSuite(platform: () => RegistryPlatform): void {
  const hands = handsOf(platform)

  describe('schemas of one registry brought into another', () => {
    let folder: string
    const ids: number[] = []
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'plinth-transfer-'))
      ids.push(...(await fillLegacy(hands.clientOf('legacy'))))
    })
    afterAll(() => rm(folder, { recursive: true, force: true }))

    testFaithfulness(hands, ids)
    testFiles(hands, () => folder)
    testDifferences(hands)
    testRefusals(platform)
  })
}
