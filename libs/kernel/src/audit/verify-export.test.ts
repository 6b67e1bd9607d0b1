import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'
import type { ExportItem } from './export-lines.ts'
import { genesis, hashOfCheckpoint, hashOfEntry, type LedgerEntry } from './format.ts'
import { rootOfHeads } from './merkle.ts'
import { testExport, testLedger, testSigner, type Step } from './test-ledger.ts'
import { verifyExport, type ExportVerification, type Trust } from './verify-export.ts'

const signer = testSigner()
const verify = (text: string, trust?: Trust): Promise<ExportVerification> => verifyExport([text], trust)
const sealed = (items: readonly ExportItem[]): Promise<ExportVerification> => verify(testExport(items, signer))

const write = (partition: string, actor = 'user:ana'): Step => ({
  partition,
  actor,
  detail: { b: 1, a: [null, 'x\u2028y'] },
})
const steps: Step[] = [
  write('payments'), write('orders'), write('payments'), 'checkpoint', write('payments'), write('platform'), 'checkpoint',
  write('orders'), write('payments'), write('orders'), 'checkpoint',
] // prettier-ignore
const ledger = (): ExportItem[] => structuredClone(testLedger(steps, signer))
const entryAt = (items: ExportItem[], index: number): LedgerEntry => {
  const item = items[index]
  if (item === undefined || !('entry' in item)) throw new Error('no entry there')
  return item.entry
}
const lastCheckpoint = (items: readonly ExportItem[]) => {
  const item = items.at(-1)
  if (item === undefined || !('checkpoint' in item)) throw new Error('no checkpoint there')
  return item.checkpoint
}

describe('an export that is whole', () => {
  test('verifies, in pieces of any size', async () => {
    const text = Buffer.from(testExport(ledger(), signer))
    const pieces = Array.from(text, (byte) => Uint8Array.of(byte))
    expect(await verifyExport(pieces, { keys: [signer.key.publicKeyPem] })).toMatchObject({
      valid: true, complete: true, entries: 8, partitions: 3, checkpoints: 3, keys: [signer.key.keyId],
      newest: { sequence: 3, hash: hashOfCheckpoint(lastCheckpoint(ledger())), root: lastCheckpoint(ledger()).root },
    }) // prettier-ignore
  })

  test('verifies of one partition alone, the other heads taken from the checkpoints', async () => {
    const items = ledger().filter((item) => !('entry' in item) || item.entry.partition === 'orders')
    expect(await verify(testExport(items, signer, 'orders'))).toMatchObject({ valid: true, entries: 3, checkpoints: 3 })
  })

  test('verifies from a base on, when what came before was let go', async () => {
    const items = ledger()
    const first = items.findIndex((item) => 'checkpoint' in item)
    const checkpoint = (items[first] as { checkpoint: Parameters<typeof hashOfCheckpoint>[0] }).checkpoint
    const base = signer.sign({
      checkpoint: 1, hash: hashOfCheckpoint(checkpoint), at: '2026-11-23T10:30:00.000Z', partitions: checkpoint.partitions,
    }) // prettier-ignore
    const kept = items.slice(first + 1)
    expect(await sealed([{ base }, ...kept])).toMatchObject({ valid: true, entries: 5, base: { checkpoint: 1 } })
    expect(await sealed(kept)).toMatchObject({ valid: false })
    const forged = { ...base, partitions: base.partitions.slice(1) }
    expect(await sealed([{ base: forged }, ...kept])).toMatchObject({ problem: { kind: 'checkpoint' } })
  })

  test('keeps the hashes of entries from before there were partitions', async () => {
    const entry = { ...entryAt(ledger(), 0), partition: '~legacy' }
    const { partition: _, ...old } = entry
    expect(hashOfEntry(genesis, entry)).toBe(hashOfEntry(genesis, old as LedgerEntry))
  })
})

