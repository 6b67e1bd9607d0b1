const repeatMax = 50
type Cursor = { readonly source: string; at: number; length: number }

/**
 * A text that a pattern probably matches: the first alternative of each group, the first character of each class, each
 * quantifier at its least. Empty where the pattern has something else in it; the validator has the last word.
 */
export function matching(pattern: string): string {
  const cursor: Cursor = { source: pattern, at: 0, length: 0 }
  const text = alternative(cursor)
  return cursor.at < pattern.length && pattern[cursor.at] !== '|' ? '' : text
}

function alternative(cursor: Cursor): string {
  let text = ''
  while (cursor.at < cursor.source.length && cursor.source[cursor.at] !== ')' && cursor.source[cursor.at] !== '|') {
    const atom = oneAtom(cursor)
    text += atom.repeat(times(cursor))
  }
  return text
}

function oneAtom(cursor: Cursor): string {
  const letter = cursor.source[cursor.at++] ?? ''
  if (letter === '^' || letter === '$') return ''
  if (letter === '.') return 'x'
  if (letter === '\\') return escaped(cursor)
  if (letter === '[') return ofClass(cursor)
  if (letter !== '(') return letter
  const look = cursor.source.startsWith('?=', cursor.at) || cursor.source.startsWith('?!', cursor.at)
  const named = /^\?(?:[:=!]|<\w+>)/.exec(cursor.source.slice(cursor.at))
  cursor.at += named?.[0].length ?? 0
  const text = alternative(cursor)
  while (cursor.source[cursor.at] === '|') {
    cursor.at++
    alternative(cursor)
  }
  cursor.at++
  return look ? '' : text
}

const ofEscape: Readonly<Record<string, string>> = {
  d: '0',
  w: 'a',
  s: ' ',
  S: 'x',
  W: '-',
  D: 'x',
  b: '',
  B: '',
  t: '\t',
  n: '\n',
}

function escaped(cursor: Cursor): string {
  const letter = cursor.source[cursor.at++] ?? ''
  if (letter === 'p') {
    const property = /^\{[^}]*\}/.exec(cursor.source.slice(cursor.at))
    cursor.at += property?.[0].length ?? 1
    return property?.[0].includes('N') ? '1' : 'A'
  }
  if (letter === 'u') {
    const code = cursor.source.slice(cursor.at, cursor.at + 4)
    cursor.at += 4
    return String.fromCharCode(Number.parseInt(code, 16))
  }
  return ofEscape[letter] ?? letter
}

const usual = ['x', 'A', '1', 'a', '-', '_', ' ', '.']

function ofClass(cursor: Cursor): string {
  const negated = cursor.source[cursor.at] === '^'
  if (negated) cursor.at++
  const start = cursor.at
  let first: string | undefined
  while (cursor.at < cursor.source.length && (cursor.source[cursor.at] !== ']' || cursor.at === start)) {
    const letter = cursor.source[cursor.at++] ?? ''
    const one = letter === '\\' ? escaped(cursor) : letter
    first ??= one
  }
  const members = cursor.source.slice(start, cursor.at)
  cursor.at++
  if (!negated) return first ?? ''
  return usual.find((letter) => !members.includes(letter) && !/\\w/.test(members)) ?? '-'
}

function times(cursor: Cursor): number {
  const rest = cursor.source.slice(cursor.at)
  const quantifier = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(rest)
  if (!quantifier) return 1
  cursor.at += quantifier[0].length
  if (quantifier[1] !== undefined) return limited(cursor, Number(quantifier[1]))
  return quantifier[0].startsWith('+') ? 1 : 0
}

/** Repeats within repeats multiply. */
function limited(cursor: Cursor, wanted: number): number {
  const count = Math.min(wanted, repeatMax)
  cursor.length += count
  return cursor.length > repeatMax * 10 ? 0 : count
}
