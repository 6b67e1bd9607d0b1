import { searchWords } from './words.ts'
import type { SearchRow } from './store.ts'

export type Match = {
  in: 'subject' | 'title' | 'doc' | 'owner' | 'tag' | 'field' | 'field-doc'
  path?: string
  text: string
}

const matchesMax = 10
const textMax = 200

/** Where the words were found: what is named by them first. */
export function matchesOf(row: SearchRow, words: readonly string[]): Match[] {
  const has = (text: string): boolean =>
    text.split(/\s+/).some((piece) => searchWords(piece).some((part) => words.some((word) => part.startsWith(word))))
  const said: [Match['in'], string, string?][] = [
    ['subject', row.subject],
    ['title', row.title ?? ''],
    ['owner', row.owner ?? ''],
    ...row.tags.map((tag): [Match['in'], string] => ['tag', tag]),
    ...row.fields.map(({ path }): [Match['in'], string, string] => ['field', path, path]),
    ['doc', row.doc ?? ''],
    ...row.fields.map(({ path, doc = '' }): [Match['in'], string, string] => ['field-doc', doc, path]),
  ]
  const found: Match[] = []
  for (const [place, text, path] of words.length === 0 ? [] : said) {
    if (text === '' || !has(text)) continue
    found.push({ in: place, text: around(text, words), ...(path !== undefined && { path }) })
    if (found.length === matchesMax) break
  }
  return found
}

/** The part of a long text in which the first word stands. */
function around(text: string, words: readonly string[]): string {
  if (text.length <= textMax) return text
  const lower = text.toLowerCase()
  const at = Math.max(0, ...words.map((word) => lower.indexOf(word)))
  const start = Math.max(0, at - 60)
  return `${start > 0 ? '…' : ''}${text.slice(start, start + textMax)}…`
}
