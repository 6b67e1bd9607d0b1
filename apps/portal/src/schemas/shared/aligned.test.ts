import { describe, expect, it } from 'vitest'
import { aligned, type Line } from './aligned.ts'

const lines = (text: string): Line[] =>
  text.split('\n').map((line) => ({
    kind: line.startsWith('-') ? 'removed' : line.startsWith('+') ? 'added' : 'same',
    text: line.slice(1),
  }))
const shown = (text: string, opened?: ReadonlySet<number>): string[] =>
  aligned(lines(text), opened).map((row) =>
    'skipped' in row ? `… ${row.skipped}` : `${row.before?.text ?? ''}|${row.after?.text ?? ''}`,
  )
const many = Array.from({ length: 8 }, (_, index) => ` ${index}`).join('\n')

describe('two texts side by side', () => {
  it('put what came beside what went', () => {
    expect(shown(' a\n-b\n-c\n+B\n d')).toEqual(['a|a', 'b|B', 'c|', 'd|d'])
  })

  it('put what came after what was alike beside nothing', () => {
    expect(shown('+a\n b\n+c')).toEqual(['|a', 'b|b', '|c'])
  })

  it('fold what is alike and far from any change, and unfold it', () => {
    expect(shown(`${many}\n-x\n+y`)).toEqual(['… 5', '5|5', '6|6', '7|7', 'x|y'])
    expect(shown(`${many}\n-x\n+y`, new Set([0]))).toHaveLength(9)
  })

  it('fold all of what is the same', () => {
    expect(shown(many)).toEqual(['… 8'])
  })
})
