import { describe, expect, it } from 'vitest'
import { expandAll, expandText, plain } from './expand.ts'

const lookup = (name: string): string | undefined => ({ A: 'a', B: '' })[name]

describe('expansion', () => {
  it.each([
    ['$A-${A}-%A%', 'a-a-a', 'a-a-a'],
    ['[$B]', '[]', '[]'],
    ['$NO ${NO}', '$NO ${NO}', ' '],
    ['$$A', '$$A', '$A'],
    ['100% of $A', '100% of a', '100% of a'],
    ['$1 and $', '$1 and $', ' and $'],
  ])('of %s keeps what is unknown as %s, and for a job makes it %s', (text, kept, emptied) => {
    expect(expandText(text, lookup)).toBe(kept)
    expect(expandText(text, lookup, 'empty')).toBe(emptied)
  })
  it('follows variables through others', () =>
    expect(expandAll(plain({ A: '$B', B: '${C}!', C: 'c' }, true)).get('A')).toBe('c!'))
  it('leaves a variable alone that says so', () => expect(expandAll(plain({ A: '$B', B: 'b' })).get('A')).toBe('$B'))
  it('refuses a circle, naming it', () =>
    expect(() => expandAll(plain({ A: '$B', B: '$A' }, true))).toThrow('A -> B -> A'))
  it('refuses what doubles itself without end', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `V${index}`,
        index === 0 ? 'xxxxxxxx' : `$V${index - 1}$V${index - 1}`,
      ]),
    )
    expect(() => expandAll(plain(doubling, true))).toThrow('more than 65536')
  })
  it('stops at the limit before a line of references to one long value is put together', () => {
    let lookups = 0
    const long = (): string => (lookups++, 'x'.repeat(60_000))
    expect(() => expandText('$A'.repeat(100_000), long)).toThrow('more than 65536')
    expect(lookups).toBe(2)
  })
  it('refuses many long values, which the environment of a process could not hold', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`V${index}`, '$LONG']))
    expect(() => expandAll(plain({ LONG: 'x'.repeat(60_000), ...many }, true))).toThrow('together')
  })
})