describe('whoever seals anew, but has no chain to show, is told what is wrong', () => {
  const cases: [string, (items: ExportItem[]) => ExportItem[], object][] = [
    ['an edit', (items) => (Object.assign(entryAt(items, 2), { actor: 'user:eve' }), items), { kind: 'edited', partition: 'payments', sequence: 2 }],
    ['an edit with its hash', (items) => {
      const entry = Object.assign(entryAt(items, 0), { actor: 'user:eve' })
      entry.hash = hashOfEntry(genesis, entry)
      return items
    }, { kind: 'edited', partition: 'payments', sequence: 2 }],
    ['a deletion', (items) => items.toSpliced(0, 1), { kind: 'missing', partition: 'payments', sequence: 1 }],
    ['a reordering', (items) => [items[2], items[1], items[0], ...items.slice(3)].filter((item) => item !== undefined), { kind: 'reordered', partition: 'payments', sequence: 1 }],
    ['a cut before a checkpoint', (items) => items.toSpliced(2, 1), { kind: 'cut_off', partition: 'payments', sequence: 2 }],
    ['a checkpoint left out', (items) => items.toSpliced(3, 1), { kind: 'missing', checkpoint: 2 }],
    ['an entry put in', (items) => items.toSpliced(1, 0, structuredClone(items[0] as ExportItem)), { kind: 'reordered' }],
    ['an entry after the last checkpoint', (items) => items.slice(0, -1), { kind: 'added' }],
    ['a partition left out', (items) => items.filter((item) => !('entry' in item) || item.entry.partition !== 'orders'), { kind: 'cut_off', partition: 'orders', sequence: 1 }],
    ['a checkpoint that counts less', (items) => (Object.assign(lastCheckpoint(items), { entries: 7 }), items), { kind: 'checkpoint', checkpoint: 3 }],
  ] // prettier-ignore
  test.each(cases)('%s', async (_, change, problem) => {
    expect(await sealed(change(ledger()))).toMatchObject({ valid: false, problem })
  })

  test('a ledger written anew with a key of his own is found by the key that is trusted', async () => {
    const foreign = testSigner()
    const text = testExport(testLedger(steps, foreign), foreign)
    expect(await verify(text)).toMatchObject({ valid: true })
    expect(await verify(text, { keys: [signer.key.keyId] })).toMatchObject({ problem: { kind: 'key' } })
  })

  test('a ledger written anew, or shortened, with the right key is found by a checkpoint that is known', async () => {
    const { hash = '', sequence = 0 } = (await sealed(ledger())).newest ?? {}
    const checkpoint = { hash, sequence }
    const anew = steps.map((step) => (step === 'checkpoint' ? step : { ...step, actor: 'user:eve' }))
    const found = async (of: Step[]) => verify(testExport(testLedger(of, signer), signer), { checkpoint })
    expect(await found(steps)).toMatchObject({ valid: true })
    expect(await found(anew)).toMatchObject({ problem: { kind: 'checkpoint', checkpoint: 3 } })
    expect(await found(steps.slice(0, 7))).toMatchObject({ problem: { kind: 'cut_off', checkpoint: 3 } })
  })
})

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ partition: fc.constantFrom('payments', 'orders', 'platform', '~legacy'), actor: fc.string(), detail: fc.jsonValue() }) },
  { weight: 1, arbitrary: fc.constant('checkpoint' as const) },
) // prettier-ignore
const anyLedger = fc
  .array(step, { minLength: 1, maxLength: 25 })
  .filter((list) => list.some((one) => one !== 'checkpoint'))

test('any byte of a file that becomes another is found', async () => {
  await fc.assert(
    fc.asyncProperty(anyLedger, fc.nat(), fc.integer({ min: 1, max: 255 }), async (list, at, flip) => {
      const bytes = Buffer.from(testExport(testLedger(list, signer), signer))
      expect(await verifyExport([bytes])).toMatchObject({ valid: true })
      const index = at % bytes.length
      bytes[index] = (bytes[index] ?? 0) ^ flip
      expect((await verifyExport([bytes])).valid).toBe(false)
    }),
    { numRuns: 150 },
  )
})

test('any file that is shorter, and any line left out, repeated or swapped, is found', async () => {
  const lineChange = fc.tuple(fc.constantFrom('drop', 'repeat', 'swap', 'cut'), fc.nat(), fc.nat())
  await fc.assert(
    fc.asyncProperty(anyLedger, lineChange, async (list, [change, first, second]) => {
      const text = testExport(testLedger(list, signer), signer)
      const lines = text.trimEnd().split('\n')
      const [one, other] = [first % lines.length, second % lines.length]
      if (change === 'drop') lines.splice(one, 1)
      if (change === 'repeat') lines.splice(other, 0, lines[one] ?? '')
      if (change === 'swap') [lines[one], lines[other]] = [lines[other] ?? '', lines[one] ?? '']
      const changed = change === 'cut' ? text.slice(0, first % text.length) : `${lines.join('\n')}\n`
      fc.pre(changed !== text)
      expect((await verify(changed)).valid).toBe(false)
    }),
    { numRuns: 150 },
  )
})

test('any member of any entry or checkpoint that changes is found without the seal, by who holds the key himself', async () => {
  const values = fc.constantFrom<unknown>('', 'other', 0, 7, null, true, [], {}, 'f'.repeat(64))
  await fc.assert(
    fc.asyncProperty(anyLedger, fc.nat(), fc.nat(), values, async (list, which, what, value) => {
      const items = structuredClone(testLedger(list, signer))
      const item = items[which % items.length] as Record<string, Record<string, unknown>>
      const [members = {}] = Object.values(item)
      const names = Object.keys(members)
      const name = names[what % names.length] ?? ''
      fc.pre(canonicalJson(members[name]) !== canonicalJson(value))
      members[name] = value
      expect(await sealed(items)).toMatchObject({ valid: false })
    }),
    { numRuns: 200 },
  )
})

test('the tree is that of RFC 6962: a node without a neighbour goes up as it is', () => {
  const heads = Array.from({ length: 5 }, (_, index) => ({ partition: `p${index}`, entries: 1, head: genesis }))
  const roots = heads.map((_, index) => rootOfHeads(heads.slice(0, index + 1)))
  expect(new Set(roots).size).toBe(5)
  expect(rootOfHeads([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

test.each([
  ['nothing', ''],
  ['text', 'hello\n'],
  ['other JSON', '{"a":1}\n'],
  ['a name that every object has', '{"constructor":{}}\n'],
  ['no UTF-8', Buffer.from([0xff, 0x0a])],
  ['brackets without end', `${'['.repeat(200_000)}\n`],
])('%s is no export, and no crash', async (_, bytes) => {
  expect(await verifyExport([bytes])).toMatchObject({ valid: false, entries: 0 })
})
