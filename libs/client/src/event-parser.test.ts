import { array, assert, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { eventParser } from './event-parser.ts'

const parse = (...chunks: string[]) => {
  const parser = eventParser()
  return chunks.flatMap((chunk) => parser.push(chunk))
}

test('fields, comments, several data lines and all three line ends are read as the standard says', () => {
  expect(parse(': hello\nid: 7\r\nevent:x\rdata: a\ndata:  b\n\nretry: 100\ndata\n\nid: 8\n\n')).toEqual([
    { id: '7', event: 'x', data: 'a\n b' },
    { id: undefined, event: 'message', data: '' },
  ])
})

test('where the chunks end makes no difference', () => {
  const text = ': x\r\n\r\nid: 1\r\nevent: a\r\ndata: {"é":1}\r\n\r\ndata: two\rdata: lines\r\rdata: three\n\n'
  assert(
    property(array(nat(text.length)), (cuts) => {
      const at = [0, ...cuts.sort((left, right) => left - right), text.length]
      const chunks = at.slice(1).map((end, index) => text.slice(at[index], end))
      expect(parse(...chunks)).toEqual(parse(text))
    }),
  )
})

test('a line without end is refused before it fills the memory', () => {
  const parser = eventParser()
  expect(() => {
    for (let index = 0; index < 10; index++) parser.push('x'.repeat(1024 * 1024))
  }).toThrow('longer than 8 MiB')
})
