import { expect, test } from 'vitest'
import { spansOf } from './ansi.ts'
import { LogReader } from './log-lines.ts'

const escape = '\u001b'

test('colours become class names, and nothing else of a control sequence stays', () => {
  const { spans } = spansOf(
    `${escape}[31;1mred${escape}[0m plain ${escape}]8;;javascript:alert(1)\u0007link${escape}]8;;\u0007${escape}[2K`,
  )
  expect(spans.map(({ text }) => text).join('')).toBe('red plain link')
  expect(spans[0]).toEqual({ text: 'red', className: 'font-semibold text-failed' })
})

test('256 and true colours are read over without leaving their numbers behind', () => {
  expect(spansOf(`${escape}[38;5;196mx${escape}[48;2;1;2;3my`).spans.map(({ text }) => text)).toEqual(['x', 'y'])
})

test('a line that rewrites itself shows what it says last', () => {
  expect(spansOf('10 %\r50 %\r100 %\r').spans).toEqual([{ text: '100 %', className: '' }])
})

test('a log that comes in pieces of any size reads the same as in one', () => {
  const log = `one\n${escape}[32mtwo\nthree${escape}[0m\nsection_start:1:a\r${escape}[0KTitle\nin\nsection_end:1:a\r${escape}[0K\nlast`
  const whole = new LogReader()
  whole.push(log)
  whole.finish()
  for (const size of [1, 2, 3, 7]) {
    const pieces = new LogReader()
    for (let at = 0; at < log.length; at += size) pieces.push(log.slice(at, at + size))
    pieces.finish()
    expect(pieces.lines).toEqual(whole.lines)
  }
  expect(whole.lines.map(({ text }) => text)).toEqual(['one', 'two', 'three', 'Title', 'in', 'last'])
  expect(whole.lines[2]?.spans[0]?.className).toBe('text-healthy')
})

test('what stands in a section belongs to it and to every section around it', () => {
  const reader = new LogReader()
  reader.push(
    'section_start:1:a[collapsed=true]\rA\nsection_start:1:b\rB\ndeep\nsection_end:1:b\r\nsection_end:1:a\r\nout\n',
  )
  expect(reader.lines.map(({ text, within }) => [text, within])).toEqual([
    ['A', []],
    ['B', ['a']],
    ['deep', ['a', 'b']],
    ['out', []],
  ])
  expect([...reader.collapsed]).toEqual(['a'])
})
