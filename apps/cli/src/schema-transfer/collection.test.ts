import { describe, expect, test } from 'vitest'
import type { TransferredVersion } from '@plinth/contracts'
import { batchesOf, compare, differenceOf, layersOf } from './collection.ts'
import { readTransferFile, transferLines } from './transfer-file.ts'

const one = (subject: string, version: number, more: Partial<TransferredVersion> = {}): TransferredVersion => ({
  subject,
  version,
  id: version,
  type: 'AVRO',
  schema: '"string"',
  ...more,
})
const to = (subject: string, version = 1) => ({ references: [{ name: subject, subject, version }] })

describe('what is referred to goes before what refers to it', () => {
  test('over several steps, and by a name that says the project', () => {
    const qualified = { references: [{ name: 'a', subject: ':.payments:a', version: 1 }] }
    const layers = layersOf([one('c', 1, to('b')), one('b', 1, qualified), one('a', 1)], 'payments')
    expect(layers.map((layer) => layer.map(({ subject }) => subject))).toEqual([['a'], ['b'], ['c']])
  })
  test('what is not among them holds nothing up, and a circle comes last', () => {
    const layers = layersOf([one('x', 1, to('y')), one('y', 1, to('x')), one('z', 1, to('elsewhere'))], 'payments')
    expect(layers.map((layer) => layer.map(({ subject }) => subject))).toEqual([['z'], ['x', 'y']])
  })
})

test('a batch is bounded by count and by bytes, and one that is too large goes alone', () => {
  const large = 'x'.repeat(700)
  const sizes = batchesOf([one('a', 1), one('a', 2), one('a', 3), one('b', 1, { schema: large }), one('c', 1)], 2, 600)
  expect(sizes.map((batch) => batch.length)).toEqual([2, 1, 1, 1])
})

describe('a version is held against the one here', () => {
  const wanted = one('a', 1, { type: 'JSON', schema: '{"type":"object","title":"A"}', metadata: { properties: { o: 'x' } } }) // prettier-ignore
  test.each<[string, Partial<TransferredVersion>, string | undefined]>([
    ['the same', {}, undefined],
    ['members in another order', { schema: '{ "title": "A", "type": "object" }' }, undefined],
    ['the same as it is compared', { schema: '{"a":1}', canonical: wanted.schema }, undefined],
    ['members that say nothing', { metadata: { properties: { o: 'x' }, tags: {} }, ruleSet: {} }, undefined],
    ['another id', { id: 9 }, 'has the id 9 here, and 1 there'],
    ['another text', { schema: '{"type":"object","title":"B"}' }, 'has another text here'],
    ['another language', { type: 'AVRO' }, 'is AVRO here, and JSON there'],
    ['other references', to('b'), 'has other references here'],
    ['other metadata', { metadata: { properties: { o: 'y' } } }, 'has other metadata here'],
    ['other rules', { ruleSet: { domainRules: [{ name: 'r' }] } }, 'has other ruleSet here'],
    ['deleted here', { deleted: true }, 'is deleted here, and not there'],
  ])('%s', (_name, change, expected) => {
    expect(differenceOf(wanted, { ...wanted, ...change })).toBe(expected)
  })
  test('Protobuf without regard to white space and comments', () => {
    const proto = (schema: string) => one('p', 1, { type: 'PROTOBUF', schema })
    expect(differenceOf(proto('message A {\n  int32 a = 1; // count\n}'), proto('message A { int32 a = 1; }'))).toBe(undefined) // prettier-ignore
    expect(differenceOf(proto('message A { int32 a = 1; }'), proto('message A { int64 a = 1; }'))).toBe('has another text here') // prettier-ignore
  })
  test('missing ones, additional ones and settings are told', () => {
    const here = { versions: [one('b', 1)], settings: [{ subject: 'a', settings: { normalize: true } }] }
    const source = { versions: [one('a', 1)], settings: [{ subject: 'a', settings: { compatibilityLevel: 'FULL' as const } }] } // prettier-ignore
    expect(compare(source, here)).toMatchObject({
      missing: [{ subject: 'a' }],
      more: [{ subject: 'b' }],
      differences: [{ subject: 'a', version: 1, problem: 'is missing here' }, { subject: 'a', problem: 'has another compatibilityLevel here' }],
    }) // prettier-ignore
  })
})

describe('a file of schemas', () => {
  const written = (): string[] => {
    const lines: string[] = []
    const file = transferLines((text) => lines.push(text))
    file.head({ project: 'payments', from: 'http://localhost', exportedAt: '2026-01-01T00:00:00.000Z' })
    file.version(one('a', 1))
    file.version(one('b', 1, to('a')))
    file.settings({ subject: 'a', settings: { normalize: true } })
    file.end()
    return lines
  }
  test('is read as it was written', () => {
    expect(readTransferFile(written().join(''), 'f')).toEqual({
      versions: [one('a', 1), one('b', 1, to('a'))],
      settings: [{ subject: 'a', settings: { normalize: true } }],
    })
  })
  test.each([
    ['cut off after a line', (lines: string[]) => lines.slice(0, -1), 'was cut off'],
    ['cut off within one', (lines: string[]) => [...lines.slice(0, -1), '{"end":{"ver'], 'not JSON'],
    ['without a line', (lines: string[]) => lines.toSpliced(1, 1), 'changed after its export'],
    ['with another word', (lines: string[]) => lines.map((line) => line.replace('"a"', '"z"')), 'changed after its export'], // prettier-ignore
    ['of another kind', () => ['{"format":"other"}\n', '{}\n'], 'no export of schemas'],
    ['that is empty', () => [''], 'not JSON'],
  ])('is refused %s', (_name, change, problem) => {
    expect(() => readTransferFile(change(written()).join(''), 'f')).toThrow(problem)
  })
})
